"""The photographs of formgrader, feedback and report in the chapter for instructors."""

from __future__ import annotations

import re
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / "book"
PICTURES = BOOK / "appendix" / "pictures"
FIGURE = re.compile(r"^```\{figure\} (pictures/\S+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def figures() -> dict[str, str]:
    """Options and captions of the figures, by the name of the file."""
    text = (BOOK / "appendix" / "instructors.md").read_text(encoding="utf-8")
    return {Path(path).name: body for path, body in FIGURE.findall(text)}


def test_every_picture_is_shown_with_a_name_a_text_and_a_caption():
    assert set(figures()) == {path.name for path in PICTURES.iterdir()}
    for name, body in figures().items():
        assert re.search(r"^:name: fig-[\w-]+$", body, re.MULTILINE), name
        alternative = re.search(r"^:alt: (.+)$", body, re.MULTILINE)
        assert alternative, name
        assert len(alternative[1]) > 60, name
        assert re.search(r"\n\n\S.+\.\n$", body), f"{name}: no caption"


def test_the_pictures_are_small_and_wide_enough():
    for path in PICTURES.iterdir():
        assert path.stat().st_size < 60_000, path.name
        with Image.open(path) as picture:
            assert picture.format == "WEBP"
            assert picture.width >= 1000
            # Nothing that could name a person or a machine.
            assert not picture.getexif()
