"""What nbgrader does with files that a learner made, and there is no setting to change.

nbgrader 0.9 copies whatever was handed in, through symbolic links (to the solutions, say, which are
then published as feedback), waits for ever at a named pipe, unpacks archives without a limit, and
stops with a traceback at a timestamp that is none. It runs a learner's code as the instructor, and
does not wait long for a gradebook that another process is writing to. `install`, which
`dlgrader.settings.configure` calls, replaces these functions of nbgrader by our own.
"""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import sqlalchemy
from nbgrader import api
from nbgrader.apps.zipcollectapp import ZipCollectApp
from nbgrader.converters import Autograde, base
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange.default.collect import ExchangeCollect
from nbgrader.plugins import ExtractorPlugin

from dlgrader import autograde_patch, exchange_patches, formgrader_patches, zip_patches
from dlgrader.feedback import failed
from dlgrader.intake.files import Unreadable, read_regular_file
from dlgrader.moments import moment_of_file, read_moment
from dlgrader.regular_files import find_regular_files

PATIENCE = 60.0
"""Seconds to wait for a gradebook that another process is writing to; Python's own is 5."""

_LONGEST_TIMESTAMP = 200


def install() -> None:
    """Put the functions into nbgrader; a second time does nothing more."""
    api.create_engine = create_engine
    base.find_all_files = find_regular_files
    CourseDirectory.get_existing_timestamp = get_existing_timestamp
    Autograde.start = autograde_patch.start
    ExchangeCollect.copy_files = exchange_patches.copy_files
    ExchangeCollect.do_copy = exchange_patches.do_copy
    ExchangeCollect._path_to_record = exchange_patches.path_to_record
    ExtractorPlugin.extract = zip_patches.extract
    ZipCollectApp._transfer_files = zip_patches.transfer_files
    failed.install()
    formgrader_patches.install()


# -- the gradebook ---------------------------------------------------------------------------------


def create_engine(url: Any, **settings: Any) -> sqlalchemy.Engine:
    """Connect to the gradebook; wait for SQLite's lock as long as a batch may hold it.

    nbgrader opens the gradebook anew for each step of each submission, and gives no way to say how
    long a connection waits. An address that says so itself (``?timeout=…``) is left as it is.
    """
    address = sqlalchemy.make_url(url)
    if address.get_backend_name() == "sqlite" and "timeout" not in address.query:
        settings["connect_args"] = {"timeout": PATIENCE, **settings.get("connect_args", {})}
    return sqlalchemy.create_engine(url, **settings)


# -- timestamps ------------------------------------------------------------------------------------


def get_existing_timestamp(self: Any, dest_path: str) -> datetime.datetime | None:
    """Return when a submission was handed in; of a timestamp that is none, the file's own time."""
    path = Path(dest_path) / "timestamp.txt"
    try:
        written = path.lstat().st_mtime
    except OSError:
        return None
    try:
        text = read_regular_file(path, _LONGEST_TIMESTAMP).decode("ascii").strip()
        if not text:
            self.log.warning("Empty timestamp file: %s", path)
            return None
        return read_moment(text, _course_zone(self))
    except Exception as error:  # whatever dateutil does with a text that somebody made up
        reason = str(error) if isinstance(error, Unreadable) else "holds no time"
        self.log.warning("%s %s; the file's own time is taken", path, reason)
        return moment_of_file(written)


def _course_zone(coursedir: Any) -> str:
    zone = coursedir.config.Exchange.get("timezone", "UTC")
    return zone if isinstance(zone, str) else "UTC"
