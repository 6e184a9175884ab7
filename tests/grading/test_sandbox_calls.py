"""Calls of a learner's functions in a copy of the notebook."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sandbox_tools import BACKENDS, IMPATIENT, SMALL, make_edition, needs_sandbox, opened, text_of

from dlcore.checks.calling import LocalPlayer
from dlcore.checks.plans import After, Call, Result, Seed, Shared, UnusableError, attempt
from dlgrader.sandbox import Backend, Session, SessionEnded

pytestmark = needs_sandbox

NOTEBOOK = """
import numpy as np

def affine(x, w, b=0):
    return x @ w + b

def forward(x):
    return 2 * x, ("cache", x.shape)

def backward(dout, cache):
    return dout * len(cache[1])

def adam(params, grads, state, lr=0.1):
    t = state["t"] = state.get("t", 0) + 1
    for name in params:
        m = state.setdefault("m" + name, np.zeros_like(params[name]))
        m += 0.1 * (grads[name] - m)
        params[name] -= lr * m / (1 - 0.9 ** t)

class Layer:
    def __init__(self, n):
        self.w = np.ones(n)
    def forward(self, x):
        self.x = x
        return self.w * x
    def backward(self, dout):
        return {"dw": (dout * self.x).tolist()}

def draw(rng, *shape):
    return rng.normal(size=shape).astype(np.float32)

def spoil(x, parts):
    x += 1
    parts["a"] = parts["a"] * 2
    print("spoilt")

def wrong():
    import warnings; warnings.warn("careful")
    return np.zeros(3)[5]

def unfinished():
    raise NotImplementedError("affine is not written yet.")

def layers():
    return [("C1", (6, np.int64(28), 28)), {"n": np.float32(0.5)}]

def steps(n):
    for i in range(n):
        pass
    return i
