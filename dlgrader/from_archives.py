"""Take submissions in that a learning management system has collected, as archives or files."""

from __future__ import annotations

import fnmatch
import os
import re
import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath

from dlgrader.archives import A_CLASS, ONE_LEARNER, BadArchive, is_archive, unpack
from dlgrader.collected import Collected, remark
from dlgrader.course import Course, GradingError
from dlgrader.downloads import IGNORED_PATTERN, Named, Names, Roster
from dlgrader.intake.files import kind_of
from dlgrader.moments import read_moment
from dlgrader.placing import REPLACED, Place, one_at_a_time
from dlgrader.regular_files import MOST_BYTES, MOST_FILES

_STAGE = ".collecting-"
_STAMP = "timestamp.txt"
_LEFT_BY_SYSTEMS = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini", "._*")
_COPY_NUMBER = re.compile(r"(?:-\d{1,3}| ?\(\d{1,3}\))$")
"""What Canvas and browsers put behind the name of a file that is handed in again."""
_IN_A_NAME = re.compile(r"^(\d{4}-\d\d-\d\d)[-_T ](\d\d)-(\d\d)-(\d\d)")
"""A time in the name of a file, where colons may not stand."""


@dataclass
class _Handed:
    """What was found of a learner."""

    files: dict[str, Path] = field(default_factory=dict)
    broken: dict[str, Path] = field(default_factory=dict)
    """Archives that could not be unpacked."""
    times: dict[str, datetime] = field(default_factory=dict)
    when: datetime | None = None


