"""The package as a whole: its names, its version, its light import."""

import importlib
import pathlib
import subprocess
import sys
import tomllib

import pytest

import dlcore

ROOT = pathlib.Path(__file__).parents[2]
CORE = [
    "convolution",
    "functional",
    "gradient_check",
    "initializers",
    "layers",
    "losses",
    "networks",
    "optimizers",
    "pooling",
    "regularizers",
]


def test_version_is_that_of_the_distribution():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert dlcore.__version__ == project["version"]


def test_import_needs_numpy_alone():
    heavy = {"matplotlib", "ipywidgets", "IPython", "pooch", "tqdm", "torch"}
    code = f"import sys, dlcore; print(sorted({heavy!r} & sys.modules.keys()))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize("name", CORE)
def test_public_names_of_a_module_are_documented_and_reachable_from_the_package(name):
    module = importlib.import_module(f"dlcore.{name}")
    for public in module.__all__:
        thing = getattr(module, public)
        if public == "Initializer":  # an alias for annotations
            continue
        assert thing.__doc__, public
        assert getattr(dlcore, public) is thing


def test_all_names_exist_once():
    assert len(set(dlcore.__all__)) == len(dlcore.__all__)
    assert all(hasattr(dlcore, name) for name in dlcore.__all__)
