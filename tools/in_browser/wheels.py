"""Which wheels the browser gets, and the hash by which each is accepted.

Wheels with compiled code have to fit the very Pyodide that loads them; their hashes stand in the
lock file that Pyodide's npm package brings, whose own hash stands in package-lock.json. The hashes
of the others, plain Python from PyPI, stand in `pure-wheels.txt`, in pip's own format.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PURE_WHEELS = Path(__file__).with_name("pure-wheels.txt")

# What `dlcore` imports, and what that imports. Pyodide's own wheel of matplotlib also asks for
# fonttools (for PDF files) and pytz (for nothing): neither is needed to draw on a page.
COMPILED = (
    "contourpy",
    "cycler",
    "kiwisolver",
    "matplotlib",
    "micropip",  # with this JupyterLite's kernel installs its parts
    "numpy",
    "packaging",
    "pillow",
    "pyparsing",
    "python-dateutil",
    "six",
)

_PIN = re.compile(
    r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>\S+)\s+--hash=sha256:(?P<sha256>[0-9a-f]{64})"
)


@dataclass(frozen=True)
class Wheel:
    """A wheel as it is published, before anything of it is left out."""

    name: str
    version: str
    sha256: str
    #: Its name in the Pyodide release; empty for a wheel that PyPI names.
    file_name: str = ""

    @property
    def pin(self) -> str:
        """The line with which pip downloads it, and nothing else."""
        return f"{self.name}=={self.version} --hash=sha256:{self.sha256}"


def normal(name: str) -> str:
    """Return a package's name as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read_lock(pyodide: Path) -> dict[str, Any]:
    """Return the lock file of a Pyodide distribution in the folder `pyodide`."""
    return json.loads((pyodide / "pyodide-lock.json").read_text(encoding="utf-8"))


def compiled_wheels(lock: dict[str, Any]) -> list[Wheel]:
    """The wheels that are taken from the Pyodide release."""
    entries = {normal(entry["name"]): entry for entry in lock["packages"].values()}
    return [
        Wheel(name, entries[name]["version"], entries[name]["sha256"], entries[name]["file_name"])
        for name in COMPILED
    ]


def pure_wheels(path: Path = PURE_WHEELS) -> list[Wheel]:
    """The wheels that are taken from PyPI."""
    wheels = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _PIN.fullmatch(line.strip())
        if match is None:
            raise ValueError(
                f"{path.name}, line {number}: expected NAME==VERSION --hash=sha256:HASH, "
                f"got {line!r}"
            )
        wheels.append(Wheel(**match.groupdict()))
    return wheels
