"""The cases of the check cells, as the data that ships with `dlcore`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from dlcore.checks.codec import encode_case
from dlgrader.declarations import Assignment, CodeExercise
from dlgrader.expert import Expert
from dlgrader.model import Model


def public_data(declared: Assignment, model: Model) -> dict[str, Any]:
    """Return what the check cells of an assignment need, by exercise."""
    return {exercise.name: _of_exercise(exercise, model) for exercise in declared.code}


def _of_exercise(exercise: CodeExercise, model: Model) -> dict[str, Any]:
    expert = Expert(exercise, model)
    cases = [expert.case(trial) for trial in exercise.public]
    return {
        "functions": list(exercise.functions),
        "section": exercise.section.number,
        "known": [[mistake.name, mistake.says] for mistake in expert.known],
        "cases": [encode_case(case) for case in cases],
    }


def data_path(course: Path, assignment: str) -> Path:
    """Return where the data of an assignment stands."""
    return course / "dlcore" / "checks" / "data" / f"{assignment}.json"


def as_text(data: dict[str, Any]) -> str:
    """Return the data as JSON, one line for each case."""
    lines = ["{"]
    for name, exercise in data.items():
        head = {key: value for key, value in exercise.items() if key != "cases"}
        cases = ",\n".join(
            f"  {json.dumps(case, ensure_ascii=False)}" for case in exercise["cases"]
        )
        inner = json.dumps(head, ensure_ascii=False)[:-1]
        lines.append(f'{json.dumps(name)}: {inner}, "cases": [\n{cases}\n]}},')
    lines[-1] = lines[-1].removesuffix(",")
    return "\n".join([*lines, "}", ""])


def agree(data: Any, other: Any) -> bool:
    """Whether two versions of the data say the same; other hardware rounds differently."""
    if isinstance(data, dict) and isinstance(other, dict):
        return data.keys() == other.keys() and all(agree(data[key], other[key]) for key in data)
    if isinstance(data, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(data) == len(other) and all(map(agree, data, other))
    if isinstance(data, float) and isinstance(other, float):
        return bool(np.isclose(data, other, rtol=1e-7, atol=1e-7))
    return bool(data == other)
