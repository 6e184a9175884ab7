"""The runner: serves one notebook, inside the sandbox.

``python -m course_runner.inside FD`` serves on the inherited socket FD: after a first message with
limits and files, `run` for each cell. For `fork` it splits off a child, a branch of the notebook as
it stands, which makes calls of the learner's functions; this process keeps the notebook as it was.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import json
import os
import resource
import socket
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from dlcore.checks.calling import LocalPlayer
from dlcore.checks.comparing import as_plain_data
from dlcore.checks.plans import Call, Outcome, UnusableError, arrays_given

from .capture import Collector, Pipes, Stream, silence
from .shell import Cells, Shell
from .wire import PLAN, ClosedError, Line, TooLargeError, WireError, pack

# Bound now, so that a notebook that replaces functions of these modules does not stop the runner.
_to_text = json.JSONEncoder().encode
_fork, _waitpid, _exit, _close = os.fork, os.waitpid, os._exit, os.close
_socket, _recv_fds, _exit_code = socket.socket, socket.recv_fds, os.waitstatus_to_exitcode
_array = np.ndarray
_ANY_SIZE = 1 << 40
_SAID = ("problem", "raised", "printed", "lines")


def main() -> None:
    """Serve the notebook whose connection is the open file that the command line names."""
    serve_notebook(int(sys.argv[1]))


def serve_notebook(number: int, shell: Shell | None = None) -> None:
    """Serve until the other side is gone.

    Parameters
    ----------
    number : int
        The open file that is the connection.
    shell : Shell, optional
        The shell of this process, if there is one.
    """
    control = Line(_socket(fileno=number), _ANY_SIZE)
    control.socket.set_inheritable(False)
    start = control.receive()
    _set_limits(start["limits"])
    _write_files(start["files"])
    # At the end, so that a learner's numpy.py does not hide the library.
    sys.path.append(str(Path.cwd()))
    collector = Collector(start["output_bytes"])
    shell = shell or Shell.make()
    shell.collector = collector
    cells = Cells(shell)
    for name in start["preload"]:
        with contextlib.suppress(ImportError):  # the notebook's own import will say what is wrong
            importlib.import_module(name)
    sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115
    control.send({"ready": True})
    pipes = Pipes(collector)
    sys.stdout = Stream(collector, "stdout", 1, pipes)
    sys.stderr = Stream(collector, "stderr", 2, pipes)
    serve(control, shell, cells, collector, pipes)


def serve(control: Line, shell: Shell, cells: Cells, collector: Collector, pipes: Pipes) -> None:
    """Do what is asked, one thing after the other."""
    child = 0
    while True:
        asked = control.receive()
        if asked["do"] == "run":
            collector.begin()
            count = cells.run(asked["source"].decode("utf-8", "surrogatepass"))
            pipes.drain()
            outputs = _to_text(collector.outputs()).encode("ascii")
            control.send({"outputs": outputs, "count": count})
        elif asked["do"] == "fork":
            _, (number,), _, _ = _recv_fds(control.socket, 1, 1)
            with warnings.catch_warnings():
                # Newer Pythons warn of the thread of `Pipes`, which the child can do without.
                warnings.simplefilter("ignore", DeprecationWarning)
                child = _fork()
            if child == 0:
                _be_branch(control, number, shell, asked["result_bytes"])
            _close(number)
            control.send({"forked": True})
        elif asked["do"] == "reap":
            _, status = _waitpid(child, 0)
            control.send({"status": _exit_code(status)})


def _be_branch(control: Line, number: int, shell: Shell, result_bytes: int) -> None:
    """Serve calls in a child process, which ends here."""
    try:
        # Nothing of the notebook's own connection stays within reach of the learner's functions.
        control.close()
        silence()
        with contextlib.suppress(Exception):  # the notebook may have replaced what this needs
            asyncio.set_event_loop(asyncio.new_event_loop())
        line = Line(_socket(fileno=number), _ANY_SIZE, PLAN)
        line.socket.set_inheritable(False)
        branch = _Branch(shell.user_ns)
        while True:
            asked = line.receive()
            for one in branch.parts(asked):
                answer = branch.serve(one)
                sent = _answer(line, answer, result_bytes)
                if one["do"] == "play" and (not sent or "problem" in answer):
                    break
    except BaseException:
        pass
    finally:
        _exit(0)


def _answer(line: Line, answer: dict[str, Any], result_bytes: int) -> bool:
    """Send an answer, or why it can't be brought back; return whether it was sent."""
    too_large = f"more than {result_bytes / 2**20:.3g} MiB"
    try:
        line.send_parts(pack(answer, result_bytes))
    except TooLargeError:
        line.send({"refused": too_large})
        return False
    except ClosedError:
        raise
    except WireError as error:
        line.send({"refused": f"what can't be brought back ({error})"})
        return False
    return True


