"""Taking submissions in: out of the exchange and out of archives, hostile ones among them."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import json
import lzma
import multiprocessing
import os
import random
import shutil
import sqlite3
import stat
import struct
import subprocess
import sys
import tarfile
import zipfile
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbgrader.api import Gradebook
from small_gradebook import new_gradebook

from dlgrader import from_archives, nbgrader_patches
from dlgrader.archives import BadArchive, Bounds, unpack
from dlgrader.collecting import collect
from dlgrader.course import Course, GradingError
from dlgrader.downloads import Learner, Names, Roster
from dlgrader.moments import read_moment
from dlgrader.telling import Teller

pytestmark = pytest.mark.filterwarnings("ignore:Object of type")

NAME = "ps9"
BOOK = f"{NAME}.ipynb"
CLASS = {
    "ada": ("Ada", "Lovelace", "ada@example.org", "4711"),
    "emil": ("Émil", "Müller", "emil@example.org", "4712"),
    "twin1": ("Sam", "Smith", "s1@example.org", "4713"),
    "twin2": ("Sam", "Smith", "s2@example.org", "4714"),
}


@pytest.fixture(scope="module")
def gradebook(tmp_path_factory):
    """A gradebook with one assignment and four learners, made once: nbgrader takes its time."""
    root = tmp_path_factory.mktemp("template")
    setting = "c = get_config()\nc.CourseDirectory.course_id = 'deep'\n"
    (root / "nbgrader_config.py").write_text(setting)
    new_gradebook(root / "gradebook.db")
    with Course(root).gradebook() as book:
        book.add_assignment(NAME)
        book.add_notebook(NAME, NAME)
        for student, (first, last, email, number) in CLASS.items():
            book.add_student(
                student, first_name=first, last_name=last, email=email, lms_user_id=number
            )
    return root / "gradebook.db"


@pytest.fixture
def course(tmp_path, gradebook):
    """A course with an exchange."""
    root = tmp_path / "course"
    inbound = tmp_path / "exchange" / "deep" / "inbound"
    inbound.mkdir(parents=True)
    root.mkdir()
    shutil.copy(gradebook, root)
    (root / "nbgrader_config.py").write_text(
        "c = get_config()\nc.CourseDirectory.course_id = 'deep'\n"
        f"c.Exchange.root = {str(tmp_path / 'exchange')!r}\n"
        "c.Exchange.timezone = 'Europe/Berlin'\nc.ExchangeCollect.check_owner = False\n"
    )
    return Course(root)


@pytest.fixture
def inbound(course):
    return course.root.parent / "exchange" / "deep" / "inbound"


def take_in(course, *paths, pattern=None):
    return collect(course, Teller(as_json=True), NAME, paths, pattern)


def hand_in(inbound, student, when, text="{}", zone="CET"):
    folder = inbound / f"{student}+{NAME}+2026-01-{when} 10:00:00.000000 {zone}+xyz"
    folder.mkdir()
    (folder / BOOK).write_text(text)
    (folder / "timestamp.txt").write_text(f"2026-01-{when} 10:00:00.000000 {zone}")
    return folder


def submitted(course, student):
    folder = course.submission("submitted", student, NAME)
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def zipped(path, entries):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return path


def as_zip(entries):
    made = io.BytesIO()
    return zipped(made, entries).getvalue()


def left_behind(course):
    """Temporary files and folders that collecting should have removed."""
    return [
        str(path)
        for path in course.root.rglob("*")
        if path.name.startswith(".") and path.name != ".collecting.lock"
    ]


# -- the exchange ----------------------------------------------------------------------------------


def test_newer_replaces_older_which_is_kept(course, inbound):
    hand_in(inbound, "ada", "05", "first")
    first = take_in(course)
    assert first.ok
    assert first.facts["new"] == ["ada"]
    assert first.facts["missing"] == ["emil", "twin1", "twin2"]
    before = submitted(course, "ada")
    assert take_in(course).facts["unchanged"] == ["ada"]
    assert submitted(course, "ada") == before
    hand_in(inbound, "ada", "07", "second")
    second = take_in(course)
    assert second.facts["replaced"] == ["ada"]
    assert submitted(course, "ada")[BOOK] == b"second"
    (kept,) = (course.root / "replaced" / NAME / "ada").iterdir()
    assert (kept / BOOK).read_text() == "first"
    assert not left_behind(course)


def test_what_is_no_regular_file_is_left_out_and_named(course, inbound):
    secret = course.root / "secret.ipynb"
    secret.write_text("secret")
    folder = hand_in(inbound, "ada", "05")
    (folder / "stolen.ipynb").symlink_to(secret)
    (folder / "all").symlink_to(course.root)
    os.mkfifo(folder / "pipe")
    (folder / "two\nlines").write_text("x")
    (folder / "data").mkdir()
    (folder / "data" / "a.csv").write_text("1")
    outcome = take_in(course)
    assert outcome.ok
    assert set(submitted(course, "ada")) == {BOOK, "data/a.csv", "timestamp.txt"}
    assert set(outcome.attention) == {
        "ada: not copied: all: a symbolic link",
        "ada: not copied: pipe: a named pipe",
        "ada: not copied: stolen.ipynb: a symbolic link",
        "ada: not copied: 'two\\nlines': an odd name",
    }


def test_a_link_never_takes_the_place_of_a_submission(course, inbound):
    hand_in(inbound, "ada", "05")
    take_in(course)
    target = course.root / "secret"
    target.mkdir()
    for student in ("ada", "emil"):
        (inbound / f"{student}+{NAME}+2026-01-09 10:00:00 CET+x").symlink_to(target)
    outcome = take_in(course)
    assert not outcome.ok
    assert set(submitted(course, "ada")) == {BOOK, "timestamp.txt"}
    assert submitted(course, "emil") == {}
    assert course.submission("submitted", "emil", NAME).is_dir()  # handed in, but empty


@pytest.mark.parametrize("student", ["..", ".", ".hidden", "a\nb", "x" * 200])
def test_no_folder_name_leads_elsewhere(course, inbound, student):
    folder = inbound / f"{student}+{NAME}+2026-01-05 10:00:00 CET"
    folder.mkdir()
    (folder / BOOK).write_text("evil")
    take_in(course)
    assert not list(course.root.rglob(BOOK))


def test_one_that_cannot_be_read_stops_no_other(course, inbound, monkeypatch):
    from dlgrader import exchange_patches

    real = exchange_patches.find_regular_files

    def failing(path, exclude):
        if "ada+" in path:
            raise OSError(5, "Input/output error")
        return real(path, exclude)

    hand_in(inbound, "ada", "05")
    hand_in(inbound, "emil", "05")
    monkeypatch.setattr(exchange_patches, "find_regular_files", failing)
    outcome = take_in(course)
    assert not outcome.ok
    assert outcome.facts["new"] == ["emil"]
    assert outcome.attention == ["ada: not collected: [Errno 5] Input/output error"]
    assert not course.submission("submitted", "ada", NAME).exists()
    assert not left_behind(course)


def test_an_assignment_that_is_not_there(course):
    with pytest.raises(GradingError, match="no assignment 'ps8'; it has: ps9"):
        collect(course, Teller(), "ps8")


def test_nbgraders_own_command_collects_alike(course, inbound):
    hand_in(inbound, "ada", "05", "first")
    take_in(course)
    hand_in(inbound, "ada", "08", "second")
    with (course.root / "nbgrader_config.py").open("a") as file:
        file.write("from dlgrader.settings import configure\nconfigure(c)\n")
    command = [str(Path(sys.executable).with_name("nbgrader")), "collect", NAME, "--update"]
    done = subprocess.run(command, cwd=course.root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert submitted(course, "ada")[BOOK] == b"second"
    assert len(list((course.root / "replaced" / NAME / "ada").iterdir())) == 1


# -- interrupted -----------------------------------------------------------------------------------

STEPS = ("mkdtemp", "written", "aside", "placed")


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_the_next_run_puts_it_right(course, inbound, step, monkeypatch):
    hand_in(inbound, "ada", "05", "first")
    take_in(course)
    hand_in(inbound, "ada", "07", "second")
    child = multiprocessing.get_context("fork").Process(
        target=_collect_and_die, args=(course, step)
    )
    child.start()
    child.join()
    assert child.exitcode == 9
    assert submitted(course, "ada").get(BOOK) in (b"first", b"second", None)
    take_in(course)
    assert submitted(course, "ada")[BOOK] == b"second"
    (kept,) = (course.root / "replaced" / NAME / "ada").iterdir()
    assert (kept / BOOK).read_text() == "first"
    assert not left_behind(course)


def _collect_and_die(course, step):
    """Collect, and end without cleaning up where `step` says, as if killed."""
    rename = Path.rename

    def dying(self, target):
        moving_aside = Path(target).name.endswith(".old")
        if step == "written" and moving_aside:
            os._exit(9)
        done = rename(self, target)
        if (step == "aside") == moving_aside:
            os._exit(9)
        return done

    Path.rename = dying
    if step == "mkdtemp":
        from dlgrader import exchange_patches

        exchange_patches.find_regular_files = lambda *_: os._exit(9)
    take_in(course)
    os._exit(0)


def test_a_full_disk_leaves_what_was_there(course, inbound, monkeypatch):
    hand_in(inbound, "ada", "05", "first")
    take_in(course)
    hand_in(inbound, "ada", "07", "second")
    real = Path.write_bytes

    def full(self, content):
        if self.name == BOOK:
            raise OSError(28, "No space left on device", str(self))
        return real(self, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    outcome = take_in(course)
    assert not outcome.ok
    assert "No space left" in outcome.attention[0]
    monkeypatch.undo()
    assert submitted(course, "ada")[BOOK] == b"first"
    assert not left_behind(course)


# -- times -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "zone", "hour"),
    [
        ("2026-07-01 10:00:00.0 CEST", "Europe/Berlin", 8),
        ("2026-01-01 10:00:00.0 CET", "Europe/Berlin", 9),
        ("2026-07-01 10:00:00.0 JST", "Asia/Tokyo", 1),
        ("2026-07-01 10:00:00.0 +0300", "UTC", 7),
        ("2026-07-01 10:00:00.0 -03", "America/Sao_Paulo", 13),
        ("2026-07-01T10:00:00Z", "Asia/Tokyo", 10),
        ("2026-07-01 10:00:00 UTC", "Asia/Tokyo", 10),
        ("2026-07-01 10:00:00", "Asia/Tokyo", 10),
        # the hour that the clocks give twice
        ("2026-10-25 02:30:00 CEST", "Europe/Berlin", 0),
        ("2026-10-25 02:30:00 CET", "Europe/Berlin", 1),
    ],
)
def test_times_mean_what_they_say(text, zone, hour):
    assert read_moment(text, zone).hour == hour


@pytest.mark.parametrize("text", ["", "soon", "1026-01-01", "9999-01-01", "2026-01-01 10:00 XYZ"])
def test_what_is_no_time(text):
    with pytest.raises(ValueError):  # noqa: PT011 (dateutil's own texts)
        read_moment(text)


def test_the_zone_decides_which_is_newer(course, inbound):
    hand_in(inbound, "ada", "05", "earlier", "UTC")
    take_in(course)
    folder = inbound / f"ada+{NAME}+2026-01-05 10:30:00.000000 CET+xyz"  # 9:30 in UTC
    folder.mkdir()
    (folder / BOOK).write_text("later on the clock only")
    assert take_in(course).facts["unchanged"] == ["ada"]
    assert course.timestamp(course.submission("submitted", "ada", NAME)) == datetime(2026, 1, 5, 10)


# -- downloads of learning management systems ------------------------------------------------------

MOODLE = [
    (f"Ada Lovelace_123_assignsubmission_file_/{BOOK}", "ada's"),
    ("Ada Lovelace_123_assignsubmission_onlinetext_/onlinetext.html", "hello"),
    (f"Emil Muller_124_assignsubmission_file/{BOOK}", "emil's"),
    (f"Sam Smith_125_assignsubmission_file_/{BOOK}", "whose?"),
    (f"Nobody Known_126_assignsubmission_file_/{BOOK}", "x"),
]
CANVAS = [
    (f"lovelaceada_4711_901_{NAME}-2.ipynb", "ada's"),
    (f"müllerémil_LATE_4712_902_{BOOK}", "emil's"),
    (f"smithsam_4714_903_{BOOK}", "twin2's"),
]


def test_moodle(course, tmp_path):
    outcome = take_in(course, zipped(tmp_path / "all.zip", MOODLE))
    assert outcome.facts["new"] == ["ada", "emil"]
    assert submitted(course, "ada") == {BOOK: b"ada's"}
    assert set(outcome.attention) == {
        f"Sam Smith_125_assignsubmission_file_/{BOOK}: it may be twin1 or twin2",
        f"Nobody Known_126_assignsubmission_file_/{BOOK}: "
        "the gradebook has no learner “Nobody Known”",
    }


def test_canvas(course, tmp_path):
    outcome = take_in(course, zipped(tmp_path / "all.zip", CANVAS))
    assert outcome.ok
    assert outcome.facts["new"] == ["ada", "emil", "twin2"]
    assert submitted(course, "ada") == {BOOK: b"ada's"}
    (late,) = outcome.attention
    assert late.startswith("emil: marked as late")


def test_a_folder_of_files_archives_and_folders_named_after_learners(course, tmp_path):
    folder = tmp_path / "down"
    folder.mkdir()
    zipped(
        folder / "ada.zip",
        [
            (f"my work/{BOOK}", "ada's"),
            ("my work/data.csv", "1"),
            ("__MACOSX/._x", "x"),
            ("my work/.DS_Store", "x"),
        ],
    )
    (folder / "emil").mkdir()
    (folder / "emil" / f"{NAME} (1).ipynb").write_text("emil's")
    with tarfile.open(folder / "twin1.tar.gz", "w:gz") as archive:
        _add(archive, BOOK, b"twin1's")
    zipped(folder / "more.zip", [("twin2/inner.zip", as_zip([(BOOK, "twin2's")]))])
    outcome = take_in(course, folder)
    assert outcome.ok, outcome.attention
    assert submitted(course, "ada") == {BOOK: b"ada's", "data.csv": b"1"}
    assert submitted(course, "emil") == {BOOK: b"emil's"}
    assert submitted(course, "twin1") == {BOOK: b"twin1's"}
    assert submitted(course, "twin2") == {BOOK: b"twin2's"}
    assert not left_behind(course)
    again = take_in(course, folder)
    assert again.facts["unchanged"] == ["ada", "emil", "twin1", "twin2"]
    assert not (course.root / "replaced").exists()


def test_what_may_not_be_read_is_named_and_the_rest_is_taken_in(course, tmp_path, monkeypatch):
    folder = tmp_path / "down"
    for student in ("ada", "emil", "twin1"):
        (folder / student).mkdir(parents=True)
        (folder / student / BOOK).write_text(student)
    # As an ordinary user finds them; the tests may run as root, who may read everything.
    listed, allowed, book = os.scandir, os.access, folder / "emil" / BOOK

    def scandir(path):
        if path == str(folder / "twin1"):
            raise PermissionError(13, "Permission denied", path)
        return listed(path)

    def access(path, mode):
        return Path(path) != book and allowed(path, mode)

    monkeypatch.setattr(os, "scandir", scandir)
    monkeypatch.setattr(os, "access", access)
    outcome = take_in(course, folder)
    assert not outcome.ok
    assert outcome.facts["new"] == ["ada"]
    assert [(one["name"], one["reason"]) for one in outcome.facts["refused"]] == [
        (f"emil/{BOOK}", "can't be read: Permission denied"),
        ("twin1", "can't be read: Permission denied"),
    ]


def test_a_pattern_with_times(course, tmp_path):
    pattern = r"(?P<student>\w+?)_(?P<timestamp>[0-9-]+)_(?P<file>.+)"
    path = zipped(
        tmp_path / "all.zip",
        [
            (f"zoe_2026-07-02-10-00-00_{BOOK}", "later"),
            (f"zoe_2026-07-01-10-00-00_{BOOK}", "earlier"),
        ],
    )
    outcome = take_in(course, path, pattern=pattern)
    assert outcome.ok
    assert outcome.facts["not_in_gradebook"] == ["zoe"]
    assert submitted(course, "zoe") == {BOOK: b"later", "timestamp.txt": b"2026-07-02 08:00:00 UTC"}
    path = zipped(tmp_path / "all.zip", [(f"zoe_2026-07-01-12-00-00_{BOOK}", "in between")])
    assert take_in(course, path, pattern=pattern).facts["older"] == ["zoe"]
    assert submitted(course, "zoe")[BOOK] == b"later"


@pytest.mark.parametrize(
    ("pattern", "said"),
    [("(", "no regular expression"), ("(?P<who>.*)", "unknown group who"), (".*", "whose a file")],
)
def test_patterns_that_cannot_work(course, tmp_path, pattern, said):
    with pytest.raises(GradingError, match=said):
        take_in(course, zipped(tmp_path / "all.zip", MOODLE), pattern=pattern)


def test_no_archive(course, tmp_path):
    with pytest.raises(GradingError, match="there is no"):
        take_in(course, tmp_path / "none.zip")


def test_a_time_of_the_learners_own_is_not_believed(course, tmp_path):
    content = as_zip([(BOOK, "x"), ("timestamp.txt", "2001-01-01 10:00:00 UTC")])
    take_in(course, zipped(tmp_path / "all.zip", [("ada/work.zip", content)]))
    assert set(submitted(course, "ada")) == {BOOK}


def test_names_are_never_guessed():
    roster = Roster([Learner("a", "Sam", "Smith", "", ""), Learner("b", "Sam", "Smith", "", "")])
    student, named, why = roster.find(Names().read("Sam Smith_1_assignsubmission_file_/x.ipynb"))
    assert (student, named, why) == ("", None, "it may be a or b")


# -- hostile archives ------------------------------------------------------------------------------


def _add(archive, name, content=b"x", **more):
    info = tarfile.TarInfo(name)
    info.size = len(content) if more.get("type", tarfile.REGTYPE) == tarfile.REGTYPE else 0
    for key, value in more.items():
        setattr(info, key, value)
    archive.addfile(info, io.BytesIO(content))


def hostile_zip(tmp_path):
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("good.txt", "good")
        for name in (
            "/etc/evil",
            "../evil",
            "a/../../evil",
            "C:\\evil",
            "..\\evil",
            "new\nline",
            "/".join("d" * 30),
            "/".join(["d" * 150] * 9),
            "n" * 250,
        ):
            archive.writestr(name, "evil")
        for name, mode in (("link", stat.S_IFLNK), ("pipe", stat.S_IFIFO), ("dev", stat.S_IFCHR)):
            info = zipfile.ZipInfo(name)
            info.create_system, info.external_attr = 3, (mode | 0o777) << 16
            archive.writestr(info, "/etc/passwd")
        archive.writestr("good.txt/below", "x")
    return path


def test_zip_entries_that_are_left_out(tmp_path):
    found = unpack(hostile_zip(tmp_path), tmp_path / "in" / "side")
    assert found.files == ["good.txt"]
    assert len(found.left_out) == 13
    assert "link: a symbolic link" in found.left_out
    assert "../evil: a path that leads out of the archive" in found.left_out
    assert "/etc/evil: an absolute path" in found.left_out
    assert [path.name for path in (tmp_path / "in").rglob("*") if path.is_file()] == ["good.txt"]


@pytest.mark.parametrize("kind", ["", "gz", "bz2", "xz"])
def test_tar_entries_that_are_left_out(tmp_path, kind):
    path = tmp_path / "x.tar"
    with tarfile.open(path, f"w:{kind}") as archive:
        _add(archive, "good.txt", b"good")
        for name in ("/evil", "../evil"):
            _add(archive, name)
        _add(archive, "soft", type=tarfile.SYMTYPE, linkname="/etc/passwd")
        _add(archive, "hard", type=tarfile.LNKTYPE, linkname="good.txt")
        _add(archive, "pipe", type=tarfile.FIFOTYPE)
        _add(archive, "device", type=tarfile.CHRTYPE)
        _add(archive, "last.txt", b"last")
    found = unpack(path, tmp_path / "in")
    assert found.files == ["good.txt", "last.txt"]
    assert len(found.left_out) == 6
    assert not (tmp_path / "evil").exists()


SMALL = Bounds(files=5, entries=20, in_all=1_000_000, each=400_000)


def bomb_zip():
    return as_zip([("zeros", bytes(50_000_000))])


def bomb_of_many():
    return as_zip([(f"{n}", bytes(399_000)) for n in range(4)])


def bomb_left_out():
    """What is left out because it is too large has been unpacked, too."""
    return as_zip([(f"{n}", bytes(500_000)) for n in range(4)])


def bomb_tar(packed="gz"):
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode=f"w:{packed}") as archive:
        _add(archive, "zeros", bytes(50_000_000))
    return made.getvalue()


def bomb_in_a_header():
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz", format=tarfile.GNU_FORMAT) as archive:
        _add(archive, "n" * 50_000_000)
    return made.getvalue()


def lying_zip():
    """The directory says that there is one byte."""
    content = bytearray(as_zip([("zeros", bytes(50_000_000))]))
    place = content.rindex(b"PK\x01\x02")
    struct.pack_into("<I", content, place + 24, 1)
    return bytes(content)


def greedy_xz():
    """Nothing is in it, but to unpack it takes a gigabyte."""
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 2**30}]
    return lzma.compress(bytes(20 * 512), filters=filters)


def cut_xz():
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:xz") as archive:
        _add(archive, "noise", random.Random(0).randbytes(300_000))
    return made.getvalue()[:100_000]


BOMBS = {
    "one": (bomb_zip, "zeros: larger|unpacks to more"),
    "many": (bomb_of_many, "unpacks to more"),
    "left out": (bomb_left_out, "unpacks to more"),
    "tar": (bomb_tar, "unpacks to more|zeros: larger"),
    "tar.xz": (lambda: bomb_tar("xz"), "unpacks to more|zeros: larger"),
    "greedy xz": (greedy_xz, "broken (Memory usage limit"),
    "cut xz": (cut_xz, "broken"),
    "xz of no tar": (lambda: lzma.compress(b"hello"), "broken"),
    "header": (bomb_in_a_header, "unpacks to more|is broken"),
    "entries": (lambda: as_zip([(f"{n}/", "") for n in range(500)]), "more than 20 entries"),
    "files": (lambda: as_zip([(f"{n}", "x") for n in range(9)]), "more than 5 files"),
    "cut off": (lambda: as_zip([("a", "x" * 9_000)])[:-30], "was it cut off"),
    "cut tar": (lambda: bomb_tar()[:200], "broken|unpacks to more|larger"),
    "gzip of no tar": (lambda: gzip.compress(b"hello"), "broken"),
    "bzip2 of no tar": (lambda: bz2.compress(b"hello"), "broken"),
    "text": (lambda: b"hello", "neither a zip file nor a tar file"),
    "empty": (lambda: b"", "is empty"),
    "7z": (lambda: b"7z\xbc\xaf\x27\x1c" + bytes(100), "is a 7z or rar archive"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_archives_that_are_refused(tmp_path, name):
    made, said = BOMBS[name]
    path = tmp_path / "x.zip"
    path.write_bytes(made())
    try:
        found = unpack(path, tmp_path / "in", SMALL)
    except BadArchive as reason:
        text = str(reason)
    else:
        assert not found.files
        text = "; ".join(found.left_out)
    assert any(part in text for part in said.split("|")), text
    written = sum(file.stat().st_size for file in (tmp_path / "in").rglob("*"))
    assert written <= SMALL.in_all


def test_a_directory_that_lies_about_a_size(tmp_path):
    path = tmp_path / "x.zip"
    path.write_bytes(lying_zip())
    found = unpack(path, tmp_path / "in", SMALL)
    assert found.files in ([], ["zeros"])
    assert sum(file.stat().st_size for file in (tmp_path / "in").iterdir()) <= SMALL.each


def test_encrypted_and_unknown_methods(tmp_path):
    content = bytearray(as_zip([("a", "x"), ("b", "y")]))
    first = content.index(b"PK\x01\x02")
    content[first + 8] |= 1
    second = content.rindex(b"PK\x01\x02")
    struct.pack_into("<H", content, second + 10, 99)
    path = tmp_path / "x.zip"
    path.write_bytes(content)
    found = unpack(path, tmp_path / "in")
    assert not found.files
    assert found.left_out == ["a: encrypted", "b: packed by method 99, which is not known here"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_stands_there_twice(tmp_path):
    path = zipped(tmp_path / "x.zip", [("a", "first"), ("b", "x"), ("a", "last")])
    found = unpack(path, tmp_path / "in")
    assert sorted(found.files) == ["a", "b"]
    assert (tmp_path / "in" / "a").read_text() == "last"
    assert found.left_out == ["a: stands there twice; the last one was taken"]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_archives_end_in_a_reason(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("damaged")
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w:gz") as archive:
        _add(archive, "a.txt", b"hello" * 50)
    whole = data.draw(st.sampled_from([as_zip([("a.txt", "hello" * 50)]), tar.getvalue()]))
    content = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = folder / "x.zip"
    path.write_bytes(content)
    with contextlib.suppress(BadArchive):
        unpack(path, folder / "in", SMALL)
    shutil.rmtree(folder)


def test_hostile_learners_in_one_download(course, tmp_path, monkeypatch):
    monkeypatch.setattr(from_archives, "ONE_LEARNER", SMALL)
    nested = as_zip([(BOOK, "notebook"), ("deeper.zip", as_zip([("x", "y")]))])
    path = zipped(
        tmp_path / "all.zip",
        [
            ("ada/work.zip", bomb_of_many()),
            ("emil/work.zip", hostile_zip(tmp_path).read_bytes()),
            ("twin1/work.zip", nested),
            ("twin2/work.zip", b"not a zip"),
            ("../../twin2/evil.txt", "evil"),
        ],
    )
    outcome = take_in(course, path)
    assert not outcome.ok
    assert outcome.facts["new"] == ["ada", "emil", "twin1", "twin2"]
    # Whoever handed in something that can't be read is not missing.
    assert set(submitted(course, "ada")) == {"work.zip"}
    assert set(submitted(course, "emil")) == {"good.txt"}
    assert set(submitted(course, "twin1")) == {BOOK, "deeper.zip"}
    assert submitted(course, "twin2") == {"work.zip": b"not a zip"}
    assert "ada: work.zip unpacks to more than is allowed" in outcome.attention
    assert any("twin2: work.zip is neither a zip file" in line for line in outcome.attention)
    assert not list(tmp_path.rglob("evil.txt"))
    assert not left_behind(course)


def test_a_disk_that_is_full_is_named_and_nothing_stays_half(course, tmp_path, monkeypatch):
    take_in(course, zipped(tmp_path / "1.zip", [(f"ada/{BOOK}", "first")]))
    path = zipped(tmp_path / "2.zip", [(f"ada/{BOOK}", "second")])

    def full(source, target):
        Path(target).write_text("sec")
        raise OSError(28, "No space left on device", str(target))

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(GradingError, match="No space left on device"):
        take_in(course, path)
    monkeypatch.undo()
    assert submitted(course, "ada") == {BOOK: b"first"}
    assert not left_behind(course)
    assert take_in(course, path).facts["replaced"] == ["ada"]


def test_a_broken_archive_never_replaces_a_submission(course, tmp_path):
    take_in(course, zipped(tmp_path / "1.zip", [(f"ada/{BOOK}", "good")]))
    outcome = take_in(course, zipped(tmp_path / "2.zip", [("ada/work.zip", b"PK\x03\x04")]))
    assert not outcome.ok
    assert submitted(course, "ada") == {BOOK: b"good"}


def test_links_in_a_downloaded_folder_are_refused(course, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    (tmp_path / "down" / "ada").mkdir(parents=True)
    (tmp_path / "down" / "ada" / BOOK).symlink_to(secret)
    outcome = take_in(course, tmp_path / "down")
    assert outcome.attention == [f"ada/{BOOK}: is a symbolic link, not a file"]
    assert not course.submission("submitted", "ada", NAME).exists()


# -- nbgrader zip_collect --------------------------------------------------------------------------


def test_nbgraders_zip_collect_unpacks_within_bounds(course, tmp_path):
    folder = course.root / "downloaded" / NAME / "archive"
    folder.mkdir(parents=True)
    zipped(
        folder / "class.zip",
        [
            (f"ada_2026-01-05-10-00-00_{BOOK}", "ada's"),
            ("../../../../evil.ipynb", "evil"),
            ("inner.zip", as_zip([(f"emil_2026-01-05-10-00-00_{BOOK}", "emil's")])),
        ],
    )
    (folder / "broken.zip").write_bytes(b"PK\x03\x04 broken")
    (folder / "link.ipynb").symlink_to(course.root / "gradebook.db")
    with (course.root / "nbgrader_config.py").open("a") as file:
        file.write(
            "from dlgrader.settings import configure\nconfigure(c)\n"
            "c.FileNameCollectorPlugin.named_regexp = "
            r"r'.*/(?P<student_id>[a-z]+)_(?P<timestamp>[0-9-]+)_(?P<file_id>\w+)\.ipynb'"
        )
    command = [str(Path(sys.executable).with_name("nbgrader")), "zip_collect", NAME, "--force"]
    done = subprocess.run(command, cwd=course.root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert submitted(course, "ada")[BOOK] == b"ada's"
    assert submitted(course, "emil")[BOOK] == b"emil's"
    assert "is broken" in done.stderr
    assert "is a symbolic link, not a file" in done.stderr
    assert not list(tmp_path.rglob("evil.ipynb"))


# -- two writers -----------------------------------------------------------------------------------


def test_every_connection_waits_for_the_gradebook(course):
    with course.gradebook() as book:
        (patience,) = book.db.execute(nbgrader_patches.sqlalchemy.text("PRAGMA busy_timeout")).one()
    assert patience == 60_000


def test_an_address_that_says_how_long_to_wait_is_left_alone(gradebook):
    nbgrader_patches.install()
    with Gradebook(f"sqlite:///{gradebook}?timeout=3") as book:
        (patience,) = book.db.execute(nbgrader_patches.sqlalchemy.text("PRAGMA busy_timeout")).one()
    assert patience == 3_000


def test_two_writers_lose_nothing(course):
    context = multiprocessing.get_context("fork")
    address, go = f"sqlite:///{course.root / 'gradebook.db'}", context.Event()
    writers = [context.Process(target=_write_students, args=(address, go, n)) for n in range(2)]
    for writer in writers:
        writer.start()
    # Nobody may write until this is over; both have to wait for it.
    lock = sqlite3.connect(course.root / "gradebook.db", isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    go.set()
    writers[0].join(timeout=6)  # longer than SQLite waits by itself
    lock.execute("COMMIT")
    lock.close()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0]
    with course.gradebook() as book:
        assert len(book.students) == len(CLASS) + 2 * 25


def _write_students(address, go, number):
    nbgrader_patches.install()
    go.wait()
    with Gradebook(address, "deep") as book:
        for n in range(25):
            book.add_student(f"student{number}-{n}")


def test_the_outcome_is_plain_data(course, tmp_path):
    outcome = take_in(course, zipped(tmp_path / "all.zip", MOODLE))
    assert json.loads(json.dumps(outcome.facts)) == outcome.facts
