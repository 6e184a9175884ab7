"""Questions for checking oneself: in Jupyter as widgets, on the built page as plain HTML.

Every choice has its explanation, so a wrong answer teaches as much as a right one. Nothing is
graded or sent anywhere; the built page remembers answers in the reader's own browser.

Texts may hold ``code``, *emphasis*, **strong** and $mathematics$; blank lines separate paragraphs
in explanations and model answers.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, NamedTuple

from dlcore import _static_html
from dlcore._markup import block_html

__all__ = ["Choice", "choice", "free", "number"]


class Choice(NamedTuple):
    """One choice of a question, and what to say to the reader who takes it.

    Examples
    --------
    >>> Choice("6", explanation="That is the sum of the sides.").text
    '6'
    """

    text: str
    explanation: str


@dataclass(frozen=True)
class Feedback:
    """What appears below a question: HTML, and whether it says right, wrong or neither (note)."""

    state: str
    html: str


Number = float | tuple[float, ...]

_NUMBER = re.compile(r"([-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[-+]?[0-9]+)?)(?:/([0-9]+))?")
_THOUSANDS = re.compile(r"(?<![0-9.])[1-9][0-9]{0,2}(?:[, ][0-9]{3})+(?![0-9])")
_SEPARATOR = re.compile(r" ?(?:x|×|\*|,|;|by) ?| ")


def choice(
    name: str,
    question: str,
    choices: Mapping[str, str] | Sequence[Choice | tuple[str, str]],
    correct: str | int,
) -> Any:
    r"""Ask for one of several choices.

    Parameters
    ----------
    name : str
        Lower-case letters, digits and ``-``; one for each question of a page.
    question : str
    choices : mapping from text to explanation, or sequence of Choice
        At least two.
    correct : str or int
        The text of the right choice, or its position.

    Returns
    -------
    ipywidgets.VBox or HTML
        To be left as the last value of a cell.

    Raises
    ------
    ValueError
        If a text is empty, a choice stands twice, or `correct` is not among the choices.

    Examples
    --------
    >>> question = choice(
    ...     "example-choice",
    ...     "What is $2^3$?",
    ...     {"6": "That is $2 \\cdot 3$.", "8": "$2 \\cdot 2 \\cdot 2 = 8$."},
    ...     correct="8",
    ... )
    """
    where = f"choice {name!r}"
    pairs = list(choices.items()) if isinstance(choices, Mapping) else list(choices)
    options = [Choice(*pair) for pair in pairs]
    texts = [option.text for option in options]
    _check_question(where, name, question, *texts, *(option.explanation for option in options))
    if len(options) < 2 or len(set(texts)) < len(texts):
        raise ValueError(f"{where}: expected at least two different choices, got {texts}")
    position = texts.index(correct) if correct in texts else correct
    if isinstance(position, bool) or position not in range(len(texts)):
        raise ValueError(
            f"{where}: expected correct to be one of {texts} or a position from 0 to "
            f"{len(texts) - 1}, got {correct!r}"
        )
    feedback = {
        str(k): _right(option.explanation) if k == position else _wrong(option.explanation)
        for k, option in enumerate(options)
    }
    feedback |= {"empty": _note("Choose an answer first."), "cleared": _note("Answer cleared.")}
    if _static_html.is_static():
        return _static_html.choice(name, question, texts, feedback)
    from dlcore import _notebook

    return _notebook.choice(question, texts, feedback)


def number(
    name: str,
    question: str,
    answer: Number,
    explanation: str,
    hints: Mapping[Any, str] | None = None,
    *,
    tolerance: float = 0.0,
) -> Any:
    r"""Ask for a number, or for several such as a size.

    The reader may write sizes as ``7x7``, ``7 × 7``, ``7, 7`` or ``7 by 7``, and a single number
    also as ``1/4`` or with thousands separated, ``61,706``.

    Parameters
    ----------
    name : str
        Lower-case letters, digits and ``-``; one for each question of a page.
    question : str
    answer : int, float or tuple of them
    explanation : str
        How to get there: shown with a right answer, and to those who ask for it.
    hints : mapping from wrong answer to text, optional
        What to say to the reader who gives this answer.
    tolerance : float
        How far off each number may be; by default only by rounding of the last digits.

    Returns
    -------
    ipywidgets.VBox or HTML
        To be left as the last value of a cell.

    Raises
    ------
    TypeError
        If an answer is not made of numbers.
    ValueError
        If a text is empty, a number is not finite, `tolerance` is negative, or a hint's answer is
        right or has another length than `answer`.

    Examples
    --------
    >>> question = number(
    ...     "example-number",
    ...     "How many weights has a filter of $3 \\times 3$?",
    ...     9,
    ...     explanation="$3 \\cdot 3 = 9$.",
    ...     hints={6: "Multiply the sides, do not add them."},
    ... )
    """
    where = f"number {name!r}"
    hints = hints or {}
    _check_question(where, name, question, explanation, *hints.values())
    right = _numbers(where, "answer", answer)
    if not tolerance >= 0:
        raise ValueError(f"{where}: expected tolerance to be 0 or more, got {tolerance!r}")
    wrong = [_numbers(where, "each key of hints", key) for key in hints]
    for key in wrong:
        if len(key) != len(right) or _equal(key, right, tolerance):
            raise ValueError(
                f"{where}: expected each key of hints to be a wrong answer of length "
                f"{len(right)}, got {key}"
            )
    sizes = " × ".join(str(3 + k) for k in range(len(right)))
    form = "one number" if len(right) == 1 else f"{len(right)} numbers"
    feedback = {
        "right": _right(explanation),
        "wrong": _wrong("Try again, or look at the worked answer."),
        "format": _note(f"Write {form}, such as {'7 or 0.25' if len(right) == 1 else sizes}."),
        "empty": _note("Write an answer first."),
        "cleared": _note("Answer cleared."),
        "unfolded": Feedback("note", block_html(explanation)),
    }
    feedback |= {f"hint-{k}": _wrong(text) for k, text in enumerate(hints.values())}
    if _static_html.is_static():
        return _static_html.number(name, question, right, tolerance, wrong, feedback)
    from dlcore import _notebook

    def judge(text: str) -> str:
        return judge_numbers(text, right, tolerance, wrong)

    return _notebook.number(question, judge, feedback)


def free(name: str, question: str, model_answer: str) -> Any:
    """Ask for an answer in the reader's own words, with a model answer to compare it to.

    Parameters
    ----------
    name : str
        Lower-case letters, digits and ``-``; one for each question of a page.
    question, model_answer : str

    Returns
    -------
    ipywidgets.VBox or HTML
        To be left as the last value of a cell.

    Raises
    ------
    ValueError
        If a text is empty.

    Examples
    --------
    >>> question = free("example-free", "Why are weights shared?", "Because ...")
    """
    _check_question(f"free {name!r}", name, question, model_answer)
    feedback = {
        "unfolded": Feedback("note", block_html(model_answer)),
        "cleared": _note("Answer cleared."),
    }
    if _static_html.is_static():
        return _static_html.free(name, question, feedback)
    from dlcore import _notebook

    return _notebook.free(question, feedback)


def parse_numbers(text: str, count: int) -> tuple[float, ...] | None:
    """Read `count` numbers as readers write them, or return None.

    ``static/course-widgets.js`` has the same function for the built page; one table of examples
    tests both.

    Examples
    --------
    >>> parse_numbers("7 × 7", 2), parse_numbers("61,706", 1), parse_numbers("seven", 1)
    ((7.0, 7.0), (61706.0,), None)
    """
    text = unicodedata.normalize("NFKC", text).lower()
    text = text.replace("\N{MINUS SIGN}", "-").replace("\N{FRACTION SLASH}", "/")
    text = " ".join(text.split()).replace(" / ", "/")
    if text[:1] + text[-1:] in ("()", "[]"):
        text = text[1:-1].strip()
    if count == 1:
        text = _THOUSANDS.sub(lambda match: re.sub("[, ]", "", match[0]), text)
    parts = [_NUMBER.fullmatch(part) for part in _SEPARATOR.split(text)]
    numbers = [
        float(part[1]) / float(part[2] or 1)
        for part in parts
        if part is not None and (part[2] is None or float(part[2]) != 0)
    ]
    return tuple(numbers) if len(numbers) == len(parts) == count else None


def judge_numbers(
    text: str, answer: Sequence[float], tolerance: float, hints: Sequence[Sequence[float]]
) -> str:
    """Name the feedback that a reader's text deserves: right, wrong, hint-k, format or empty."""
    if not text.strip():
        return "empty"
    numbers = parse_numbers(text, len(answer))
    if numbers is None:
        return "format"
    if _equal(numbers, answer, tolerance):
        return "right"
    for k, hint in enumerate(hints):
        if _equal(numbers, hint, 0.0):
            return f"hint-{k}"
    return "wrong"


