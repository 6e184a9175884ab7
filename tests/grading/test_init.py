"""`dlgrader init`, `--update`, the class list, and `dlgrader release`."""

from __future__ import annotations

import json
import shutil
import stat
from pathlib import Path

import nbformat
import pytest

pytest.importorskip("nbgrader", reason="needs the extra 'grading'")

from synthetic_class import LIGHT, make_course

from dlgrader import init as init_module
from dlgrader import releasing
from dlgrader.course import Course, GradingError
from dlgrader.exercises import assignment_names
from dlgrader.generate import book_address, generate, released_notebook, source_notebook
from dlgrader.init import MADE, Choices, init, update
from dlgrader.releasing import release
from dlgrader.roster import Learner, enter, read_roster
from dlgrader.solutions import package_texts
from dlgrader.telling import Teller

ROOT = Path(__file__).resolve().parents[2]
TELLER = Teller(as_json=True)
FIRST = assignment_names()[0]


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("init") / "course-1"
    assert init(folder, TELLER).ok
    return folder


@pytest.fixture
def folder(made, tmp_path) -> Path:
    """A course folder of its own for each test."""
    shutil.copytree(made, tmp_path / "course")
    return tmp_path / "course"


# -- what is made ----------------------------------------------------------------------------------


def test_everything_is_there(made):
    assert sorted(path.name for path in made.iterdir()) == [
        MADE, ".gitignore", "README.md", "nbgrader_config.py", "release", "solutions", "source",
    ]  # fmt: skip
    for name in assignment_names():
        text = Path("solutions", name, f"{name}.py")
        assert (made / text).read_bytes() == (ROOT / text).read_bytes()
        released = (made / "release" / name / f"{name}.ipynb").read_text("utf-8")
        assert released == (ROOT / "exercises" / name / f"{name}.ipynb").read_text("utf-8")
        assert "BEGIN SOLUTION" not in released
        assert (made / "source" / name / f"{name}.ipynb").is_file()


def test_the_readme_names_verbs_that_there_are(made):
    from dlgrader.cli.parser import VERBS

    readme = (made / "README.md").read_text("utf-8")
    named = {line.split()[1] for line in readme.splitlines() if line.startswith("dlgrader ")}
    assert named == {"doctor", "release", "collect"}
    assert named <= {verb.name for verb in VERBS}


def test_usual_settings(made):
    course = Course(made)
    assert course.config.CourseDirectory.course_id == "course-1"
    assert "root" not in course.config.Exchange
    assert "db_url" not in course.config.CourseDirectory
    assert book_address(made) == ""


def test_chosen_settings(tmp_path, monkeypatch):
    monkeypatch.setattr(init_module, "assignment_names", lambda: ())
    choices = Choices(
        course_id="dl.2027",
        exchange=tmp_path / "exchange",
        timezone="Asia/Tokyo",
        db_url="postgresql+psycopg://me:secret@host/course",
        book='https://example.org/a"b',
    )
    assert init(tmp_path / "new", TELLER, choices).ok
    config = Course(tmp_path / "new").config
    assert config.CourseDirectory.course_id == "dl.2027"
    assert config.Exchange.root == str(tmp_path / "exchange")
    assert config.Exchange.timezone == "Asia/Tokyo"
    assert config.CourseDirectory.db_url == choices.db_url
    assert book_address(tmp_path / "new") == choices.book
    # The address of the database holds a password.
    assert stat.S_IMODE((tmp_path / "new/nbgrader_config.py").stat().st_mode) == 0o600


WRONG = {
    "a blank": (Choices(course_id="deep learning"), "can't be a course's id"),
    "a plus": (Choices(course_id="a+b"), "can't be a course's id"),
    "dots": (Choices(course_id=".."), "can't be a course's id"),
    "zone": (Choices(timezone="Mars/Olympus"), "no time zone 'Mars/Olympus'"),
    "outside": (Choices(timezone="../passwd"), "no time zone"),
    "address": (Choices(db_url="gradebook.db"), "no address of a database"),
}


@pytest.mark.parametrize("name", WRONG)
def test_choices_that_are_none(name, tmp_path):
    choices, words = WRONG[name]
    with pytest.raises(GradingError, match=words):
        init(tmp_path / "new", TELLER, choices)
    assert not (tmp_path / "new").exists()


