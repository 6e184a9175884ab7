"""One learner's notebook in a sandbox: run its cells, then call its functions."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlcore.checks import plans
from dlgrader.sandbox import runner
from dlgrader.sandbox.backend import Backend, Process, SandboxError, SessionEnded
from dlgrader.sandbox.branch import Branch
from dlgrader.sandbox.deadline import Deadline
from dlgrader.sandbox.files import read_files
from dlgrader.sandbox.limits import Limits
from dlgrader.sandbox.outputs import read_outputs
from dlgrader.sandbox.runner.wire import ClosedError, Line, WireError
from dlgrader.sandbox.watchdog import Watchdog

_TICK_SECONDS = 0.05
_RUNNER = "course_runner"
_ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "USER": "learner",
    "LOGNAME": "learner",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    # A learner's numpy.py or dlcore/ beside the notebook must not stand in for the library.
    "PYTHONSAFEPATH": "1",
    "PYTHONNOUSERSITE": "1",
    "NBGRADER_EXECUTION": "autograde",
}


@dataclass(frozen=True)
class CellResult:
    """What came of a cell.

    Attributes
    ----------
    outputs : list of dict
        In the format of notebooks; an exception is one of them.
    execution_count : int
    seconds : float
    interrupted : bool
        Whether the cell was interrupted at the time limit.
    """

    outputs: list[dict[str, Any]]
    execution_count: int
    seconds: float
    interrupted: bool = False


class Session:
    """A learner's notebook in a process of its own; use it in a ``with`` statement.

    Parameters
    ----------
    backend : Backend
        What confines the process.
    limits : Limits
    edition : Path, optional
        A folder with the `dlcore` package that the notebook gets; without, it gets this one.
    files : Path, optional
        A folder whose files are copied into the work folder, except notebooks, and nothing that a
        symbolic link points to.
    environment : mapping of str to str, optional
        Further environment variables.
    preload : sequence of str, optional
        Modules to import before the first cell, so that the time does not count as the cell's, such
        as matplotlib.pyplot.

    Raises
    ------
    SandboxError
        If the back end can't be used here.
    SessionEnded
        If there are too many files, or too large ones.

    Notes
    -----
    The work folder stands at the end of the module search path: ``import helper`` finds a file that
    was handed in, but a file named numpy.py does not hide NumPy.
    """

    def __init__(
        self,
        backend: Backend,
        limits: Limits | None = None,
        edition: Path | None = None,
        files: Path | None = None,
        environment: Mapping[str, str] | None = None,
        preload: Sequence[str] = (),
    ) -> None:
        self.limits = limits or Limits()
        self._branch: Branch | None = None
        self._ended = ""
        self._open = True
        given = read_files(files, self.limits) if files else {}
        ours, theirs = socket.socketpair()
        try:
            self._process: Process = backend.start(
                f"{_RUNNER}.inside",
                [str(theirs.fileno())],
                fds=[theirs.fileno()],
                packages=_packages(edition),
                environment={**_ENVIRONMENT, **(environment or {})},
                limits=self.limits,
                preload=preload,
            )
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        ours.settimeout(_TICK_SECONDS)
        self._line = Line(ours, 8 * self.limits.output_bytes + (2 << 20))
        try:
            self._begin(given, preload)
            self._watchdog = Watchdog(self._process, self.limits)
        except BaseException:
            self._process.kill()
            self._process.close()
            ours.close()
            raise

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def ended(self) -> str:
        """Why the process is gone, or an empty string; a call may have ended it, or a thread."""
        if not self._ended and self._process.poll() is not None:
            self._end("")
        return self._ended

    def run_cell(self, source: str) -> CellResult:
        """Run a cell.

        Raises
        ------
        SessionEnded
            If the process did not survive it.
        """
        began = time.monotonic()
        deadline = _CellDeadline(self._process, self.limits)
        message = {"do": "run", "source": source.encode("utf-8", "surrogatepass")}
        try:
            answer = self._ask(message, deadline.check)
            outputs = read_outputs(answer.get("outputs"), self.limits.output_bytes)
            count: Any = answer.get("count")
            if type(count) is not int or not 0 <= count < 2**31:
                raise WireError("no number of the cell")
        except _Late:
            self._give_up(
                f"stopped: this cell took longer than {self.limits.cell_seconds:g} s "
                "and ignored the interrupt"
            )
        except ClosedError:
            self._give_up("")
        except WireError as error:
            self._give_up(f"stopped: the process sent what is no answer ({error})")
        return CellResult(outputs, count, time.monotonic() - began, deadline.interrupted)

    def branch(self) -> Branch:
        """Split off a copy of the notebook as it stands, for calls of its functions.

        Raises
        ------
        SessionEnded
            If the process is gone, or does not react.
        RuntimeError
            If the last branch has not been closed.
        """
        if self._branch is not None:
            raise RuntimeError("close the last branch first")
        known = self._process.snapshot()
        ours, theirs = socket.socketpair()
        try:
            self._line.send(
                {"do": "fork", "result_bytes": self.limits.result_bytes}, self._within()
            )
            socket.send_fds(self._line.socket, [b"f"], [theirs.fileno()])
            self._line.receive(self._within())
        except (WireError, OSError, _Late) as error:
            ours.close()
            self._give_up(_unless_closed(error))
        finally:
            theirs.close()
        self._branch = Branch(
            ours,
            self._process,
            known,
            self.limits,
            end=self._reap,
            ended_session=lambda: self._ended,
        )
        return self._branch

    def close(self) -> None:
        """End the process and all that it has started."""
        if not self._open:
            return
        self._open = False
        self._watchdog.stop()
        self._process.kill()
        self._ended = self._ended or "the session is closed"
        if self._branch is not None:
            self._branch.close()
        self._process.close()
        self._line.close()

    def _begin(self, files: Mapping[str, bytes], preload: Sequence[str]) -> None:
        limits = self.limits
        of_one_process = {
            "AS": limits.address_space,
            "FSIZE": limits.file_bytes,
            "NOFILE": limits.open_files,
            "CPU": int(limits.notebook_seconds) + 10,
            "CORE": 0,
        }
        if self._process.counted_alone:
            # A little more than the watchdog allows, so that it can say what happened.
            of_one_process["NPROC"] = limits.processes + 32
        message = {
            "limits": of_one_process,
            "output_bytes": limits.output_bytes,
            "files": files,
            "preload": list(preload),
        }
        try:
            self._line.send(message, self._within(limits.start_seconds))
            self._line.receive(self._within(limits.start_seconds))
        except _Late:
            seconds = f"{limits.start_seconds:g} s"
            raise SandboxError(f"The sandbox's runner did not start within {seconds}.") from None
        except WireError:
            said = self._process.said()
            raise SandboxError(f"The sandbox's runner did not start: {said}") from None
        self._process.ready()

    def _ask(self, message: Mapping[str, Any], check: Callable[[], None]) -> dict[str, Any]:
        if self._ended:
            raise SessionEnded(self._ended)
        self._line.send(message, check)
        return self._line.receive(check)

    def _within(self, seconds: float | None = None) -> Callable[[], None]:
        """Return a check that raises when the time for an immediate answer is over."""
        deadline = Deadline(self._process, seconds or self.limits.call_seconds)

        def check() -> None:
            if deadline.over():
                raise _Late
            _demand_life(self._process)

        return check

    def _reap(self) -> str:
        """Return how the last branch ended, in words."""
        self._branch = None
        try:
            answer = self._ask({"do": "reap"}, self._within())
            return _ending(answer.get("status"))
        except SessionEnded:
            return "ended"
        except (WireError, _Late) as error:
            self._end(_unless_closed(error))
            return "ended"

    def _give_up(self, reason: str) -> None:
        self._end(reason)
        raise SessionEnded(self._ended)

    def _end(self, reason: str) -> None:
        """End the session, with the watchdog's reason or the way the process ended, if known."""
        if self._ended:
            return
        if not reason:
            code = _code_of(self._process)
            reason = f"the process {_ending(code)}" if code is not None else "the process ended"
        self._watchdog.stop()
        self._process.kill()
        self._ended = self._watchdog.reason or reason