def _equal(a: Sequence[float], b: Sequence[float], tolerance: float) -> bool:
    return all(
        math.isclose(x, y, rel_tol=1e-9, abs_tol=tolerance) for x, y in zip(a, b, strict=True)
    )


def _numbers(where: str, argument: str, value: object) -> tuple[float, ...]:
    items = tuple(value) if isinstance(value, tuple | list) else (value,)
    numbers: list[int | float] = []
    for item in items:
        if not isinstance(item, Real) or isinstance(item, bool):
            raise TypeError(
                f"{where}: expected {argument} to be a number or a tuple of numbers, got {value!r}"
            )
        # Whole numbers stay whole in the page's markup.
        number = float(item)
        numbers.append(int(number) if number.is_integer() else number)
    if not numbers or not all(math.isfinite(item) for item in numbers):
        raise ValueError(f"{where}: expected {argument} to be finite, got {value!r}")
    return tuple(numbers)


def _check_question(where: str, name: str, *texts: str) -> None:
    _static_html.check_id(where, name)
    if not all(text.strip() for text in texts):
        raise ValueError(
            f"{where}: expected a question and an explanation for every answer, got an empty text"
        )


def _right(text: str) -> Feedback:
    return Feedback("right", block_html(text, lead="<strong>Right.</strong> "))


def _wrong(text: str) -> Feedback:
    return Feedback("wrong", block_html(text, lead="<strong>Not right.</strong> "))


def _note(text: str) -> Feedback:
    return Feedback("note", block_html(text))
