"""What may remain of HTML that a learner wrote, or that a learner's code put out.

Everything that is not named here is dropped: scripts, styles, frames, forms, event handlers, names
and ids (a page's own script could mistake them for its own), and every address that is not a link
to another place or a picture inside the page itself.
"""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata

import nh3
from markupsafe import Markup, escape

_TAGS = (
    "a abbr b blockquote br caption cite code col colgroup dd del details dfn div dl dt em "
    "figcaption figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q s samp small span "
    "strong sub summary sup table tbody td tfoot th thead tr tt u ul var"
)
_ATTRIBUTES = {
    "*": {"align", "class", "dir"},
    "a": {"href", "title"},
    "abbr": {"title"},
    "col": {"span"},
    "img": {"src", "alt", "title", "width", "height"},
    "li": {"value"},
    "ol": {"start", "type"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
# Their text is no text for readers.
_DROPPED_WITH_CONTENT = (
    "script style template noscript iframe object embed svg math title textarea select xmp noembed "
    "noframes head"
)

# Classes of highlighted code, of terminal colours and of tables of figures; no others, which could
# put on the look, or get the place, of a part of the page.
_CLASSES = re.compile(r"highlight|dataframe|[a-z][a-z0-9]?|ansi-[a-z-]+|formula-[0-9a-f]+-\d+")
_PICTURE = re.compile(r"data:image/(?P<kind>png|jpeg|gif|webp);base64,(?P<data>[A-Za-z0-9+/=\s]+)")
_BEGINNINGS = {
    "png": (b"\x89PNG\r\n\x1a\n",),
    "jpeg": (b"\xff\xd8\xff",),
    "gif": (b"GIF87a", b"GIF89a"),
    "webp": (b"RIFF",),
}
_LINK = re.compile(r"(?:https?://[^\s/]|mailto:[^\s])[^\x00-\x20]*", re.IGNORECASE)
_SIZE = re.compile(r"\d{1,4}")
_VALUES = {
    "align": re.compile(r"left|right|center"),
    "dir": re.compile(r"ltr|rtl|auto"),
    "scope": re.compile(r"row|col"),
    "type": re.compile(r"[1aAiI]"),
    "href": _LINK,
    **dict.fromkeys(("colspan", "rowspan", "span", "start", "value", "width", "height"), _SIZE),
}


def _attribute(_tag: str, name: str, value: str) -> str | None:
    """Return what remains of an attribute's value; None drops the attribute."""
    if name == "class":
        kept = [word for word in value.split() if _CLASSES.fullmatch(word)]
        return " ".join(kept) or None
    if name == "src":
        return _checked_picture(value) or None
    pattern = _VALUES.get(name)
    return value if pattern is None or pattern.fullmatch(value) else None


NOTHING = Markup()
_MOST_ROUNDS = 6

_CLEANER = nh3.Cleaner(
    tags=set(_TAGS.split()),
    clean_content_tags=set(_DROPPED_WITH_CONTENT.split()),
    attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
    attribute_filter=_attribute,
    link_rel="noopener noreferrer nofollow",
    set_tag_attribute_values={"a": {"target": "_blank"}},
    url_schemes={"http", "https", "mailto", "data"},
)

# Of several line breaks at the head of a `pre`, each reading takes one.
_AFTER_PRE = re.compile(r"(<pre\b[^>]*>)[\r\n]+", re.IGNORECASE)
# Characters that no text needs and that only mislead: all controls but tab and line break.
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def clean(html: str) -> Markup:
    """Return what of the HTML is harmless, well-formed and ready to be put into a page.

    A browser reads the result anew, and misnested elements then find other places; so it is
    cleaned again until nothing changes any more. What never settles is shown as text.
    """
    text = _AFTER_PRE.sub(r"\1", _CONTROLS.sub("", html))
    for _ in range(_MOST_ROUNDS):
        cleaned = _CLEANER.clean(text)
        if cleaned == text:
            return Markup(cleaned)
        text = cleaned
    return escape(html)


def plain(text: object) -> str:
    """Return a name, or another short text of somebody else's, on one line as it is read.

    Without control characters, and without those that turn the direction of the text around.
    """
    kept = (" " if char.isspace() else char for char in str(text))
    return "".join(char for char in kept if unicodedata.category(char) not in {"Cc", "Cf"}).strip()


def without_controls(text: str) -> str:
    """Return a longer text without control characters; tabs and line breaks stay."""
    return _CONTROLS.sub("", text)


def is_empty(html: str) -> bool:
    """Whether nothing can be seen of cleaned HTML."""
    return "<img" not in html and "<hr" not in html and not re.sub(r"<[^>]*>|\s", "", html)


def picture(kind: str, data: str, alt: str) -> Markup:
    """Return an ``img`` of base64 data; empty if it is no picture, or of a kind that is not shown.

    Parameters
    ----------
    kind : str
        Media type.
    data : str
        Base64.
    alt : str
        What is seen on it.
    """
    address = _checked_picture(f"data:{kind};base64,{data}")
    return Markup('<img src="{}" alt="{}">').format(address, alt) if address else NOTHING


def _checked_picture(address: str) -> str:
    """Return the address of a picture if it holds one, without white space; empty otherwise."""
    found = _PICTURE.fullmatch(address)
    if not found:
        return ""
    data = re.sub(r"\s+", "", found["data"])
    try:
        content = base64.b64decode(data, validate=True)
    except binascii.Error:
        return ""
    if not content.startswith(_BEGINNINGS[found["kind"]]):
        return ""
    return f"data:image/{found['kind']};base64,{data}"