class ArchiveCollection:
    """Takes the submissions of an assignment in.

    Parameters
    ----------
    course : Course
    assignment : str
    notebooks : collection of str
        File names of the assignment's notebooks.
    names : Names
    roster : Roster
    notes : Collected
    """

    def __init__(
        self,
        course: Course,
        assignment: str,
        notebooks: Collection[str],
        names: Names,
        roster: Roster,
        notes: Collected,
    ) -> None:
        self._course, self._assignment, self._notebooks = course, assignment, notebooks
        self._names, self._roster, self._notes = names, roster, notes
        zone = course.config.Exchange.get("timezone", "UTC")
        self._zone = zone if isinstance(zone, str) else "UTC"
        self._ignored = [*course.ignored, *_LEFT_BY_SYSTEMS, _STAMP]

    def take_in(self, paths: Sequence[Path]) -> None:
        """Take in what archives, files and folders hold."""
        for path in paths:
            if not path.exists():
                raise GradingError(f"there is no {path}; name an archive, or a folder of them")
        root = self._course.root
        with one_at_a_time(root):
            for left in root.glob(f"{_STAGE}*"):  # by a run that was killed
                shutil.rmtree(left, ignore_errors=True)
            with tempfile.TemporaryDirectory(prefix=_STAGE, dir=root) as stage:
                self._take_in(paths, Path(stage))
        self._notes.about = ""

    def _take_in(self, paths: Sequence[Path], stage: Path) -> None:
        handed: dict[str, _Handed] = {}
        for name, file in self._found(paths, stage):
            if re.fullmatch(IGNORED_PATTERN, name):
                continue
            student, named, why = self._roster.find(self._names.read(name))
            if named is None:
                self._notes.refused.append((name, why))
                continue
            self._notes.about = student
            self._add(handed.setdefault(student, _Handed()), named, file, stage)
        for student in sorted(handed):
            self._notes.about = student
            self._place(student, handed[student])

    # -- what there is -----------------------------------------------------------------------------

    def _found(self, paths: Sequence[Path], stage: Path) -> Iterator[tuple[str, Path]]:
        """Yield names, and the files that bear them."""
        for path in paths:
            if path.is_dir():
                for name, file in self._walk(path):
                    yield from self._opened(name, file, stage)
            else:
                yield from self._opened(path.name, path.resolve(), stage)

    def _walk(self, folder: Path) -> Iterator[tuple[str, Path]]:
        def refuse(error: OSError) -> None:
            shown = str(Path(error.filename).relative_to(folder))
            self._notes.refused.append((shown, f"can't be read: {error.strerror}"))

        for root, folders, names in os.walk(folder, onerror=refuse):
            folders.sort()
            for name in sorted(names):
                file = Path(root) / name
                shown = str(file.relative_to(folder))
                if not name.isprintable():
                    self._notes.refused.append((ascii(shown), "has an odd name"))
                elif kind := kind_of(file.lstat().st_mode):
                    self._notes.refused.append((shown, f"is {kind}, not a file"))
                elif not os.access(file, os.R_OK):
                    self._notes.refused.append((shown, "can't be read: Permission denied"))
                else:
                    yield shown, file

    def _opened(self, name: str, file: Path, stage: Path) -> Iterator[tuple[str, Path]]:
        """Yield the file, or what is in it if it is an archive of a whole class."""
        if not is_archive(name) or self._roster.find(self._names.read(name))[0]:
            yield name, file
            return
        folder = Path(tempfile.mkdtemp(dir=stage))
        try:
            found = unpack(file, folder, A_CLASS)
        except BadArchive as reason:
            self._notes.refused.append((name, str(reason)))
            return
        self._notes.refused += [(name, f"not unpacked: {text}") for text in found.left_out]
        yield from ((inner, folder / inner) for inner in found.files)

    def _add(self, handed: _Handed, named: Named, file: Path, stage: Path) -> None:
        when = self._when(named)
        if named.late and when is None:
            remark("marked as late, but the download tells no time; no penalty will be taken off")
        if when is not None and (handed.when is None or when > handed.when):
            handed.when = when
        found = {named.file: file}
        if is_archive(named.file):
            folder = Path(tempfile.mkdtemp(dir=stage))
            try:
                unpacked = unpack(file, folder, ONE_LEARNER)
            except BadArchive as reason:
                remark(f"{named.file} {reason}")
                handed.broken[named.file] = file
                return
            for text in unpacked.left_out:
                remark(f"not unpacked of {named.file}: {text}")
            found = {inner: folder / inner for inner in unpacked.files}
        for name, path in self._laid_out(found).items():
            before = handed.times.get(name)
            if name in handed.files and before is not None and (when is None or when < before):
                continue
            if name in handed.files and (before is None or when is None):
                remark(f"{name} was handed in twice, and no time tells which is newer")
            handed.files[name] = path
            if when is not None:
                handed.times[name] = when

    def _when(self, named: Named) -> datetime | None:
        if not named.timestamp:
            return None
        text = _IN_A_NAME.sub(r"\1 \2:\3:\4", named.timestamp)
        try:
            return read_moment(text, self._zone, unmarked=self._zone)
        except Exception:  # whatever dateutil does with it
            remark(f"“{named.timestamp}” is no time; it is not known when this was handed in")
            return None

    # -- how it is laid out ------------------------------------------------------------------------

    def _laid_out(self, found: Mapping[str, Path]) -> dict[str, Path]:
        """Return the files by the names that they get: the notebook stands at the top."""
        kept = {name: path for name, path in found.items() if not self._is_ignored(name)}
        names = {name: self._usual_name(name, kept) for name in kept}
        notebooks = [PurePosixPath(new) for new in names.values() if self._is_wanted(new)]
        top = min(notebooks, key=lambda path: len(path.parts)).parent if notebooks else None
        laid: dict[str, Path] = {}
        for name, path in kept.items():
            new = PurePosixPath(names[name])
            if top is not None and new.is_relative_to(top):
                new = new.relative_to(top)
            if str(new) in laid:
                remark(f"not copied: {name}: there is another {new}")
                continue
            laid[str(new)] = path
        return laid

    def _is_ignored(self, name: str) -> bool:
        parts = PurePosixPath(name).parts
        return any(fnmatch.fnmatch(part, pattern) for part in parts for pattern in self._ignored)

    def _is_wanted(self, name: str) -> bool:
        return PurePosixPath(name).name in self._notebooks

    def _usual_name(self, name: str, among: Collection[str]) -> str:
        """Return a notebook's name without the number of its copy."""
        path = PurePosixPath(name)
        new = path.with_name(_COPY_NUMBER.sub("", path.stem) + path.suffix) if path.stem else path
        return str(new) if self._is_wanted(str(new)) and str(new) not in among else name

    # -- where it goes -----------------------------------------------------------------------------

    def _place(self, student: str, handed: _Handed) -> None:
        notes, course = self._notes, self._course
        place = Place(
            course.submission("submitted", student, self._assignment),
            course.root / REPLACED / self._assignment / student,
            course.shared_by_group,
        )
        place.put_right()
        there = place.folder.is_dir()
        if handed.broken and not handed.files:
            if there:
                notes.refused.append((student, "nothing could be read; the earlier one stays"))
                return
            # Whoever handed something in is not missing.
            handed.files = dict(handed.broken)
        if not handed.files:
            notes.refused.append((student, "nothing that could be taken in"))
            return
        if self._is_settled(student, place, handed, there):
            return
        with place.renewed() as fresh:
            self._copy(handed.files, fresh)
            if handed.when is not None:
                text = f"{handed.when.isoformat(' ')} UTC"
                (fresh / _STAMP).write_text(text, encoding="utf-8")
        (notes.replaced if there else notes.new).append(student)

    def _is_settled(self, student: str, place: Place, handed: _Handed, there: bool) -> bool:
        """Whether the submission that is there is to stay."""
        before = self._course.timestamp(place.folder) if there else None
        if before is not None and handed.when is not None and handed.when < before:
            self._notes.older.append(student)
            return True
        if there and place.holds(handed.files) and handed.when in (None, before):
            self._notes.unchanged.append(student)
            return True
        return False

    def _copy(self, files: Mapping[str, Path], folder: Path) -> None:
        room, count = MOST_BYTES, 0
        first = sorted(files, key=lambda name: (not self._is_wanted(name), name))
        for name in first:
            size = files[name].lstat().st_size
            if size > room or count >= MOST_FILES:
                remark(f"not copied: {name}: too much in all")
                continue
            room, count = room - size, count + 1
            target = folder / name
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
            except (FileExistsError, NotADirectoryError):
                remark(f"not copied: {name}: there is a file in place of its folder")
                continue
            shutil.copyfile(files[name], target)
            target.chmod(0o664 if self._course.shared_by_group else 0o644)
        for inner in (path for path in folder.rglob("*") if path.is_dir()):
            inner.chmod(0o2770 if self._course.shared_by_group else 0o755)
