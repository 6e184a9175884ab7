"""How `nbgrader zip_collect` unpacks archives and places what was in them.

In place of nbgrader's functions, see `dlgrader.nbgrader_patches`: an archive is unpacked within
bounds or refused with a reason, stops no other, and a submission is placed in whole or not at all.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from dlgrader.archives import A_CLASS, ONE_LEARNER, BadArchive, safe_name, unpack
from dlgrader.collected import current
from dlgrader.exchange_patches import place_of
from dlgrader.intake.files import kind_of
from dlgrader.placing import is_usable_name, one_at_a_time
from dlgrader.regular_files import MOST_BYTES


def extract(self: Any, archive_path: str, extracted_path: str) -> None:
    """Unpack the archives of a folder, and the archives in them; copy the other files."""
    files = [Path(root) / name for root, _, names in os.walk(archive_path) for name in names]
    if not files:
        self.log.warning("No files found in directory: %s", archive_path)
    for file in sorted(files):
        target = Path(extracted_path) / file.relative_to(archive_path)
        if kind := kind_of(file.lstat().st_mode):
            _refuse(self, file, f"is {kind}, not a file")
        elif file.suffix in self.zip_ext:
            _unpack_with_inner(self, file, _without_ending(target))
        elif file.lstat().st_size > MOST_BYTES:
            _refuse(self, file, f"is larger than {MOST_BYTES // 2**20} MiB")
        else:
            self.log.info("Copying from: %s", file)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)


def _unpack_with_inner(self: Any, archive: Path, folder: Path) -> None:
    self.log.info("Extracting from: %s", archive)
    self.log.info("  Extracting to: %s", folder)
    try:
        found = unpack(archive, folder, A_CLASS)
    except BadArchive as reason:
        shutil.rmtree(folder, ignore_errors=True)
        _refuse(self, archive, str(reason))
        return
    for name in found.left_out:
        self.log.warning("Not unpacked of %s: %s", archive.name, name)
    for name in found.files:
        inner = folder / name
        if inner.suffix not in self.zip_ext:
            continue
        place = _without_ending(inner)
        try:
            for left_out in unpack(inner, place, ONE_LEARNER).left_out:
                self.log.warning("Not unpacked of %s: %s", inner, left_out)
        except (BadArchive, FileExistsError) as reason:
            if isinstance(reason, BadArchive):
                shutil.rmtree(place, ignore_errors=True)
            _refuse(self, inner, str(reason))


def _refuse(self: Any, file: Path, reason: str) -> None:
    self.log.error("Refused: %s %s", file, reason)
    current().refused.append((file.name, reason))


def _without_ending(path: Path) -> Path:
    return path.with_name(path.name.removesuffix(path.suffix).removesuffix(".tar") or "archive")


def transfer_files(self: Any, collected_data: dict[str, dict[str, Any]]) -> None:
    """Place the files of each learner; their names come from an expression of the instructor's."""
    with one_at_a_time(Path(self.coursedir.root)):
        for student, data in collected_data.items():
            if not is_usable_name(student):
                self.log.error("Refused: %s can't be a learner's name", ascii(student))
                continue
            place = place_of(self.coursedir, student)
            place.put_right()
            if not self.force and place.folder.is_dir() and any(place.folder.iterdir()):
                self.fail(
                    f"Directory not empty: {place.folder}\nuse the --force option to replace it"
                )
            with place.renewed() as fresh:
                for source, name in zip(data["src_files"], data["file_ids"], strict=True):
                    target = fresh / safe_name(name)
                    self.log.info("Copying from: %s", source)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(source, target)
                if data["timestamp"] is not None and not (fresh / "timestamp.txt").exists():
                    (fresh / "timestamp.txt").write_text(data["timestamp"].isoformat(" "))
