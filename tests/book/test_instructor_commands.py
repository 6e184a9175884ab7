"""The commands of the chapter for instructors, run in its order on a small class.

The blocks of commands are taken from the page itself. A comment above a block (which the page does
not show) says why it is not run here, or that it may fail. What learners do in between, and what is
pressed in the formgrader, is done by this file.
"""

from __future__ import annotations

import contextlib
import csv
import json
import os
import re
import signal
import socket
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

pytest.importorskip("nbgrader", reason="needs the extra 'grading'")

from dlgrader.course import CONFIG_FILE, Course, quiet_environment
from dlgrader.sample_class import SampleLearner, fill_in, load_class
from dlgrader.sandbox import Bubblewrap

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "book" / "appendix" / "instructors.md").read_text(encoding="utf-8")
PAGE_ON_SCALE = (ROOT / "book" / "appendix" / "scale.md").read_text(encoding="utf-8")
NAME = "ps4_convolution"
EXCHANGE = "/srv/nbgrader/exchange"
BY_EXCHANGE, BY_MOODLE = ("ada", "bela"), {"chiyo": "Chiyo Mori"}

needs_sandbox = pytest.mark.skipif(bool(Bubblewrap().problem()), reason=Bubblewrap().problem())


@dataclass(frozen=True)
class Block:
    """Commands of the page, and what the comment above them says of running them."""

    commands: str
    comment: str = ""

    @property
    def run(self) -> bool:
        """Whether they are run here."""
        return not self.comment.startswith("not run: ")

    @property
    def name(self) -> str:
        """Return the first command without what a test's name can't hold."""
        first = self.commands.partition("\n")[0].partition(" #")[0]
        return re.sub(r"[^\w-]+", "-", first).strip("-")


def blocks(text: str) -> list[Block]:
    """Return the blocks of commands of a page."""
    found = re.findall(r"(?:^% ([^\n]+)\n)?^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [Block(commands, comment) for comment, commands in found]


RUN = [block for block in blocks(PAGE) if block.run]


class ClassRoom:
    """A folder with the instructor's shell, and what others do there."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder, self.where = folder, folder
        self.course = folder / "deep_learning"
        self.exchange = folder / "exchange"
        self.failed = False
        self._shell = os.environ | {
            "HOME": str(home),
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        }
        self._made_up = {one.name: one for one in load_class(ROOT, NAME)}

    def prepare(self) -> None:
        """Put the class list of the page where the chapter begins, and make the exchange."""
        listed = re.search(r":caption: class_list\.csv\n\n(.*?)^```", PAGE, re.M | re.DOTALL)
        assert listed
        (self.folder / "class_list.csv").write_text(listed[1], encoding="utf-8")
        self.exchange.mkdir()
        self.exchange.chmod(0o777)

    def type(self, commands: str) -> subprocess.CompletedProcess[str]:
        """Run commands in the shell; a change of the folder lasts."""
        text = commands.replace(EXCHANGE, str(self.exchange))
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", f"{text}\npwd > '{self.folder}/where'"],
            cwd=self.where,
            env=self._shell,
            capture_output=True,
            text=True,
            timeout=600,
        )
        if done.returncode == 0:
            self.where = Path((self.folder / "where").read_text(encoding="utf-8").strip())
        return done

    @contextlib.contextmanager
    def leave_running(self, command: str) -> Iterator[None]:
        """Run a command beside the shell, and end it and all that it started afterwards."""
        running = subprocess.Popen(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self._shell,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            yield
        finally:
            os.killpg(running.pid, signal.SIGTERM)
            try:
                running.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(running.pid, signal.SIGKILL)
                running.wait()

    def hand_in(self) -> None:
        """Two learners hand in through the exchange, as the same user of this computer."""
        with (self.course / CONFIG_FILE).open("a", encoding="utf-8") as file:
            file.write("\nc.ExchangeCollect.check_owner = False\n")
        course = Course(self.course)
        for student in BY_EXCHANGE:
            work = course.fetch(NAME, student, self.folder / "learners" / student)
            fill_in(work / f"{NAME}.ipynb", self._made_up[student], ROOT, NAME)
            course.submit(NAME, student, self.folder / "learners" / student)

    def download(self) -> None:
        """A third one's submission comes from Moodle."""
        downloads = self.folder / "downloads"
        downloads.mkdir()
        released = (self.course / "release" / NAME / f"{NAME}.ipynb").read_bytes()
        with zipfile.ZipFile(downloads / "submissions.zip", "w") as archive:
            for student, full_name in BY_MOODLE.items():
                path = downloads / f"{NAME}.ipynb"
                path.write_bytes(released)
                fill_in(path, self._made_up[student], ROOT, NAME)
                archive.write(path, f"{full_name}_17_assignsubmission_file_/{NAME}.ipynb")
                path.unlink()

    def grade_by_hand(self) -> None:
        """Give the points and comments of the made-up class for its written answers."""
        with Course(self.course).gradebook() as book:
            for student in (*BY_EXCHANGE, *BY_MOODLE):
                for question, given in self._made_up[student].written.items():
                    place = (question, NAME, NAME, student)
                    grade = book.find_grade(*place)
                    grade.manual_score, grade.needs_manual_grade = given.points, False
                    book.find_comment(*place).manual_comment = given.comment
            book.db.commit()

    def made_up(self, student: str) -> SampleLearner:
        """Return what a learner handed in, and what is expected."""
        return self._made_up[student]


BEFORE: dict[str, Callable[[ClassRoom], None]] = {
    "dlgrader doctor": lambda room: None,
    f"dlgrader collect {NAME}\n": ClassRoom.hand_in,
    f"dlgrader collect {NAME} --zip": ClassRoom.download,
    f"dlgrader feedback {NAME}": ClassRoom.grade_by_hand,
}


@pytest.fixture(scope="module")
def room(tmp_path_factory) -> Iterator[ClassRoom]:
    """An empty folder."""
    home = tmp_path_factory.mktemp("home")
    found = ClassRoom(tmp_path_factory.mktemp("room"), home)
    with quiet_environment(home / "jupyter"):
        found._shell |= {name: os.environ[name] for name in os.environ if "JUPYTER" in name}
        found.prepare()
        yield found


@needs_sandbox
@pytest.mark.parametrize(
    "block", RUN, ids=[f"{number:02}-{block.name}" for number, block in enumerate(RUN)]
)
def test_the_commands_work(room, block):
    if room.failed:
        pytest.skip("an earlier command failed")
    for beginning, step in BEFORE.items():
        if block.commands.startswith(beginning):
            step(room)
    done = room.type(block.commands)
    room.failed = done.returncode != 0 and not block.comment.startswith("may fail")
    assert not room.failed, f"{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr


@needs_sandbox
def test_what_came_of_them(room):
    if room.failed:
        pytest.skip("a command failed")
    with (room.course / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file) if row["assignment"] == NAME}
    assert {student: row["status"] for student, row in rows.items()} == {
        "ada": "graded",
        "bela": "graded",
        "chiyo": "graded",
        "dario": "missing",
    }
    for student in (*BY_EXCHANGE, *BY_MOODLE):
        made_up = room.made_up(student)
        by_hand = sum(given.points for given in made_up.written.values())
        assert float(rows[student]["score"]) == sum(made_up.expected.values()) + by_hand
        assert (room.course / "feedback" / student / NAME / f"{NAME}.html").is_file()
    assert rows["dario"]["score"] == ""
    outcome = json.loads((room.course / "outcome.json").read_text(encoding="utf-8"))
    assert outcome["ok"]
    assert sorted(outcome["unchanged"]) == ["ada", "bela", "chiyo"]
    released = room.exchange / "deep_learning" / "feedback"
    assert len(list(released.glob("*.html"))) == len(BY_EXCHANGE)
    for name in ("report/report.html", "report_without_names/report.html", "course_copy.tar.gz"):
        assert (room.course / name).is_file(), name
    assert list((room.course / "similarity").rglob("*.html"))
    assert "Okafor" not in (room.course / "report_without_names/report.html").read_text("utf-8")


