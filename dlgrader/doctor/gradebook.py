"""The gradebook: whether it can be reached, written, and is of nbgrader's present form."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from nbgrader.api import get_alembic_version
from nbgrader.coursedir import CourseDirectory
from sqlalchemy import Connection, create_engine, func, inspect, make_url, select, table, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

from dlgrader.course import Course
from dlgrader.doctor.finding import Finding, failure, ok, remark

_NAME = "gradebook"
_WAIT = {"sqlite": {"timeout": 1.0}, "postgresql": {"connect_timeout": 5}}
"""How many seconds to wait, in each driver's own words."""


def gradebook(course: Course) -> Iterator[Finding]:
    """Look at the gradebook; it is not made, if it is not there yet."""
    url = make_url(CourseDirectory(config=course.config).db_url)
    kind = url.get_backend_name()
    if kind == "sqlite" and url.database:
        path = Path(url.database)
        if not path.exists():
            yield _not_yet(path)
            return
        if not os.access(path, os.W_OK) or not os.access(path.parent, os.W_OK):
            yield failure(_NAME, f"{path} can't be written by you")
            return
    try:
        engine = create_engine(url, connect_args=_WAIT.get(kind, {}))
        with engine.connect() as connection:
            yield from _look(connection, url)
        engine.dispose()
    except ModuleNotFoundError as error:
        yield failure(_NAME, f"{kind} needs the package {error.name}", _driver(kind))
    except SQLAlchemyError as error:
        said = " ".join(str(getattr(error, "orig", None) or error).split())
        if "locked" in said:
            yield failure(
                _NAME, f"{_shown(url)} is locked by another process", "wait for it to end"
            )
        else:
            yield failure(_NAME, f"{_shown(url)}: {said}")


def _look(connection: Connection, url: URL) -> Iterator[Finding]:
    if url.get_backend_name() == "sqlite":
        connection.execute(text("BEGIN IMMEDIATE"))
    else:
        connection.execute(text("CREATE TEMPORARY TABLE dlgrader_doctor (nothing INTEGER)"))
    tables = inspect(connection).get_table_names()
    if not tables:
        yield ok(_NAME, f"{_shown(url)}, still empty")
        return
    if url.get_backend_name() == "sqlite":
        broken = connection.execute(text("PRAGMA quick_check(1)")).scalar()
        if broken != "ok":
            yield failure(_NAME, f"{_shown(url)} is damaged: {broken}", "take the last copy of it")
            return
    present = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if present != get_alembic_version():
        yield failure(
            _NAME, f"{_shown(url)} was made by another version of nbgrader", "nbgrader db upgrade"
        )
        return
    counted = [
        _count(
            connection.execute(select(func.count()).select_from(table(name))).scalar() or 0, what
        )
        for name, what in (
            ("student", "learner"),
            ("assignment", "assignment"),
            ("submitted_assignment", "submission"),
        )
    ]
    yield ok(_NAME, f"{_shown(url)}: {', '.join(counted)}")
    connection.rollback()


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _not_yet(path: Path) -> Finding:
    if not os.access(path.parent, os.W_OK):
        return failure(_NAME, f"{path} is not there, and {path.parent} can't be written")
    return remark(_NAME, f"{path} is not there yet; the first release makes it")


def _shown(url: URL) -> str:
    """Return the address without its password."""
    return url.database or "" if url.get_backend_name() == "sqlite" else repr(url)


def _driver(kind: str) -> str:
    extra = "grading,postgres" if kind == "postgresql" else "grading"
    return f"pip install 'dlcore[{extra}]'"
