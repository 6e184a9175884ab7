"""Makes the program start sooner; to be imported before anything that loads nbformat."""

from __future__ import annotations

import sys


def leave_out_address_grammar() -> None:
    """Keep jsonschema from loading the grammar of international addresses (RFC 3987).

    nbformat loads jsonschema, which builds that grammar, if its package is installed, whenever it
    is imported: more than half of the time a command takes to start. jsonschema does without it as
    if it were not installed; no notebook is checked for such an address.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