def test_nothing_is_overwritten(folder, tmp_path):
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.raises(GradingError, match=r"already has .*--update"):
        init(folder, TELLER)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    (tmp_path / "other").mkdir()
    (tmp_path / "other/README.md").write_text("mine")
    with pytest.raises(GradingError, match=r"already has README.md; name another"):
        init(tmp_path / "other", TELLER)
    assert [path.name for path in (tmp_path / "other").iterdir()] == ["README.md"]


# -- its renewal -----------------------------------------------------------------------------------


@pytest.fixture
def newer(monkeypatch, tmp_path) -> Path:
    """A newer package: the statement of the first assignment has changed."""
    texts = tmp_path / "texts"
    shutil.copytree(package_texts(), texts)
    path = texts / FIRST / f"{FIRST}.py"
    path.write_text(path.read_text("utf-8").replace("# %% [markdown]\n", NEWER, 1), "utf-8")
    monkeypatch.setattr(init_module, "package_texts", lambda: texts)
    monkeypatch.setattr(init_module, "assignment_names", lambda: (FIRST,))
    return texts


NEWER = "# %% [markdown]\n# A newer sentence.\n#\n"
THREE = [
    f"release/{FIRST}/{FIRST}.ipynb",
    f"solutions/{FIRST}/{FIRST}.py",
    f"source/{FIRST}/{FIRST}.ipynb",
]


def test_an_update_without_anything_new_changes_nothing(folder, monkeypatch):
    monkeypatch.setattr(init_module, "assignment_names", lambda: (FIRST,))
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.name != MADE}
    outcome = update(folder, TELLER)
    assert outcome.facts == {"renewed": [], "kept": []}
    assert not outcome.attention
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_an_update_renews_text_and_notebooks(folder, newer):
    assert sorted(update(folder, TELLER).facts["renewed"]) == THREE
    assert "A newer sentence." in (folder / THREE[0]).read_text("utf-8")
    assert update(folder, TELLER).facts["renewed"] == []


def test_an_update_keeps_what_was_changed_and_says_so(folder, newer):
    text = folder / THREE[1]
    text.write_text(text.read_text("utf-8") + "\n# mine\n", "utf-8")
    for _ in range(2):
        outcome = update(folder, TELLER)
        assert outcome.facts["kept"] == [THREE[1]]
        assert any("kept as you changed it" in line for line in outcome.attention)
        assert text.read_text("utf-8").endswith("# mine\n")
    # The notebooks are made of the course's own text.
    assert "A newer sentence." not in (folder / THREE[0]).read_text("utf-8")


def test_what_was_changed_is_not_mentioned_while_nothing_is_newer(folder, monkeypatch):
    monkeypatch.setattr(init_module, "assignment_names", lambda: (FIRST,))
    (folder / "README.md").write_text("mine")
    outcome = update(folder, TELLER)
    assert outcome.facts["kept"] == []
    assert (folder / "README.md").read_text() == "mine"


def test_what_was_deleted_stays_deleted(folder, newer):
    shutil.rmtree(folder / "release" / FIRST)
    update(folder, TELLER)
    assert not (folder / "release" / FIRST).exists()


def test_a_folder_that_nbgrader_made_can_be_completed(tmp_path, newer):
    folder = tmp_path / "plain"
    folder.mkdir()
    plain = """c = get_config()
c.CourseDirectory.course_id = "x"
c.IncludeHeaderFooter.header = "source/header.ipynb"
"""
    (folder / "nbgrader_config.py").write_text(plain)
    for attempt in (
        lambda: update(folder, TELLER),
        lambda: generate(Course(folder), TELLER, [FIRST]),
        lambda: release(Course(folder), TELLER, FIRST, exchange=False),
    ):
        with pytest.raises(GradingError, match=r"configure\(c\)"):
            attempt()
    added = "from dlgrader.settings import configure\nconfigure(c)\n"
    (folder / "nbgrader_config.py").write_text(plain + added)
    assert set(THREE) <= set(update(folder, TELLER).facts["renewed"])
    with pytest.raises(GradingError, match="not made by `dlgrader init`"):
        update(newer, TELLER)


