"""Firefox, driven by the protocol that it speaks itself: W3C's WebDriver BiDi.

Playwright drives a Firefox of its own only, which it would have to download.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import websocket

_LISTENS = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
_START_SECONDS = 60
_ASK_EVERY = 0.1  # seconds
_EVENTS = (
    "log.entryAdded", "network.beforeRequestSent", "network.responseCompleted",
    "network.fetchError",
)  # fmt: skip
_CONTROL = "\ue009"  # as WebDriver writes the key


def find_firefox() -> str | None:
    """The program to start: `DLCORE_FIREFOX`, or the installed Firefox."""
    installed = filter(None, map(shutil.which, ("firefox-esr", "firefox")))
    return os.environ.get("DLCORE_FIREFOX") or next(installed, None)


@contextmanager
def firefox(program: str, profile: Path) -> Iterator[Firefox]:
    """Start Firefox with a fresh profile, and end it."""
    profile.mkdir()
    command = [program, "--headless", "--no-remote", "--profile", str(profile)]
    with (
        (profile / "stderr").open("w") as said,
        subprocess.Popen(
            [*command, "--remote-debugging-port", "0"], stdout=subprocess.DEVNULL, stderr=said
        ) as process,
    ):
        try:
            end = time.monotonic() + _START_SECONDS
            while not (found := _LISTENS.search((profile / "stderr").read_text())):
                assert process.poll() is None, (profile / "stderr").read_text()
                assert time.monotonic() < end, "Firefox did not start"
                time.sleep(_ASK_EVERY)
            yield Firefox(f"{found[1]}/session")
        finally:
            process.kill()


class Firefox:
    """A browser with one page.

    Attributes
    ----------
    requested : list of str
        Addresses that pages have asked for.
    complaints : list of str
        Errors of pages, and files that could not be had.
    """

    def __init__(self, address: str) -> None:
        self._socket = websocket.create_connection(address, suppress_origin=True, timeout=60)
        self._number = 0
        self.requested: list[str] = []
        self.complaints: list[str] = []
        self._call("session.new", capabilities={})
        # The page that is there from the start does not get the focus.
        self._page = self._call("browsingContext.create", type="tab")["context"]
        self._call("session.subscribe", events=list(_EVENTS))

    def open(self, address: str) -> None:
        """Go to a page, and wait until it has loaded."""
        self._call("browsingContext.navigate", context=self._page, url=address, wait="complete")

    def js(self, expression: str) -> Any:
        """The value of an expression in the page; promises are waited for."""
        expression = f"Promise.resolve({expression}).then((one) => JSON.stringify(one ?? null))"
        answer = self._call(
            "script.evaluate",
            expression=expression,
            target={"context": self._page},
            awaitPromise=True,
        )
        assert answer["type"] == "success", answer["exceptionDetails"]["text"]
        return json.loads(answer["result"]["value"])

    def wait_for(self, expression: str, seconds: float = 60) -> Any:
        """Wait until an expression is true, and return it."""
        end = time.monotonic() + seconds
        while not (value := self.js(expression)):
            assert time.monotonic() < end, f"not within {seconds} s: {expression}\n" + "\n".join(
                self.complaints
            )
            time.sleep(_ASK_EVERY)
        return value

    def write(self, text: str) -> None:
        """Type a line in place of what stands where the focus is."""
        self.press("a", held=_CONTROL)
        self._press([*text])

    def press(self, key: str, held: str = "") -> None:
        """Press a key, given as in WebDriver, perhaps while another one is held."""
        self._press([key], held)

    def _press(self, keys: list[str], held: str = "") -> None:
        steps = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        if held:
            steps = [
                {"type": "keyDown", "value": held}, *steps, {"type": "keyUp", "value": held}
            ]  # fmt: skip
        actions = [{"type": "key", "id": "keyboard", "actions": steps}]
        self._call("input.performActions", context=self._page, actions=actions)

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        self._socket.send(json.dumps(message))
        while True:
            answer = json.loads(self._socket.recv())
            if answer["type"] == "event":
                self._note(answer["method"], answer["params"])
            elif answer["id"] == self._number:
                assert answer["type"] == "success", f"{method}: {answer['message']}"
                return answer["result"]

    def _note(self, event: str, about: dict[str, Any]) -> None:
        if event == "log.entryAdded":
            if about["level"] == "error":
                self.complaints.append(about["text"])
            return
        address = about["request"]["url"]
        if address.endswith("/favicon.ico"):
            return  # looked for at the root of the host by the browser itself
        if event == "network.beforeRequestSent":
            self.requested.append(address)
        elif event == "network.fetchError":
            self.complaints.append(f"{about['errorText']}: {address}")
        elif about["response"]["status"] >= 400:
            self.complaints.append(f"status {about['response']['status']}: {address}")
