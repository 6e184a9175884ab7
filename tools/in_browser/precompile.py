"""Compile every module below /sources; runs inside Pyodide, started by precompile.mjs.

Below /sources/bare are packages that nobody reads in a browser, below /sources/library is Python's
own library: docstrings are left out. Below /sources/page is what runs the cells of a page. The
compiled files are valid whatever date their source has.
"""

import py_compile
from pathlib import Path

INSTALLED = Path("/lib/python3.14/site-packages")
# Where tracebacks say that a module is, and how it is compiled.
KINDS = {
    "plain": (INSTALLED, 0),
    "bare": (INSTALLED, 2),
    "library": (Path("/lib/python314.zip"), 2),
    "page": (Path("/home/pyodide"), 0),
}

for kind, (place, level) in KINDS.items():
    folder = Path("/sources", kind)
    for path in sorted(folder.rglob("*.py")):
        wheel, *inside = path.relative_to(folder).parts
        py_compile.compile(
            str(path),
            cfile=str(path.with_suffix(".pyc")),
            dfile=str(place.joinpath(*inside)),
            doraise=True,
            optimize=level,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