def test_a_changed_statement_comes_into_the_notebooks(folder):
    text = folder / THREE[1]
    text.write_text(text.read_text("utf-8").replace("# %% [markdown]\n", NEWER, 1), "utf-8")
    course = Course(folder)
    assert not generate(course, TELLER, [FIRST], check=True).ok
    assert generate(course, TELLER, [FIRST]).facts == {"assignments": {FIRST: "renewed"}}
    assert generate(course, TELLER, [FIRST], check=True).ok
    for path in (source_notebook(folder, FIRST), released_notebook(folder, FIRST)):
        assert "A newer sentence." in path.read_text("utf-8")


# -- the class list --------------------------------------------------------------------------------


def roster(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "class.csv"
    path.write_bytes(text.encode(encoding))
    return path


LISTS = {
    "all columns": "id,first_name,last_name,email,lms_user_id\nada,Ada,Byron,a@b.c,7\n",
    "any order, more columns": "section,email,ID , last_name,lms_user_id,first_name\n"
    "A,a@b.c,ada,Byron, 7,Ada\n",
    "semicolons": "id;first_name;last_name;email;lms_user_id\nada;Ada;Byron;a@b.c;7\n",
    "byte order mark": "\ufeffid,first_name,last_name,email,lms_user_id\nada,Ada,Byron,a@b.c,7",
    "empty lines": "id,first_name,last_name,email,lms_user_id\n\nada,Ada,Byron,a@b.c,7\n,,,,\n",
}


@pytest.mark.parametrize("name", LISTS)
def test_class_lists(name, tmp_path):
    assert read_roster(roster(tmp_path, LISTS[name])) == [
        Learner("ada", "Ada", "Byron", "a@b.c", "7")
    ]


BAD_LISTS = {
    "no id": ("name\nada\n", "no column id"),
    "empty": ("", "no column id"),
    "twice": ("id\nada\nbela\nada\n", "line 4: the id 'ada' stands there twice"),
    "without": ("id,email\n,a@b.c\n", "line 2: no id"),
    "a path": ("id\n../ada\n", "can't be the name of a folder"),
    "a plus": ("id\na+b\n", "can't be the name of a folder"),
    "a glob": ("id\na*\n", "can't be the name of a folder"),
}


@pytest.mark.parametrize("name", BAD_LISTS)
def test_class_lists_that_are_refused(name, tmp_path):
    text, words = BAD_LISTS[name]
    with pytest.raises(GradingError, match=words):
        read_roster(roster(tmp_path, text))


def test_a_class_list_in_another_encoding_is_refused(tmp_path):
    with pytest.raises(GradingError, match="not UTF-8"):
        read_roster(roster(tmp_path, "id,first_name\nbela,Béla\n", "latin-1"))


# -- handing out -----------------------------------------------------------------------------------


@pytest.fixture
def course(tmp_path) -> Course:
    """A course with an assignment that nothing is declared of, and an exchange."""
    folder = make_course(tmp_path / "course").root
    with (folder / "nbgrader_config.py").open("a", encoding="utf-8") as settings:
        settings.write(f"c.Exchange.root = {str(tmp_path / 'exchange')!r}\n")
        settings.write("c.Exchange.timezone = 'Asia/Tokyo'\n")
    return Course(folder)


def note_points(course, student="ada"):
    """Write points and a comment into the gradebook, as grading does."""
    with course.gradebook() as book:
        book.add_student(student)
        book.add_submission(LIGHT, student)
        submitted = book.find_submission_notebook(LIGHT, LIGHT, student)
        for grade in submitted.grades:
            grade.auto_score, grade.manual_score = 1.0, 0.5
        for comment in submitted.comments:
            comment.manual_comment = "well done"
        book.db.commit()


def points(course, student="ada"):
    with course.gradebook() as book:
        submitted = book.find_submission_notebook(LIGHT, LIGHT, student)
        return (
            sorted(
                (grade.name, grade.auto_score, grade.manual_score) for grade in submitted.grades
            ),
            sorted((comment.name, comment.manual_comment) for comment in submitted.comments),
        )


def edit_source(course, change):
    path = source_notebook(course.root, LIGHT)
    notebook = nbformat.read(path, as_version=4)
    change(notebook)
    nbformat.write(notebook, path)


def handed_out(course, tmp_path):
    course_id = course.config.CourseDirectory.course_id
    return (tmp_path / "exchange" / course_id / "outbound" / LIGHT / f"{LIGHT}.ipynb").read_text()


def test_release_hands_out_and_again_the_new_version(course, tmp_path):
    first = release(course, TELLER, LIGHT, due="2027-01-31 18:00")
    assert first.facts["exchange"]
    assert first.facts["due_utc"] == "2027-01-31T09:00:00"
    note_points(course)
    before = points(course)

    def change(notebook):
        notebook.cells[0].source += "\n\nRead this, too."

    edit_source(course, change)
    again = release(course, TELLER, LIGHT)
    assert again.facts["due_utc"] == "2027-01-31T09:00:00"
    assert "Read this, too." in handed_out(course, tmp_path)
    assert "HIDDEN" not in handed_out(course, tmp_path)
    assert points(course) == before


def gone(notebook):
    (place,) = [i for i, cell in enumerate(notebook.cells) if name_of(cell) == "double"]
    del notebook.cells[place]


def new(notebook):
    (cell,) = [cell for cell in notebook.cells if name_of(cell) == "double"]
    twin = nbformat.from_dict(json.loads(json.dumps(cell)))
    twin.metadata.nbgrader.grade_id, twin.id = "triple", "triple"
    notebook.cells.append(twin)


def other_kind(notebook):
    for cell in notebook.cells:
        if name_of(cell) == "double":
            cell.metadata.nbgrader |= {"solution": False, "locked": True}


def name_of(cell):
    return cell.metadata.get("nbgrader", {}).get("grade_id")


CHANGES = {
    "gone": (gone, "cell double is gone"),
    "new": (new, "cell triple is new"),
    "another kind": (other_kind, "cell double is of another kind"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_cells_cannot_change_once_there_are_grades(name, course, tmp_path):
    change, words = CHANGES[name]
    release(course, TELLER, LIGHT)
    note_points(course)
    before, text = points(course), released_notebook(course.root, LIGHT).read_text()
    edit_source(course, change)
    with pytest.raises(GradingError, match=rf"{words}.*Nothing has been changed"):
        release(course, TELLER, LIGHT)
    assert points(course) == before
    assert released_notebook(course.root, LIGHT).read_text() == text
    assert handed_out(course, tmp_path) == text


def test_cells_may_change_before_there_are_grades(course):
    release(course, TELLER, LIGHT)
    edit_source(course, gone)
    assert release(course, TELLER, LIGHT).ok


def test_without_an_exchange(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(releasing, "USUAL_EXCHANGE", tmp_path / "nowhere")
    course = make_course(tmp_path / "course")
    course.config.Exchange.pop("root", None)
    outcome = release(course, Teller(), LIGHT)
    assert outcome.ok
    assert not outcome.facts["exchange"]
    assert "has no exchange" in capsys.readouterr().out


def test_an_exchange_can_be_left_out(course, tmp_path):
    assert not release(course, TELLER, LIGHT, exchange=False).facts["exchange"]
    assert not (tmp_path / "exchange").exists()


def test_an_exchange_that_cannot_be_written(course, tmp_path):
    (tmp_path / "exchange").write_text("a file")
    with pytest.raises(GradingError, match=r"can't be written.*--no-exchange"):
        release(course, TELLER, LIGHT)


@pytest.mark.parametrize("due", ["soon", "2027-13-01", "2027-01-31 18:00 XYZ"])
def test_due_dates_that_are_none(due, course):
    with pytest.raises(GradingError, match="expected is, for example"):
        release(course, TELLER, LIGHT, due=due)


def test_an_assignment_that_is_not_there(course):
    with pytest.raises(GradingError, match=rf"there is no notebook in .*{LIGHT}, ps1"):
        release(course, TELLER, "homework")


def test_learners_are_entered_and_renewed(course, tmp_path):
    note_points(course)
    path = roster(tmp_path, "id,first_name,email\nada,Ada,a@b.c\nbela,Béla,\n")
    release(course, TELLER, LIGHT, roster=path)
    assert enter(course, [Learner("bela", email="b@b.c"), Learner("chiyo")]) == 1
    with course.gradebook() as book:
        found = {who.id: (who.first_name, who.email) for who in book.students}
    assert found == {"ada": ("Ada", "a@b.c"), "bela": ("Béla", "b@b.c"), "chiyo": (None, None)}


def test_the_course_s_own_assignment_needs_no_source(folder):
    shutil.rmtree(folder / "source")
    assert release(Course(folder), TELLER, FIRST, exchange=False).ok
    assert source_notebook(folder, FIRST).is_file()
