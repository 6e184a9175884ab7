"""An edition of `dlcore` without the answers, for the process in which a learner's code runs.

`edition` copies the package and replaces what is named, functions, methods, classes or whole
modules, by bodies that raise `WithheldError`. Their code is not there, so no trick brings it back;
everything else works, and so do the imports. Layers take a learner's own functions as always.

`WITHHELD` says for each assignment what has to go: the same thing as what the learner writes, under
any name, and what leads there in a line or two (the derivative by central differences, the step
function as the ReLU's derivative, the decay of AdamW with a gradient of 0).
"""

from __future__ import annotations

import ast
import atexit
import os
import py_compile
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from dlcore.checks import plans

_NUMERICAL = "dlcore.gradient_check.numerical_gradient"

WITHHELD: dict[str, tuple[str, ...]] = {
    "ps1_vanishing_gradients": (
        _NUMERICAL,
        "dlcore.functional.sigmoid",
        "dlcore.functional.sigmoid_grad",
        "dlcore.functional.relu",
        "dlcore.functional.relu_grad",
        "dlcore.functional.leaky_relu",
        "dlcore.functional.leaky_relu_grad",
        "dlcore.functional.step",
        "dlcore.layers.activations.ReLU.backward",
        "dlcore.initializers.xavier_normal",
        "dlcore.initializers.glorot_normal",
        "dlcore.initializers.glorot_uniform",
        "dlcore.initializers.he_normal",
        "dlcore.initializers.he_uniform",
        "dlcore.layers.normalization.BatchNorm.forward",
        "dlcore.layers.normalization.BatchNorm.backward",
    ),
    "ps2_optimizers": (
        "dlcore.optimizers.adam",
        "dlcore.optimizers.adaptive",
        "dlcore.optimizers.base",
        "dlcore.optimizers.eve",
        "dlcore.optimizers.momentum",
        "dlcore.experiments.variants",
    ),
    "ps3_overfitting": (
        _NUMERICAL,
        "dlcore.regularizers.l1_penalty",
        "dlcore.regularizers.l2_penalty",
        "dlcore.regularizers.l1_gradient",
        "dlcore.regularizers.weight_decay_gradient",
        "dlcore.regularizers.L1.penalty",
        "dlcore.regularizers.L1.gradient",
        "dlcore.regularizers.L2.penalty",
        "dlcore.regularizers.L2.gradient",
        "dlcore.layers.dropout.Dropout.forward",
        "dlcore.layers.dropout.Dropout.backward",
        "dlcore.optimizers.adam.AdamW",
        "dlcore.experiments.variants",
    ),
    "ps4_convolution": (
        _NUMERICAL,
        "dlcore._geometry",
        "dlcore.convolution",
        "dlcore._fast_convolution",
        "dlcore._fast_pooling",
        "dlcore.pooling.average_pool_forward",
        "dlcore.pooling.average_pool_backward",
    ),
    "ps5_modern_cnn": (
        _NUMERICAL,
        "dlcore.pooling.global_average_pool",
        "dlcore.pooling.global_average_pool_backward",
        "dlcore.pooling.global_max_pool",
        "dlcore.pooling.global_max_pool_backward",
        "dlcore.networks.convnets.LeNet5",
        "dlcore.networks.alexnet",
    ),
}
"""What is withheld while an assignment is graded."""

_ERROR = '''"""What stands in for the parts of `dlcore` that are left out for grading."""


class WithheldError(RuntimeError):
    """Raised by a function of `dlcore` that the exercise asks the learner to write."""
'''

# The learner's check cells run while grading, too; the hidden cases alone decide then.
_CHECKS = '''"""Checks for the exercises, left out: this edition of `dlcore` is for grading."""


class CheckFailed(AssertionError):
    """Never raised here."""


class _LeftOut:
    """Whatever is asked of it, it only says that it does nothing."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *args, **kwargs):
        print("Checks are left out while the notebook is graded.")


_left_out = _LeftOut()


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return _left_out
'''

_STUB = '''"""Left out: this edition of `dlcore` is for grading."""

from dlcore.checks import __getattr__  # noqa: F401
'''

# The runner in the sandbox calls the learner's functions with these.
_KEPT_CHECKS = ("calling.py", "comparing.py", "plans.py")


