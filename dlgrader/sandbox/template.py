"""A process in which everything is imported, and the notebooks' processes that it splits off.

What happens inside is in `dlgrader.sandbox.runner.template`.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from dlgrader.sandbox import seccomp
from dlgrader.sandbox.backend import SandboxError
from dlgrader.sandbox.bubblewrap import SEPARATE, counted_alone, names_of
from dlgrader.sandbox.confined import FOLDERS, Confined, signal_or_code
from dlgrader.sandbox.identity import spare_user
from dlgrader.sandbox.interpreter import executable
from dlgrader.sandbox.launching import Launched, end_first, end_of, has_ended

_RIGHTS = ("SYS_ADMIN", "NET_ADMIN", "SETUID", "SETGID", "SETPCAP")
_REACT_SECONDS = 30.0
_MESSAGE_BYTES = 1 << 16
_RUNNER_FILES = (*FOLDERS, "first")


class TemplateError(Exception):
    """The template is gone, or can't split off a process; the message says why."""


class Template:
    """Splits off runners, one at a time.

    Parameters
    ----------
    view : callable
        Given a folder for settings and the learner's number, return bubblewrap's options that say
        which files there are inside.
    module : str
        The module that runs inside.
    preload : sequence of str
        Modules to import.
    kept : sequence of Path
        What `view` mounts where each runner gets an empty folder: it is seen there nevertheless.
    seconds : float
        How long that may take.

    Attributes
    ----------
    busy : bool
        Whether a runner of this template's has not been closed yet.
    broken : bool
        Whether the template is of no use any more.

    Raises
    ------
    TemplateError
        If it does not work here.
    """

    def __init__(
        self,
        view: Callable[[Path, int | None], list[str]],
        module: str,
        preload: Sequence[str],
        kept: Sequence[Path],
        seconds: float,
    ) -> None:
        self.busy = self.broken = self._closed = False
        settings = Path(tempfile.mkdtemp(prefix="dlgrader-template-"))
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            user = spare_user()
            options = [*SEPARATE, *_rights(user), *view(settings, user)]
            command = [str(executable()), "-m", module, str(theirs.fileno())]
            self._launched = Launched(options, command, [theirs.fileno()], settings)
        except BaseException as error:
            self._control.close()
            shutil.rmtree(settings, ignore_errors=True)
            if isinstance(error, SandboxError):
                raise TemplateError(str(error)) from None
            raise
        finally:
            theirs.close()
        try:
            self._send({"preload": list(preload), "kept": [str(path) for path in kept]}, [])
            self._receive(seconds)
        except TemplateError:
            said = _last_line(self._launched.said())
            self.close()
            raise TemplateError(said or "it did not answer") from None
        self._launched.started()

    def split(self, line: int, disk_bytes: int) -> Split:
        """Split off a runner.

        Parameters
        ----------
        line : int
            The open file that is the notebook's connection.
        disk_bytes : int
            Size of each of the two folders that can be written to.

        Raises
        ------
        TemplateError
            If that fails; the template is broken then.
        """
        user = spare_user()
        stderr = tempfile.TemporaryFile()  # noqa: SIM115 (closed by the process)
        message = {
            "user": user,
            "disk_bytes": disk_bytes,
            "settings": {} if user is None else names_of(user),
            "calls": base64.b64encode(seccomp.program()).decode("ascii"),
        }
        try:
            self._send(message, [line, stderr.fileno()])
            answer, files = self._receive(_REACT_SECONDS)
            if "ready" not in answer:
                raise TemplateError(answer.get("problem", "the process ended at once"))
        except TemplateError as error:
            said = _last_line(self._launched.said())
            stderr.close()
            self.close()
            raise TemplateError(f"{error}. {said}".strip()) from None
        self.busy = True
        about = dict(zip(_RUNNER_FILES, files, strict=True))
        return Split(self, about.pop("first"), about, stderr, counted_alone(user))

    def ending(self) -> int:
        """Return how the runner that was split off last ended; it must have ended.

        If the template can't tell, because it has ended itself, the runner was killed.
        """
        try:
            answer, _ = self._receive(_REACT_SECONDS)
            return signal_or_code(int(answer["status"]))
        except (TemplateError, KeyError):
            self.broken = True
            return -9

    def release(self) -> None:
        """Be told that the runner has been closed."""
        self.busy = False
        if self.broken:
            self.close()

    def close(self) -> None:
        """End the template, with all that it has split off."""
        if not self._closed:
            self.forget()
            self._launched.kill()
            os.close(self._launched.first)

    def forget(self) -> None:
        """Let go of a template that belongs to the process that this one was split off from."""
        self.broken = self._closed = True
        self._control.close()

    def _send(self, message: Mapping[str, Any], files: list[int]) -> None:
        self._control.settimeout(_REACT_SECONDS)
        try:
            socket.send_fds(self._control, [json.dumps(message).encode("ascii")], files)
        except OSError as error:
            raise TemplateError(f"it does not react ({error})") from None

    def _receive(self, seconds: float) -> tuple[dict[str, Any], list[int]]:
        self._control.settimeout(seconds)
        try:
            text, files, _, _ = socket.recv_fds(
                self._control, _MESSAGE_BYTES, len(_RUNNER_FILES), socket.MSG_CMSG_CLOEXEC
            )
        except OSError as error:
            raise TemplateError(f"it does not react ({error})") from None
        if not text:
            raise TemplateError("it has ended")
        return json.loads(text), files


class Split(Confined):
    """A runner that a template has split off, and all that it starts; see `Process`."""

    def __init__(
        self,
        template: Template,
        first: int,
        folders: dict[str, int],
        stderr: IO[bytes],
        alone: bool,
    ) -> None:
        super().__init__()
        self.counted_alone = alone
        self._template, self._first, self._folders = template, first, folders
        self._stderr = stderr
        self._code: int | None = None
        self._asking = threading.Lock()

    def ready(self) -> None:
        """Do nothing: a process that has been split off is where it should be."""

    def poll(self) -> int | None:
        """Return None while the runner lives, then its exit code, or minus the signal's number."""
        if self._code is None and has_ended(self._first, 0):
            with self._asking:
                if self._code is None:
                    self._code = self._template.ending()
        return self._code

    def kill(self) -> None:
        """Kill the runner and all it has started; they are dead when this returns."""
        if self._code is None:
            end_first(self._first)
            self.poll()

    def close(self) -> None:
        """Let go of everything; the runner must have been killed, and nobody be watching it."""
        for number in (self._first, *self._folders.values()):
            os.close(number)
        self._folders = {}
        self._stderr.close()
        self._template.release()

    def said(self) -> str:
        """Return what was written to stderr before the first cell, to explain a failure."""
        return end_of(self._stderr)


def _rights(user: int | None) -> list[str]:
    """Return the options that let the template make namespaces for others."""
    options = [word for name in _RIGHTS for word in ("--cap-add", f"CAP_{name}")]
    if user is not None:
        return options
    # In a user namespace, which has this user only; the last right is for naming it anew below.
    return [*options, "--unshare-user", "--uid", "0", "--gid", "0", "--cap-add", "CAP_SETFCAP"]


def _last_line(text: str) -> str:
    """Return what a traceback says at its end."""
    return text.rpartition("\n")[2]
