"""What the tests of the sandbox share."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

import dlcore.checks.calling
from dlgrader.sandbox import Backend, Bubblewrap, Limits, Prepared, Session, prepared

MIB = 1 << 20
SMALL = Limits(
    # Long enough for a machine that is busy.
    cell_seconds=15,
    call_seconds=10,
    notebook_seconds=100,
    memory=300 * MIB,
    address_space=1500 * MIB,
    processes=24,
    disk_bytes=8 * MIB,
    file_bytes=4 * MIB,
    files=1_500,
    output_bytes=100_000,
    result_bytes=4 * MIB,
)
# For what must be stopped, or interrupted: the less it takes, the less there is to wait.
IMPATIENT = replace(SMALL, cell_seconds=1, grace_seconds=0.5, call_seconds=1)
POLITE = replace(SMALL, cell_seconds=1, grace_seconds=8)

BACKENDS: dict[str, Backend] = {"bubblewrap": Bubblewrap(), "prepared": Prepared()}

needs_sandbox = pytest.mark.skipif(
    bool(Bubblewrap().problem()), reason=Bubblewrap().problem() or "it works"
)


def make_edition(folder: Path) -> Path:
    """Write the least that the runner needs of dlcore, which starts quicker than all of it."""
    checks = folder / "dlcore" / "checks"
    checks.mkdir(parents=True)
    for package in (checks.parent, checks):
        (package / "__init__.py").touch()
    for name in ("calling.py", "comparing.py", "plans.py"):
        shutil.copy(Path(dlcore.checks.calling.__file__).parent / name, checks)
    folder.chmod(0o755)
    return folder


@contextmanager
def nothing_left() -> Iterator[None]:
    """Check that no process of the sandbox's is left, besides templates that have no children."""
    before = {process.pid for process in psutil.process_iter()}
    yield
    ours = before | template_processes()
    left = [
        process for process in psutil.Process().children(recursive=True) if process.pid not in ours
    ]
    assert left == []


def template_processes() -> set[int]:
    """Return the numbers of the processes that prepare others, bubblewrap's own included."""
    found: set[int] = set()
    for _, template in prepared._templates._templates:
        first = psutil.Process(template._launched.number)
        found |= {first.ppid(), first.pid, *(child.pid for child in first.children())}
    return found


@contextmanager
def opened(
    backend: Backend, edition: Path, limits: Limits = SMALL, **more: Any
) -> Iterator[Session]:
    """Open a session; afterwards, nothing of it runs."""
    with nothing_left(), Session(backend, limits, edition=edition, **more) as session:
        yield session


def text_of(session: Session, source: str) -> str:
    """Run a cell; return all its text."""
    return "".join(map(_text, session.run_cell(source).outputs))


def _text(output: dict[str, Any]) -> str:
    if output["output_type"] == "stream":
        return str(output["text"])
    if output["output_type"] == "error":
        return f"{output['ename']}: {output['evalue']}"
    return str(output["data"].get("text/plain", ""))