answers = {"1a": 3, "1b": "text", "1c": ..., 2: np.int64(4)}
"""


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_edition(tmp_path_factory.mktemp("edition"))


@pytest.fixture(scope="module", params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> Backend:
    return BACKENDS[request.param]


@pytest.fixture(scope="module")
def session(backend: Backend, edition: Path) -> Iterator[Session]:
    with Session(backend, SMALL, edition=edition) as opened_session:
        opened_session.run_cell(NOTEBOOK)
        yield opened_session


@pytest.fixture(scope="module")
def impatient(backend: Backend, edition: Path) -> Iterator[Session]:
    with Session(backend, IMPATIENT, edition=edition) as opened_session:
        yield opened_session


X, W = np.arange(6.0).reshape(2, 3), np.ones((3, 2))
PLANS = {
    "a call": ((Call("affine", (X, W), {"b": 1.0}),), {"y": Result(0)}),
    "a cache": (
        (Call("forward", (X,)), Call("backward", (X, Result(0, 1)))),
        {"y": Result(0, 0), "dx": Result(1), "shape": Result(0, 1, plain=True)},
    ),
    "ten steps": (
        tuple(
            Call("adam", (Shared("p", {"w": X} if not t else None), {"w": X - t}, Shared("s", {})))
            for t in range(10)
        ),
        {"w": After(9, 0, "w"), "first": After(0, 0, "w"), "m": After(9, 2, "mw")},
    ),
    "a class": (
        (
            Call("Layer", (3,)),
            Call("forward", (X,), of=Result(0)),
            Call("backward", (X,), of=Result(0)),
        ),
        {"y": Result(1), "dw": Result(2, plain=True)},
    ),
    "a generator": ((Call("draw", (Seed(3), 2, 4)),), {"w": Result(0)}),
    "spoilt arguments": (
        (Call("spoil", (X, {"a": W})), Call("affine", (X, W))),
        {"x": After(0, 0), "a": After(0, 1, "a"), "old": After(0, 1, "a", original=True)},
    ),
    "an error": ((Call("wrong"), Call("forward", (X,))), {"y": Result(0)}),
    "an exercise left out": ((Call("unfinished"),), {}),
    "a name left out": ((Call("nothing"),), {"y": Result(0)}),
    "plain data": ((Call("layers"),), {"layers": Result(0, plain=True), "y": Result(0)}),
    "counted lines": ((Call("steps", (50,), counted=True), Call("steps", (9,))), {"y": Result(0)}),
    "layouts": (
        (
            Call("numpy.copy", (X.T.astype(">f4"),)),
            Call("affine", (X[:, ::-1], W.astype(np.float16))),
        ),
        {"x": Result(0), "y": Result(1)},
    ),
    "no array": ((Call("Layer", (3,)),), {"y": Result(0)}),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANS)
def test_a_plan_gives_what_it_gives_here(session: Session, name: str) -> None:
    calls, results = PLANS[name]
    namespace: dict[str, object] = {}
    exec(NOTEBOOK, namespace)
    here = attempt(calls, results, LocalPlayer(namespace))
    with session.branch() as branch:
        there = attempt(calls, results, branch)
    assert list(here.arrays) == list(there.arrays)
    for key, array in here.arrays.items():
        assert np.array_equal(array, there.arrays[key])
        assert array.dtype.newbyteorder("=") == there.arrays[key].dtype.newbyteorder("=")
    for field in (
        *("plain", "unusable", "completed", "failed", "raised"),
        *("timed_out", "changed", "printed", "lines"),
    ):
        assert getattr(here, field) == getattr(there, field), field
    # Inside, the lines of the notebook can be quoted.
    assert there.problem.startswith(here.problem)


def test_an_error_quotes_the_learners_line(session: Session) -> None:
    with session.branch() as branch:
        problem = branch.play(Call("wrong")).problem
    assert "of the cell, in wrong: return np.zeros(3)[5]" in problem


def test_variables_are_read_as_plain_data(session: Session) -> None:
    with session.branch() as branch:
        assert branch.read("answers") == {"1a": 3, "1b": "text", 2: 4}
        with pytest.raises(UnusableError, match="there is no nothing here"):
            branch.read("nothing")
        with pytest.raises(UnusableError, match="function stands where"):
            branch.read("affine")


def test_what_a_call_changes_stays_in_the_branch(session: Session) -> None:
    session.run_cell("counter = [0]\ndef count():\n  counter[0] += 1\n  return counter[0]")
    for _ in range(2):
        with session.branch() as branch:
            assert [
                int(branch.fetch(Result(n))) for n in range(2) if branch.play(Call("count"))
            ] == [1, 2]
    assert text_of(session, "counter") == "[0]"


def test_one_branch_at_a_time(session: Session) -> None:
    with session.branch(), pytest.raises(RuntimeError, match="close the last branch"):
        session.branch()
    with session.branch() as branch:
        pass
    assert branch.play(Call("steps", (3,))).problem == "the branch is closed"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("import os; os._exit(3)", r"The process ended \(exit code 3\) during the call"),
        ("import ctypes; ctypes.string_at(0)", "signal 11"),
        ("import os; os.kill(os.getpid(), 9)", "signal 9"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("raise SystemExit(0)", "SystemExit"),
        ("raise GeneratorExit", "GeneratorExit"),
        ("return f()", "RecursionError"),
        ("input()", "StdinNotImplementedError"),
        ("return open('/work/x')", "FileNotFoundError"),
        ("import numpy as np; return np.zeros(10**9)", "MemoryError"),
    ],
)
def test_a_call_that_fails_costs_only_its_branch(session: Session, body: str, problem: str) -> None:
    session.run_cell(f"def f():\n    {body}\ndef g():\n    return 7")
    with session.branch() as branch:
        outcome = branch.play(Call("f"))
        assert not outcome.timed_out
        assert re.search(problem, outcome.problem), outcome.problem
    with session.branch() as branch:
        branch.play(Call("g"))
        assert branch.fetch(Result(0)) == 7


@pytest.mark.parametrize(
    "body",
    [
        "while True: pass",
        "while True:\n     try:\n      while True: pass\n     except BaseException: pass",
        "return 9 ** (9 ** 9)",
        "import re; re.match('(a+)+$', 'a' * 50 + 'b')",
        "import time; time.sleep(99)",
        "import os, signal\n    os.kill(os.getpid(), signal.SIGSTOP)",
        "import os\n    while True: os.write(1, b'x' * 10**6)",
        "import threading\n    lock = threading.Lock(); lock.acquire(); lock.acquire()",
    ],
)
def test_a_call_that_takes_too_long_is_stopped(impatient: Session, body: str) -> None:
    session = impatient
    session.run_cell(f"def f():\n    {body}\ndef g():\n    return 7")
    with session.branch() as branch:
        outcome = branch.play(Call("f"))
        assert outcome.timed_out
        assert outcome.problem == "f was stopped after 1 s: is there a loop without an end?"
        assert branch.play(Call("g")).problem == outcome.problem
        with pytest.raises(UnusableError, match="stopped after"):
            branch.fetch(Result(0))
    with session.branch() as branch:
        branch.play(Call("g"))
        assert branch.fetch(Result(0)) == 7


def test_many_calls_are_sent_at_once_and_made_until_one_fails(session: Session) -> None:
    session.run_cell(
        """
