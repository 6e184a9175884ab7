"""matplotlib is loaded by the first use, not by the import; in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
START = """
import sys
from course_page import late_matplotlib
late_matplotlib.install(lambda: print("fetched"))
import matplotlib
import matplotlib.pyplot as plt
from dlcore.figures import use_course_style
use_course_style()
plt.rcParams["font.size"] = 17
plt.rcParams.update({"lines.linewidth": 5})
assert not late_matplotlib.is_loaded()
print("waiting")
"""


def run(code: str) -> subprocess.CompletedProcess:
    folders = [str(ROOT / "browser" / "python"), str(ROOT)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(folders), "MPLBACKEND": "svg"}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize(
    "use",
    [
        "plt.figure()",
        "matplotlib.colormaps",
        "from matplotlib.colors import to_rgba",
        "import matplotlib.patches",
        "from matplotlib import ticker",
        "plt.rcParams['font.size']",
        "from dlcore.plots import image_grid\nimport numpy as np\nimage_grid(np.ones((2, 3, 3)))",
    ],
)
def test_first_use_brings_the_real_one_with_what_was_set(use):
    done = run(
        f"{START}\n{use}\nassert late_matplotlib.is_loaded()\n"
        "assert plt.rcParams['font.size'] == 17 and matplotlib.rcParams['lines.linewidth'] == 5\n"
        "assert plt.rcParams is sys.modules['matplotlib'].rcParams\n"
        "plt.rcParams['font.size'] = 9\nassert matplotlib.rcParams['font.size'] == 9\n"
        "from matplotlib.patches import Rectangle\n"
        "assert Rectangle is type(plt.gca().patch)\n"
        "assert plt.plot is sys.modules['matplotlib.pyplot'].plot\nassert plt.plot([1, 2])\n"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["waiting", "fetched"]


def test_a_failed_fetch_can_be_tried_again():
    code = START.replace('print("fetched")', "tries.pop()()").replace(
        "import sys\n",
        "import sys\ndef fail(): raise OSError('no connection')\ntries = [lambda: 0, fail]\n",
        1,
    )
    done = run(
        f"{code}\ntry:\n    plt.figure()\nexcept OSError as error:\n    print(error)\n"
        "assert not late_matplotlib.is_loaded()\nplt.figure()\n"
        "assert plt.rcParams['font.size'] == 17"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["waiting", "no connection"]