def edition(withheld: Sequence[str]) -> Path:
    """Return a folder that holds the package `dlcore` without what is named.

    Parameters
    ----------
    withheld : sequence of str
        Dotted names of functions, methods, classes or modules, as in `WITHHELD`.

    Returns
    -------
    Path
        To be put first on the path of a Python process. The folder is made once for each process
        and each choice, can be read by everybody, and is removed when the process ends.

    Raises
    ------
    ValueError
        If `dlcore` has nothing of such a name.
    """
    return _make(tuple(sorted(withheld)))


@cache
def _make(withheld: tuple[str, ...]) -> Path:
    # Not of `dlcore` itself: a folder of that name in the current one may pass for a part of it.
    source = Path(plans.__file__).parents[1]
    folder = Path(tempfile.mkdtemp(prefix="dlcore-edition-"))
    atexit.register(_remove, folder, os.getpid())
    package = folder / "dlcore"
    shutil.copytree(source, package, ignore=_left_behind, copy_function=shutil.copyfile)
    (package / "_withheld.py").write_text(_ERROR, encoding="utf-8")
    _leave_checks_out(source / "checks", package / "checks")
    for name in withheld:
        module, parts = _locate(package, name)
        module.write_text(_without(module.read_text(encoding="utf-8"), parts, name), "utf-8")
    for path in package.rglob("*.py"):
        if path.parent.name not in ("catalog", "experiments"):  # hardly a notebook imports these
            py_compile.compile(str(path), doraise=True)
    for path in folder.rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    folder.chmod(0o555)
    return folder


def _left_behind(_folder: str, names: list[str]) -> list[str]:
    """Compiled files would still hold what is withheld."""
    return [name for name in names if name == "__pycache__" or name.endswith(".pyc")]


def _remove(folder: Path, maker: int) -> None:
    """Remove the folder when the process that made it ends, not when a fork of it does."""
    if os.getpid() == maker:
        for path in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
            path.chmod(0o755)
        shutil.rmtree(folder, ignore_errors=True)


def _leave_checks_out(source: Path, checks: Path) -> None:
    """Replace the checks, and take away their data, which tell the right answers."""
    shutil.rmtree(checks)
    checks.mkdir()
    (checks / "__init__.py").write_text(_CHECKS, encoding="utf-8")
    for path in source.glob("*.py"):
        if path.name in _KEPT_CHECKS:
            shutil.copyfile(path, checks / path.name)
        elif path.name != "__init__.py":
            (checks / path.name).write_text(_STUB, encoding="utf-8")


def _locate(package: Path, name: str) -> tuple[Path, tuple[str, ...]]:
    """Return the module's file and what is meant in it; nothing, if the whole module is."""
    first, *parts = name.split(".")
    place = package
    while first == "dlcore" and parts:
        head, *parts = parts
        place = place / head
        if place.with_suffix(".py").is_file():
            return place.with_suffix(".py"), tuple(parts)
    raise ValueError(
        f"{name}: expected a function, class or module of dlcore with its module's full name, "
        'as in "dlcore.convolution.im2col"'
    )


def _without(text: str, parts: tuple[str, ...], name: str) -> str:
    """Return the module's source with the bodies of what is named replaced."""
    tree = ast.parse(text)
    node: ast.AST = tree
    for depth, part in enumerate(parts):
        found = [child for child in _named(node) if child.name == part]
        if not found:
            missing = ".".join(parts[: depth + 1])
            raise ValueError(f"{name}: dlcore has no {missing} in that module")
        node = found[0]
    for function, called in _functions(node, ".".join(parts)):
        said = (
            f"{called} of dlcore is withheld while this exercise is graded: "
            "write it yourself in NumPy."
        )
        function.body = ast.parse(
            f"from dlcore._withheld import WithheldError\nraise WithheldError({said!r})"
        ).body
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


_Function = ast.FunctionDef | ast.AsyncFunctionDef


def _named(node: ast.AST) -> Iterator[_Function | ast.ClassDef]:
    """Yield the functions and classes that are defined directly in a module or class."""
    for child in getattr(node, "body", []):
        if isinstance(child, _Function | ast.ClassDef):
            yield child


def _functions(node: ast.AST, called: str) -> Iterator[tuple[_Function, str]]:
    """Yield the function itself, or all functions and methods in a class or module."""
    if isinstance(node, _Function):
        yield node, called
        return
    for child in _named(node):
        yield from _functions(child, f"{called}.{child.name}".lstrip("."))
