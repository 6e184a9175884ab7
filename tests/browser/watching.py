"""Whether anything of a page ran, was loaded from elsewhere, or led away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

# Does what a person may do by chance, and more: moves over everything, presses all that says so.
PROVOKE = """
root => {
  for (const element of document.querySelectorAll(root + " *")) {
    for (const kind of ["mouseover", "mouseenter", "pointerover", "focus", "animationstart"]) {
      element.dispatchEvent(new Event(kind, {bubbles: kind === "mouseover"}));
    }
  }
  const odd = [...document.querySelectorAll(root + " a, " + root + " area")]
    .filter(link => link.href && !/^(https?|mailto):$/.test(link.protocol));
  for (const element of [...document.querySelectorAll(root + " .press"), ...odd]) {
    (element.querySelector("text") || element).dispatchEvent(
      new MouseEvent("click", {bubbles: true, cancelable: true, view: window}));
  }
}
"""


@contextmanager
def watched(browser: Any, host: str) -> Iterator[tuple[Any, list[str]]]:
    """Yield a page, and the list of all that should not have happened on it."""
    context = browser.new_context()
    harm: list[str] = []

    def on_request(route: Any) -> None:
        address = urlsplit(route.request.url)
        if address.netloc == host or address.scheme in {"data", "blob", "about"}:
            route.continue_()
        else:
            harm.append(f"request to {route.request.url}")
            route.abort()

    def on_navigation(frame: Any) -> None:
        if frame.parent_frame is None and urlsplit(frame.url).netloc not in {host, ""}:
            harm.append(f"led to {frame.url}")

    context.route("**/*", on_request)
    context.expose_binding("ran", lambda _source, *_: harm.append("a script ran"))
    page = context.new_page()
    page.on("dialog", lambda dialog: (harm.append("a dialog"), dialog.dismiss()))
    page.on("framenavigated", on_navigation)
    page.on("popup", lambda popup: harm.append(f"opened {popup.url}"))
    yield page, harm
    context.close()
