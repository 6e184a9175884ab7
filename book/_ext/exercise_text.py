"""What the book says about the graded exercises, made from their declarations, as text in MyST.

Of each exercise the pages show what the learner may know before the grade: what to write, what is
tested, and what it is worth. Misconceptions, hidden cases, answers and rubrics are not for them.
"""

from __future__ import annotations

import itertools
import re
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from pathlib import Path

from released_notebook import Part

from dlgrader.declarations import (
    AnswerExercise,
    Assignment,
    ChoiceExercise,
    CodeExercise,
    Exercise,
    Mistake,
    Section,
    Written,
    is_bonus,
)
from dlgrader.exercises import load_assignment
from dlgrader.judge import judge
from dlgrader.local import LocalWorkplace
from dlgrader.model import load_model
from dlgrader.sandbox.limits import GIB, MIB, Limits

Link = Callable[[Section], str]
MARKUP = re.compile(r"([\\`*_{}\[\]<>#|$~])")
HEADING = re.compile(r"^#{1,6} +(?P<title>.+?) *$")
LABEL = re.compile(r"^\((?P<label>[^()\s]+)\)=$")
ROLE = re.compile(r"\{[\w:+-]+\}`([^`<]*?)(?: *<[^<>]*>)?`")
FIELD = re.compile(r"^ {4}(\w+) : \w+\n((?: {8}.+\n?)+)", re.MULTILINE)


def short_name(assignment: str) -> str:
    """Return "ps4" for "ps4_convolution": part of file names and labels."""
    return assignment.partition("_")[0]


def anchor(declared: Assignment, exercise: Exercise) -> str:
    """Return the label of an exercise's section."""
    return f"{short_name(declared.name)}-{exercise.name.lower().replace('_', '-')}"


def literal(text: str) -> str:
    """Return a text in which nothing is markup."""
    return MARKUP.sub(r"\\\1", text)


def points(number: float) -> str:
    """Return "1 point", "2.5 points"."""
    return f"{number:g} point{'' if number == 1 else 's'}"


def bonus_points(declared: Assignment) -> float:
    """Return the points beyond those of the assignment."""
    return sum(part.max_points for part in declared.exercises if is_bonus(part))


def hours(declared: Assignment) -> str:
    """Return the time for all exercises, rounded as in the notebook."""
    number = max(1, round(sum(part.minutes for part in declared.exercises) / 60))
    return f"{number} hour{'' if number == 1 else 's'}"


def worth(declared: Assignment) -> str:
    """Return points and time of an assignment in words."""
    extra = bonus_points(declared)
    more = f", and up to {extra:g} more as a bonus" if extra else ""
    return f"{points(declared.max_points)}{more}; about {hours(declared)}"


# --- A page ---------------------------------------------------------------------------------------


def page(
    name: str,
    download: str,
    link: Link,
    colab: str = "",
    parts: Sequence[Part] = (),
    lab: str = "",
) -> str:
    """Return the body of an assignment's page.

    Parameters
    ----------
    name : str
    download : str
        Address of the archive with the learner's notebook.
    link : callable
        Returns a link to a section of the book.
    colab : str
        Address under which Colab opens the notebook, if there is one.
    parts : sequence of Part
        Of the released notebook: its tasks, and where something is written or run.
    lab : str
        Address of JupyterLite, if the site has Python and the exercises can be solved on the page.
    """
    declared = load_assignment(name)
    places = {part.name: place for place, part in enumerate(parts)}
    lines = [
        f"**{worth(declared)}.**",
        "",
        f'<a class="exercise-download" href="{download}" download>Download {name}.zip</a>: the '
        "notebook, and the package `dlcore` that its checks belong to."
        + (f" Or [open the notebook in Colab]({colab})." if colab else "")
        + f" [How to start](#start-{short_name(name)}) stands at the end of the page.",
        "",
        *_overview(declared, link),
        "",
        *(_solve_here(name, lab) if lab else ()),
        "Each exercise below lists what is tested. Every line is judged on its own, by cases that "
        "you do not see, so a function that is right in part earns that part. The check cell in "
        "the notebook tries a few cases that you do see: it gives no points, but says what was "
        "expected, what came, and often why.",
        "",
    ]
    for number, exercise in enumerate(declared.exercises, start=1):
        lines += [
            f"({anchor(declared, exercise)})=",
            f"## {number}. {exercise.title}",
            "",
        ]
        if exercise.name not in places:
            lines += [*_exercise(exercise, link), ""]
            continue
        place = places[exercise.name]
        lines += [*_exercise(exercise, link, parts[place].task), ""]
        if lab:
            lines += _box(name, parts[place])
            for part in itertools.takewhile(_is_extra, parts[place + 1 :]):
                lines += [part.task, "", *_box(name, part)]
    lines += _how_to_start(name)
    return "\n".join(lines)


