"""How submissions are taken out of the exchange, whose folders belong to the learners.

In place of nbgrader's functions, see `dlgrader.nbgrader_patches`: only regular files within bounds
are copied; a submission is taken in whole or not at all; what it replaces is kept; one that can't
be read stops no other; and what was left out is noted for `dlgrader collect`.
"""

from __future__ import annotations

import fnmatch
import os
import shutil
import stat
from pathlib import Path
from typing import Any

from nbgrader.coursedir import CourseDirectory

from dlgrader.collected import current, remark
from dlgrader.intake.files import Unreadable, read_regular_file
from dlgrader.moments import moment_of_file, read_moment
from dlgrader.placing import REPLACED, Place, is_usable_name, one_at_a_time
from dlgrader.regular_files import find_regular_files

try:
    import pwd
except ImportError:  # pragma: no cover (not on Windows)
    pwd = None  # type: ignore[assignment]


def place_of(coursedir: CourseDirectory, student: str) -> Place:
    """Return where a learner's submission of the current assignment stands."""
    name = coursedir.assignment_id
    folder = coursedir.format_path(coursedir.submitted_directory, student, name)
    kept = Path(coursedir.root) / REPLACED / name / student
    return Place(Path(folder), kept, coursedir.groupshared)


def copy_files(self: Any) -> None:
    """Take in the submissions that nbgrader chose, one after the other."""
    name, course = self.coursedir.assignment_id, self.coursedir.course_id
    if not self.src_records:
        self.log.warning("No submissions of '%s' for course '%s' to collect", name, course)
        return
    count = len(self.src_records)
    self.log.info("Processing %d submissions of '%s' for course '%s'", count, name, course)
    notes = current()
    with one_at_a_time(Path(self.coursedir.root)):
        for record in self.src_records:
            notes.about = record["username"]
            try:
                _take_in(self, record)
            except (OSError, shutil.Error) as error:
                self.log.error("Not collected: %s: %s", record["filename"], error)
                notes.refused.append((record["username"], f"not collected: {error}"))
    notes.about = ""


def _take_in(self: Any, record: dict[str, Any]) -> None:
    """Take in one submission, unless the one that is there is as new."""
    notes, student = current(), record["username"]
    source = Path(self.inbound_path) / record["filename"]
    if not is_usable_name(student):
        self.log.warning("Not collected: %r: no name of a learner", record["filename"])
        notes.refused.append((ascii(student)[1:-1], "not collected: no name of a learner"))
        return
    place, assignment = place_of(self.coursedir, student), self.coursedir.assignment_id
    place.put_right()
    there = place.folder.is_dir()
    if there and (problem := _problem(source)):
        # Without an earlier one, it counts as an empty submission.
        self.log.warning("Not collected: %s %s", source, problem)
        notes.refused.append((student, f"not collected: {problem}; the earlier one stays"))
        return
    if self.check_owner and pwd is not None and (owner := _owner(source)) != student:
        self.log.warning(
            "%s claims to be submitted by %s but is owned by %s; cheating attempt? you may disable "
            "this warning by unsetting the option CollectApp.check_owner",
            source,
            student,
            owner,
        )
        remark(f"the submission's files belong to the user {owner}")
    if there and not _is_wanted(self, place, record):
        hint = (
            "No newer submission to collect"
            if self.update
            else ("Submission already exists, use --update to update")
        )
        self.log.info("%s: %s %s", hint, student, assignment)
        notes.unchanged.append(student)
        return
    doing = "Updating" if there else "Collecting"
    self.log.info("%s submission: %s %s", doing, student, assignment)
    with place.renewed() as fresh:
        self.do_copy(str(source), str(fresh))
    (notes.replaced if there else notes.new).append(student)


def _is_wanted(self: Any, place: Place, record: dict[str, Any]) -> bool:
    """Whether a submission is to replace the one that is there; decided as nbgrader does."""
    before = self.coursedir.get_existing_timestamp(str(place.folder))
    if self.update and (before is None or record["timestamp"] > before):
        return True
    return bool(self.before_duedate and before != record["timestamp"])


def _problem(source: Path) -> str:
    """Return why nothing can be taken out of a folder; empty if something may."""
    if not stat.S_ISDIR(source.lstat().st_mode):
        return "it is no folder, or a link to one"
    return "" if os.access(source, os.R_OK | os.X_OK) else "its folder may not be read"


def _owner(source: Path) -> str:
    try:
        return pwd.getpwuid(source.lstat().st_uid).pw_name
    except KeyError:
        return "unknown id"


def do_copy(self: Any, src: str, dest: str, log: Any = None) -> None:  # noqa: ARG001 (nbgrader's)
    """Copy the files of one submission."""
    Path(dest).mkdir(parents=True, exist_ok=True)
    for file in find_regular_files(f"{src}", self.coursedir.ignore):
        shown = Path(file).relative_to(src)
        size = Path(file).lstat().st_size
        included = any(fnmatch.fnmatch(Path(file).name, p) for p in self.coursedir.include)
        if not included or size > 1000 * self.coursedir.max_file_size:
            self.log.warning("Not copied: %s", file)
            why = "larger than a file may be" if included else "not among the files to include"
            remark(f"not copied: {shown}: {why}")
            continue
        target = Path(dest) / shown
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            target.write_bytes(read_regular_file(Path(file), size))
            shutil.copystat(file, target, follow_symlinks=False)
        except (Unreadable, OSError) as reason:
            target.unlink(missing_ok=True)
            if isinstance(reason, OSError) and reason.filename == str(target):
                raise  # the disk's fault, not the learner's
            self.log.warning("Not copied: %s %s", file, reason)
            remark(f"not copied: {shown} {reason}")
            continue
        target.chmod(0o664 if self.coursedir.groupshared else 0o644)
    for folder in (path for path in Path(dest).rglob("*") if path.is_dir()):
        folder.chmod(0o2770 if self.coursedir.groupshared else 0o755)


def path_to_record(self: Any, path: str) -> dict[str, Any]:
    """Return learner and time of a folder in the exchange; its name was given by a learner."""
    name = Path(path).name
    student, _, rest = name.partition(f"+{self.coursedir.assignment_id}+")
    for text in (rest.rpartition("+")[0], rest):  # the random text at the end may be missing
        try:
            timestamp = read_moment(text, self.timezone)
            break
        except Exception:  # whatever dateutil does with a text that somebody made up
            continue
    else:
        self.log.warning("%s holds no time; the folder's own time is taken", name)
        timestamp = moment_of_file(Path(path).lstat().st_mtime)
    return {"username": student, "filename": name, "timestamp": timestamp}