made = []
def note(n, bad=-1):
    made.append(n)
    if n == bad: raise ValueError(f"{n} is bad")
    return np.array(n)
def count(): return np.array(len(made))
"""
    )
    with session.branch() as branch:
        branch.reset()
        outcomes = branch.play_all([Call("note", (n,)) for n in range(40)])
        assert [outcome.problem for outcome in outcomes] == [""] * 40
        assert [int(branch.fetch(Result(n))) for n in (0, 15, 16, 39)] == [0, 15, 16, 39]
        branch.reset()
        outcomes = branch.play_all([Call("note", (n, 20)) for n in range(40)])
        assert len(outcomes) == 21
        assert outcomes[-1].problem.startswith("note raised ValueError: 20 is bad")
        branch.reset()
        # None was made after that, and none of the answers is left.
        assert len(branch.play_all([Call("count")])) == 1
        assert branch.fetch(Result(0)) == 61


def test_results_come_along_with_the_calls(session: Session) -> None:
    session.run_cell("state = [0]\ndef f(x):\n    state[0] += 1\n    return x + state[0], print")
    calls = (Call("f", (np.zeros(2),)), Call("f", (np.ones(2),)))
    wanted = Result(0, 0), Result(1, 0), Result(1, 1), Result(1, 2)
    with session.branch() as branch:
        # The second time, the same calls are sent in the form that they have by now.
        for first, second in (([1, 1], [3, 3]), ([3, 3], [5, 5])):
            branch.reset()
            outcomes = branch.play_all(calls, wanted)
            assert [outcome.problem for outcome in outcomes] == ["", ""]
            assert branch.fetch(wanted[1]).tolist() == second
            assert branch.fetch(wanted[0]).tolist() == first
            assert branch.fetch(wanted[0]).tolist() == first  # asked for once more
            with pytest.raises(UnusableError, match="builtin_function"):
                branch.fetch(wanted[2])
            with pytest.raises(UnusableError, match="a tuple of 2 came back"):
                branch.fetch(wanted[3])
        branch.reset()
        assert branch.play_all([Call("unheard_of")], [Result(0)])[0].problem.startswith(
            "unheard_of is not"
        )
        with pytest.raises(UnusableError, match=r"^None"):
            branch.fetch(Result(0))


def test_what_arguments_hold_is_told_though_only_differences_are_sent(session: Session) -> None:
    session.run_cell(
        """
def f(x, parts, n=1):
    parts["a"] = parts["a"] + 1
    parts["b"][0] = np.nan
    parts.pop("c")
"""
    )
    parts = {"a": np.zeros(1), "b": np.array([np.nan, 2.0]), "c": np.ones(1), "d": np.array([1])}
    call = Call("f", (np.array([np.nan]), parts), {"n": 3})
    with session.branch() as branch:
        there = branch.play(call)
    here = LocalPlayer({"f": _change}).play(call)
    for outcome in (there, here):
        assert list(outcome.after) == [0, 1, "n"]
        assert {name: array.tolist() for name, array in outcome.original[1].items()} == {
            "a": [0],
            "b": pytest.approx([np.nan, 2], nan_ok=True),
            "c": [1],
            "d": [1],
        }
        assert sorted(outcome.after[1]) == ["a", "b", "d"]
        assert outcome.after[1]["a"].tolist() == [1]
        assert np.isnan(outcome.after[0]).all()
        assert outcome.after["n"] is None


def _change(x: np.ndarray, parts: dict, n: int = 1) -> None:
    parts["a"] = parts["a"] + 1
    parts["b"][0] = np.nan
    parts.pop("c")


def test_of_many_calls_the_one_that_takes_too_long_is_named(impatient: Session) -> None:
    impatient.run_cell("def f(n):\n    return n\ndef g():\n    while True: pass")
    with impatient.branch() as branch:
        outcomes = branch.play_all([Call("f", (1,)), Call("f", (2,)), Call("g"), Call("f", (3,))])
    assert [outcome.timed_out for outcome in outcomes] == [False, False, True]
    assert outcomes[-1].problem.startswith("g was stopped after 1 s")


def test_what_a_call_starts_ends_with_its_branch(session: Session) -> None:
    session.run_cell(
        """
