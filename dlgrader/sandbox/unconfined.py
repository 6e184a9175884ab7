"""The back end that confines nothing: for trusted notebooks where there is no bubblewrap."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import psutil

from dlgrader.sandbox.backend import Usage
from dlgrader.sandbox.confined import seconds_waited
from dlgrader.sandbox.limits import Limits


class Unconfined:
    """Starts runners as ordinary processes, which can read and write all that you can.

    Limits of time and size hold; everything else rests on trust. Answers of the library can be
    imported only from the edition that the session offers, but nothing stops a notebook from
    finding the rest.
    """

    confines = False

    def problem(self) -> str:
        """Return an empty string, except on Windows, where processes can't split."""
        if hasattr(os, "fork"):
            return ""
        return "Grading needs Linux or macOS; on Windows, use the Windows Subsystem for Linux."

    def start(
        self,
        module: str,
        arguments: Sequence[str],
        *,
        fds: Sequence[int],
        packages: Mapping[str, Path],
        environment: Mapping[str, str],
        limits: Limits,  # noqa: ARG002 (the runner sets them)
        preload: Sequence[str] = (),  # noqa: ARG002 (the runner imports them)
    ) -> Ordinary:
        """Start a runner; see `Backend`."""
        folder = Path(tempfile.mkdtemp(prefix="dlgrader-unconfined-"))
        for name in ("work", "packages"):
            (folder / name).mkdir()
        for name, path in packages.items():
            (folder / "packages" / name).symlink_to(path.resolve())
        return Ordinary([sys.executable, "-m", module, *arguments], fds, environment, folder)


class Ordinary:
    """A runner without a sandbox; see `Process`."""

    counted_alone = False

    def __init__(
        self,
        command: Sequence[str],
        fds: Sequence[int],
        environment: Mapping[str, str],
        folder: Path,
    ) -> None:
        self._folder = folder
        paths = {
            "HOME": str(folder),
            "TMPDIR": str(folder),
            "PATH": os.environ.get("PATH", os.defpath),
            "PYTHONPATH": str(folder / "packages"),
        }
        with (folder / "stderr").open("wb") as stderr:
            self._runner = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                pass_fds=fds,
                env={**environment, **paths},
                cwd=folder / "work",
                start_new_session=True,
            )

    def ready(self) -> None:
        """Do nothing: the runner is where it was started."""

    def poll(self) -> int | None:
        """Return None while the runner lives, then its exit code, or minus the signal's number."""
        return self._runner.poll()

    def interrupt(self) -> None:
        """Send SIGINT to the runner and to the programs that it has started, as Jupyter does."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._runner.pid, signal.SIGINT)

    def snapshot(self) -> frozenset[str]:
        """Name the processes that live now, as far as the system still knows whose they are."""
        return frozenset(str(process.pid) for process in self._processes())

    def kill_others(self, known: frozenset[str], *, once: bool = False) -> None:  # noqa: ARG002
        """Kill all processes but those of an earlier snapshot, without waiting for their end."""
        for process in self._processes():
            if str(process.pid) not in known:
                _end(process)

    def usage(self, memory_limit: int) -> Usage:  # noqa: ARG002 (always rough)
        """Measure memory and processes; the files of the machine are not counted."""
        processes = list(self._processes())
        memory = 0
        for process in processes:
            try:
                memory += process.memory_info().rss
            except psutil.Error:
                continue
        return Usage(memory, len(processes))

    def waited(self) -> float:
        """Return how many seconds the processes that live have waited for a core; 0 if unknown."""
        files = [Path(f"/proc/{process.pid}/schedstat") for process in self._processes()]
        waited = 0.0
        for file in files:
            with contextlib.suppress(OSError):  # it has ended, or this is not Linux
                waited += seconds_waited(file.read_text("ascii"))
        return waited

    def kill(self) -> None:
        """Kill the runner and what it has started, as far as the system still knows it."""
        for process in self._processes():
            _end(process)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._runner.pid, signal.SIGKILL)
        self._runner.wait()

    def close(self) -> None:
        """Remove the work folder."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def said(self) -> str:
        """Return what was written to stderr before the first cell, to explain a failure."""
        try:
            return (self._folder / "stderr").read_text("utf-8", "replace").strip()[-1_000:]
        except OSError:
            return ""

    def _processes(self) -> Iterator[psutil.Process]:
        try:
            runner = psutil.Process(self._runner.pid)
            yield from [runner, *runner.children(recursive=True)]
        except psutil.Error:
            return


def _end(process: psutil.Process) -> None:
    with contextlib.suppress(psutil.Error):
        process.kill()
