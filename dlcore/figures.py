"""Pictures that read on paper, on white and in dark mode.

A chapter calls :func:`use_course_style` once and draws with matplotlib as usual. The pages show
the pictures as inline SVG made by :func:`to_svg` or :func:`adapt_svg`: black ink takes the colour
of the surrounding text, white areas take the colour of the page, and everything else keeps its
colour. So pure black and pure white must not stand for data; :data:`PALETTE` has neither.
"""

from __future__ import annotations

import hashlib
import io
import re
import sys
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from dlcore._layout import remembered

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["GREY", "PALETTE", "adapt_svg", "to_svg", "use_course_style"]

#: Colours for data. Hues follow Okabe & Ito (2008, "Color Universal Design"), shifted so that each
#: has a contrast of at least 3:1 on white and on the dark page (#14181e), and so that no two look
#: alike to readers with a colour-vision deficiency. Their order is the order of plotted lines.
PALETTE: dict[str, str] = {
    "blue": "#0067b8",
    "orange": "#dd7800",
    "green": "#009759",
    "purple": "#b54f91",
    "red": "#bd3f03",
    "sky": "#2b93ff",
}

#: For what is there but not the point: guide lines, empty cells, numbers in the margin.
GREY = "#7a7a7a"

# Lines differ in their dashes too: nobody has to tell them apart by colour alone.
_DASHES = ["-", "--", "-.", ":", (0, (6, 1, 1, 1, 1, 1)), (0, (1, 1))]

_SVG_RC: dict[Any, Any] = {
    "svg.fonttype": "path",
    "svg.hashsalt": "dlcore",
    "svg.image_inline": True,
}

# The page's own background: the site's theme, JupyterLab, or white.
_PAPER = "var(--pst-color-background, var(--jp-layout-color0, #ffffff))"
_BLACK = {"#000000", "#000", "black"}
_WHITE = {"#ffffff", "#fff", "white"}
_INK_PROPERTIES = ("fill", "stroke", "stop-color", "color")

_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_TRANSLATE = re.compile(r"translate\([^)]*\)")
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


def use_course_style() -> None:
    """Set matplotlib's defaults to the course's, and let Jupyter show pictures as SVG.

    Sizes are chosen so that labels can still be read when a picture shrinks to the width of a
    phone. Lines take their colours from :data:`PALETTE` and differ in their dashes too.

    Examples
    --------
    >>> use_course_style()
    >>> import matplotlib
    >>> float(matplotlib.rcParams["font.size"])
    11.0
    """
    import matplotlib
    from cycler import cycler

    matplotlib.rcParams.update(
        {
            **_SVG_RC,
            "axes.axisbelow": True,
            "axes.grid": True,
            "axes.prop_cycle": cycler(color=list(PALETTE.values())) + cycler(linestyle=_DASHES),
            "axes.spines.right": False,
            "axes.spines.top": False,
            "axes.titlesize": 11.5,
            "figure.constrained_layout.use": True,
            "figure.dpi": 100,
            "figure.figsize": (5.6, 3.4),
            "font.size": 11,
            "grid.color": "#9a9a9a",
            "grid.alpha": 0.35,
            "grid.linewidth": 0.7,
            "image.cmap": "viridis",
            "legend.fontsize": 10,
            "legend.frameon": False,
            "lines.linewidth": 2,
            "patch.edgecolor": "#000000",
            "xtick.labelsize": 10,
            "ytick.labelsize": 10,
        }
    )
    if "IPython" in sys.modules and sys.modules["IPython"].get_ipython() is not None:
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        set_matplotlib_formats("svg")


def to_svg(fig: Figure, alt: str, prefix: str | None = None) -> str:
    """Turn a figure into SVG for a page, and close the figure.

    The picture keeps the figure's size (nothing is cropped), so that the pictures of one slider
    lie exactly over each other.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
    alt : str
        What there is to see, in plain text.
    prefix : str, optional
        Start of every id in the picture; by default made from its content.

    Returns
    -------
    str
        An ``<svg>`` element; the same figure always gives the same text.

    Raises
    ------
    TypeError
        If `fig` is not a figure.
    ValueError
        If `alt` is empty.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> fig = Figure(figsize=(1, 1))
    >>> _ = fig.add_subplot().plot([0, 1], color="black")
    >>> svg = to_svg(fig, "A rising line.")
    >>> svg.startswith("<svg "), "currentColor" in svg, "#000000" in svg
    (True, True, False)
    """
    from matplotlib.figure import Figure

    if not isinstance(fig, Figure):
        raise TypeError(
            f"to_svg: expected fig to be a matplotlib Figure, got {type(fig).__name__}; "
            "for axes, pass ax.figure"
        )
    svg = _write_svg(fig)
    if "matplotlib.pyplot" in sys.modules:
        # Otherwise Jupyter would show the figure once more at the end of the cell.
        sys.modules["matplotlib.pyplot"].close(fig)
    return adapt_svg(svg, alt, prefix)


