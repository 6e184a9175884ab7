"""The back end that confines with bubblewrap: namespaces, a private file system, no network."""

from __future__ import annotations

import functools
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from dlgrader.sandbox import interpreter
from dlgrader.sandbox.backend import Process, SandboxError
from dlgrader.sandbox.identity import spare_user
from dlgrader.sandbox.launching import ENVIRONMENT
from dlgrader.sandbox.limits import Limits
from dlgrader.sandbox.sandboxed import Sandboxed

_PACKAGES = "/opt/course"
WORK = "/tmp/work"
"""The learner's work folder inside the sandbox."""

_SYSTEM = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_SETTINGS = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/fonts")
_USER_INSIDE = 1000
_ABSENT = """\
raise ModuleNotFoundError(f"{__name__} is not there when a notebook is graded", name=__name__)
"""


class Bubblewrap:
    """Starts runners that see nothing but Python, its packages and a work folder of their own.

    As root, the runner becomes a user that exists nowhere else; otherwise it runs in a user
    namespace. A sandbox lives no longer than the thread that started it.

    Parameters
    ----------
    hide : sequence of Path
        Folders that must not be seen inside, even if they lie below a folder that is needed there:
        the course folder, the exchange.
    """

    confines = True

    def __init__(self, hide: Sequence[Path] = ()) -> None:
        self.hide = tuple(hide)

    def problem(self) -> str:
        """Return an empty string if bubblewrap works here, else what to do about it."""
        return _problem()

    def start(
        self,
        module: str,
        arguments: Sequence[str],
        *,
        fds: Sequence[int],
        packages: Mapping[str, Path],
        environment: Mapping[str, str],
        limits: Limits,
        preload: Sequence[str] = (),  # noqa: ARG002 (the runner imports them)
    ) -> Process:
        """Start a runner; see `Backend`."""
        problem = self.problem()
        if problem:
            raise SandboxError(problem)
        user = spare_user()
        settings = Path(tempfile.mkdtemp(prefix="dlgrader-sandbox-"))
        try:
            options = [
                *_namespaces(user),
                *self.view(settings, user, packages, environment, limits.disk_bytes),
            ]
            command = [*_become(user), str(interpreter.executable()), "-m", module, *arguments]
            return Sandboxed(options, command, fds, settings, counted_alone=counted_alone(user))
        except BaseException:
            shutil.rmtree(settings, ignore_errors=True)
            raise

    def view(
        self,
        settings: Path,
        user: int | None,
        packages: Mapping[str, Path],
        environment: Mapping[str, str],
        disk_bytes: int,
    ) -> list[str]:
        """Return the options that say which files there are inside, and the environment.

        Parameters
        ----------
        settings : Path
            A folder for files that are mounted.
        user : int, optional
            The learner's number; None if there is but one user inside.
        packages, environment
            See `Backend.start`.
        disk_bytes : int
            Size of each of the two folders that can be written to.
        """
        options = _system()
        # Before the interpreter, which may lie in one of these folders itself.
        for folder in ("/tmp", "/dev/shm"):
            options += ["--perms", "1777", "--size", str(disk_bytes), "--tmpfs", folder]
        options += self._interpreter(_file(settings / "nothing", ""))
        for place, content in names_of(user).items():
            file = _file(settings / Path(place).name, content)
            options += ["--ro-bind", str(file), place]
        options += ["--perms", "0755", "--dir", "/opt", "--perms", "0755", "--dir", _PACKAGES]
        # An empty folder could still be imported.
        absent = _file(settings / "absent.py", _ABSENT)
        stubs = {name: absent for name in interpreter.HIDDEN_PACKAGES if name not in packages}
        for name, path in stubs.items():
            options += ["--ro-bind", str(path), f"{_PACKAGES}/{name}.py"]
        for name, path in packages.items():
            options += ["--ro-bind", str(path.resolve()), f"{_PACKAGES}/{name}"]
        options += ["--perms", "1777", "--dir", WORK, "--chdir", WORK]
        options += ["--remount-ro", "/dev", "--remount-ro", "/"]
        python_path = ":".join([_PACKAGES, *interpreter.search_path()])
        paths = {
            "HOME": "/tmp",
            "PATH": f"{interpreter.executable().parent}:/usr/local/bin:/usr/bin:/bin",
            "PYTHONPATH": python_path,
        }
        for name, value in {**environment, **paths}.items():
            options += ["--setenv", name, value]
        return options

    def mounted(self) -> list[Path]:
        """Return what is mounted for the interpreter, beside /usr."""
        return interpreter.roots(self._hidden_in_usr())

    def _hidden_in_usr(self) -> list[Path]:
        return interpreter.hidden_folders([interpreter.USR], self.hide)

    def _interpreter(self, nothing: Path) -> list[str]:
        """Return the options that mount the interpreter, without what must not be seen."""
        options: list[str] = []
        in_usr = self._hidden_in_usr()
        roots = self.mounted()
        in_roots = interpreter.hidden_folders(roots, self.hide)
        for path in in_usr:
            options += ["--perms", "0755", "--tmpfs", str(path)]
        for path in roots:
            options += _parents(path)
            if path.is_symlink():
                options += ["--symlink", str(path.readlink()), str(path)]
            else:
                options += ["--ro-bind", str(path), str(path)]
        for path in in_roots:
            options += ["--perms", "0755", "--tmpfs", str(path)]
        for path in interpreter.hidden_packages([interpreter.USR, *roots]):
            gone = interpreter.below(path, in_usr) and not interpreter.below(path, roots)
            if gone or interpreter.below(path, in_roots):
                continue
            if path.is_dir():
                options += ["--perms", "0755", "--tmpfs", str(path), "--remount-ro", str(path)]
            else:
                options += ["--ro-bind", str(nothing), str(path)]
        for path in (*in_usr, *in_roots):
            options += ["--remount-ro", str(path)]
        return options