class _Late(Exception):  # noqa: N818 (it is no error of the program's)
    """There was no answer in time."""


class _CellDeadline:
    """Interrupts a cell when its time is over, and gives up a little later."""

    def __init__(self, process: Process, limits: Limits) -> None:
        self.interrupted = False
        self._process = process
        self._grace_seconds = limits.grace_seconds
        self._deadline = Deadline(process, limits.cell_seconds)

    def check(self) -> None:
        if self._deadline.over():
            if self.interrupted:
                raise _Late
            self.interrupted = True
            self._process.interrupt()
            self._deadline = Deadline(self._process, self._grace_seconds)
        _demand_life(self._process)


def _demand_life(process: Process) -> None:
    if process.poll() is not None:
        raise ClosedError("the process is gone")


def _code_of(process: Process) -> int | None:
    """Return how the runner ended; it may take a moment from its last word to its end."""
    end = time.monotonic() + 1.0
    while process.poll() is None and time.monotonic() < end:
        time.sleep(0.01)
    return process.poll()


def _ending(code: Any) -> str:
    """Say how a process ended.

    >>> _ending(3), _ending(-11)
    ('ended (exit code 3)', 'was killed by signal 11 (segmentation fault)')
    """
    if type(code) is not int:
        return "ended"
    if code >= 0:
        return f"ended (exit code {code})"
    try:
        what = (signal.strsignal(-code) or "").lower()
    except ValueError:
        what = ""
    return f"was killed by signal {-code}" + (f" ({what})" if what else "")


def _unless_closed(error: Exception) -> str:
    if isinstance(error, (ClosedError, OSError)):
        return ""
    return "stopped: the process did not react any more"


def _packages(edition: Path | None) -> dict[str, Path]:
    """Return what can be imported inside before anything else, by name."""
    packages = {_RUNNER: Path(runner.__path__[0])}
    if edition is None:
        return {**packages, "dlcore": Path(plans.__file__).parents[1]}
    return {**packages, **{path.name: path for path in edition.iterdir()}}
