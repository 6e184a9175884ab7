"""What nbgrader's formgrader does with texts that a learner wrote.

The formgrader of nbgrader 0.9 puts names, ids and notebooks into its pages as they are, on the
address at which the instructor's Jupyter server takes orders; it answers questions of its scripts
with JSON that a browser would read as HTML; it serves the files of a submission, HTML among them;
and it takes up the settings of any folder that a link names. `install` mends this where no setting
can: pages are escaped and cleaned (`dlgrader.feedback.preview`), and each answer has a
Content-Security-Policy that runs nothing but the formgrader's own scripts.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from nbconvert.exporters import HTMLExporter
from nbgrader.server_extensions.assignment_list import handlers as assignment_list
from nbgrader.server_extensions.course_list import handlers as course_list
from nbgrader.server_extensions.formgrader import base, handlers
from nbgrader.server_extensions.validate_assignment import handlers as validate_assignment
from tornado import web

from dlgrader.feedback.preview import Nonce, PreviewExporter, escaping
from dlgrader.feedback.preview import handlers as inline_handlers

_ANSWERS = (
    "default-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'; sandbox"
)
_FILES = (
    "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; "
    "form-action 'none'; base-uri 'none'; sandbox"
)

_render = base.BaseHandler.render
_set_default_headers = base.BaseHandler.set_default_headers
_open_formgrader = handlers.FormgraderHandler.get


def install() -> None:
    """Put the functions of this module into nbgrader; a second time does nothing more."""
    base.BaseHandler.render = render
    base.BaseHandler.exporter = property(exporter)
    base.BaseHandler.set_default_headers = set_page_headers
    base.BaseApiHandler.set_default_headers = set_answer_headers
    handlers.SubmissionFilesHandler.set_default_headers = set_file_headers
    handlers.FormgraderHandler.get = open_formgrader
    for kind in (
        assignment_list.BaseAssignmentHandler,
        course_list.CourseListHandler,
        course_list.NbGraderVersionHandler,
        validate_assignment.ValidateAssignmentHandler,
        validate_assignment.NbGraderVersionHandler,
    ):
        kind.set_default_headers = set_answer_headers


# -- pages -----------------------------------------------------------------------------------------


def _nonce(self: Any) -> Nonce:
    """Return the server's nonce, which is renewed for each answer: one is written at a time."""
    found: Nonce = self.settings.setdefault("dlgrader_nonce", Nonce())
    return found


def render(self: Any, name: str, **values: Any) -> str:
    """Fill a template, everything escaped."""
    environment = self.settings["nbgrader_jinja2_env"]
    if not environment.autoescape:
        escaping(environment, _nonce(self))
    _set_policy(self)
    page: str = _render(self, name, **values)
    return page


def exporter(self: Any) -> PreviewExporter:
    """Return what makes the page of a submission, in place of nbconvert's exporter."""
    found = self.settings.get("dlgrader_exporter")
    theirs: HTMLExporter = self.settings["nbgrader_exporter"]
    if found is None or found[0] is not theirs:
        found = (theirs, PreviewExporter(_nonce(self), config=theirs.config))
        self.settings["dlgrader_exporter"] = found
    _set_policy(self)
    made: PreviewExporter = found[1]
    return made


def _set_policy(self: Any) -> None:
    nonce = _nonce(self).renew()
    policy = (
        "default-src 'none'",
        f"script-src 'nonce-{nonce}' 'unsafe-hashes' {_own_handlers()}",
        "style-src 'self' 'unsafe-inline'",
        "img-src data:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "form-action 'none'",
        "base-uri 'none'",
        "frame-ancestors 'self'",
    )
    self.set_header("Content-Security-Policy", "; ".join(policy))


@cache
def _own_handlers() -> str:
    """Return the hashes of the event handlers that stand in nbgrader's templates."""
    folder = Path(handlers.template_path)
    files = sorted([*folder.rglob("*.tpl"), *folder.rglob("*.j2")])
    texts = {text for file in files for text in inline_handlers(file.read_text("utf-8"))}
    digests = (base64.b64encode(hashlib.sha256(text.encode()).digest()) for text in sorted(texts))
    return " ".join(f"'sha256-{digest.decode()}'" for digest in digests)


# -- headers ---------------------------------------------------------------------------------------


def set_page_headers(self: Any) -> None:
    """Forbid everything to a page; `render` and `exporter` allow theirs what it needs."""
    _set_default_headers(self)
    self.set_header("Content-Security-Policy", _ANSWERS)
    self.set_header("Referrer-Policy", "same-origin")


def set_answer_headers(self: Any) -> None:
    """Have JSON read as text: as HTML, which is tornado's default, a name in it could run.

    Scripts of nbgrader's read the text themselves, so it must not be called JSON.
    """
    _set_default_headers(self)
    self.set_header("Content-Security-Policy", _ANSWERS)
    self.set_header("Content-Type", "text/plain; charset=UTF-8")


def set_file_headers(self: Any) -> None:
    """Confine a file that a learner handed in."""
    _set_default_headers(self)
    self.set_header("Content-Security-Policy", _FILES)


# -- settings of another folder --------------------------------------------------------------------


def open_formgrader(self: Any) -> Any:
    """Open the formgrader; with a folder's settings, which are a program, only from JupyterLab.

    A browser says where a request comes from. JupyterLab shows the formgrader in a frame; a link,
    such as one in a learner's notebook, opens a page.
    """
    site = self.request.headers.get("Sec-Fetch-Site", "none")
    place = self.request.headers.get("Sec-Fetch-Dest", "iframe")
    trusted = site == "none" or (site == "same-origin" and place == "iframe")
    if self.get_argument("path", "") and not trusted:
        raise web.HTTPError(403, "a link must not choose the settings of the formgrader")
    return _open_formgrader(self)
