"""Attacks on the process: ending it, keeping it busy, and taking more than there is."""

from __future__ import annotations

from dlgrader.hostile.declaring import Expected, Hostile, cell_attack, function_attack

GROUP = "process"


def _cell(name: str, story: str, source: str, says: tuple[str, ...] = ()) -> Hostile:
    return Hostile(name, GROUP, story, cell_attack(source), "full", says)


def _call(
    name: str,
    story: str,
    body: str,
    says: tuple[str, ...] = (),
    expects: Expected = "rest",
) -> Hostile:
    return Hostile(name, GROUP, story, function_attack(body), expects, says)


PROCESS = (
    # -- ending the process
    _cell("exit", "a cell ends the process", "import os\nos._exit(1)", ("ended",)),
    _cell("exit-politely", "a cell calls exit()", "import sys\nsys.exit(0)"),
    _cell(
        "segfault",
        "a cell reads address 0",
        "import ctypes\nctypes.string_at(0)",
        ("segmentation fault",),
    ),
    _cell("abort", "a cell aborts", "import os\nos.abort()", ("signal",)),
    _cell("kill-parent", "kill the parent", "import os\nos.kill(os.getppid(), 9)"),
    _cell(
        "kill-everything",
        "kill every process there is",
        "import os, signal\nos.kill(-1, signal.SIGKILL)",
    ),
    _cell(
        "stop-itself",
        "the process stops itself, and nobody can interrupt it",
        "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
        ("stopped",),
    ),
    _cell(
        "become-another",
        "the process becomes another program",
        'import os\nos.execv("/bin/sleep", ["sleep", "1000"])',
    ),
    _cell("close-everything", "close all files", "import os\nos.closerange(0, 4000)"),
    _cell(
        "deep-recursion",
        "a recursion without end, with Python's limit lifted",
        "import sys\nsys.setrecursionlimit(10**9)\ndef f(x):\n    return f(x + 1)\nf(0)",
    ),
    _cell(
        "loop-at-exit",
        "an endless loop that begins when the process ends",
        "import atexit\n@atexit.register\ndef forever():\n    while True:\n        pass",
    ),
    _call("exit-in-a-call", "the function ends the process", "import os\nos._exit(0)", ("ended",)),
    _call(
        "segfault-in-a-call",
        "the function reads address 0",
        "import ctypes\nreturn ctypes.string_at(0)",
        ("segmentation fault",),
    ),
    _call("exit-by-exception", "the function raises SystemExit", "raise SystemExit(0)"),
    _call("recursion", "the function calls itself", "return <TARGET>(*args, **kwargs)"),
    # -- keeping it busy
    _cell("endless-loop", "an endless loop", "while True:\n    pass"),
    _cell(
        "loop-that-catches",
        "an endless loop that catches the interrupt",
        "while True:\n    try:\n        while True:\n            pass\n"
        "    except BaseException:\n        pass",
        ("longer",),
    ),
    _cell(
        "loop-that-ignores",
        "an endless loop with the interrupt's signal ignored",
        "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True:\n    pass",
        ("longer",),
    ),
    _cell(
        "loop-in-c",
        "one product that takes hours, during which nothing else of Python runs",
        "x = 7 ** (7 ** 11)",
        ("longer",),
    ),
    _cell("sleep", "a cell sleeps", "import time\ntime.sleep(1_000)"),
    _cell("await", "a cell awaits what never comes", "import asyncio\nawait asyncio.sleep(1_000)"),
    _cell("shell", "a command that does not end", "!sleep 1000"),
    _cell(
        "threads",
        "threads that sleep on after the notebook",
        "import threading, time\nfor _ in range(20):\n"
        "    threading.Thread(target=time.sleep, args=(1_000,)).start()",
    ),
    _cell("input", "wait for input", 'input("your name? ")'),
    _cell("stdin", "read standard input", "import os, sys\nsys.stdin.read()\nos.read(0, 10)"),
    _cell("debugger", "stop in the debugger", "breakpoint()"),
    _call(
        "loop-in-a-call", "the function does not end", "while True:\n    pass", ("stopped after",)
    ),
    _call(
        "loop-in-a-call-that-catches",
        "the function does not end and catches everything",
        "while True:\n    try:\n        while True:\n            pass\n"
        "    except BaseException:\n        pass",
        ("stopped after",),
    ),
    _call(
        "thread-in-a-call",
        "the function leaves threads behind and gives nothing",
        "import threading, time\nthreading.Thread(target=time.sleep, args=(1_000,)).start()",
    ),
    # -- taking more than there is
    _cell("fork-bomb", "fork without end", "import os\nwhile True:\n    os.fork()", ("process",)),
    _cell(
        "memory",
        "one process asks for all memory",
        "kept = []\nwhile True:\n    kept.append(bytearray(2**28))",
        ("memory",),
    ),
    _cell(
        "memory-of-many",
        "many processes take all memory together",
        "import os, time\nimport numpy as np\nfor _ in range(6):\n    if os.fork() == 0:\n"
        "        kept = np.ones(2**26)\n        time.sleep(1_000)\ntime.sleep(1_000)",
        ("memory",),
    ),
    _cell(
        "orphan",
        "a daemon that outlives its parent and goes on writing",
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
        "        while True:\n            os.write(1, b'still here')\n            time.sleep(0.2)\n"
        "    os._exit(0)\nos.wait()",
    ),
    _cell("output", "a gigantic output", 'print("x" * 300_000_000)'),
    _cell("output-without-end", "an endless output", 'while True:\n    print("x" * 10_000)'),
    _cell(
        "output-past-python",
        "a gigantic output, written past Python",
        'import os\nfor _ in range(3_000):\n    os.write(1, b"y" * 65_536)',
    ),
    _cell(
        "disk",
        "fill the disk",
        "import contextlib\nwith contextlib.suppress(OSError):\n    for n in range(10_000):\n"
        '        with open(f"file{n}", "wb") as file:\n            file.write(bytes(2**24))',
    ),
    _cell(
        "files-without-end",
        "make files without end",
        "import contextlib\nwith contextlib.suppress(OSError):\n    for n in range(10**9):\n"
        '        open(f"/tmp/{n}", "w").close()',
    ),
    _cell(
        "shared-memory",
        "fill the shared memory",
        "import contextlib\nwith contextlib.suppress(OSError):\n    for n in range(10_000):\n"
        '        with open(f"/dev/shm/{n}", "wb") as file:\n            file.write(bytes(2**24))',
    ),
    _cell(
        "open-files",
        "open files without end",
        "import contextlib\nkept = []\nwith contextlib.suppress(OSError):\n    while True:\n"
        '        kept.append(open("/dev/null"))\nfor file in kept:\n    file.close()',
    ),
    _call(
        "huge-result",
        "the function returns 8 GB",
        "import numpy as np\nreturn np.zeros((2**15, 2**15))",
    ),
    _call(
        "huge-view",
        "the function returns an array of 8 TB that takes 8 bytes",
        "import numpy as np\nreturn np.broadcast_to(np.float64(0), (2**20, 2**20))",
    ),
)