def _write_svg(fig: Figure) -> str:
    """Let matplotlib write a figure as it does in ``savefig``, but draw it once only.

    ``savefig`` draws a figure that lays itself out twice, the first time for the layout alone. In
    the reader's browser that costs a third of the time.
    """
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    buffer = io.StringIO()
    canvas, dpi = fig.canvas, fig.dpi
    try:
        with rc_context(_SVG_RC), remembered():
            FigureCanvasSVG(fig).print_svg(buffer, metadata={"Date": None})
    finally:
        fig.dpi = dpi
        fig.set_canvas(canvas)
    return buffer.getvalue()


def adapt_svg(svg: str, alt: str, prefix: str | None = None) -> str:
    """Make an SVG written by matplotlib fit to stand inside an HTML page.

    The prolog, comments and metadata go, and so does the background of the figure and its axes.
    Black becomes ``currentColor`` and white the page's background, so that the picture follows
    light and dark mode. Ids get a prefix, because all pictures of a page share one set of ids.
    The picture is never wider than its column. Coordinates are rounded to 1/100 point.

    Parameters
    ----------
    svg : str
        A whole SVG document.
    alt : str
        What there is to see, in plain text; becomes the accessible name.
    prefix : str, optional
        Start of every id: letters, digits, ``-`` and ``_``, first a letter. By default made from
        the content, so that two different pictures never collide.

    Returns
    -------
    str
        An ``<svg>`` element on one line.

    Raises
    ------
    ValueError
        If `alt` is empty, `prefix` cannot be an id, or `svg` is not an SVG document.

    Examples
    --------
    >>> adapt_svg('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" width="9pt" '
    ...           'height="9pt"><path d="M 0 0.12345 L 9 9" style="stroke: #000000"/></svg>',
    ...           alt="A diagonal.")  # doctest: +ELLIPSIS
    '<svg class="dlc-picture" viewBox="0 0 9 9" ... aria-label="A diagonal." ...><path d="M 0 0.12
    L 9 9" style="stroke:currentColor" /></svg>'
    """
    alt = " ".join(alt.split())
    if not alt:
        raise ValueError(
            "adapt_svg: expected alt to say what there is to see, got an empty text; "
            'write a sentence such as "The loss falls from 2.3 to 0.4."'
        )
    if prefix is not None and not _NAME.fullmatch(prefix):
        raise ValueError(
            f"adapt_svg: expected prefix to be letters, digits, - and _, first a letter, "
            f"got {prefix!r}"
        )
    root = _parse(svg)
    _drop_backgrounds(root)
    for element in root.iter():
        _clean(element)
    _frame(root, alt)
    if prefix is None:
        _rename_ids(root, "id")
        prefix = "svg-" + hashlib.sha256(ElementTree.tostring(root)).hexdigest()[:10]
    _rename_ids(root, prefix)
    _unwrap_groups(root)
    return ElementTree.tostring(root, encoding="unicode")