def _overview(declared: Assignment, link: Link) -> list[str]:
    rows = ["| no. | exercise | points | minutes | chapter |", "|--:|---|--:|--:|---|"]
    for number, exercise in enumerate(declared.exercises, start=1):
        worth = f"{exercise.max_points:g}{' (bonus)' if is_bonus(exercise) else ''}"
        title = f"[{exercise.title}](#{anchor(declared, exercise)})"
        where = link(exercise.section)
        rows.append(f"| {number} | {title} | {worth} | {exercise.minutes} | {where} |")
    return [":::{table}", ":class: exercises", "", *rows, ":::"]


def _solve_here(name: str, lab: str) -> list[str]:
    return [
        "**Solve it on this page.** Below each exercise is a place for your answer, with *Run* and "
        "*Check my answer*, which runs the notebook's own check. The first of them starts Python "
        "in your browser: that takes some seconds, and a download of about 10 MB, once. What you "
        "write stays in this browser; {ref}`an overview <app-progress>` shows how far you are. "
        "When you are done, download the notebook with your answers and hand it in.",
        "",
        f"```{{hand-in}} {name}",
        "```",
        "",
        "Or solve it as a notebook, in the browser as well: "
        f'<a href="{lab}notebooks/index.html?path={name}.ipynb">open it in JupyterLite</a>. '
        f'<a href="{lab}index.html#{name}">Which notebooks you have changed there</a>, and the way '
        "back to the released version.",
        "",
    ]


def _box(name: str, part: Part) -> list[str]:
    return [f"```{{exercise-box}} {name} {part.name}", "```", ""]


def _is_extra(part: Part) -> bool:
    return part.kind == "extra"


def _exercise(exercise: Exercise, link: Link, task: str = "") -> Iterator[str]:
    bonus = "a bonus of " if is_bonus(exercise) else ""
    yield (
        f"*{bonus}{points(exercise.max_points)} · about {exercise.minutes} minutes · "
        f"chapter {link(exercise.section)}*"
    )
    yield ""
    if isinstance(exercise, CodeExercise):
        yield from ["```python", *_lines(exercise.signature), "```", ""]
    if task:
        yield from [task, ""]
    if isinstance(exercise, CodeExercise):
        cases = _number(len(exercise.public), "case")
        yield f"The check cell tries {cases}. How your points come about:"
        yield from ["", *_properties(exercise)]
    elif isinstance(exercise, AnswerExercise):
        yield (
            f"{_number(len(exercise.answers), 'answer')}, {points(exercise.points_each)} each: "
            "every answer is judged on its own."
        )
    elif isinstance(exercise, ChoiceExercise):
        yield (
            f"A question with {len(exercise.letters)} answers, of which one is right. The check "
            "cell says whether you have chosen one; the feedback says whether it is right, and why."
        )
    elif isinstance(exercise, Written):
        yield "A few sentences in your own words. A person reads them and gives the points."


def _lines(signature: str) -> list[str]:
    """Break a signature that is too long for the page, as code is broken."""
    indent = " " * (signature.find("(") + 1)
    return textwrap.wrap(signature, 72, subsequent_indent=indent, break_long_words=False)


