"""Attacks that look for answers and secrets, or write where nothing of theirs belongs.

They start from the unanswered notebook. What they find they print with the word `FOUND`; then the
submission has gained something, whatever its points.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import uuid
from collections.abc import Iterator

from dlgrader.hostile.declaring import Hostile, cell_attack, function_attack

GROUP = "secrets"


def _cell(name: str, story: str, source: str, traces: tuple[str, ...] = ()) -> Hostile:
    make = cell_attack(source, base="empty")
    return Hostile(name, GROUP, story, make, "nothing", traces=traces)


def _call(name: str, story: str, body: str, says: tuple[str, ...] = ()) -> Hostile:
    return Hostile(name, GROUP, story, function_attack(body, "empty"), "nothing", says)


@contextlib.contextmanager
def listening() -> Iterator[tuple[int, str]]:
    """Listen at a port of this machine and at an abstract socket; both say `FOUND`."""
    name = f"course-selfcheck-{uuid.uuid4().hex}"
    with socket.socket() as port, socket.socket(socket.AF_UNIX) as abstract:
        port.bind(("127.0.0.1", 0))
        abstract.bind(f"\0{name}")
        for server in (port, abstract):
            server.listen()
            threading.Thread(target=_answer, args=(server,), daemon=True).start()
        yield port.getsockname()[1], name


def _answer(server: socket.socket) -> None:
    with contextlib.suppress(OSError):  # closed: the end
        while True:
            connection, _ = server.accept()
            with connection:
                connection.sendall(b"FOUND somebody who listens")


_READ = """
import glob, os
def look(*patterns):
    for pattern in patterns:
        for path in glob.glob(pattern, recursive=True):
            try:
                with open(path, "rb") as file:
                    print("FOUND", path, file.read(40))
            except IsADirectoryError:
                print("FOUND", path, os.listdir(path))
            except OSError:
                pass
