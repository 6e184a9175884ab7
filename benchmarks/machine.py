"""On what the figures were measured."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_info

ROOT = Path(__file__).resolve().parents[1]

# Settings of OpenBLAS that make it use the kernels of another processor: no contender gets them.
DROPPED = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def environment(threads: int) -> dict[str, str]:
    """Environment of a process whose libraries all use so many threads."""
    kept = {key: value for key, value in os.environ.items() if key not in DROPPED}
    return kept | dict.fromkeys(_THREADS, str(threads))


def measure(progress: Callable[[float], None]) -> dict[str, Any]:
    """Processor, operating system, versions, and the libraries that multiply matrices."""
    progress(1.0)
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "numpy": np.__version__,
        "blas": _blas(),
        "torch": _torch(),
    }


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    facts = dict(line.split(":", 1) for line in lines if ":" in line)
    facts = {key.strip(): value.strip() for key, value in facts.items()}
    name = facts.get("model name", platform.processor() or "unknown")
    if "cpu family" in facts and "model" in facts:
        name += f" (family {facts['cpu family']}, model {facts['model']})"
    return name


def _blas() -> str:
    """NumPy's library and the kernels that it chose for this processor."""
    for library in threadpool_info():
        if library["user_api"] == "blas" and "numpy" in library["filepath"]:
            return (
                f"{library['internal_api']} {library['version']}, "
                f"kernels for {library.get('architecture', 'an unknown processor')}"
            )
    return "unknown"


def _torch() -> dict[str, str] | None:
    try:
        import torch
    except ImportError:
        return None
    return {
        "version": torch.__version__,
        "kernels": torch.backends.cpu.get_cpu_capability(),
        "onednn": str(torch.backends.mkldnn.is_available()),
    }