import os, subprocess, time
def daemon():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(99)
        os._exit(0)
    subprocess.Popen(["sleep", "98"])
def running():
    states = []
    for name in os.listdir("/proc"):
        try: states += [open(f"/proc/{name}/stat").read().rpartition(")")[2].split()[0]]
        except OSError: pass
    return len([state for state in states if state != "Z"])
kept = subprocess.Popen(["sleep", "97"])
"""
    )
    before = int(text_of(session, "running()"))
    with session.branch() as branch:
        branch.play(Call("daemon"))
        branch.play(Call("running"))
        assert branch.fetch(Result(1)) >= before + 3
    assert int(text_of(session, "running()")) == before
    assert text_of(session, "kept.poll() is None") == "True"


LIARS = """
import numpy as np

class Sub(np.ndarray):
    def __eq__(self, other): return True
    def __array_ufunc__(self, *a, **k): return self
    def __array_function__(self, *a, **k): return True
    def __reduce__(self): import os; os._exit(1)
def subclass(): return np.zeros(3).view(Sub)

class Equal:
    __array_priority__ = 1e9
    def __eq__(self, other): return True
    def __array__(self, *a, **k): return np.array([self], dtype=object)
def equal(): return Equal()

class Slow:
    def __array__(self, *a, **k):
        while True: pass
def slow(): return Slow()

class Kills:
    def __array__(self, *a, **k):
        import os; os._exit(7)
def kills(): return Kills()

def generator(): return (i for i in range(3))
def objects(): return np.array([Equal()], dtype=object)
def text(): return "7"
def ragged(): return [[1], [1, 2]]
def imaginary(): return np.array([1j])
def nothing(): pass
def wide(): return np.array([1.5], np.longdouble)
def large(): return np.zeros(10**7)
def huge(): return np.broadcast_to(np.float64(1), (10**6, 10**6))
def fixed():
    x = np.zeros(3); x.flags.writeable = False
    return x
def nans(): return np.array([np.nan, np.inf])
def deep():
    x = []
    for _ in range(10**5): x = [x]
    return x
def number(): return 10**6000
class Str(str):
    def __str__(self): return 3
class Bad(Exception):
    def __str__(self): raise RuntimeError
def bad(): raise Bad
class Named(Exception): pass
Named.__name__ = "x" * 10**6
def named(): raise Named("y" * 10**6)
"""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("subclass", [0, 0, 0]),
        ("equal", "Equal|object"),
        ("kills", r"exit code 7"),
        ("generator", "a generator, expected numbers"),
        ("objects", "object"),
        ("text", "a str"),
        ("ragged", "expected"),
        ("imaginary", "complex"),
        ("nothing", "return"),
        ("wide", [1.5]),
        ("large", "more than 4 MiB"),
        ("huge", "huge|numbers|MiB|Memory"),
        ("fixed", [0, 0, 0]),
        ("nans", [np.nan, np.inf]),
        ("deep", "numbers|nested"),
        ("number", "dtype|numbers"),
        ("number plain", "can't be brought back"),
        ("bad", "raised Bad"),
        ("named", "named raised xxx"),
    ],
)
def test_results_that_lie_are_unmasked(session: Session, name: str, expected: object) -> None:
    session.run_cell(LIARS)
    with session.branch() as branch:
        name, _, plain = name.partition(" ")
        tried = attempt((Call(name),), {"y": Result(0, plain=bool(plain))}, branch)
    if isinstance(expected, str):
        said = tried.problem or tried.unusable["y"]
        assert re.search(expected, said)
        assert len(said) < 3000
    else:
        assert type(tried.arrays["y"]) is np.ndarray
        np.testing.assert_array_equal(tried.arrays["y"], expected)


def test_a_result_may_not_take_long_to_look_at(impatient: Session) -> None:
    impatient.run_cell(LIARS)
    with impatient.branch() as branch:
        tried = attempt((Call("slow"),), {"y": Result(0)}, branch)
    assert tried.unusable["y"] == "stopped after 1 s of reading the result"


FORGERS = """
import os, socket, struct, json
def sockets():
    found = []
    for n in os.listdir("/proc/self/fd"):
        try:
            if os.readlink(f"/proc/self/fd/{n}").startswith("socket"): found.append(int(n))
        except OSError: pass
    return found
