"""The page that shows code in common: one file, no script, and nothing of a learner's but text."""

from __future__ import annotations

import base64
import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from dlgrader.similarity.fingerprints import RUN, Spans
from dlgrader.similarity.pairs import (
    COMMON_LEARNERS,
    COMMON_SHARE,
    LEAST_TOKENS,
    Compared,
    Finding,
    Pair,
)

MOST_SHOWN = 150
"""Pairs that are shown side by side; a page has to open."""

_LONGEST_NAME = 100
_LONGEST_CODE = 20_000


def render(
    assignment: str,
    pairs: Sequence[Pair],
    compared: Mapping[str, Compared],
    learners: int,
    unreadable: Sequence[tuple[str, str]],
    threshold: float,
) -> str:
    """Return the page as HTML.

    Parameters
    ----------
    assignment : str
    pairs : sequence of Pair
        In the order in which they are shown.
    compared : mapping of Compared
        By exercise.
    learners : int
        Submissions that could be read.
    unreadable : sequence of (str, str)
        Learner and reason.
    threshold : float
    """
    environment = Environment(
        loader=PackageLoader("dlgrader.similarity"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    environment.filters |= {"shown": _shown, "visible": _visible, "side": _side}
    environment.filters["percent"] = lambda share: f"{100 * share:.0f} %"
    assert environment.loader is not None
    style = environment.loader.get_source(environment, "similarity.css")[0].strip()
    return environment.get_template("similarity.html").render(
        assignment=assignment,
        pairs=[pair for pair in pairs if pair.is_learner],
        taken=[pair for pair in pairs if not pair.is_learner],
        groups=[group for one in compared.values() for group in one.groups],
        exercises=compared,
        learners=learners,
        unreadable=unreadable,
        threshold=threshold,
        least=LEAST_TOKENS,
        run=RUN,
        common_share=COMMON_SHARE,
        common_learners=COMMON_LEARNERS,
        most_shown=MOST_SHOWN,
        style=Markup(style),
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
    )


def _shown(text: Any) -> str:
    """Return a short text on one line."""
    line = " ".join(_visible(str(text)).split())
    return line if len(line) <= _LONGEST_NAME else f"{line[: _LONGEST_NAME - 1]}…"


def _visible(text: str) -> str:
    """Return code in which nothing hides or turns its direction."""
    return "".join(
        letter if letter in "\n\t" or unicodedata.category(letter)[0] != "C" else "\ufffd"
        for letter in text
    )


def _side(finding: Finding, number: int) -> list[tuple[str, bool]]:
    """Return the code of one side in pieces, with whether they stand on the other side, too."""
    code, spans = finding.codes[number], _joined(finding.match.spans[number])
    pieces: list[tuple[str, bool]] = []
    place = 0
    for start, end in spans:
        pieces += [(code[place:start], False), (code[start:end], True)]
        place = end
    pieces.append((code[place:], False))
    return _shortened([(_visible(text), common) for text, common in pieces if text])


def _joined(spans: Spans) -> Spans:
    """Return the spans in order, those that touch or overlap as one."""
    joined: Spans = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _shortened(pieces: Sequence[tuple[str, bool]]) -> list[tuple[str, bool]]:
    kept: list[tuple[str, bool]] = []
    room = _LONGEST_CODE
    for text, common in pieces:
        if room <= 0:
            kept.append(("\n…", False))
            break
        kept.append((text[:room], common))
        room -= len(text)
    return kept
