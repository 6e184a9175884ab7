"""Time several contenders in turn, and sum the times up."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping

import numpy as np

Run = Callable[[], object]
Rounds = dict[str, list[list[float]]]  # contender -> round -> seconds of each timed run


def interleave(
    contenders: Mapping[str, Run],
    *,
    rounds: int,
    turn: float,
    warm_up: Mapping[str, Run] | None = None,
    pause: float = 0.0,
    progress: Callable[[float], object] = float,
) -> Rounds:
    """Time A, B, C, then B, C, A, and so on: what slows the machine down hits all alike.

    Parameters
    ----------
    contenders : dict of name → function without arguments
    rounds : int
        Turns that each contender has.
    turn : float
        Seconds of a turn: after one untimed run, runs are timed one by one until so many seconds
        have passed, at least one.
    warm_up : dict of name → function, optional
        What to run untimed in place of the whole, where the whole is long.
    pause : float
        Seconds before each turn, in which waiting threads of the contender before fall asleep.
    progress : callable
        Receives the share that is done, from 0 to 1; the default does nothing.
    """
    names = list(contenders)
    times: Rounds = {name: [] for name in names}
    gc.collect()
    gc.freeze()
    for r in range(rounds):
        for position in range(len(names)):
            name = names[(r + position) % len(names)]
            run = contenders[name]
            gc.collect()
            gc.disable()
            try:
                time.sleep(pause)
                (warm_up or contenders)[name]()
                times[name].append(_timed(run, turn))
            finally:
                gc.enable()
            progress((r * len(names) + position + 1) / (rounds * len(names)))
    gc.unfreeze()
    return times


def _timed(run: Run, seconds: float) -> list[float]:
    durations: list[float] = []
    while not durations or sum(durations) < seconds:
        start = time.perf_counter()
        run()
        durations.append(time.perf_counter() - start)
    return durations


def summary(rounds: list[list[float]]) -> dict[str, float | int]:
    """Median, quartiles and mean of the fastest fifth, in ms, over all timed runs.

    >>> summary([[0.001, 0.002], [0.003]])["median_ms"]
    2.0
    """
    ms = np.sort(1000 * np.concatenate([np.asarray(durations) for durations in rounds]))
    lower, median, upper = np.percentile(ms, [25, 50, 75])
    return {
        "median_ms": round(float(median), 4),
        "quartile1_ms": round(float(lower), 4),
        "quartile3_ms": round(float(upper), 4),
        "fastest_fifth_ms": round(float(ms[: max(1, len(ms) // 5)].mean()), 4),
        "runs": len(ms),
    }


def ratio(ours: list[list[float]], theirs: list[list[float]]) -> dict[str, float]:
    """How many times as long ours takes: of the medians, and quartiles over the rounds.

    >>> ratio([[2.0], [3.0]], [[1.0], [1.0]])["ratio"]
    2.5
    """
    by_round = [np.median(a) / np.median(b) for a, b in zip(ours, theirs, strict=True)]
    lower, upper = np.percentile(by_round, [25, 75])
    whole = np.median(np.concatenate(ours)) / np.median(np.concatenate(theirs))
    return {
        "ratio": round(float(whole), 3),
        "quartile1": round(float(lower), 3),
        "quartile3": round(float(upper), 3),
    }


def fit(sizes: list[int], values: list[float]) -> dict[str, float]:
    """How a cost grows: the exponent of a power of the size, and a straight line.

    Both are least squares on relative errors. `residual` is the largest deviation from the line,
    relative to the line.

    >>> fit([1, 2, 4], [10.0, 20.0, 40.0])
    {'exponent': 1.0, 'fixed': 0.0, 'per_unit': 10.0, 'residual': 0.0}
    """
    n, y = np.asarray(sizes, dtype=float), np.asarray(values, dtype=float)
    exponent = np.polyfit(np.log(n), np.log(y), 1)[0]
    line, *_ = np.linalg.lstsq(np.stack([1 / y, n / y], axis=1), np.ones(len(n)), rcond=None)
    drawn = line[0] + line[1] * n
    figures = {
        "exponent": exponent,
        "fixed": line[0],
        "per_unit": line[1],
        "residual": np.abs(y / drawn - 1).max(),
    }
    return {key: round(float(value), 6) + 0.0 for key, value in figures.items()}
