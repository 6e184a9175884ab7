"""Take the pictures of the instructor chapter: `python tools/workflow_pictures.py`.

The made-up class of an assignment hands in, is graded in the sandbox and partly by hand; then
Chromium photographs formgrader, feedback and report. The persons and the pages are
those of the browser test (tests/browser/workflow.py); fonts and times of submission are fixed.
"""

from __future__ import annotations

import base64
import io
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib
from local_browser import ChromiumNotFound, find_chromium
from PIL import Image
from playwright.sync_api import Locator, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "browser"), str(ROOT)]

from lab_server import LabServer, running  # noqa: E402
from workflow import Instructor, School  # noqa: E402

from dlgrader.autograde import autograde  # noqa: E402
from dlgrader.course import Course, GradingError, quiet_environment  # noqa: E402
from dlgrader.feedback.verb import feedback  # noqa: E402
from dlgrader.releasing import release  # noqa: E402
from dlgrader.report import report  # noqa: E402
from dlgrader.roster import Learner, enter  # noqa: E402
from dlgrader.sample_class import SampleLearner, fill_in, load_class  # noqa: E402
from dlgrader.telling import Outcome, Teller  # noqa: E402

NAME = "ps4_convolution"
PICTURES = ROOT / "book" / "appendix" / "pictures"
MOST_BYTES = 60_000
WIDTH = 1000
HANDED_IN = "2027-01-30 17:12:00 UTC"
FAMILY_NAMES = [
    "Okafor",
    "Lindqvist",
    "Mori",
    "Rossi",
    "Demir",
    "Haddad",
    "Pryce",
    "Novak",
    "Petrov",
]
WAITING = "hana"
"""Whose written answers are not graded yet."""
SHOWN = "fatima"
"""Whose feedback is shown, from the exercise in which points are missing first."""


def main() -> int:
    try:
        program = find_chromium()
        with tempfile.TemporaryDirectory(prefix="pictures_") as temporary:
            _photograph(Path(temporary), program)
    except (ChromiumNotFound, GradingError) as error:
        print(error)
        return 1
    for path in sorted(PICTURES.glob("*.webp")):
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size} bytes")
    too_large = [path for path in PICTURES.glob("*.webp") if path.stat().st_size > MOST_BYTES]
    return 1 if too_large else 0


def _photograph(folder: Path, program: str) -> None:
    school = School(folder)
    with quiet_environment(folder / "home"):
        school.found(NAME)
        course = Course(school.course)
        _grade_class(course)
    PICTURES.mkdir(exist_ok=True)
    with (
        running(LabServer(school.course, folder / "homes" / "instructor", instructor=True)) as lab,
        sync_playwright() as p,
        _window(p, program) as page,
    ):
        instructor = Instructor(page, lab[0])
        instructor.row(NAME).wait_for()
        formgrader = f"{lab[0].partition('/lab')[0]}/formgrader"
        page.goto(f"{formgrader}/manage_submissions/{NAME}")
        page.locator("#main-table .autograde a").first.wait_for()
        _take(page, "formgrader", 640, width=1200)
        page.goto(f"{formgrader}/gradebook/{NAME}/{NAME}")
        # Submissions are shown in an order of their own, so one is chosen by its hidden name.
        entry = page.locator("#main-table .name a.name-shown", has_text="Okafor, Ada")
        page.goto(f"{formgrader.removesuffix('/formgrader')}{entry.get_attribute('href')}")
        page.locator("[id='why_share-comment'][placeholder]").wait_for()
        _take(page, "written_answer", 700, page.locator("[id='why_share-comment']"), "end")
        page.goto((course.submission("feedback", SHOWN, NAME) / f"{NAME}.html").as_uri())
        _take(page, "feedback", 800, page.locator("#part-3"))
        page.goto((course.root / "report" / "report.html").as_uri())
        _take(page, "report", 900)


def _grade_class(course: Course) -> None:
    teller = Teller()
    learners = load_class(ROOT, NAME)
    release(course, teller, NAME, due="2027-01-31 18:00")
    enter(
        course,
        [
            Learner(learner.name, learner.name.capitalize(), family, f"{learner.name}@example.org")
            for learner, family in zip(learners, FAMILY_NAMES, strict=True)
        ],
    )
    released = next(course.release_folder(NAME).glob("*.ipynb")).read_bytes()
    for learner in learners:
        folder = course.submission("submitted", learner.name, NAME)
        folder.mkdir(parents=True)
        (folder / "timestamp.txt").write_text(HANDED_IN, encoding="utf-8")
        (folder / f"{NAME}.ipynb").write_bytes(released)
        fill_in(folder / f"{NAME}.ipynb", learner, ROOT, NAME)
    _demand(autograde(course, teller, NAME))
    _grade_by_hand(course, [learner for learner in learners if learner.name != WAITING])
    _demand(feedback(course, teller, NAME, release=False))
    _demand(report(course, teller))


def _demand(outcome: Outcome) -> None:
    if not outcome.ok:
        raise GradingError("\n".join(outcome.attention))


def _grade_by_hand(course: Course, learners: list[SampleLearner]) -> None:
    with course.gradebook() as book:
        for learner in learners:
            for question, given in learner.written.items():
                place = (question, NAME, NAME, learner.name)
                grade = book.find_grade(*place)
                grade.manual_score, grade.needs_manual_grade = given.points, False
                book.find_comment(*place).manual_comment = given.comment
        book.db.commit()


@contextmanager
def _window(p, program: str) -> Iterator[Page]:
    browser = p.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
    # Our own style is added to pages that allow none.
    page = browser.new_page(
        viewport={"width": WIDTH, "height": 900}, color_scheme="light", bypass_csp=True
    )
    page.set_default_timeout(60_000)
    yield page
    browser.close()


def _take(
    page: Page,
    name: str,
    height: int,
    place: Locator | None = None,
    edge: str = "start",
    width: int = WIDTH,
) -> None:
    """Photograph the top of a page, or what begins or ends with a place."""
    page.set_viewport_size({"width": width, "height": height})
    page.add_style_tag(content=_fonts())
    page.evaluate("document.activeElement?.blur()")
    if place is not None:
        place.evaluate("(p, block) => p.scrollIntoView({block, behavior: 'instant'})", edge)
    page.evaluate("document.fonts.ready")
    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    image.save(PICTURES / f"{name}.webp", quality=60, method=6)


def _fonts() -> str:
    """Return a style that draws all text in the fonts that matplotlib brings along."""
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    rules = []
    for family, file, weight in (
        ("Pictures", "DejaVuSans.ttf", 400),
        ("Pictures", "DejaVuSans-Bold.ttf", 700),
        ("Pictures Mono", "DejaVuSansMono.ttf", 400),
    ):
        data = base64.b64encode((folder / file).read_bytes()).decode()
        rules.append(
            f"@font-face {{font-family: '{family}'; font-weight: {weight}; "
            f"src: url(data:font/ttf;base64,{data})}}"
        )
    rules += [
        "body :not(.glyphicon) {font-family: 'Pictures', sans-serif !important}",
        "body :is(code, pre, pre *, code *):not(.glyphicon) "
        "{font-family: 'Pictures Mono', monospace !important}",
    ]
    return "\n".join(rules)


if __name__ == "__main__":
    sys.exit(main())
