"""course_page, which runs in the Python of a page, is tested in this one."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "browser" / "python"), str(ROOT / "tools")]