"""

SECRETS = (
    _cell(
        "solution",
        "read the solution, its text and the instructor's notebook",
        _READ + 'look("<COURSE>", "<COURSE>/**", "/**/<ASSIGNMENT>.py", "/**/build/source/*")',
    ),
    _cell(
        "hidden-tests",
        "import or read the hidden tests",
        _READ + "import importlib, sys\nfor name in ('dlgrader', 'dlgrader.judge', 'nbgrader'):\n"
        "    try:\n        print('FOUND', importlib.import_module(name))\n"
        "    except ImportError:\n        pass\n"
        "for folder in sys.path:\n    look(folder + '/dlgrader/**', folder + '/nbgrader/*')",
    ),
    _cell("gradebook", "read the gradebook", _READ + 'look("<COURSE>/gradebook.db", "/**/*.db")'),
    _cell(
        "others",
        "read other submissions and the exchange",
        _READ + 'look("<COURSE>/submitted/**", "<COURSE>/autograded/**", "/srv/**", "/tmp/*/*/*")',
    ),
    _cell(
        "environment",
        "read the environment's variables, of other processes too",
        "import glob, os\nfor name, value in os.environ.items():\n"
        "    if any(w in name for w in ('SECRET', 'TOKEN', 'PASSWORD', 'API_KEY')):\n"
        "        print('FOUND', name)\n    if '<COURSE>' in value:\n        print('FOUND', value)\n"
        "for path in glob.glob('/proc/[0-9]*/environ'):\n    try:\n"
        "        text = open(path, 'rb').read()\n    except OSError:\n        continue\n"
        "    if b'SECRET' in text or b'<COURSE>' in text:\n        print('FOUND', path)",
    ),
    _cell(
        "home",
        "look into home folders and the system's files",
        # Not into /root/.p…: where pyenv lies there, its interpreter is seen in the sandbox.
        _READ + 'look("/home/*", "/root/.[a-oq-z]*", "/etc/shadow", "/etc/ssh/*", "/var/*/*", '
        '"/root/.ssh/**", "/boot/*")',
    ),
    _cell(
        "other-processes",
        "read the memory and the open files of other processes",
        "import glob, os\nfor path in glob.glob('/proc/[0-9]*'):\n    try:\n"
        "        said = open(path + '/cmdline', 'rb').read()\n    except OSError:\n"
        "        continue\n    if b'nbgrader' in said or b'dlgrader' in said:\n"
        "        print('FOUND', said)\n"
        "    for link in glob.glob(path + '/fd/*') + [path + '/cwd', path + '/root']:\n"
        "        try:\n            where = os.readlink(link)\n        except OSError:\n"
        "            continue\n        if '<COURSE>' in where:\n            print('FOUND', where)",
    ),
    _cell(
        "second-dlcore",
        "look for another dlcore, or a compiled one, with the answers",
        "import glob, os, sys, dlcore\nown = os.path.dirname(dlcore.__file__)\n"
        "for folder in {*sys.path, *glob.glob('/usr/*/python3*/*-packages')}:\n"
        "    other = os.path.join(folder, 'dlcore')\n"
        "    if os.path.isdir(other) and os.path.realpath(other) != os.path.realpath(own):\n"
        "        print('FOUND', other)\n"
        "for path in glob.glob(own + '/checks/data/*'):\n    print('FOUND', path)",
    ),
    _cell(
        "history",
        "look for answers in what has run",
        "import sys\nfor text in [*In[:-1], *map(repr, Out.values())]:\n"
        "    if any(w in text for w in ('dlgrader', 'judge', 'SOLUTION', 'Rubric')):\n"
        "        print('FOUND', text)\n"
        "for name in list(sys.modules):\n    if name.startswith(('dlgrader', 'nbgrader')):\n"
        "        print('FOUND', name)",
    ),
    _call(
        "frames",
        "the function looks for the right answers in the frames that call it",
        "import sys\nframe = sys._getframe(1)\nwhile frame is not None:\n"
        "    for name in ('expected', 'reference', 'tolerance', 'rtol', 'seed', 'trial'):\n"
        "        if name in frame.f_locals:\n"
        "            raise RuntimeError(f'FOUND {name} {frame.f_locals[name]!r:.60}')\n"
        "    frame = frame.f_back\nraise RuntimeError('nothing')",
    ),
    _call(
        "garbage-collector",
        "the function looks for the right answers among all objects",
        "import gc\nfor thing in gc.get_objects():\n"
        "    if type(thing).__module__.startswith(('dlgrader', 'nbgrader')):\n"
        "        raise RuntimeError(f'FOUND {type(thing)}')\nraise RuntimeError('nothing')",
    ),
    _call(
        "delegation",
        "every function asks dlcore's own",
        "import dlcore\nreturn dlcore.<NAME>(*args, **kwargs)",
        ("withheld",),
    ),
    _call(
        "delegation-behind-a-door",
        "every function asks dlcore's own, found in its module",
        "import importlib, pkgutil, dlcore\n"
        "for found in pkgutil.walk_packages(dlcore.__path__, 'dlcore.'):\n    try:\n"
        "        part = importlib.import_module(found.name)\n    except Exception:\n"
        "        continue\n    if hasattr(part, '<NAME>'):\n"
        "        return getattr(part, '<NAME>')(*args, **kwargs)\nraise LookupError('<NAME>')",
    ),
    _cell(
        "write-course",
        "write into the course folder and the gradebook",
        "import contextlib, os, sqlite3\nwith contextlib.suppress(OSError):\n"
        "    os.makedirs('<COURSE>', exist_ok=True)\n"
        "    open('<COURSE>/written-by-a-learner', 'w').close()\n"
        "with contextlib.suppress(Exception):\n"
        "    book = sqlite3.connect('<COURSE>/gradebook.db')\n"
        "    book.execute('update grade set auto_score = 100, manual_score = 100')\n"
        "    book.commit()",
        ("<COURSE>/written-by-a-learner",),
    ),
    _cell(
        "write-startup",
        "leave files that run when the next notebook, or the grader, starts",
        "import contextlib, os, sys\n"
        "for folder in ('~/.ipython/profile_default/startup', '/root/.ipython/profile_default/'\n"
        "               'startup', '~/.config', '/tmp', '/var/tmp', '/dev/shm', *sys.path):\n"
        "    with contextlib.suppress(OSError):\n"
        "        folder = os.path.expanduser(folder)\n"
        "        os.makedirs(folder, exist_ok=True)\n"
        "        open(folder + '/left_by_a_learner.py', 'w').close()",
        (
            "~/.ipython/profile_default/startup/left_by_a_learner.py",
            "~/.config/left_by_a_learner.py",
            "/tmp/left_by_a_learner.py",
            "/var/tmp/left_by_a_learner.py",
            "/dev/shm/left_by_a_learner.py",
        ),
    ),
    _cell(
        "write-system",
        "change the system or the libraries",
        "import contextlib, numpy\n"
        "for path in ('/usr/x', '/etc/x', '/bin/x', numpy.__file__ + 'x', '/proc/sys/kernel/x'):\n"
        "    with contextlib.suppress(OSError):\n        open(path, 'w').close()\n"
        "        print('FOUND', path)",
    ),
    _cell(
        "more-rights",
        "become root, mount, trace other processes",
        "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "if libc.mount(b'none', b'/mnt', b'tmpfs', 0, b'') == 0:\n    print('FOUND mount')\n"
        "if libc.ptrace(16, os.getppid(), 0, 0) == 0:\n    print('FOUND ptrace')\n"
        "if libc.chroot(b'/tmp') == 0:\n    print('FOUND chroot')",
    ),
    _cell(
        "localhost",
        "connect to a port of this machine",
        "import contextlib, socket\nwith contextlib.suppress(OSError):\n"
        "    line = socket.create_connection(('127.0.0.1', <PORT>), timeout=2)\n"
        "    print(line.recv(100).decode())",
    ),
    _cell(
        "abstract-socket",
        "connect to an abstract socket of this machine",
        "import contextlib, socket\nwith contextlib.suppress(OSError):\n"
        "    line = socket.socket(socket.AF_UNIX)\n    line.settimeout(2)\n"
        "    line.connect('\\0<SOCKET>')\n    print(line.recv(100).decode())",
    ),
    _cell(
        "network",
        "reach the network outside",
        "import errno, socket\nline = socket.socket()\nline.settimeout(1)\n"
        "code = line.connect_ex(('192.0.2.1', 80))\n"
        "if code not in (errno.ENETUNREACH, errno.EPERM, errno.EACCES):\n"
        "    print('FOUND a way out', errno.errorcode.get(code))",
    ),
)
