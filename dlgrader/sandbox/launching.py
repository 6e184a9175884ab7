"""Start bubblewrap, and end it."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from dlgrader.sandbox.backend import SandboxError

ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
"""What bubblewrap itself gets of the environment: inside, an ordinary user can look at it."""

KILL_SECONDS = 20


class Launched:
    """A command in bubblewrap.

    Parameters
    ----------
    options : sequence of str
        Options of bubblewrap.
    command : sequence of str
        What it starts.
    fds : sequence of int
        Open files that are inherited.
    settings : Path
        A folder that is deleted when the command runs, or in the end.
    calls : bytes
        A filter of system calls; without, all are allowed.

    Attributes
    ----------
    number : int
        That of the first process inside, which is bubblewrap's.
    first : int
        The same process as an open file.
    """

    def __init__(
        self,
        options: Sequence[str],
        command: Sequence[str],
        fds: Sequence[int],
        settings: Path,
        calls: bytes = b"",
    ) -> None:
        self._settings = settings
        self._stderr: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (closed by kill)
        told, tell = os.pipe()
        try:
            with _file_of(_zero_ended(options)) as given, _file_of(calls) as filtered:
                extra = ["--args", str(given.fileno()), "--info-fd", str(tell)]
                if calls:
                    extra += ["--seccomp", str(filtered.fileno())]
                self._bwrap = subprocess.Popen(
                    [shutil.which("bwrap") or "bwrap", *extra, "--", *command],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=self._stderr,
                    pass_fds=[*fds, tell, given.fileno(), filtered.fileno()],
                    env=ENVIRONMENT,
                )
        finally:
            os.close(tell)
            text = _read_json(told)
            os.close(told)
        try:
            self.number = int(json.loads(text)["child-pid"])
            self.first = os.pidfd_open(self.number)
        except (ValueError, KeyError, OSError):
            self._bwrap.kill()
            self._bwrap.wait()
            said = self.said()
            self._stderr.close()
            raise SandboxError(f"bubblewrap could not start: {said}") from None

    def poll(self) -> int | None:
        """Return None while the command runs, then its exit code as bubblewrap reports it."""
        return self._bwrap.poll()

    def started(self) -> None:
        """Be told that the command runs: what is mounted needs no name any more."""
        shutil.rmtree(self._settings, ignore_errors=True)

    def kill(self) -> None:
        """Kill the command and all it has started; they are dead when this returns."""
        if self._stderr.closed:
            return
        end_first(self.first)
        self._bwrap.kill()
        self._bwrap.wait()
        self._stderr.close()
        self.started()

    def said(self) -> str:
        """Return what was written to stderr, to explain a failure."""
        return end_of(self._stderr)


def end_first(first: int) -> None:
    """Kill the first process of a process namespace, given as an open file."""
    # When it ends, the kernel has ended all others.
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(first, signal.SIGKILL)
    has_ended(first, KILL_SECONDS)


def has_ended(process: int, seconds: float) -> bool:
    """Whether a process has ended, given as an open file; wait for it."""
    wait = select.poll()
    wait.register(process, select.POLLIN)
    return bool(wait.poll(seconds * 1000))


def end_of(file: IO[bytes]) -> str:
    """Return the last words of what a program has written."""
    file.seek(0)
    return file.read(1 << 16).decode("utf-8", "replace").strip()[-1_000:]


def _read_json(number: int) -> str:
    """Read one flat JSON object from an open file, or what there is before its end."""
    data = b""
    while not data.rstrip().endswith(b"}"):
        more = os.read(number, 4096)
        if not more:
            break
        data += more
    return data.decode("utf-8")


def _zero_ended(words: Sequence[str]) -> bytes:
    return b"".join(os.fsencode(word) + b"\0" for word in words)


def _file_of(content: bytes) -> IO[bytes]:
    """Return an open file without a name, to be read from its start."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 (closed by the caller)
    file.write(content)
    file.seek(0)
    return file
