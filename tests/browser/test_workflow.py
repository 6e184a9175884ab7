"""The whole workflow in a browser: formgrader and list of assignments in JupyterLab."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

pytest.importorskip("nbgrader", reason="needs the extra 'grading'")

from playwright.sync_api import expect
from workflow import COURSE_ID, Instructor, Learner, School

from dlgrader.sandbox import Bubblewrap

NAME = "ps4_convolution"
LEARNER = "ada"

pytestmark = pytest.mark.skipif(bool(Bubblewrap().problem()), reason=Bubblewrap().problem())

WRONG = '''def conv_output_size(input_size, filter_size, stride=1, pad=0):
    """Steps of the filter."""
    if min(input_size, filter_size, stride) < 1 or pad < 0:
        raise ValueError("sizes and stride: at least 1; pad: at least 0")
    if input_size + 2 * pad < filter_size:
        raise ValueError("the filter is larger than the padded input")
    return (input_size + pad - filter_size) // stride + 1'''
RIGHT = WRONG.replace("+ pad -", "+ 2 * pad -")
ANSWER = "Fully connected: 784 · 17280 weights. Convolution: 30 · 25 = 750, used at every place."


@pytest.fixture(scope="module")
def school(tmp_path_factory) -> School:
    """The folders of an instructor and of one learner."""
    found = School(tmp_path_factory.mktemp("school"))
    found.found(NAME)
    found.enrol(LEARNER)
    return found
