"""The command line: which options there are, what they become, exit codes, and JSON for scripts."""

from __future__ import annotations

import errno
import importlib
import inspect
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from dlgrader.cli import main
from dlgrader.cli import parser as parser_module
from dlgrader.cli.parser import VERBS, parse
from dlgrader.cli.verb import Verb
from dlgrader.course import GradingError
from dlgrader.solutions import SolutionTextError
from dlgrader.telling import Outcome

ROOT = Path(__file__).resolve().parents[2]
PROMISED = (
    "init", "generate", "release", "collect", "autograde", "feedback", "export", "report",
    "similarity", "rename", "selfcheck", "demo", "doctor",
)  # fmt: skip


def test_all_verbs_are_there():
    assert tuple(verb.name for verb in VERBS) == PROMISED


@pytest.mark.parametrize("verb", PROMISED)
def test_every_verb_has_a_page_of_help_and_the_common_options(verb, capsys):
    with pytest.raises(SystemExit) as ended:
        main([verb, "--help"])
    assert ended.value.code == 0
    page = capsys.readouterr().out
    assert "--course FOLDER" in page
    assert "--json" in page
    (about,) = [one for one in VERBS if one.name == verb]
    assert about.description in page
    assert len(about.description) > 100


def test_help_does_not_wait_for_nbgrader():
    check = (
        "import sys, dlgrader.cli as cli\n"
        "try: cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        "print([name for name in ('nbgrader', 'nbformat', 'sqlalchemy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr


@pytest.mark.parametrize(
    "line",
    [
        "--course here --json generate",
        "generate --course here --json",
        "--json generate --course here",
    ],
    ids=["before", "behind", "both"],
)
def test_common_options_stand_before_the_verb_or_behind_it(line):
    _, options = parse(line.split())
    assert options.course == Path("here")
    assert options.json is True


WRONG_USAGE = {
    "no verb": "",
    "unknown verb": "grade",
    "unknown assignment": "generate ps9",
    "no assignment": "autograde",
    "unknown option": "autograde ps1 --threads 2",
    "no jobs": "autograde ps1 --jobs 0",
    "jobs in words": "autograde ps1 --jobs many",
    "jobs and scheduler": "autograde ps1 --jobs 2 --scheduler tcp://here:1",
    "unknown kind": "export --kind excel",
    "a share above 1": "similarity ps1 --threshold 80",
    "a pattern without archives": "collect ps1 --pattern (?P<student>.*)",
    "settings in an update": "init --update --timezone Asia/Tokyo",
}


@pytest.mark.parametrize("line", WRONG_USAGE.values(), ids=WRONG_USAGE)
def test_wrong_usage_ends_with_2(line, capsys):
    with pytest.raises(SystemExit) as ended:
        main(line.split())
    assert ended.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "usage: dlgrader" in said.err


# -- what the options become -----------------------------------------------------------------------

CALLS = {
    "init": ("init new --course-id x --roster c.csv", "dlgrader.init.init"),
    "update": ("init new --update", "dlgrader.init.update"),
    "generate": ("generate ps1_vanishing_gradients --check", "dlgrader.generate.generate"),
    "release": ("release ps1 --due 2027-01-01 --no-exchange", "dlgrader.releasing.release"),
    "collect": ("collect ps1 --zip a.zip --zip b --pattern x", "dlgrader.collecting.collect"),
    "autograde": (
        "autograde ps1 --student ada --student bela --jobs 3 --force --no-sandbox",
        "dlgrader.autograde.autograde",
    ),
    "feedback": ("feedback ps1 --student ada --no-release", "dlgrader.feedback.verb.feedback"),
    "export": ("export ps1 --kind moodle --to x.csv", "dlgrader.exports.export"),
    "report": ("report ps1 ps2 --to here --no-names", "dlgrader.report.report"),
    "similarity": ("similarity ps1 --threshold 0.8", "dlgrader.similarity.similarity"),
    "rename": ("rename ada lovelace", "dlgrader.renaming.rename"),
    "selfcheck": ("selfcheck ps1_vanishing_gradients --jobs 1", "dlgrader.selfcheck.selfcheck"),
    "demo": ("demo ps4_convolution --to here", "dlgrader.demo.demonstrate"),
    "doctor": ("doctor", "dlgrader.doctor.doctor"),
}
EXPECTED = {
    "release": {"assignment": "ps1", "due": "2027-01-01", "exchange": False},
    "collect": {"archives": [Path("a.zip"), Path("b")], "pattern": "x"},
    "autograde": {
        "students": ["ada", "bela"], "jobs": 3, "scheduler": None, "force": True, "sandbox": False,
    },
    "feedback": {"students": ["ada"], "force": False, "release": False},
    "export": {"assignment": "ps1", "kind": "moodle", "to": Path("x.csv"), "students": []},
    "report": {"assignments": ["ps1", "ps2"], "to": Path("here"), "names": False},
    "similarity": {"assignment": "ps1", "threshold": 0.8},
    "rename": {"old": "ada", "new": "lovelace"},
    "demo": {"name": "ps4_convolution", "to": Path("here")},
}  # fmt: skip


@pytest.mark.parametrize("verb", CALLS)
def test_options_become_the_arguments_of_the_verbs_function(verb, monkeypatch, tmp_path):
    line, place = CALLS[verb]
    module, _, name = place.rpartition(".")
    signature = inspect.signature(getattr(importlib.import_module(module), name))
    given = {}

    def record(*args, **kwargs):
        given.update(signature.bind(*args, **kwargs).arguments)
        return Outcome()

    monkeypatch.setattr(place, record)
    (tmp_path / "nbgrader_config.py").touch()
    assert main(["--course", str(tmp_path), *line.split()]) == 0
    assert {name: given[name] for name in EXPECTED.get(verb, {})} == EXPECTED.get(verb, {})


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("c.nonsense = ", "SyntaxError: invalid syntax"),
        ("1 / 0", "ZeroDivisionError"),
        ("c = get_config()\nc.CourseDirectory.course_id = 7", "TraitError"),
    ],
    ids=["syntax", "run time", "value"],
)
def test_settings_that_cannot_be_used(line, words, tmp_path, capsys):
    (tmp_path / "nbgrader_config.py").write_text(line)
    assert main(["generate", "--check", "--course", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert f"{tmp_path / 'nbgrader_config.py'} can't be used: " in said
    assert words in said


# -- what comes of it ------------------------------------------------------------------------------


def run_with(monkeypatch, do, *options):
    """Run a verb that does nothing but `do`."""
    verb = Verb("try", "try", "Try.", "", lambda parser: None, do, if_stopped="All stands.")
    monkeypatch.setattr(parser_module, "VERBS", (verb,))
    return main([*options, "try"])


def raises(error):
    def do(options, teller):
        raise error

    return do


TROUBLE = {
    "grading": (GradingError("no such thing"), "no such thing"),
    "text": (SolutionTextError("two texts"), "two texts"),
    "database": (
        OperationalError("SELECT secret", {}, Exception("database is locked")),
        "the gradebook could not be used: database is locked",
    ),
    "disk full": (OSError(errno.ENOSPC, "No space left on device", "a.db"), "a.db: No space left"),
    "not allowed": (
        PermissionError(errno.EACCES, "Permission denied", "x"),
        "x: Permission denied",
    ),
    "package": (ModuleNotFoundError("No module", name="nowhere.at_all"), "'dlcore[grading]'"),
}


@pytest.mark.parametrize("name", TROUBLE)
def test_trouble_is_told_in_a_line_and_ends_with_1(name, monkeypatch, capsys):
    error, words = TROUBLE[name]
    assert run_with(monkeypatch, raises(error)) == 1
    said = capsys.readouterr()
    assert said.err.startswith("dlgrader: ")
    assert words in said.err
    assert "SELECT" not in said.err
    assert said.out == ""


@pytest.mark.parametrize("name", TROUBLE)
def test_trouble_as_json(name, monkeypatch, capsys):
    error, words = TROUBLE[name]
    assert run_with(monkeypatch, raises(error), "--json") == 1
    whole = json.loads(capsys.readouterr().out)
    assert whole["verb"] == "try"
    assert whole["ok"] is False
    assert words in whole["error"]


@pytest.mark.parametrize(
    "error", [ZeroDivisionError(), ModuleNotFoundError("No module", name="dlgrader.nowhere")],
    ids=["arithmetic", "own module"],
)  # fmt: skip
def test_a_fault_of_the_program_keeps_its_traceback(error, monkeypatch):
    with pytest.raises(type(error)):
        run_with(monkeypatch, raises(error))


def test_ctrl_c_says_what_stands(monkeypatch, capsys):
    assert run_with(monkeypatch, raises(KeyboardInterrupt())) == 130
    assert "All stands." in capsys.readouterr().err
    assert run_with(monkeypatch, raises(KeyboardInterrupt()), "--json") == 130
    assert json.loads(capsys.readouterr().out)["ok"] is False


@pytest.mark.parametrize(("fine", "code"), [(True, 0), (False, 1)], ids=["done", "wrong"])
def test_json_is_all_that_stands_on_stdout(fine, code, monkeypatch, capsys):
    def do(options, teller):
        print("a library's remark")
        teller.say("on it")
        return Outcome(fine, {"count": 3}, ["ada: late"])

    assert run_with(monkeypatch, do, "--json") == code
    said = capsys.readouterr()
    assert json.loads(said.out) == {
        "verb": "try", "ok": fine, "count": 3, "attention": ["ada: late"],
    }  # fmt: skip
    assert "a library's remark" in said.err
    assert "on it" in said.err


def test_what_needs_a_person_is_named_at_the_end(monkeypatch, capsys):
    assert run_with(monkeypatch, lambda *_: Outcome(True, {}, ["ada: late"])) == 0
    assert capsys.readouterr().out.splitlines()[-1].strip() == "ada: late"


def test_what_is_said_of_many_is_said_once_and_names_them_all(monkeypatch, capsys):
    many = [f"s{number:03}" for number in range(120)]
    lines = ["ada: not graded: no memory", *(f"{name}: 1 answer waiting" for name in many)]
    assert run_with(monkeypatch, lambda *_: Outcome(True, {}, lines)) == 0
    said = capsys.readouterr().out
    assert "  ada: not graded: no memory\n  1 answer waiting (120):\n" in said
    assert said.rpartition("(120):")[2].replace(",", " ").split() == many
    assert max(len(line) for line in said.splitlines()) <= 100
    assert run_with(monkeypatch, lambda *_: Outcome(True, {}, lines), "--json") == 0
    assert json.loads(capsys.readouterr().out)["attention"] == lines


def test_a_reader_that_goes_away_is_no_traceback():
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "dlgrader", "generate", "--json", "--course", "/"],
        stdout=writing, stderr=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    os.close(writing)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_names_that_the_terminal_cannot_show_are_no_traceback(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="strict")
    monkeypatch.setattr(sys, "stdout", stream)
    assert run_with(monkeypatch, lambda *_: Outcome(True, {}, ["Béla: late"])) == 0
