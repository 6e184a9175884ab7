"""JupyterLab with nbgrader's extensions, for instructor or learner, in folders of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

SECONDS_TO_START = 180

# What only an instructor needs; nbgrader's documentation tells how to switch it off for learners.
_INSTRUCTORS = ("formgrader", "create-assignment", "course-list")
_INSTRUCTORS_SERVER = ("formgrader", "course_list")


def environment(home: Path) -> dict[str, str]:
    """Return this process's variables, but keep Jupyter, IPython and matplotlib inside `home`."""
    folders = {
        "HOME": home,
        "IPYTHONDIR": home / "ipython",
        "JUPYTER_CONFIG_DIR": home / "jupyter",
        "JUPYTER_DATA_DIR": home / "data",
        "JUPYTER_RUNTIME_DIR": home / "runtime",
        "MPLCONFIGDIR": home / "matplotlib",
    }
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return os.environ | {
        **{name: str(folder) for name, folder in folders.items()},
        "PATH": path,
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }


def _write(path: Path, settings: Mapping[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(settings), encoding="utf-8")


def configure(home: Path, *, instructor: bool) -> None:
    """Write the settings of JupyterLab: no questions at the start, the role's extensions."""
    config = home / "jupyter"
    _write(
        config
        / "lab"
        / "user-settings"
        / "@jupyterlab"
        / "apputils-extension"
        / "notification.jupyterlab-settings",
        {"fetchNews": "false", "checkForUpdates": False},
    )
    if not instructor:
        disabled = {f"@jupyter/nbgrader:{name}": True for name in _INSTRUCTORS}
        _write(config / "labconfig" / "page_config.json", {"disabledExtensions": disabled})
        names = {f"nbgrader.server_extensions.{name}": False for name in _INSTRUCTORS_SERVER}
        _write(config / "jupyter_server_config.json", {"ServerApp": {"jpserver_extensions": names}})


class LabServer:
    """JupyterLab in a process of its own, from now until `stop`.

    Parameters
    ----------
    folder : Path
        What it shows.
    home : Path
        Where its settings, its notes and its log are put.
    instructor : bool
        Whether the formgrader is there, too.
    """

    def __init__(self, folder: Path, home: Path, *, instructor: bool) -> None:
        settings = environment(home)
        configure(home, instructor=instructor)
        self._runtime, self._log = home / "runtime", home / "server.log"
        command = [
            sys.executable,
            "-m",
            "jupyterlab",
            "--no-browser",
            "--allow-root",
            "--ip=127.0.0.1",
            "--port=0",
            f"--ServerApp.root_dir={folder}",
        ]
        with self._log.open("wb") as stream:
            self._process = subprocess.Popen(
                command, cwd=folder, env=settings, stdout=stream, stderr=subprocess.STDOUT
            )

    def address(self) -> str:
        """Wait until the server says where it can be reached; return that, with its token.

        Raises
        ------
        RuntimeError
            If it does not say so in time; the message holds the end of its log.
        """
        note = self._runtime / f"jpserver-{self._process.pid}.json"
        until = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < until and self._process.poll() is None:
            try:
                about = json.loads(note.read_text(encoding="utf-8"))
            except (FileNotFoundError, json.JSONDecodeError):  # not yet, or not yet all of it
                time.sleep(0.05)
                continue
            return f"{about['url']}lab?token={about['token']}"
        said = self._log.read_text(encoding="utf-8", errors="replace")
        raise RuntimeError(f"JupyterLab did not start:\n{said[-3000:]}")

    def stop(self) -> None:
        """Ask the server to end; it ends its kernels first."""
        self._process.terminate()

    def wait(self) -> None:
        """Wait for the end; a server that does not end is killed."""
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextmanager
def running(*servers: LabServer) -> Iterator[list[str]]:
    """Give the addresses of servers that were started together, and end them together."""
    try:
        yield [server.address() for server in servers]
    finally:
        for server in servers:
            server.stop()
        for server in servers:
            server.wait()