def counted_alone(user: int | None) -> bool:
    """Whether the system counts a sandbox's processes alone; see `Process`."""
    if user is not None:
        return True
    # Since Linux 5.14, a user namespace has a count of its own.
    first, second = re.findall(r"\d+", platform.release())[:2]
    return (int(first), int(second)) >= (5, 14)


def names_of(user: int | None) -> dict[str, str]:
    """Return the files that give the learner's number a name, by their path inside."""
    number = _USER_INSIDE if user is None else user
    return {
        "/etc/passwd": f"learner:x:{number}:{number}::/tmp:/bin/sh\n",
        "/etc/group": f"learner:x:{number}:\n",
    }


SEPARATE = (
    *("--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"),
    *("--hostname", "grader", "--new-session", "--clearenv", "--cap-drop", "ALL"),
)
"""Options for namespaces of one's own, an empty environment, and no rights."""


def _namespaces(user: int | None) -> list[str]:
    options = [*SEPARATE, "--die-with-parent"]
    if user is None:
        number = str(_USER_INSIDE)
        return [*options, "--unshare-user", "--uid", number, "--gid", number]
    for capability in ("SETUID", "SETGID", "SETPCAP"):  # for setpriv, which gives them up
        options += ["--cap-add", f"CAP_{capability}"]
    return options


def _file(path: Path, content: str) -> Path:
    """Write a file that everybody can read, and return its path."""
    path.write_text(content, encoding="ascii")
    path.chmod(0o644)
    return path


def _parents(path: Path) -> list[str]:
    """Make the folders above a mounted one; bubblewrap would let only their owner in."""
    options = []
    for folder in reversed(path.parents[:-1]):
        options += ["--perms", "0755", "--dir", str(folder)]
    return options


def _become(user: int | None) -> list[str]:
    """Return the command that makes another user of what follows it."""
    if user is None:
        return []
    options = [f"--reuid={user}", f"--regid={user}", "--clear-groups", "--inh-caps=-all"]
    return ["setpriv", *options, "--bounding-set=-all", "--no-new-privs", "--"]


def _system() -> list[str]:
    # The system's own folders come first: what is mounted or hidden later lies below them.
    options = ["--ro-bind", "/usr", "/usr", "--proc", "/proc", "--dev", "/dev"]
    for name in _SYSTEM:
        path = Path(name)
        if path.is_symlink():
            options += ["--symlink", str(path.readlink()), name]
        elif path.is_dir():
            options += ["--ro-bind", name, name]
    options += ["--perms", "0755", "--dir", "/etc"]
    for name in _SETTINGS:
        options += ["--ro-bind-try", name, name]
    return options


@functools.cache
def _problem() -> str:
    if not sys.platform.startswith("linux"):
        return (
            "Learners' notebooks run in a sandbox, bubblewrap, which exists on Linux only. "
            "Grade on a Linux machine (a virtual one will do)."
        )
    if shutil.which("bwrap") is None:
        return (
            "Learners' notebooks run in a sandbox, bubblewrap, which is not installed here. "
            "Install it: sudo apt-get install bubblewrap (Debian, Ubuntu) or "
            "sudo dnf install bubblewrap (Fedora)."
        )
    user = spare_user()
    if user is not None and shutil.which("setpriv") is None:
        return "The sandbox needs the command setpriv. Install it: sudo apt-get install util-linux."
    command = ["bwrap", *_namespaces(user), *_system(), "--", *_become(user), "/bin/true"]
    try:
        tried = subprocess.run(command, capture_output=True, text=True, timeout=20, env=ENVIRONMENT)
    except subprocess.TimeoutExpired:
        return "The sandbox does not work here: bubblewrap did not come back within 20 s."
    if tried.returncode == 0:
        return ""
    return f"The sandbox does not work here: {tried.stderr.strip()[-300:]}. {_advice()}"


def _advice() -> str:
    if os.geteuid() == 0:
        return (
            "In a container it needs the right to make namespaces, for example: "
            "docker run --cap-add SYS_ADMIN --security-opt seccomp=unconfined "
            "--security-opt apparmor=unconfined --security-opt systempaths=unconfined."
        )
    for name, bad, advice in (
        ("kernel/unprivileged_userns_clone", "0", "sysctl kernel.unprivileged_userns_clone=1"),
        ("user/max_user_namespaces", "0", "sysctl user.max_user_namespaces=10000"),
        (
            "kernel/apparmor_restrict_unprivileged_userns",
            "1",
            "sysctl kernel.apparmor_restrict_unprivileged_userns=0",
        ),
    ):
        setting = Path("/proc/sys", name)
        if setting.exists() and setting.read_text(encoding="ascii").strip() == bad:
            return f"User namespaces are switched off; an administrator can allow them: {advice}"
    return "Ask an administrator to allow user namespaces, or grade as root."