def count(): return len(sockets())
def garbage():
    for n in range(3, 256):
        try: os.write(n, b"garbage" * 100)
        except OSError: pass
def large():
    for n in sockets(): os.write(n, struct.pack("!4sIQ", b"dlc1", 2, 2**60))
def forged():
    text = json.dumps({"dict": [["problem", ""], ["raised", {"tuple": []}], ["printed", "forged"],
        ["lines", 1], ["after", {"dict": []}], ["original", {"dict": []}]]}).encode()
    for n in sockets(): os.write(n, struct.pack("!4sIQ", b"dlc1", len(text), 0) + text)
def closing():
    for n in sockets(): os.close(n)
"""


def test_forgers_change_only_their_own_answers(session: Session) -> None:
    session.run_cell(FORGERS)
    with session.branch() as branch:
        # Its own, and those of two event loops.
        branch.play(Call("count"))
        assert branch.fetch(Result(0)) == 5
    for name in ("garbage", "large"):
        with session.branch() as branch:
            assert "disturbed" in branch.play(Call(name)).problem
    with session.branch() as branch:
        branch.play(Call("forged"))
        branch.play(Call("count"))
        with pytest.raises(UnusableError):
            branch.fetch(Result(0))
    with session.branch() as branch:
        assert branch.play(Call("closing")).problem
    with session.branch() as branch:
        branch.play(Call("count"))
        assert branch.fetch(Result(0)) == 5


def test_patched_libraries_do_not_stop_the_runner(backend: Backend, edition: Path) -> None:
    with opened(backend, edition) as session:
        session.run_cell(
            """
import builtins, json, os, select, signal, socket, struct, sys, asyncio, time, threading
import numpy as np
def nothing(*a, **k): return 0
def double(x): return 2 * x
for module, names in {
    json: ["dumps", "loads"], os: ["fork", "_exit", "waitpid", "close", "read", "pipe"],
    select: ["select"], signal: ["signal"], socket: ["recv_fds", "socket", "send_fds"],
    struct: ["pack", "unpack"], time: ["monotonic", "time"], np: ["frombuffer", "asarray"],
}.items():
    for name in names: setattr(module, name, nothing)
sys.settrace = nothing
"""
        )
        assert text_of(session, "print('on')") == "on\n"
        with session.branch() as branch:
            outcome = branch.play(Call("double", (np.arange(3.0),)))
            assert outcome.problem == ""
            assert branch.fetch(Result(0)).tolist() == [0, 2, 4]


def test_a_call_that_ends_the_notebook_is_reported(backend: Backend, edition: Path) -> None:
    with opened(backend, edition) as session:
        session.run_cell("import os\ndef f(): os.kill(os.getppid(), 9); return 1")
        with session.branch() as branch:
            assert session.ended == ""
            branch.play(Call("f"))
        assert session.ended == "the process was killed by signal 9 (killed)"
        with pytest.raises(SessionEnded, match="the process was killed by signal 9"):
            session.branch()


def test_two_sandboxes_know_nothing_of_each_other(backend: Backend, edition: Path) -> None:
    with opened(backend, edition) as one, opened(backend, edition) as two:
        assert (
            text_of(one, "import os\nlen([n for n in os.listdir('/proc') if n.isdigit()])") == "2"
        )
        one.run_cell("open('/tmp/x', 'w').write('x'); open('/dev/shm/x', 'w').write('x')")
        assert (
            text_of(two, "import os\nos.listdir('/tmp/work'), os.listdir('/dev/shm')") == "([], [])"
        )
        if os.geteuid() == 0:
            assert text_of(one, "os.getuid()") != text_of(two, "os.getuid()")