def _parse(svg: str) -> ElementTree.Element:
    """Parse an SVG document; drop namespaces, metadata, style sheets and empty definitions."""
    try:
        root = ElementTree.fromstring(svg.strip())
    except ElementTree.ParseError as error:
        raise ValueError(f"adapt_svg: expected svg to be an SVG document, got {error}") from error
    for element in root.iter():
        element.tag = _local(element.tag)
        # Inside HTML, href works without the XLink namespace.
        element.attrib = {_local(key): value for key, value in element.attrib.items()}
        element.text = element.text if element.text and element.text.strip() else None
        element.tail = element.tail if element.tail and element.tail.strip() else None
    if root.tag != "svg":
        raise ValueError(f"adapt_svg: expected svg to be an <svg> document, got <{root.tag}>")
    # matplotlib's style sheet speaks of "*": inside a page it would reach the whole page.
    for tags in ({"metadata", "style"}, {"defs"}):
        for parent in list(root.iter()):
            for child in list(parent):
                if child.tag in tags and (child.tag != "defs" or len(child) == 0):
                    parent.remove(child)
    return root


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _drop_backgrounds(root: ElementTree.Element) -> None:
    """Remove the first patch of the figure and of each axes if it is white or not filled."""
    for group in root.iter("g"):
        if not re.fullmatch(r"(figure|axes)_\d+", group.get("id", "")) or len(group) == 0:
            continue
        first = group[0]
        if not re.fullmatch(r"patch_\d+", first.get("id", "")) or len(first) != 1:
            continue
        style = _style(first[0])
        if style.get("fill") in {"none", *_WHITE} and style.get("stroke", "none") == "none":
            group.remove(first)


def _style(element: ElementTree.Element) -> dict[str, str]:
    pairs = (part.partition(":") for part in element.get("style", "").split(";"))
    return {key.strip(): value.strip() for key, _, value in pairs if key.strip()}


def _clean(element: ElementTree.Element) -> None:
    """Replace black and white, and round coordinates."""
    style = _style(element)
    for key in _INK_PROPERTIES:
        # A presentation attribute cannot hold var(...): colours that change go into the style.
        value = style.get(key, element.get(key, "")).lower()
        if value in _BLACK | _WHITE:
            element.attrib.pop(key, None)
            style[key] = "currentColor" if value in _BLACK else _PAPER
    if style:
        element.set("style", ";".join(f"{key}:{value}" for key, value in style.items()))
    for key in ("d", "x", "y", "width", "height", "points"):
        if key in element.attrib:
            rounded = _NUMBER.sub(_round, element.attrib[key])
            element.set(key, " ".join(rounded.split()))
    if element.get("href", "").startswith("data:"):
        element.set("href", "".join(element.attrib["href"].split()))
    if "transform" in element.attrib:
        # Scales keep their digits: glyphs are drawn large and scaled down.
        move = _TRANSLATE.sub(
            lambda match: _NUMBER.sub(_round, match[0]), element.attrib["transform"]
        )
        element.set("transform", move)


def _round(match: re.Match[str]) -> str:
    text = f"{float(match[0]):.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _frame(root: ElementTree.Element, alt: str) -> None:
    """Set the attributes of the outer element: size, name, and defaults for its ink."""
    width = root.get("width", "")
    size = f"width:{width};" if re.fullmatch(r"[\d.]+(pt|px|in|cm|mm)?", width) else ""
    view_box = root.get("viewBox", "")
    root.attrib = {
        "class": "dlc-picture",
        "viewBox": view_box,
        "role": "img",
        "aria-label": alt,
        "fill": "currentColor",
        "stroke-linejoin": "round",
        "stroke-linecap": "butt",
        "style": f"{size}max-width:100%;height:auto",
    }


def _rename_ids(root: ElementTree.Element, prefix: str) -> None:
    """Number the ids that something refers to, and drop the others."""
    used = set()
    for element in root.iter():
        for key, value in element.attrib.items():
            used.update(_REFERENCE.findall(value))
            if key == "href" and value.startswith("#"):
                used.add(value[1:])
    names: dict[str, str] = {}
    for element in root.iter():
        name = element.attrib.get("id")
        if name in used and name is not None:
            names[name] = f"{prefix}-{len(names) + 1}"
            element.set("id", names[name])
        else:
            element.attrib.pop("id", None)
    for element in root.iter():
        for key, value in element.attrib.items():
            if key == "href" and value.startswith("#"):
                element.set(key, "#" + names.get(value[1:], value[1:]))
            elif "url(#" in value:
                new = _REFERENCE.sub(lambda match: f"url(#{names.get(match[1], match[1])})", value)
                element.set(key, new)


def _unwrap_groups(element: ElementTree.Element) -> None:
    """Put the children of groups that no longer say anything in the groups' place."""
    children: list[ElementTree.Element] = []
    for child in element:
        _unwrap_groups(child)
        children.extend(child if child.tag == "g" and not child.attrib else [child])
    element[:] = children
