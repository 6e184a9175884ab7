"""What of a wheel the browser does not need.

The pages draw with matplotlib's Agg and SVG backends and read no file formats but PNG. What is left
out is what they cannot use: tests, sample data, headers, other backends, fonts that no setting of
the course chooses. Where a package keeps a list of its files, the list is shortened too.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Mapping

# In every package.
_ANYWHERE = re.compile(
    r"""(^|/)(tests?|testing/tests|__pycache__)/
    | \.(pyi|pyx|pxd|c|h|a|f90|cmake|pc|typed)$
    | \.dist-info/(RECORD|INSTALLER|REQUESTED|top_level\.txt|entry_points\.txt|direct_url\.json)$
    | \.data/
    """,
    re.VERBOSE,
)

_IN_PACKAGE = {
    "ipython": r"^IPython/sphinxext/",
    "jedi": r"^jedi/third_party/",  # stubs for type checking of other packages
    "matplotlib": r"""
        ^matplotlib/mpl-data/(sample_data|images|plot_directive|kpsewhich\.lua)
        | ^matplotlib/mpl-data/fonts/(afm|pdfcorefonts)/
        | ^matplotlib/mpl-data/fonts/ttf/(DejaVuSerif|DejaVuSansMono-)
        | ^matplotlib/backends/(web_backend|qt_editor|_tkagg)
        | ^matplotlib/backends/_?backend_(cairo|gtk|macosx|nbagg|qt|tk|wx)
        | ^matplotlib/backends/_?backend_(pdf|pgf|ps|pyodide|webagg)
        | ^matplotlib/(sphinxext|testing)/
        | ^pylab
    """,
    # numpy.testing reads a class from the folder of tests.
    "numpy": r"^numpy/(_pyinstaller|f2py)/",
    "pillow": r"^PIL/(_avif|_imagingcms|_imagingft|_imagingtk|_webp)\.",
    "python-dateutil": r"^dateutil/zoneinfo/dateutil-zoneinfo",
    "pygments": r"^pygments/lexers/(?!__init__|_mapping|python|special|shell|_)",
}
# By its entry point matplotlib finds the backend with which a notebook shows figures.
_KEPT = re.compile(
    r"^numpy/_core/tests/_natype\.py$"
    r"|^matplotlib_inline-[^/]+\.dist-info/entry_points\.txt$"
    r"|\.dist-info/licenses/"
)


def needed(package: str, name: str) -> bool:
    """Whether the browser needs this file of a package, named by its path in the wheel."""
    if name.endswith("/"):
        return False
    if _KEPT.search(name):
        return True
    own = _IN_PACKAGE.get(package)
    return not (_ANYWHERE.search(name) or (own and re.search(own, name, re.VERBOSE)))


def slim_entries(package: str, wheel: bytes) -> dict[str, bytes]:
    """Return the files of a wheel that the browser needs."""
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        entries = {name: archive.read(name) for name in archive.namelist() if needed(package, name)}
    if package == "matplotlib":
        listed = "matplotlib/fontlist.json"
        entries[listed] = _fonts_that_are_there(entries[listed], entries)
    return entries


def _fonts_that_are_there(listed: bytes, entries: Mapping[str, bytes]) -> bytes:
    """Shorten matplotlib's list of fonts, which it would else make anew at the first figure."""
    fonts = json.loads(listed)
    for kind in ("ttflist", "afmlist"):
        fonts[kind] = [
            font for font in fonts[kind] if f"matplotlib/mpl-data/{font['fname']}" in entries
        ]
    return json.dumps(fonts).encode()