def free_port() -> str:
    """Return a port that nothing listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return str(found.getsockname()[1])


@needs_sandbox
def test_the_commands_for_several_machines_work(room):
    """All on this machine, which has another address than those of the page."""
    from distributed import Client

    if room.failed:
        pytest.skip("a command failed")
    one, cluster, scheduled = (
        next(block.commands for block in blocks(PAGE_ON_SCALE) if sign in block.commands)
        for sign in ("--jobs", "dask scheduler", "--scheduler")
    )
    done = room.type(one)
    assert done.returncode == 0, done.stderr
    port = free_port()

    def here(text: str) -> str:
        return text.replace("10.0.0.1", "127.0.0.1").replace("8786", port)

    with contextlib.ExitStack() as stack:
        for line in here(cluster).splitlines():
            stack.enter_context(room.leave_running(f"{line} --no-dashboard"))
        with Client(f"tcp://127.0.0.1:{port}", timeout=60) as client:
            client.wait_for_workers(1, timeout=120)
        done = room.type(f"{here(scheduled).strip()} --force")
    assert done.returncode == 0, done.stderr
    assert "3 of 3 submissions graded" in done.stdout


def test_every_verb_is_on_the_page_and_every_one_there_is_run():
    from dlgrader.cli.parser import VERBS

    names = [verb.name for verb in VERBS]
    assert all(f"| `dlgrader {name}` |" in PAGE for name in names)
    commands = "\n".join(block.commands for block in RUN)
    elsewhere = {"selfcheck", "demo"}
    assert {name for name in names if f"dlgrader {name}" not in commands} <= elsewhere


def test_what_is_not_run_says_why():
    skipped = [block for block in blocks(PAGE) if not block.run]
    assert all(len(block.comment) > len("not run: ") for block in skipped)
    assert blocks("```sh\na\n```\n\n% not run: b\n```sh\nc\n```\n") == [
        Block("a\n"),
        Block("c\n", "not run: b"),
    ]


def test_the_settings_for_late_submissions_are_understood():
    from traitlets.config import Config

    from dlgrader.late import LatePenalties, PerDayPenalty

    lines = re.search(r"^```python\n(c\.AssignLatePenalties.*?)^```", PAGE, re.M | re.DOTALL)
    assert lines
    config = Config()
    exec(lines[1], {"c": config})
    late = LatePenalties(config=config)
    assert isinstance(late.plugin_inst, PerDayPenalty)
    assert late.plugin_inst.zero_after_days == 7
    assert late.extensions == {"ada": {NAME: 48}}
    # A name that is none would only be warned of.
    for section, settings in config.items():
        known = {"AssignLatePenalties": LatePenalties, "LatePenalties": LatePenalties}
        assert set(settings) <= set(known.get(section, PerDayPenalty).class_trait_names())
