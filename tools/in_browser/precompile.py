"""Compile every module below /sources; runs inside Pyodide, started by precompile.mjs.

Below /sources/plain everything is kept; below /sources/bare docstrings are left out, for packages
that nobody reads in a browser. The compiled files are valid whatever date their source has.
"""

import py_compile
from pathlib import Path

INSTALLED = Path("/lib/python3.14/site-packages")  # what tracebacks show
OPTIMISATION = {"plain": 0, "bare": 2}

for kind, level in OPTIMISATION.items():
    folder = Path("/sources", kind)
    for path in sorted(folder.rglob("*.py")):
        wheel, *inside = path.relative_to(folder).parts
        py_compile.compile(
            str(path),
            cfile=str(path.with_suffix(".pyc")),
            dfile=str(INSTALLED.joinpath(*inside)),
            doraise=True,
            optimize=level,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
