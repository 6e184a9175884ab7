"""Files that are no notebooks, not quite notebooks, or not alone."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dlgrader.hostile.declaring import Expected, Ground, Hostile, Make, new_cell

GROUP = "files"


def _bytes(of: Callable[[bytes], bytes], base: str = "solved") -> Make:
    """Write what `of` makes of the notebook's bytes."""

    def make(ground: Ground, folder: Path) -> None:
        notebook = ground.notebook(base)
        notebook.cells.insert(1, new_cell("# é, ü, 数"))
        text = json.dumps(notebook, ensure_ascii=False)
        ground.write(folder, of(text.encode()))

    return make


def _object(change: Callable[[dict[str, Any]], Any]) -> Make:
    """Write what `change` returns, or leaves, of the notebook's object."""

    def make(ground: Ground, folder: Path) -> None:
        raw = json.loads(json.dumps(ground.notebook("solved")))
        changed = change(raw)
        ground.write(folder, json.dumps(raw if changed is None else changed).encode())

    return make


def _beside(add: Callable[[Ground, Path], Any]) -> Make:
    """Write the right notebook, and something beside it."""

    def make(ground: Ground, folder: Path) -> None:
        ground.write(folder, ground.notebook("solved"))
        add(ground, folder)

    return make


def _format_3(raw: dict[str, Any]) -> dict[str, Any]:
    for cell in raw["cells"]:
        cell.pop("id")
        if cell["cell_type"] == "code":
            cell["input"] = cell.pop("source")
            cell["language"], cell["collapsed"] = "python", False
            cell["prompt_number"] = cell.pop("execution_count")
    sheets = [{"cells": raw["cells"], "metadata": {}}]
    return {"metadata": {"name": ""}, "nbformat": 3, "nbformat_minor": 0, "worksheets": sheets}