class _Branch:
    """Makes calls on a notebook's functions."""

    def __init__(self, names: dict[str, Any]) -> None:
        self._names = names
        self._player = LocalPlayer(names, seconds=None)

    @staticmethod
    def parts(asked: dict[str, Any]) -> list[dict[str, Any]]:
        """Return what is asked, call by call and then result by result."""
        if asked["do"] != "play":
            return [asked]
        calls = [
            {"do": "play", "call": call, "anew": asked["anew"] and number == 0}
            for number, call in enumerate(asked["calls"])
        ]
        wanted = [{"do": "fetch", "result": result, "anew": False} for result in asked["wanted"]]
        return calls + wanted

    def serve(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Return the answer, whatever the learner's code does."""
        try:
            if asked["anew"]:
                self._player.reset()
            if asked["do"] == "play":
                return _told(asked["call"], self._player.play(asked["call"]))
            if asked["do"] == "fetch":
                return {"value": self._player.fetch(asked["result"])}
            return {"value": self._read(asked["name"])}
        except UnusableError as error:
            return {"unusable": str(error)}
        except WireError:
            raise
        except BaseException as error:
            text = f"{type(error).__name__} was raised"
            if asked["do"] == "play":
                return _told(asked["call"], Outcome(f"{asked['call'].function}: {text}."))
            return {"unusable": text}

    def _read(self, name: str) -> Any:
        if name not in self._names:
            raise UnusableError(f"there is no {name} here; has the cell that defines it been run?")
        value = self._names[name]
        try:
            if type(value) is not dict:
                return as_plain_data(value)
            kept = {}
            for key, item in value.items():
                with contextlib.suppress(TypeError):
                    kept[as_plain_data(key)] = as_plain_data(item)
            return kept
        except TypeError as error:
            raise UnusableError(str(error)) from None


def _told(call: Call, outcome: Outcome) -> dict[str, Any]:
    """Return what is to be told of an outcome: what is not as it would be if nothing happened.

    Of the arguments, these are the arrays that do not hold what the plan has handed over and, of
    the original ones, those that do not hold what is there now. Without "after", no arguments were
    made.
    """
    told = {name: value for name in _SAID if (value := getattr(outcome, name))}
    if outcome.after or not call.arguments():
        given, after = arrays_given(call), outcome.after
        told["after"] = _without_same(after, given)
        if original := _without_same(outcome.original, after):
            told["original"] = original
    return told


def _without_same(held: dict[int | str, Any], known: dict[int | str, Any]) -> dict[int | str, Any]:
    return {name: arrays for name, arrays in held.items() if not _same(arrays, known.get(name))}


def _same(one: Any, other: Any) -> bool:
    """Whether arrays, or dicts of them, are equal to the last bit."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, _array):
        equal_kind = one.dtype == other.dtype and one.shape == other.shape
        return equal_kind and one.tobytes() == other.tobytes()
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    return False


def _set_limits(limits: dict[str, int]) -> None:
    """Set the system's limits of this process and all that it starts."""
    for name, value in limits.items():
        number = getattr(resource, f"RLIMIT_{name}", None)
        if number is not None:
            _, most = resource.getrlimit(number)
            value = value if most == resource.RLIM_INFINITY else min(value, most)
            # Some systems know a limit but can't set it, such as macOS the address space.
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(number, (value, value))


def _write_files(files: dict[str, bytes]) -> None:
    for name, content in files.items():
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


if __name__ == "__main__":
    main()