def _number(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def _properties(exercise: CodeExercise) -> Iterator[str]:
    yield from [":::{table}", ":class: properties", "", "| what is tested | points |", "|---|--:|"]
    for part in exercise.properties:
        worth = f"{part.points:g}" if part.points else "advice only"
        yield f"| {literal(part.title)} | {worth} |"
    yield ":::"


def _how_to_start(name: str) -> list[str]:
    return [
        f"(start-{short_name(name)})=",
        "## How to start",
        "",
        f"**With the archive.** Unpack `{name}.zip` and open `{name}.ipynb` in any Jupyter. Its "
        "first cell installs the package from the file beside it. Hand in the notebook, under its "
        "own name.",
        "",
        "**In the course's folder**, on a copy, so that an update of the course cannot overwrite "
        "your answers:",
        "",
        "```sh",
        f"cp -r exercises/{name} my_{name}",
        f"make lab   # then open my_{name}/{name}.ipynb",
        "```",
        "",
        "Write your answer, run it, run the check below it, mend what it names. How to validate, "
        "hand in and read the feedback stands in {ref}`For students <app-students>`.",
    ]


# --- Pieces for other pages -----------------------------------------------------------------------


def trial(name: str, part: Part, text: Sequence[str], *, solvable: bool) -> str:
    """Return the box in a chapter in which one exercise is to be tried at once.

    Parameters
    ----------
    name : str
        The assignment.
    part : Part
        The exercise in the released notebook.
    text : sequence of str
        What the chapter itself says; without it, the notebook's task stands there.
    solvable : bool
        Whether the site has Python.
    """
    declared = load_assignment(name)
    exercise = declared.exercise(part.name)
    number = [one.name for one in declared.exercises].index(part.name) + 1
    where = f"{{ref}}`exercise {number} of {name} <{anchor(declared, exercise)}>`"
    lines = [f"::::{{admonition}} Try it: `{exercise.name}`", ":class: exercise trial", ""]
    lines += [*(text or [part.task]), ""]
    if solvable:
        lines += [*_box(name, part), f"This is {where}: what you write here stands there, too."]
    else:
        lines += [f"This is {where}."]
    return "\n".join([*lines, "::::"])


def box(name: str, text: Sequence[str]) -> str:
    """Return the box at the end of a chapter that leads to its graded exercises."""
    declared = load_assignment(name)
    place = f"exercises-{short_name(name)}"
    return "\n".join(
        [
            f":::{{admonition}} Write it yourself: {name}",
            ":class: exercise",
            "",
            *text,
            "",
            f"{{ref}}`To the exercises <{place}>`: {_number(len(declared.exercises), 'exercise')}, "
            f"{worth(declared)}.",
            ":::",
        ]
    )


def assignments(names: Sequence[str]) -> str:
    """Return a table of all assignments."""
    rows = [
        "| assignment | subject | exercises | points | bonus | time |",
        "|---|---|--:|--:|--:|---|",
    ]
    for name in names:
        declared, extra = load_assignment(name), bonus_points(load_assignment(name))
        rows.append(
            f"| {{ref}}`{name} <exercises-{short_name(name)}>` | {declared.title} | "
            f"{len(declared.exercises)} | {declared.max_points:g} | {f'{extra:g}' if extra else ''}"
            f" | about {hours(declared)} |"
        )
    return "\n".join([":::{table}", ":class: assignments", "", *rows, ":::"])


def feedback(name: str, exercise: str, source: Sequence[str]) -> str:
    """Return what the feedback says of an answer, with inputs that no grade depends on."""
    declared, model = load_assignment(name), load_model(name)
    part = declared.exercise(exercise)
    assert isinstance(part, CodeExercise)
    answer = "\n".join(source).strip("\n")
    functions = model.functions(part, Mistake("shown", "", source=answer))
    verdict = judge(part, LocalWorkplace(functions), declared.seed + 1, model)
    return "\n".join(["```text", str(verdict), "```"])


def limits() -> str:
    """Return a table of what a notebook may take while it is graded."""
    told = {name: " ".join(text.split()) for name, text in FIELD.findall(Limits.__doc__ or "")}
    rows = ["| name | usual value | what is limited |", "|---|--:|---|"]
    for field in fields(Limits):
        rows.append(
            f"| `{field.name}` | {_amount(field.name, field.default)} | {told[field.name]} |"
        )
    return "\n".join([":::{table}", ":class: limits", "", *rows, ":::"])


def _amount(name: str, value: float) -> str:
    if name.endswith("_seconds"):
        return f"{value:g} s"
    for size, unit in ((GIB, "GiB"), (MIB, "MiB")):
        if value >= size and value % size == 0:
            return f"{value // size:g} {unit}"
    return f"{value:,}"


# --- Sections -------------------------------------------------------------------------------------


def find_section(section: Section, book: Path) -> str | None:
    """Return the label above a section's heading, or None if its page has no such heading."""
    path = book / f"{section.page}.md"
    lines = path.read_text(encoding="utf-8").split("\n") if path.is_file() else []
    for before, line in zip(["", *lines], lines, strict=False):
        heading = HEADING.match(line)
        if heading and plain(heading["title"]) == plain(section.title):
            label = LABEL.match(before)
            return label["label"] if label else None
    return None


def plain(title: str) -> str:
    """Return a heading's words: no markup, no number, no kind of quotation mark."""
    words = ROLE.sub(r"\1", title)
    words = re.sub(r"^(?:\d+(?:\.\d+)*\.?|[A-F]\.) ", "", words)
    return re.sub(r"[`*$“”\"'’‘\\]", "", words).casefold()