def _many_files(_: Ground, folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    (folder / "passwd").symlink_to("/etc/passwd")
    (folder / "all").symlink_to("/")
    (folder / "again").symlink_to(folder)
    (folder / "x.ipynb").mkdir()
    for name in (
        "line\nbreak",
        "-rf",
        "~",
        "$(touch pwned)",
        "a'b\"c",
        "x" * 200,
        " ",
        "\u202egpj",
    ):
        (folder / name).write_text("x")
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff\xfe")).write_text("x")


def _shadows(_: Ground, folder: Path) -> None:
    wrong = "raise ImportError('a file beside the notebook stands in for a library')\n"
    for name in ("numpy", "random", "json", "math", "sitecustomize", "usercustomize", "IPython"):
        (folder / f"{name}.py").write_text(wrong)
    for name in ("dlcore", "dlgrader", "matplotlib"):
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text(wrong)
    (folder / "conftest.py").write_text(wrong)
    (folder / "nbgrader_config.py").write_text(wrong)


def _helper_file(ground: Ground, folder: Path) -> None:
    notebook = ground.notebook("solved")
    notebook.cells.insert(1, new_cell("import my_helpers\nassert my_helpers.twice(2) == 4"))
    ground.write(folder, notebook)
    (folder / "my_helpers.py").write_text("def twice(x):\n    return 2 * x\n")


def _link(target: str) -> Make:
    def make(ground: Ground, folder: Path) -> None:
        (folder / f"{ground.assignment}.ipynb").symlink_to(ground.fill_in(target))

    return make


def _path(create: Callable[[Path], Any]) -> Make:
    return lambda ground, folder: create(folder / f"{ground.assignment}.ipynb")


def _timestamp(content: bytes) -> Callable[[Ground, Path], Any]:
    return lambda _, folder: (folder / "timestamp.txt").write_bytes(content)


def _other_name(ground: Ground, folder: Path) -> None:
    ground.write(folder, ground.notebook("solved"), f"{ground.assignment} (1).ipynb")


def _file(
    name: str, story: str, make: Make, expects: Expected, says: tuple[str, ...] = ()
) -> Hostile:
    return Hostile(name, GROUP, story, make, expects, says)


FILES = (
    _file("empty", "an empty file", _bytes(lambda _: b""), "nothing", ("is empty",)),
    _file("blank", "only blanks", _bytes(lambda _: b" \n\t\n"), "nothing", ("is empty",)),
    _file("no-json", "text", _bytes(lambda _: b"print(1)"), "nothing", ("not valid JSON",)),
    _file("cut-off", "half a file", _bytes(lambda b: b[: len(b) // 2]), "nothing", ("not valid",)),
    _file(
        "zip", "an archive", _bytes(lambda _: b"PK\x03\x04" * 99), "nothing", ("not valid JSON",)
    ),
    _file("list", "a list", _bytes(lambda _: b"[1]"), "nothing", ("not a notebook",)),
    _file("no-cells", "no cells", _bytes(lambda _: b'{"cells": 7}'), "nothing", ("list of cells",)),
    _file("deep", "nested without end", _bytes(lambda _: b"[" * 10**6), "nothing", ("too deeply",)),
    _file("large", "21 MiB", _bytes(lambda _: b" " * (21 * 2**20)), "nothing", ("larger than",)),
    _file("bom", "a byte order mark", _bytes(lambda b: b"\xef\xbb\xbf" + b), "full"),
    _file("utf-16", "UTF-16", _bytes(lambda b: b.decode().encode("utf-16")), "full", ("UTF-16",)),
    _file(
        "latin-1",
        "not UTF-8",
        _bytes(lambda b: b.decode().encode("latin-1", errors="replace")),
        "full",
        ("not in UTF-8",),
    ),
    _file("format-3", "the format of 2013", _object(_format_3), "full", ("old format",)),
    _file(
        "format-99",
        "a format that does not exist yet",
        _object(lambda raw: raw.update(nbformat=99, nbformat_minor=1)),
        "full",
        ("newer format",),
    ),
    _file(
        "no-format",
        "nothing but cells",
        _object(lambda raw: {"cells": raw["cells"]}),
        "full",
    ),
    _file(
        "wrong-types",
        "cells that are none, and parts of the wrong type",
        _object(
            lambda raw: {
                **raw,
                "metadata": [1],
                "cells": [None, 3, [], {}, {"source": 7, "cell_type": 9}, *raw["cells"]],
            }
        ),
        "full",
        ("no cells",),
    ),
    _file(
        "not-a-number",
        "numbers that JSON does not have",
        _bytes(lambda b: b.replace(b'"metadata": {', b'"x": [NaN, Infinity], "metadata": {')),
        "full",
    ),
    _file(
        "twice",
        "a key that stands twice",
        _bytes(lambda b: b'{"cells": 3, ' + b.removeprefix(b"{")),
        "full",
    ),
    _file(
        "link-to-solution",
        "a link to the instructor's notebook",
        _link("<COURSE>/build/source/<ASSIGNMENT>/<ASSIGNMENT>.ipynb"),
        "nothing",
        ("symbolic link",),
    ),
    _file("link-to-nothing", "a link", _link("/nothing"), "nothing", ("symbolic link",)),
    _file("pipe", "a named pipe", _path(os.mkfifo), "nothing", ("named pipe",)),
    _file("folder", "a folder", _path(Path.mkdir), "nothing", ("is a folder",)),
    _file("nothing", "no file at all", lambda _ground, _folder: None, "nothing", ("not exist",)),
    _file("other-name", "another name", _other_name, "full", ("the only other notebook",)),
    _file("odd-files", "links, pipes and odd names beside it", _beside(_many_files), "full"),
    _file("shadows", "files that stand in for libraries", _beside(_shadows), "full"),
    _file("helper-file", "a module of the learner's own", _helper_file, "full"),
    _file("time-garbage", "a timestamp", _beside(_timestamp(b"tomorrow\xff\x00")), "full"),
    _file("time-zone", "a zone", _beside(_timestamp(b"2026-01-01 00:00 +99999999")), "full"),
    _file(
        "time-pipe",
        "a timestamp that is a pipe",
        _beside(lambda _, folder: os.mkfifo(folder / "timestamp.txt")),
        "full",
    ),
)
