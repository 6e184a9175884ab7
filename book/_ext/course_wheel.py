"""Pack `dlcore` as a wheel, so that a downloaded notebook can install what it imports.

The wheel holds the package alone, without the grading. It is put together here and not by a build
tool because then it needs no network, and because the same sources give the same bytes: a wheel is
a ZIP archive of the files, a description and a list of hashes.
"""

from __future__ import annotations

import base64
import hashlib
import io
import tomllib
import zipfile
from collections.abc import Mapping
from pathlib import Path

PACKAGE = "dlcore"
DATE = (2026, 1, 1, 0, 0, 0)  # of every entry of an archive; the real one would change the bytes


def archive(entries: Mapping[str, bytes]) -> bytes:
    """Return a ZIP archive that depends on nothing but the entries."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as out:
        for name, content in entries.items():
            info = zipfile.ZipInfo(name, DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            out.writestr(info, content)
    return stream.getvalue()


def wheel(root: Path) -> tuple[str, bytes]:
    """Return the wheel's name and content.

    Parameters
    ----------
    root : path
        The folder with pyproject.toml, from which name, version and requirements are taken.
    """
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    version = project["version"]
    files = (path for path in (root / PACKAGE).rglob("*") if path.is_file())
    entries = {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(files)
        if "__pycache__" not in path.parts
    }
    about = f"{PACKAGE}-{version}.dist-info"
    fields = [
        "Metadata-Version: 2.4",
        f"Name: {PACKAGE}",
        f"Version: {version}",
        f"Summary: {project['description']}",
        f"License-Expression: {project['license']}",
        f"Requires-Python: {project['requires-python']}",
        *(f"Requires-Dist: {requirement}" for requirement in project["dependencies"]),
    ]
    for name in project["license-files"]:
        fields.append(f"License-File: {name}")
        entries[f"{about}/licenses/{name}"] = (root / name).read_bytes()
    entries[f"{about}/METADATA"] = ("\n".join(fields) + "\n").encode()
    entries[f"{about}/WHEEL"] = (
        b"Wheel-Version: 1.0\nGenerator: dlcore\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    record = f"{about}/RECORD"
    lines = [f"{name},sha256={_hash(data)},{len(data)}" for name, data in entries.items()]
    entries[record] = "".join(f"{line}\n" for line in [*lines, f"{record},,"]).encode()
    return f"{PACKAGE}-{version}-py3-none-any.whl", archive(entries)


def _hash(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
