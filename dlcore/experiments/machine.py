"""Where a run took place: versions, linear algebra library, threads, processor; no paths."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path

import numpy as np

__all__ = ["describe"]


def describe() -> dict[str, str | int]:
    """Return what the time of a run depends on, and the last digits of its numbers.

    >>> sorted(describe())
    ['blas', 'blas_threads', 'cores', 'cpu', 'dlcore', 'numpy', 'python']
    """
    import dlcore

    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "dlcore": dlcore.__version__,
        "blas": f"{blas['name']} {blas.get('version', '')}".strip(),
        "blas_threads": _blas_threads(),
        "cpu": _cpu(),
        "cores": os.cpu_count() or 1,
    }


def _blas_threads() -> int:
    """Return the threads that a matrix product may use."""
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        names = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")
        stated = [os.environ[name] for name in names if os.environ.get(name, "").isdigit()]
        return int(stated[0]) if stated else os.cpu_count() or 1
    pools = [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]
    return max(pools, default=1)


def _cpu() -> str:
    """Return the processor's model, as far as the system tells it."""
    listing = Path("/proc/cpuinfo")
    if listing.exists():
        found = re.search(r"^model name\s*:\s*(.+)$", listing.read_text(encoding="utf-8"), re.M)
        if found:
            return found[1].strip()
    return platform.processor() or platform.machine()
