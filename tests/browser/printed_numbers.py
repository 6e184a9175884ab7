"""Compare two prints of the same cell: the same words, and the same numbers within a tolerance.

The browser's NumPy adds up in another order than the one that built the book, so the last bits
differ. What is printed may then differ by a unit in the last place, and what is nothing but
rounding error (the relative error of a right gradient) by more than that.
"""

from __future__ import annotations

import re

NUMBER = re.compile(r"(?<![\w.])[-+−]?(?:\d+(?:,\d{3})+|\d+)(?:\.\d*)?(?:e[-+]?\d+)?(?![\w])")
SHARE = 0.02  # of the number itself
NOISE = 1e-7  # below this a printed number is rounding error, in single precision, too


def differences(built: str, now: str, *, numbers_matter: bool = True) -> list[tuple[str, str]]:
    """Return what differs, as pairs of what the book prints and what is printed now.

    Parameters
    ----------
    built, now : str
        The two prints. How words are spaced plays no part.
    numbers_matter : bool
        If False the words have to be the same, and where numbers stand, but not the numbers.

    Returns
    -------
    list of (str, str)
        Numbers that differ; or a single pair, of the whole texts, if the words do.

    Examples
    --------
    >>> differences("loss 0.25, error 3e-11", "loss  0.26, error 8e-12")
    []
    >>> differences("shape (2, 3)", "shape (2, 4)")
    [('3', '4')]
    """
    built, now = " ".join(built.split()), " ".join(now.split())
    if _without_spaces(NUMBER.sub("#", built)) != _without_spaces(NUMBER.sub("#", now)):
        return [(built, now)]
    if not numbers_matter:
        return []
    pairs = zip(NUMBER.findall(built), NUMBER.findall(now), strict=True)
    return [pair for pair in pairs if not _same(*pair)]


def _without_spaces(text: str) -> str:
    # Arrays are padded to the width of their longest number.
    return text.replace(" ", "")


def _same(built: str, now: str) -> bool:
    """Whether two printed numbers are one within the tolerance. Whole numbers are exact."""
    if built == now:
        return True
    a, b = (float(text.replace(",", "").replace("−", "-")) for text in (built, now))
    if a == b or max(abs(a), abs(b)) < NOISE:
        return True
    unit = max(_last_place(built), _last_place(now))
    return unit < 1 and abs(a - b) <= max(SHARE * max(abs(a), abs(b)), 1.001 * unit)


def _last_place(text: str) -> float:
    """Return what a unit in the last printed place is worth; 1 for whole numbers.

    >>> _last_place("0.25"), _last_place("3e-11"), _last_place("1,437")
    (0.01, 1e-11, 1.0)
    """
    digits, _, exponent = text.partition("e")
    decimals = len(digits.partition(".")[2])
    if not exponent and not decimals:
        return 1.0
    return float(f"1e{int(exponent or 0) - decimals}")
