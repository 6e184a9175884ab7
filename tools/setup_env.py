"""Make .venv/ with the pinned packages: the set-up step of `make course` and `make test`.

Runs on the system's Python with nothing installed, so it uses the standard library alone and
syntax that an old Python can still read: such a Python must get the message, not a SyntaxError.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "ready"
OLDEST_PYTHON = (3, 11)
OLDEST_NODE = 18


def say(message):
    print("[setup] " + message, flush=True)


def run(*command):
    subprocess.run([str(part) for part in command], check=True, cwd=str(ROOT))


def check_python():
    if sys.version_info < OLDEST_PYTHON:
        sys.exit(
            "[setup] Python {}.{} found at {}, but the course needs {}.{} or newer.\n"
            "        Install one and name it: make course PYTHON=python3.12".format(
                sys.version_info[0], sys.version_info[1], sys.executable, *OLDEST_PYTHON
            )
        )


def ensure_venv_module():
    """Debian ships Python without ensurepip; install its package, or say how to."""
    if importlib.util.find_spec("ensurepip") is not None:
        return
    package = "python{}.{}-venv".format(*sys.version_info[:2])
    as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    may_install = shutil.which("apt-get") and (not as_root or shutil.which("sudo"))
    if may_install:
        say("This Python has no ensurepip: installing Debian's {}.".format(package))
        try:
            run(*as_root, "apt-get", "update")
            run(*as_root, "apt-get", "install", "--yes", package)
            return
        except subprocess.CalledProcessError:
            pass
    sys.exit(
        "[setup] This Python cannot make virtual environments, because its module ensurepip is\n"
        "        missing. Install it and run make again: sudo apt-get install " + package
    )


def ensure_bubblewrap():
    """Learners' code is graded in bubblewrap's sandbox; reading and solving do without it."""
    if shutil.which("bwrap"):
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        say("Installing Debian's bubblewrap, in which submissions are graded.")
        try:
            run("apt-get", "update")
            run("apt-get", "install", "--yes", "--no-install-recommends", "bubblewrap")
            return
        except subprocess.CalledProcessError:
            pass
    say("No bubblewrap here. To grade submissions, install it: sudo apt-get install bubblewrap")


def make_venv():
    if (VENV / "bin" / "pip").exists():
        return
    say("Making the virtual environment .venv/ with Python {}.{}.".format(*sys.version_info[:2]))
    run(sys.executable, "-m", "venv", "--clear", VENV)


def has_node():
    """Whether there is a Node.js that can fetch and bundle what the pages load."""
    if not shutil.which("npm") or not shutil.which("node"):
        return False
    try:
        version = subprocess.check_output(["node", "--version"]).decode()  # such as v20.11.1
        return int(version.lstrip("v").split(".")[0]) >= OLDEST_NODE
    except (OSError, ValueError, subprocess.CalledProcessError):
        return False


def install():
    extras = ["book", "grading", "postgres", "dev"]
    if not has_node():
        say("No Node.js {} or newer here: pip brings one from PyPI.".format(OLDEST_NODE))
        extras.append("node")
    say("Installing the packages of constraints.txt (one to two minutes on a new machine).")
    target = ".[" + ",".join(extras) + "]"
    run(VENV / "bin" / "pip", "install", "--constraint", "constraints.txt", "--editable", target)


def main():
    check_python()
    ensure_venv_module()
    ensure_bubblewrap()
    make_venv()
    install()
    STAMP.touch()
    say("Ready.")


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(
            "[setup] This command failed (its own words stand above): {}\n"
            "        Run make again when that is mended; finished steps are kept.".format(
                " ".join(error.cmd)
            )
        )
