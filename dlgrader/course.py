"""A course folder and nbgrader, driven from Python with the folder's own settings."""

from __future__ import annotations

import copy
import datetime
import glob
import logging
import os
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nbgrader.api import Assignment, Gradebook, MissingEntry
from nbgrader.apps import NbGraderAPI
from nbgrader.utils import capture_log, temp_attrs
from sqlalchemy.exc import SAWarning
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

CONFIG_FILE = "nbgrader_config.py"


class GradingError(RuntimeError):
    """Something that stops the work; the message says what, and what to do."""


def find_course(start: Path) -> Path:
    """Return the nearest folder, going up from `start`, that holds nbgrader_config.py."""
    start = start.resolve()
    for folder in (start, *start.parents):
        if (folder / CONFIG_FILE).is_file():
            return folder
    raise GradingError(
        f"no {CONFIG_FILE} in {start} or above it; go to the course's folder or name it: --course"
    )


class Course:
    """nbgrader's steps for the course in `root`.

    Parameters
    ----------
    root : Path
        A folder with nbgrader_config.py. Where that sets nothing, `dlgrader.settings` holds.
    settings : mapping, optional
        Settings that go before those of the file, such as ``{"Exchange": {"root": "/tmp/e"}}``.
    """

    def __init__(self, root: Path, settings: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        from dlgrader.settings import configure_grading  # which needs this module

        config = Config()
        configure_grading(config)
        root = root.resolve()
        config.merge(PyFileConfigLoader(CONFIG_FILE, path=str(root)).load_config())
        config.CourseDirectory.root = str(root)
        self._use(config, settings or {})

    @classmethod
    def configured(
        cls, config: Config, settings: Mapping[str, Mapping[str, Any]] | None = None
    ) -> Course:
        """Return the course that settings describe which nbgrader has read already."""
        course = cls.__new__(cls)
        course._use(copy.deepcopy(config), settings or {})
        return course

    def _use(self, config: Config, settings: Mapping[str, Mapping[str, Any]]) -> None:
        config.merge(Config({name: dict(section) for name, section in settings.items()}))
        self.config = config
        with quietly():
            self._api = NbGraderAPI(config=config)
        # nbgrader's own default is the current folder.
        self.root = Path(self._api.coursedir.root or ".").resolve()

    def generate_assignment(self, assignment: str) -> None:
        """Make the learners' notebook from the source notebook."""
        self._demand(self._run(self._api.generate_assignment, assignment), "generate_assignment")

    def release_assignment(self, assignment: str) -> None:
        """Put the learners' notebook into the exchange."""
        self._demand(self._run(self._api.release_assignment, assignment), "release_assignment")

    def fetch(self, assignment: str, student: str, folder: Path) -> Path:
        """Fetch the released assignment into a learner's folder; return where it lies."""
        self._exchange(self._api.exchange.FetchAssignment, assignment, student, folder)
        return folder / assignment

    def submit(self, assignment: str, student: str, folder: Path) -> None:
        """Submit the assignment in a learner's folder."""
        self._exchange(self._api.exchange.Submit, assignment, student, folder)

    def collect(self, assignment: str) -> None:
        """Take the submissions out of the exchange."""
        self._demand(self._run(self._api.collect, assignment), "collect")

    def autograde(self, assignment: str, student: str) -> str:
        """Grade one submission; return the log of a failure, or an empty string."""
        result = self._run(self._api.autograde, assignment, student)
        return "" if result["success"] else f"{result.get('log', '')}\n{result['error']}".strip()

    def generate_feedback(self, assignment: str, student: str | None = None) -> None:
        """Write one HTML page for each graded submission, or for one."""
        result = self._run(self._api.generate_feedback, assignment, student)
        self._demand(result, "generate_feedback")

    def release_feedback(self, assignment: str, student: str | None = None) -> None:
        """Put the feedback into the exchange."""
        result = self._run(self._api.release_feedback, assignment, student)
        self._demand(result, "release_feedback")

    @contextmanager
    def gradebook(self) -> Iterator[Gradebook]:
        """Open the gradebook."""
        with Gradebook(self._api.coursedir.db_url, self._api.coursedir.course_id) as book:
            yield book

    def submission(self, step: str, student: str, assignment: str) -> Path:
        """Return a submission's folder; step is "submitted", "autograded" or "feedback"."""
        name = getattr(self._api.coursedir, f"{step}_directory")
        return Path(self._api.coursedir.format_path(name, student, assignment))

    @property
    def submissions_folder(self) -> Path:
        """The folder with what all learners handed in."""
        return self.root / self._api.coursedir.submitted_directory

    @property
    def ignored(self) -> list[str]:
        """Patterns of names that are not copied."""
        return list(self._api.coursedir.ignore)

    @property
    def shared_by_group(self) -> bool:
        """Whether several instructors of one group of the system work in the folder."""
        return bool(self._api.coursedir.groupshared)

    def source_folder(self, assignment: str) -> Path:
        """Return the folder of an assignment's source."""
        coursedir = self._api.coursedir
        return Path(coursedir.format_path(coursedir.source_directory, ".", assignment))

    def release_folder(self, assignment: str) -> Path:
        """Return the folder of what is released of an assignment."""
        coursedir = self._api.coursedir
        return Path(coursedir.format_path(coursedir.release_directory, ".", assignment))

    def timestamp(self, folder: Path) -> datetime.datetime | None:
        """Return when a submission was handed in, in UTC; None if nothing says so."""
        with quietly():
            found: datetime.datetime | None = self._api.coursedir.get_existing_timestamp(
                str(folder)
            )
        return found

    @property
    def secret_folders(self) -> list[Path]:
        """The folders that a learner's code must not see: the course's and the exchange."""
        root = self.config.Exchange.get("root")
        return [self.root, *([Path(root)] if isinstance(root, str) and root else [])]

    def students(self, assignment: str) -> list[str]:
        """Return all who submitted the assignment, in alphabetical order."""
        named = self._below(re.escape, student_id="(?P<who>[^/]+)", assignment_id=assignment)
        folders = self._submitted(assignment)
        found = (re.fullmatch(named, folder) for folder in folders if folder.isprintable())
        return sorted(match["who"] for match in found if match)

    def handed_in(self, assignment: str) -> dict[str, datetime.datetime | None]:
        """Return who submitted the assignment, with the time that stands in their folder."""
        return {
            student: self.timestamp(self.submission("submitted", student, assignment))
            for student in self.students(assignment)
        }

    def oddly_named(self, assignment: str) -> list[str]:
        """Return folders of submissions that are left out: their names can't be printed."""
        return sorted(name for name in self._submitted(assignment) if not name.isprintable())

    def _submitted(self, assignment: str) -> list[str]:
        """Return the folders of all submissions, relative to the course's."""
        # Relative, because the path of the course may hold what means something in a pattern.
        pattern = self._below(glob.escape, student_id="*", assignment_id=assignment)
        return glob.glob(pattern, root_dir=self.root)  # noqa: PTH207 (without hidden folders)

    def _below(self, escape: Callable[[str], str], student_id: str, assignment_id: str) -> str:
        """Return a pattern for folders of submissions, relative to the course's."""
        coursedir = self._api.coursedir
        pattern: str = coursedir.directory_structure.format(
            nbgrader_step=escape(coursedir.submitted_directory),
            student_id=student_id,
            assignment_id=escape(assignment_id),
        )
        return pattern

    def _exchange(self, kind: Any, assignment: str, student: str, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        coursedir = self._api.coursedir
        with temp_attrs(coursedir, assignment_id=assignment, student_id=student):
            app = kind(coursedir=coursedir, authenticator=self._api.authenticator, parent=self._api)
            app.assignment_dir = str(folder)
            self._demand(self._run(capture_log, app), f"{kind.__name__} for {student}")

    @staticmethod
    def _run(step: Any, *args: Any) -> dict[str, Any]:
        """Run a step; nbgrader changes the working directory while it works."""
        before = Path.cwd()
        try:
            with quietly():
                result: dict[str, Any] = step(*args)
        finally:
            os.chdir(before)
        return result

    @staticmethod
    def _demand(result: Mapping[str, Any], step: str) -> None:
        if not result["success"]:
            raise GradingError(f"{step} failed:\n{result.get('log', '')}\n{result['error']}")


def find_assignment(book: Gradebook, name: str) -> Assignment:
    """Return an assignment of the gradebook.

    Raises
    ------
    GradingError
        If the gradebook does not know it.
    """
    try:
        return book.find_assignment(name)
    except MissingEntry:
        known = ", ".join(one.name for one in book.assignments) or "none yet"
        raise GradingError(
            f"the gradebook has no assignment {name!r}; it has: {known}. "
            f"`dlgrader release {name}` enters it"
        ) from None


@contextmanager
def quietly() -> Iterator[None]:
    """Keep nbgrader's log off the terminal; `capture_log` still collects it."""
    logs = [logging.getLogger(name) for name in ("traitlets", "tornado.application")]
    before = [(log.propagate, list(log.handlers)) for log in logs]
    for log in logs:
        log.propagate, log.handlers = False, [logging.NullHandler()]
    try:
        with warnings.catch_warnings():
            # What SQLAlchemy 2 remarks about every submission that nbgrader 0.9 adds.
            warnings.filterwarnings("ignore", "Object of type .* not in session", SAWarning)
            yield
    finally:
        for log, (propagate, handlers) in zip(logs, before, strict=True):
            log.propagate, log.handlers = propagate, handlers


@contextmanager
def quiet_environment(home: Path) -> Iterator[None]:
    """Keep Jupyter and matplotlib away from the user's own folders; one thread per kernel."""
    folders = {
        name: str(home / name.lower())
        for name in (
            "IPYTHONDIR",
            "JUPYTER_CONFIG_DIR",
            "JUPYTER_DATA_DIR",
            "JUPYTER_RUNTIME_DIR",
            "MPLCONFIGDIR",
        )
    }
    for folder in folders.values():
        Path(folder).mkdir(parents=True)
    ours = {**folders, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    before = {name: os.environ.get(name) for name in ours}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
