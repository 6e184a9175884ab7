"""What functions return: never right things, and right things that look unusual."""

from __future__ import annotations

from dlgrader.hostile.declaring import Ground, Hostile, cell_attack, function_attack, wrapping

GROUP = "values"


def _wrong(name: str, story: str, body: str) -> Hostile:
    make = function_attack(body, "empty", "import numpy as np\n")
    return Hostile(name, GROUP, story, make, "nothing")


def _wrapped(name: str, story: str, result: str, before: str = "") -> Hostile:
    """Change what every function returns; `result` says how, in terms of `given`."""
    # Also the arrays of a tuple that is returned, but not those of a cache within.
    source = f"""
import numpy as np
{before}
if not isinstance(<NAME>, type):
    def _wrap(function):
        def change(given):
            if isinstance(given, np.ndarray) and given.dtype.kind == "f":
                return {result}
            return given
        def changed(*args, **kwargs):
            given = function(*args, **kwargs)
            return tuple(map(change, given)) if type(given) is tuple else change(given)
        return changed
    <NAME> = _wrap(<NAME>)
"""
    return Hostile(name, GROUP, story, wrapping(source), "full")


def _honest(name: str, story: str, source: str) -> Hostile:
    return Hostile(name, GROUP, story, wrapping(source), "full")


def _target(ground: Ground) -> tuple[str, ...]:
    return (ground.target,)


_PRINTING = """
import functools, logging, os, sys, warnings
def _talkative(function):
    @functools.wraps(function)
    def talk(*args, **kwargs):
        print("called with", [type(value).__name__ for value in args])
        warnings.warn("something may be wrong", RuntimeWarning)
        sys.stderr.write("to standard error\\n")
        logging.getLogger("learner").error("an error in the log")
        os.write(2, b"past Python\\n")
        return function(*args, **kwargs)
    return talk
if isinstance(<NAME>, type):
    <NAME>.update = _talkative(<NAME>.update)
else:
    <NAME> = _talkative(<NAME>)
"""

_SLOW = """
import functools, time
def _slow(function):
    @functools.wraps(function)
    def wait(*args, **kwargs):
        time.sleep(0.05)
        return function(*args, **kwargs)
    return wait
if isinstance(<NAME>, type):
    <NAME>.update = _slow(<NAME>.update)
else:
    <NAME> = _slow(<NAME>)
"""

_CALLABLE = """
if not isinstance(<NAME>, type):
    class _Callable:
        def __init__(self, function):
            self.function = function
        def __call__(self, *args, **kwargs):
            return self.function(*args, **kwargs)
    <NAME> = _Callable(<NAME>)
"""

_LIBRARY = """
import collections, dataclasses, functools, itertools, json, math, operator, random, re, statistics
import typing

# A cell of the learner's own, with helpers that other cells may use.
@dataclasses.dataclass
class Pair:
    first: float
    second: float = 0.0

@functools.lru_cache
def half(x: typing.Any) -> float:
    return x / 2

assert math.isclose(half(3.0), 1.5) and Pair(1.0).second == 0.0
list(itertools.accumulate([1, 2], operator.add)), collections.Counter("aab"), random.random()
"""

_PLOTS = """
import warnings
import matplotlib.pyplot as plt
import numpy as np
plt.plot(np.random.rand(100)); plt.show()
np.log(np.array([0.0, -1.0]))
np.array([1.0]) / 0
warnings.warn("a warning on standard error")
%timeit -n 2 -r 1 sum(range(10))
"""

VALUES = (
    _wrong("nan", "not a number", "return np.nan"),
    _wrong("nan-array", "arrays of NaN", "return np.full((2, 3), np.nan)"),
    _wrong("inf", "infinity", "return np.full((2, 3), np.inf)"),
    _wrong("none", "nothing", "return None"),
    _wrong("text", "text", 'return "0.5"'),
    _wrong("shape", "arrays of a wrong shape", "return np.ones((1, 2, 1, 3, 1, 2))"),
    _wrong("no-elements", "arrays without elements", "return np.ones((0, 3))"),
    _wrong("complex", "complex numbers", "return np.full((2, 2), 1j)"),
    _wrong("objects", "an array of objects", "return np.array([None, {}, 'a'], dtype=object)"),
    _wrong("dates", "an array of dates", "return np.array(['2026-01-01'], dtype='datetime64[D]')"),
    _wrong(
        "records", "an array of records", "return np.zeros(3, dtype=[('a', 'f8'), ('b', 'i4')])"
    ),
    _wrong("generator", "a generator", "return (value for value in args)"),
    _wrong("function", "itself", "return <NAME>"),
    _wrong("nested", "lists in lists", "x = []\nfor _ in range(5_000):\n    x = [x]\nreturn x"),
    _wrong("circle", "a list that holds itself", "x = []\nx.append(x)\nreturn x"),
    _wrong("ragged", "lists of different lengths", "return [[1.0], [1.0, 2.0]]"),
    _wrong("long-number", "an integer of five thousand digits", "return 10**5_000"),
    _wrapped(
        "read-only",
        "results that cannot be written to",
        "_read_only(given)",
        """
def _read_only(given):
    view = given.view()
    view.flags.writeable = False
    return view
""",
    ),
    _wrapped("strides", "results with unusual strides", "given.T.copy().T"),
    _wrapped(
        "byte-order", "results in the other byte order", "given.astype(given.dtype.newbyteorder())"
    ),
    _wrapped(
        "subclass",
        "results of a harmless subclass",
        "given.view(Named)",
        """
class Named(np.ndarray):
    name = "mine"
""",
    ),
    _wrapped("long-double", "results of more digits", "given.astype(np.longdouble)"),
    _wrapped("float32", "results in single precision", "given.astype(np.float32)"),
    _honest("prints", "prints, warns, logs, and writes to standard error", _PRINTING),
    _honest("callable", "objects that can be called, not functions", _CALLABLE),
    Hostile("slow", GROUP, "slow within the limit", wrapping(_SLOW, _target), "full"),
    Hostile("helpers", GROUP, "helper cells and the standard library", cell_attack(_LIBRARY)),
    Hostile("plots", GROUP, "plots, warnings and magic in cells", cell_attack(_PLOTS)),
)
