"""The summary at the head of a feedback page: what passed and what did not, by exercise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from nbformat.notebooknode import NotebookNode

from dlgrader.declarations import Assignment, Exercise, Section, Written, is_bonus
from dlgrader.feedback.facts import Facts, Mark
from dlgrader.feedback.markdown import render_markdown
from dlgrader.feedback.sanitising import NOTHING, plain, without_controls
from dlgrader.solutions import points_cell

_NO_MARK = Mark(None, 0.0)


@dataclass(frozen=True)
class Found:
    """A property of an exercise, and what the judge found about it.

    Attributes
    ----------
    title : str
    state : str
        "right", "partly", "wrong" or "advice".
    worth : str
        Such as "0.5 of 1.0".
    case, finding : str
        In which case what was wrong; with the likely cause, if a misconception was recognised.
    """

    title: str
    state: str
    worth: str
    case: str = ""
    finding: str = ""

    @property
    def blocks(self) -> list[tuple[bool, str]]:
        """The finding in pieces, and whether each is an array, whose columns stand in line."""
        pieces: list[tuple[bool, list[str]]] = []
        depth = 0
        for line in self.finding.splitlines():
            array = depth > 0 or line.startswith("[")
            depth = max(depth + line.count("[") - line.count("]"), 0) if array else 0
            if pieces and pieces[-1][0] == array:
                pieces[-1][1].append(line)
            else:
                pieces.append((array, [line]))
        return [(array, "\n".join(lines)) for array, lines in pieces]


@dataclass(frozen=True)
class Part:
    """An exercise, or, in an assignment that is not declared, a graded cell.

    Attributes
    ----------
    title : str
    name : str
        What it is called in the notebook; may be empty.
    state : str
        "right", "partly", "wrong", "waiting" or "failed".
    points : str
        Such as "6 of 8 points".
    found : sequence of Found
    said : str
        The judge's own words, where they are not known property by property.
    section, address : str
        Where to read again, and the link to it; empty if everything is right, or unknown.
    comment : Markup
        The instructor's.
    cells : tuple of str
        Ids of the cells in which it stands.
    """

    title: str
    name: str
    state: str
    points: str
    found: Sequence[Found] = ()
    said: str = ""
    section: str = ""
    address: str = ""
    comment: Markup = NOTHING
    cells: tuple[str, ...] = ()

    @property
    def all_right(self) -> bool:
        """Whether there are several properties, and nothing to say of any."""
        return len(self.found) > 1 and all(part.state == "right" for part in self.found)


def summary(notebook: NotebookNode, facts: Facts, declared: Assignment | None) -> list[Part]:
    """Return the parts in the order of the notebook."""
    if declared is None:
        return list(_graded_cells(notebook, facts))
    judged = {cell_id(cell): cell for cell in notebook.cells}
    return [_exercise(part, judged, facts, declared) for part in declared.exercises]


def cell_id(cell: Mapping[str, Any]) -> str:
    """Return nbgrader's id of a cell; empty if it has none."""
    about = cell.get("metadata", {}).get("nbgrader")
    name = about.get("grade_id") if isinstance(about, Mapping) else None
    return name if isinstance(name, str) else ""


def _exercise(
    exercise: Exercise, cells: Mapping[str, NotebookNode], facts: Facts, declared: Assignment
) -> Part:
    written = isinstance(exercise, Written)
    graded = exercise.name if written else points_cell(exercise.name)
    mark = facts.marks.get(graded, _NO_MARK)
    outputs = cells[graded].get("outputs", []) if graded in cells else []
    state = _state(mark, exercise.max_points, facts.failed)
    found, said = ([], "") if written or facts.failed else _judged(outputs)
    missed = state in {"partly", "wrong"}
    number = declared.exercises.index(exercise) + 1
    return Part(
        title=f"{number}. {exercise.title.replace('`', '')}",
        name=exercise.name,
        state=state,
        points=_worth(mark, exercise.max_points, state, bonus=is_bonus(exercise)),
        found=found,
        said=said,
        section=str(exercise.section) if missed else "",
        address=_address(facts.book, exercise.section) if missed else "",
        comment=_comments(facts, (exercise.name, graded)),
        cells=(exercise.name, graded),
    )


def _graded_cells(notebook: NotebookNode, facts: Facts) -> Iterator[Part]:
    """Yield the parts of an assignment with tests of its own: each graded cell, and comments."""
    kinds = {"markdown": "Written answer", "code": "Tests"}
    for cell in notebook.cells:
        name = cell_id(cell)
        mark = facts.marks.get(name)
        comment = _comments(facts, (name,))
        if mark is None and not comment:
            continue
        mark = mark or _NO_MARK
        state = _state(mark, mark.max_points, facts.failed) if name in facts.marks else "comment"
        title = kinds.get(cell.cell_type, "Answer") if state != "comment" else "Answer"
        yield Part(
            title=title,
            name=plain(name),
            state=state,
            points=_worth(mark, mark.max_points, state) if state != "comment" else "",
            comment=comment,
            cells=(name,),
        )


def _state(mark: Mark, worth: float, failed: bool) -> str:
    if failed:
        return "failed"
    if mark.waiting or mark.points is None:
        return "waiting"
    if mark.points >= worth:
        return "right"
    return "partly" if mark.points > 0 else "wrong"


def _worth(mark: Mark, worth: float, state: str, *, bonus: bool = False) -> str:
    unit = "bonus point" if bonus else "point"
    most = f"{worth:g} {unit}{'' if worth == 1 else 's'}"
    if state == "failed":
        return f"not graded, {most}"
    if state == "waiting":
        so_far = f"{mark.points:g} of {most} so far, " if mark.points else ""
        return f"{so_far}waits for a person" if so_far else f"waits for a person, {most}"
    return f"{mark.points or 0.0:g} of {most}"


def _judged(outputs: Sequence[Any]) -> tuple[list[Found], str]:
    """Return what the judge wrote: as data, or else as the text that it printed."""
    for output in outputs:
        details = output.get("metadata", {}).get("dlgrader", {}).get("details")
        if details:
            return _findings(details), ""
    said = [output.text for output in outputs if output.get("output_type") == "stream"]
    return [], without_controls("".join(said)).strip()


def _findings(details: Sequence[Mapping[str, Any]]) -> list[Found]:
    findings: list[Found] = []
    told: set[str] = set()
    for part in details:
        points, most = float(part["points"]), float(part["max_points"])
        finding = without_controls(str(part["finding"])).strip()
        if not most and (not finding or finding in told):
            continue  # an advice is about code that works
        state = "right" if points >= most else "partly" if points > 0 else "wrong"
        case = without_controls(str(part["case"])).strip()
        if finding and finding in told:
            case, shown = "", "As above."
        else:
            shown = finding
            told.add(finding)
        findings.append(
            Found(
                title=str(part["title"]),
                state=state if most else "advice",
                worth=f"{points:.1f} of {most:.1f}" if most else "",
                case=case,
                finding=shown,
            )
        )
    return findings


def _comments(facts: Facts, names: Sequence[str]) -> Markup:
    texts = dict.fromkeys(facts.comments[name] for name in names if name in facts.comments)
    return Markup("").join(render_markdown(text, level=3) for text in texts)


def _address(book: str, section: Section) -> str:
    if not book.startswith(("https://", "http://")):
        return ""
    return f"{book.rstrip('/')}/{section.page}.html"
