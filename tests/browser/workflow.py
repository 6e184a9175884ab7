"""What instructor and learner do with nbgrader in JupyterLab, for the test and the pictures.

Each method is something that a person does: it presses what that person presses and waits until the
page shows that it is done.
"""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lab_server import LabServer, running
from playwright.sync_api import FrameLocator, Locator, Page, expect
from playwright.sync_api import TimeoutError as NotInTimeError

from dlgrader.course import CONFIG_FILE
from dlgrader.generate import write_source

ROOT = Path(__file__).resolve().parents[2]
COURSE_ID = "deep-learning-checked"
SLOW = 60_000
"""Milliseconds for what runs a whole notebook."""


@dataclass(frozen=True)
class School:
    """The folders of an instructor and of learners, on one computer, with one exchange.

    All learners are the same user of this computer, so each has their name in their settings, and
    the instructor's settings do not compare it with the owner of a submission.
    """

    folder: Path

    @property
    def course(self) -> Path:
        """The instructor's folder."""
        return self.folder / "course"

    def found(self, assignment: str) -> None:
        """Make the course's folder with an assignment's source, and the exchange."""
        exchange = self.folder / "exchange"
        exchange.mkdir()
        exchange.chmod(0o777)
        self.course.mkdir()
        shutil.copy(ROOT / CONFIG_FILE, self.course)
        with (self.course / CONFIG_FILE).open("a", encoding="utf-8") as file:
            file.write(f"\n{self._exchange('all')}c.ExchangeCollect.check_owner = False\n")
        write_source(ROOT, assignment, self.course)

    def enrol(self, learner: str) -> Path:
        """Make a learner's folder; return it."""
        folder = self.folder / "learners" / learner
        folder.mkdir(parents=True)
        settings = (
            f"c = get_config()\n{self._exchange(learner)}"
            f"c.CourseDirectory.student_id = {learner!r}\n"
        )
        (folder / CONFIG_FILE).write_text(settings, encoding="utf-8")
        return folder

    def _exchange(self, whose: str) -> str:
        return (
            f"c.Exchange.root = {str(self.folder / 'exchange')!r}\n"
            f"c.Exchange.cache = {str(self.folder / 'caches' / whose)!r}\n"
        )

    @contextmanager
    def servers(self, learner: str) -> Iterator[list[str]]:
        """Start JupyterLab for the instructor and for a learner; give both addresses."""
        homes = self.folder / "homes"
        with running(
            LabServer(self.course, homes / "instructor", instructor=True),
            LabServer(self.folder / "learners" / learner, homes / learner, instructor=False),
        ) as addresses:
            yield addresses


def open_from_menu(page: Page, address: str, entry: str) -> None:
    """Load JupyterLab and choose an entry of the menu Nbgrader."""
    page.goto(address)
    page.get_by_role("menuitem", name="Nbgrader").click()
    page.get_by_role("menuitem", name=entry).click()


class Instructor:
    """The formgrader in JupyterLab."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        open_from_menu(page, address, "Formgrader")

    @property
    def formgrader(self) -> FrameLocator:
        """The page inside JupyterLab."""
        return self.page.frame_locator("#formgrader-iframe iframe")

    def go_to(self, entry: str) -> None:
        """Choose an entry of the formgrader's own menu; above an answer there is only one."""
        link = self.formgrader.get_by_role("link", name=entry).first
        if entry != "Manual Grading" and not link.is_visible():
            self.go_to("Manual Grading")
        link.click()

    def row(self, name: str) -> Locator:
        """The line of a table that a name stands in."""
        # A list of submissions hides the names behind the numbers.
        return self.formgrader.locator("#main-table tr").filter(
            has=self.formgrader.get_by_text(name, exact=True)
        )

    def press(self, name: str, column: str) -> str:
        """Press the symbol in a column of a name's line; return what the answer says."""
        self.row(name).locator(f".{column} a").click()
        modal = self.formgrader.locator("#success-modal, #error-modal")
        expect(modal).to_be_visible(timeout=SLOW)
        said = modal.locator(".modal-body").inner_text()
        assert modal.get_attribute("id") == "success-modal", said
        modal.get_by_role("button", name="OK").click()
        expect(modal).to_have_count(0)
        return said

    def set_due_date(self, assignment: str, when: str, zone: str) -> None:
        """Fill in the date and the zone in the form behind the pencil."""
        self.row(assignment).locator(".edit a").click()
        form = self.formgrader.locator("#edit-assignment-modal")
        form.locator(".modal-duedate").fill(when)
        form.locator(".modal-timezone").fill(zone)
        form.get_by_role("button", name="Save").click()
        expect(form).to_have_count(0)

    def open_submissions(self, assignment: str, count: int) -> None:
        """Press the number of submissions, which has to be `count`."""
        number = self.row(assignment).locator(".num-submissions").get_by_text(str(count))
        learners = self.formgrader.locator("#main-table .student-id")
        for _ in range(5):
            # A press gets lost while the table is still being filled.
            number.click()
            with contextlib.suppress(AssertionError):
                expect(learners).to_have_count(count, timeout=15_000)
                break
            if not number.is_visible():
                break
        expect(learners).to_have_count(count)

    def open_answers(self, assignment: str, number: int) -> None:
        """Go to one of the notebooks under Manual Grading."""
        self.go_to("Manual Grading")
        for name in (assignment, assignment, f"Submission #{number}"):
            self.row(name).get_by_role("link", name=name).click()
        expect(self.formgrader.locator("textarea.comment").first).to_be_visible()

    def grade_by_hand(self, question: str, points: float, comment: str) -> None:
        """Type points and a comment under an answer; both are saved on leaving the field."""
        # What stands in the fields has come when they say what may be typed there.
        for field in (f"[id='{question}_extra_credit']", f"[id='{question}-comment']"):
            expect(self.formgrader.locator(field)).to_have_attribute("placeholder", re.compile("."))
        for field, text in (
            (f"[id='{question}']", f"{points:g}"),
            (f"[id='{question}-comment']", comment),
        ):
            self._fill_and_save(self.formgrader.locator(field), text)

    def _fill_and_save(self, field: Locator, text: str) -> None:
        for attempt in range(5):
            # The page may still be writing into the field what is known, over what is typed.
            field.fill("")
            field.fill(text)
            try:
                with self.page.expect_response(
                    lambda answer: answer.request.method == "PUT" and answer.ok, timeout=15_000
                ):
                    field.press("Tab")
                return
            except NotInTimeError:
                if attempt == 4:
                    raise


