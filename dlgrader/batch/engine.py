"""Grade the submissions of an assignment: choose, hand out, write down, say what became of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from dlgrader.batch.released import ReleasedNotebook, released_notebooks
from dlgrader.batch.runners import Runner
from dlgrader.batch.submissions import Submission, read_submission
from dlgrader.batch.task import SETTINGS, Graded, Task
from dlgrader.batch.writer import Writer
from dlgrader.course import Course


@dataclass(frozen=True)
class Done:
    """A submission that has been graded, or could not be.

    Attributes
    ----------
    student : str
    failure : str
        Why it could not be graded; empty if it was.
    remarks : tuple of str
        What was odd about its files.
    flagged : int
        Answers that a person has to look at because the grader could not.
    answers : int
        Answers that wait for points given by hand.
    seconds : float
        What grading took in its worker.
    """

    student: str
    failure: str = ""
    remarks: tuple[str, ...] = ()
    flagged: int = 0
    answers: int = 0
    seconds: float = 0.0


@dataclass
class Batch:
    """The submissions of one run.

    Attributes
    ----------
    students : list of str
        Those whose submission is graded in this run.
    unchanged : list of str
        Those whose submission had been graded before.
    """

    course: Course
    assignment: str
    writer: Writer
    released: tuple[ReleasedNotebook, ...]
    students: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)

    @classmethod
    def plan(
        cls, course: Course, assignment: str, writer: Writer, students: Sequence[str], force: bool
    ) -> Batch:
        """Find out which submissions have to be graded.

        Raises
        ------
        GradingError
            If the gradebook does not know the assignment.
        """
        released = released_notebooks(
            writer.book, assignment, course.release_folder(assignment), course.config
        )
        batch = cls(course, assignment, writer, released)
        known = writer.known()
        for student in students:
            writer.finish(student, known)
            # Only what the gradebook knows is read here; a new class is read once.
            graded_once = not force and student in known.timestamps
            if graded_once and writer.is_done(batch.read(student), known):
                batch.unchanged.append(student)
            else:
                batch.students.append(student)
        return batch

    def read(self, student: str) -> Submission:
        """Read a learner's submission."""
        names = [notebook.name for notebook in self.released]
        return read_submission(self.course, self.assignment, student, names)

    def run(self, runner: Runner, told: Callable[[Done], None]) -> list[Done]:
        """Grade and write down; `told` is called after each submission."""
        done = []
        handed_out: dict[str, Submission] = {}
        for task, graded in runner.run(self._tasks(handed_out)):
            self.writer.write(handed_out.pop(task.student), graded)
            done.append(_done(task.student, graded))
            told(done[-1])
        return done

    def _tasks(self, handed_out: dict[str, Submission]) -> Iterator[Task]:
        config = self.course.config
        settings = {name: dict(config[name]) for name in SETTINGS if name in config}
        for student in self.students:
            submission = handed_out[student] = self.read(student)
            yield Task(
                self.assignment,
                student,
                tuple((part, submission.notebooks[part.name]) for part in self.released),
                submission.extra_files(),
                settings,
                tuple(map(str, self.course.secret_folders)),
            )


def _done(student: str, graded: Graded) -> Done:
    marks = [notebook.marks for notebook in graded.notebooks.values()]
    waiting = sum(score is None for part in marks for score in part.scores.values())
    flagged = sum(len(part.flagged) for part in marks)
    return Done(
        student,
        graded.failure,
        graded.remarks,
        0 if graded.failure else flagged,
        0 if graded.failure else waiting,
        graded.seconds,
    )
