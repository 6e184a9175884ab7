"""Which folders Python needs inside the sandbox, and what in them must not be seen there."""

from __future__ import annotations

import os
import re
import site
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

HIDDEN_PACKAGES = (
    # The grader, its gradebook, and this course's library: the sandbox has its own edition of it.
    "dlcore", "dlgrader", "nbgrader",
    # Libraries that hold the answers, and their parts.
    "torch", "torchgen", "torchvision", "torchaudio", "functorch", "jax", "jaxlib", "flax",
    "optax", "keras", "tensorflow",
)  # fmt: skip
USR = Path("/usr")
_HIDDEN_FOLDERS = ("/usr/local/share", "/usr/src")


def roots(hidden: Sequence[Path] = ()) -> list[Path]:
    """Return the folders and files that the interpreter consists of, without those below /usr.

    Parameters
    ----------
    hidden : sequence of Path
        Folders below /usr that are not seen inside; what lies in one of them is returned, too.

    >>> all(path.exists() for path in roots())
    True
    """
    prefix, base = _plain(sys.prefix), _plain(sys.base_prefix)
    found = []
    for folder in dict.fromkeys((base, base.resolve(), prefix)):
        found += [folder / name for name in ("lib", "lib64", "share/zoneinfo", "pyvenv.cfg")]
        found += sorted((folder / "bin").glob("python*"))
    found += _package_folders_elsewhere(prefix, base)
    kept: list[Path] = []
    for path in found:
        seen = below(path, [USR]) and not below(path, hidden)
        if path.exists() and not seen and not below(path, kept):
            kept.append(path)
    return kept


def executable() -> Path:
    """Return the program that Python is, without following the links of a virtual environment.

    >>> executable().is_absolute()
    True
    """
    return _plain(sys.executable)


def _plain(path: str) -> Path:
    """Take "." and ".." out of a path: Python may have been started by a relative one."""
    return Path(os.path.abspath(path))  # noqa: PTH100 (resolve() would follow links)


def below(path: Path, folders: Iterable[Path]) -> bool:
    """Whether a path is one of the folders or lies in one.

    >>> below(Path("/usr/lib"), [Path("/usr")]), below(Path("/usrlocal"), [Path("/usr")])
    (True, False)
    """
    return any(path.is_relative_to(folder) for folder in folders)


def _package_folders_elsewhere(prefix: Path, base: Path) -> list[Path]:
    """Return folders with installed packages outside both prefixes, such as those of one user."""
    folders = [*site.getsitepackages(), site.getusersitepackages()]
    return [
        Path(folder)
        for folder in folders
        if folder in sys.path
        and not Path(folder).is_relative_to(prefix)
        and not Path(folder).is_relative_to(base)
    ]


def search_path() -> list[str]:
    """Return the folders with packages that Python does not find by itself inside."""
    user = site.getusersitepackages()
    return [user] if user in sys.path else []


def hidden_folders(mounted: Sequence[Path], hide: Sequence[Path]) -> list[Path]:
    """Name the folders that must not be seen below those that are mounted, outermost first.

    Parameters
    ----------
    mounted : sequence of Path
    hide : sequence of Path
        Folders of the instructor's, such as the course folder.
    """
    named = [*(Path(name) for name in _HIDDEN_FOLDERS), *hide]
    kept: list[Path] = []
    for path in sorted({*named, *(folder.resolve() for folder in named)}):
        if path.is_dir() and below(path, mounted) and not below(path, kept):
            kept.append(path)
    return kept


def hidden_packages(mounted: Sequence[Path]) -> list[Path]:
    """Name what belongs to the hidden packages below the folders that are mounted."""
    folders = {folder for root in mounted for folder in _site_folders(root)}
    return sorted(path for folder in folders for path in _hidden_in(folder))


def _site_folders(root: Path) -> Iterator[Path]:
    if root.name in ("site-packages", "dist-packages"):
        yield root
        return
    for pattern in ("python*", "lib*/python*", "local/lib*/python*"):
        for folder in root.glob(pattern):
            for name in ("site-packages", "dist-packages"):
                if (folder / name).is_dir() and not folder.is_symlink():
                    yield folder / name


def _hidden_in(folder: Path) -> Iterator[Path]:
    for path in [*folder.iterdir(), *folder.glob("__pycache__/*")]:
        # numpy, numpy-2.0.dist-info, __editable__.numpy-2.0.pth, __editable___numpy_2_0_finder.py
        words = re.findall("[a-z]+", path.name.lower().removeprefix("__editable__"))
        if words and words[0] in HIDDEN_PACKAGES:
            yield path
