"""Fingerprints of Python code that stay the same when names, comments and the layout change.

Code becomes a text of one character for each token, and copydetect takes the fingerprints: the
hashes of all runs of `RUN` tokens, as in winnowing with a window of 1. Exercises are short, so
there is no need to leave any out; which ones winnowing keeps would differ from run to run, too.
"""

from __future__ import annotations

import copy
import io
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from copydetect import CodeFingerprint, compare_files
from copydetect.utils import get_token_coverage
from pygments.lexers import PythonLexer
from pygments.token import Comment, Name, Number, String, Text, Whitespace

RUN = 12
"""Tokens in a row that have to be equal to count as a match."""

MOST_CHARACTERS = 30_000
"""Of one answer; what lies beyond is not looked at."""

_SPACE = 0x4E00
"""Where the characters that stand for tokens begin."""

Spans = list[tuple[int, int]]


@cache
def _numpy_names() -> frozenset[str]:
    """Return names that a copier can't change: those of NumPy and of its arrays."""
    return frozenset(dir(np)) | frozenset(dir(np.ndarray)) | {"random", "linalg", "add"}


class _Alphabet:
    """Gives each kind of token a character, the same one in all texts of this process."""

    def __init__(self) -> None:
        self._characters: dict[str, str] = {}

    def __getitem__(self, token: str) -> str:
        number = len(self._characters)
        return self._characters.setdefault(token, chr(_SPACE + number % 0xA000))


_ALPHABET = _Alphabet()


def _tokens(code: str) -> Iterator[tuple[int, int, str]]:
    """Yield the place of each token that counts, and what it counts as."""
    after_dot = False
    for start, kind, text in PythonLexer(stripnl=False, ensurenl=False).get_tokens_unprocessed(
        code
    ):
        if not text.strip() or kind in Comment or kind in String.Doc:
            continue
        if kind in Text or kind in Whitespace:
            continue
        if kind in String:
            seen = "a string"
        elif kind in Number:
            seen = _number(text)
        elif kind in Name.Builtin and kind not in Name.Builtin.Pseudo and not after_dot:
            seen = text
        elif kind in Name:
            seen = text if after_dot and text in _numpy_names() else "a name"
        else:
            seen = text
        after_dot = text == "."
        yield start, start + len(text), seen


def _number(text: str) -> str:
    """Return a number as it is compared: 1, 1. and 1e0 are the same."""
    try:
        return repr(float(text.replace("_", "")))
    except ValueError:
        return text


@dataclass(frozen=True)
class Fingerprint:
    """An answer's code, its tokens, and their fingerprints.

    Attributes
    ----------
    code : str
    whole : str
        One character for each token.
    """

    code: str
    whole: str
    _places: Sequence[tuple[int, int]]
    _print: CodeFingerprint

    @classmethod
    def of(cls, code: str) -> Fingerprint:
        """Take the fingerprints of an answer."""
        places: list[tuple[int, int]] = []
        characters: list[str] = []
        last = ""
        for start, end, seen in _tokens(code[:MOST_CHARACTERS]):
            if seen == last == "a string":  # its parts
                places[-1] = (places[-1][0], end)
                continue
            places.append((start, end))
            characters.append(_ALPHABET[seen])
            last = seen
        whole = "".join(characters)
        made = CodeFingerprint("", RUN, 1, filter=False, fp=io.StringIO(whole))
        return cls(code, whole, places, made)

    @property
    def hashes(self) -> set[int]:
        """The fingerprints that count."""
        found: set[int] = self._print.hashes
        return found

    @property
    def tokens(self) -> int:
        """Number of tokens that lie in a run that counts."""
        return int(self._print.token_coverage)

    def without(self, common: Collection[int]) -> Fingerprint:
        """Return the same answer with some fingerprints that count no longer."""
        made = copy.copy(self._print)
        kept = self._print.hashes.difference(common)
        made.hashes = kept
        made.hash_idx = {key: self._print.hash_idx[key] for key in kept}
        made.token_coverage = get_token_coverage(made.hash_idx, RUN, len(made.filtered_code))
        return Fingerprint(self.code, self.whole, self._places, made)

    def spans(self, slices: np.ndarray) -> Spans:
        """Return the places in the code of runs of tokens."""
        pairs = zip(*np.asarray(slices, dtype=int), strict=True) if len(slices) else ()
        return [
            (self._places[first][0], self._places[min(last, len(self._places)) - 1][1])
            for first, last in pairs
        ]


@dataclass(frozen=True)
class Match:
    """What two answers have in common.

    Attributes
    ----------
    tokens : int
        Tokens of the first one that stand in the second one, too.
    shares : (float, float)
        Of each answer's tokens that count.
    spans : (spans, spans)
        Where they stand.
    """

    tokens: int
    shares: tuple[float, float]
    spans: tuple[Spans, Spans]

    @property
    def share(self) -> float:
        """The larger share: one answer may hold the other and more."""
        return max(self.shares)


def compare(one: Fingerprint, other: Fingerprint) -> Match:
    """Find what two answers have in common."""
    if not one.hashes & other.hashes:
        return Match(0, (0.0, 0.0), ([], []))
    tokens, shares, slices = compare_files(one._print, other._print)
    least = min(int(tokens), int(np.sum(slices[1][1] - slices[1][0])))
    first, second = (min(1.0, float(share)) for share in shares)
    return Match(least, (first, second), (one.spans(slices[0]), other.spans(slices[1])))
