"""What this machine offers: Python, packages, sandbox, cores and memory, Jupyter's extensions."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import time
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from dlgrader.doctor.finding import Finding, failure, ok, remark

_INSTALL = "pip install --upgrade 'dlcore[grading]'"
_OLDEST_PYTHON = (3, 11)
_SHOWN = ("nbgrader", "numpy", "distributed")
_EXTENSIONS = ("formgrader", "assignment_list", "validate_assignment")
_GIB = 1 << 30


def python() -> Finding:
    """Look at Python."""
    says = f"{platform.python_version()}, {sys.executable}"
    if sys.version_info < _OLDEST_PYTHON:
        wanted = ".".join(map(str, _OLDEST_PYTHON))
        return failure("Python", says, f"install Python {wanted} or newer")
    return ok("Python", says)


def packages() -> Iterator[Finding]:
    """Compare the packages with what this one asks for when it is installed for grading."""
    try:
        from packaging.requirements import Requirement
    except ModuleNotFoundError:
        yield failure("packages", "packaging is not installed", _INSTALL)
        return
    try:
        asked = [Requirement(text) for text in metadata.requires("dlcore") or ()]
    except metadata.PackageNotFoundError:
        yield failure("packages", "dlcore runs from a folder, but is not installed", _INSTALL)
        return
    wanted = [
        requirement
        for requirement in asked
        if not requirement.marker or requirement.marker.evaluate({"extra": "grading"})
    ]
    wrong = False
    for requirement in wanted:
        try:
            present = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            wrong = True
            yield failure(requirement.name, "not installed", _INSTALL)
            continue
        if not requirement.specifier.contains(present, prereleases=True):
            wrong = True
            yield failure(
                requirement.name, f"{present}, expected {requirement.specifier}", _INSTALL
            )
    if not wrong:
        shown = ", ".join(f"{name} {metadata.version(name)}" for name in ("dlcore", *_SHOWN))
        yield ok("packages", f"{shown} and {len(wanted) - len(_SHOWN)} more")


def alembic() -> Finding:
    """Look for a program that nbgrader calls by its name."""
    beside = Path(sys.executable).parent
    found = shutil.which("alembic", path=f"{beside}{os.pathsep}{os.environ.get('PATH', '')}")
    if found:
        return ok("alembic", found)
    return failure("alembic", "this program of nbgrader's is not on the PATH", _INSTALL)


def sandbox() -> Iterator[Finding]:
    """Look for bubblewrap, and run a cell in it."""
    from dlgrader.sandbox import SandboxError, Session, SessionEnded
    from dlgrader.sandbox_settings import RunInSandbox

    backend = RunInSandbox().backend([str(Path.cwd())])
    problem = backend.problem()
    if problem:
        yield failure("sandbox", problem.partition("\n")[0], problem.partition("\n")[2])
        return
    try:
        with Session(backend) as session:  # the first one may prepare the others
            session.run_cell("import numpy")
        start = time.perf_counter()
        with Session(backend) as session:
            session.run_cell("import numpy")
            seconds = time.perf_counter() - start
    except (SandboxError, SessionEnded, OSError) as error:
        yield failure("sandbox", f"bubblewrap is there, but a cell could not be run: {error}")
        return
    yield ok("sandbox", f"bubblewrap; a notebook is ready in {1000 * seconds:.0f} ms")
    if os.geteuid() == 0:
        yield remark("user", "you are root: grading works, but an ordinary user would do")


def processors() -> Finding:
    """Say how many notebooks can be graded side by side."""
    import psutil

    from dlgrader.sandbox import Limits

    cores = len(os.sched_getaffinity(0))
    memory = psutil.virtual_memory()
    says = (
        f"{cores} core{'s' if cores > 1 else ''}, {memory.total / _GIB:.1f} GiB of memory, "
        f"{memory.available / _GIB:.1f} free"
    )
    # The worst case: each notebook takes all it may.
    at_once = int(memory.available // Limits().memory)
    if at_once < cores:
        return remark(
            "cores and memory",
            f"{says}; a notebook may take {Limits().memory / _GIB:g} GiB",
            f"if submissions are that large: dlgrader autograde --jobs {max(1, at_once)}",
        )
    return ok("cores and memory", says)


def extensions() -> Finding:
    """Look whether Jupyter shows nbgrader's formgrader and lists."""
    from jupyter_core.paths import jupyter_config_path, jupyter_path
    from jupyter_server.extension.config import ExtensionConfigManager

    name = "Jupyter"
    if (
        shutil.which("jupyter-lab") is None
        and not (Path(sys.executable).parent / "jupyter-lab").exists()
    ):
        return remark(
            name,
            "no JupyterLab here; written answers are graded in it",
            "pip install jupyterlab",
        )
    manager = ExtensionConfigManager(read_config_path=jupyter_config_path())
    enabled = manager.get_jpserver_extensions()
    off = [part for part in _EXTENSIONS if not enabled.get(f"nbgrader.server_extensions.{part}")]
    if off:
        return remark(
            name,
            f"nbgrader's {', '.join(off)} is not enabled",
            "jupyter server extension enable --sys-prefix --py nbgrader",
        )
    if not any(
        Path(folder, "@jupyter", "nbgrader").exists() for folder in jupyter_path("labextensions")
    ):
        return remark(
            name,
            "JupyterLab lacks nbgrader's menu",
            "jupyter labextension develop --overwrite --py nbgrader",
        )
    return ok(name, f"nbgrader's {', '.join(_EXTENSIONS)} are enabled")
