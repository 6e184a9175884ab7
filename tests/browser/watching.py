"""Whether anything of a page ran, was loaded from elsewhere, or led away.

Many pages are watched at once, each in a frame of its own, so that one cannot hide another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Error

# What a browser still does at once, or a moment later.
A_MOMENT = 250

# Does what a person may do by chance, and more: moves over everything, presses all that says so.
PROVOKE = """
root => {
  for (const element of document.querySelectorAll(root + " *")) {
    for (const kind of ["mouseover", "mouseenter", "pointerover", "focus"]) {
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
def watched(browser: Any, host: str) -> Iterator[tuple[Any, list[tuple[str, str]]]]:
    """Yield a page, and the list of what should not have happened: the frame's name, and what."""
    context = browser.new_context()
    harm: list[tuple[str, str]] = []

    def note(frame: Any, what: str) -> None:
        while not frame.name and frame.parent_frame is not None:
            frame = frame.parent_frame
        harm.append((frame.name, what))

    def on_request(route: Any) -> None:
        address = urlsplit(route.request.url)
        if address.netloc == host or address.scheme in {"data", "blob", "about"}:
            route.continue_()
        else:
            note(route.request.frame, f"request to {route.request.url}")
            route.abort()

    def on_popup(popup: Any) -> None:
        harm.append(("", f"opened {popup.url}"))

    def on_dialog(dialog: Any) -> None:
        harm.append(("", "a dialog"))
        dialog.dismiss()

    context.route("**/*", on_request)
    context.expose_binding("ran", lambda source, *_: note(source["frame"], "a script ran"))
    page = context.new_page()
    page.on("dialog", on_dialog)
    page.on("popup", on_popup)
    yield page, harm
    context.close()


def harm_of(
    browser: Any, folder: Path, host: str, pages: Mapping[str, str], root: str = "body"
) -> dict[str, set[str]]:
    """Open the pages, provoke them, and return what should not have happened, by their names.

    Parameters
    ----------
    browser
    folder : Path
        The folder that `host` serves.
    host : str
    pages : mapping of str to str
        HTML by name.
    root : str
        Selector of the part that is provoked.
    """
    frames = []
    for number, (name, text) in enumerate(pages.items()):
        file = f"page-{number}.html"
        (folder / file).write_bytes(text.encode("utf-8", "replace"))
        frames.append(f'<iframe name="{escape(name)}" src="{file}"></iframe>')
    (folder / "frames.html").write_text(f"<!DOCTYPE html>{''.join(frames)}")
    with watched(browser, host) as (page, harm):
        page.goto(f"http://{host}/frames.html")
        own = {frame.name: frame for frame in page.main_frame.child_frames}
        assert sorted(own) == sorted(pages)
        addresses = {name: frame.url for name, frame in own.items()}
        for name, frame in own.items():
            try:
                frame.evaluate(PROVOKE, root)
            except Error as error:  # such as a frame that was led away
                harm.append((name, str(error)))
        page.wait_for_timeout(A_MOMENT)
        for name, frame in own.items():
            if frame.url != addresses[name] or f"{host}/page-" not in frame.url:
                harm.append((name, f"led to {frame.url}"))
    found: dict[str, set[str]] = {}
    for name, what in harm:
        found.setdefault(name, set()).add(what)
    return found