class Learner:
    """A learner's JupyterLab with the list of assignments."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address

    def open_assignments(self) -> None:
        """Open the list of assignments, or load it again."""
        open_from_menu(self.page, self.address, "Assignment List")
        expect(self.page.locator("#course_list_default")).to_have_text(COURSE_ID)

    def assignment(self, kind: str, name: str) -> Locator:
        """The entry of an assignment among the "released", "fetched" or "submitted" ones."""
        place = self.page.locator(f"#{kind}_assignments_list > .list_item")
        return place.filter(has_text=name)

    def fetch(self, name: str) -> None:
        """Fetch a released assignment."""
        self.assignment("released", name).get_by_role("button", name="Fetch").click()
        expect(self.assignment("fetched", name)).to_be_visible()

    def _unfold(self, name: str) -> Locator:
        entry = self.assignment("fetched", name)
        notebook = entry.locator(".nested_list_item").filter(has_text=name)
        if not notebook.is_visible():
            entry.locator(".assignment-notebooks-link").click()
        return notebook

    def open_notebook(self, name: str) -> None:
        """Open the notebook of a fetched assignment, and wait for its kernel."""
        self._unfold(name).get_by_role("link", name=name).click()
        expect(self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")).to_be_visible()
        idle = self.page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]")
        expect(idle).to_be_visible(timeout=SLOW)

    def cell(self, text: str) -> Locator:
        """The one cell in which a text stands."""
        return self.page.locator(".jp-Notebook .jp-Cell").filter(has_text=text)

    def write(self, cell: Locator, source: str) -> None:
        """Put a source in place of what stands in a cell."""
        if not cell.locator(".cm-content").is_visible():
            cell.dblclick()  # text that is shown as it will be read
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(source)

    def run(self, cell: Locator) -> Locator:
        """Run a code cell; return where its output stands."""
        prompt = cell.locator(".jp-InputPrompt")
        before = prompt.inner_text()
        for _ in range(5):
            # JupyterLab may still be moving the cell into place, and then the keys are lost.
            cell.locator(".cm-content").click()
            self.page.keyboard.press("Shift+Enter")
            with contextlib.suppress(AssertionError):
                expect(prompt).not_to_have_text(before, timeout=10_000)
                break
        expect(prompt).to_have_text(re.compile(r"\[\d+\]:"), timeout=SLOW)
        return cell.locator(".jp-OutputArea")

    def save(self) -> None:
        """Save the notebook."""
        with self.page.expect_response(
            lambda answer: answer.request.method == "PUT" and "/api/contents/" in answer.url
        ):
            self.page.keyboard.press("Control+s")

    def validate_opened(self) -> str:
        """Press Validate above the open notebook; return what the answer says."""
        return self._validate(self.page.locator(".jp-NotebookPanel"))

    def validate_listed(self, name: str) -> str:
        """Press Validate in the list of assignments; return what the answer says."""
        self.open_assignments()
        return self._validate(self._unfold(name))

    def _validate(self, place: Locator) -> str:
        place.get_by_role("button", name="Validate").click()
        dialog = self.page.get_by_role("dialog").filter(has_text="Validation Results")
        expect(dialog).to_be_visible(timeout=SLOW)
        said = dialog.inner_text()
        dialog.get_by_role("button", name="OK").click()
        expect(dialog).to_have_count(0)
        return said

    def submit(self, name: str, count: int = 1) -> None:
        """Hand in; afterwards `count` versions have been handed in."""
        self.assignment("fetched", name).get_by_role("button", name="Submit").click()
        expect(self.assignment("submitted", name).locator(".nested_list_item")).to_have_count(count)

    def fetch_feedback(self, name: str) -> FrameLocator:
        """Fetch the feedback and open it in JupyterLab; return the page."""
        entry = self.assignment("submitted", name)
        entry.get_by_role("button", name="Fetch Feedback").click()
        entry.get_by_text("(view feedback)").click()
        item = self.page.locator(".jp-DirListing-item").filter(has_text=f"{name}.html")
        item.dblclick()
        return self.page.frame_locator(".jp-HTMLViewer iframe")
