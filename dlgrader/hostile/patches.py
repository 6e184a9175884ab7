"""Attacks on what judges: patched libraries, hooks of IPython, lying objects, forged results.

All of them start from the unanswered notebook, so that every point would be a gain.
"""

from __future__ import annotations

from dlgrader.hostile.declaring import Hostile, cell_attack, function_attack

GROUP = "patches"


def _cell(name: str, story: str, source: str) -> Hostile:
    make = cell_attack(source, base="empty")
    return Hostile(name, GROUP, story, make, "nothing")


def _result(name: str, story: str, body: str, before: str = "") -> Hostile:
    return Hostile(name, GROUP, story, function_attack(body, "empty", before), "nothing")


_LIAR = '''
class Liar:
    """Equal to everything, smaller and larger than everything, and true."""

    def __getattr__(self, name):
        if name.startswith("__array"):
            raise AttributeError(name)
        return self
    def __call__(self, *args, **kwargs):
        return self
    def _yes(self, *args):
        return True
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __bool__ = __contains__ = _yes
    __hash__ = object.__hash__
    def _self(self, *args):
        return self
    __add__ = __sub__ = __mul__ = __rsub__ = __radd__ = __abs__ = __getitem__ = _self
'''

PATCHES = (
    _cell(
        "numpy-testing",
        "numpy.testing finds everything equal",
        "import numpy as np\nfor name in dir(np.testing):\n    if name.startswith('assert'):\n"
        "        setattr(np.testing, name, lambda *args, **kwargs: None)",
    ),
    _cell(
        "numpy-comparisons",
        "NumPy's comparisons say yes",
        "import numpy as np\nfor name in ('allclose', 'array_equal', 'isclose', 'all', 'equal'):\n"
        "    setattr(np, name, lambda *args, **kwargs: True)",
    ),
    _cell(
        "builtins",
        "built-in functions say yes",
        "import builtins\nbuiltins.all = builtins.any = lambda *args: True\n"
        "builtins.abs = builtins.sum = builtins.max = lambda *args, **kwargs: 0",
    ),
    _cell(
        "no-numpy",
        "another module takes NumPy's place",
        "import sys, types\nfake = types.ModuleType('numpy')\n"
        "fake.__getattr__ = lambda name: lambda *args, **kwargs: True\nsys.modules['numpy'] = fake",
    ),
    _cell(
        "messages",
        "the modules that carry messages are replaced",
        "import json, os, pickle, socket, struct\njson.dumps = lambda *args: '{\"points\": 9}'\n"
        "struct.pack = lambda *args: b''\nsocket.socket.sendall = lambda *args: None\n"
        "os.write = lambda *args: 0",
    ),
    _cell(
        "player",
        "the part of dlcore that calls the functions is replaced",
        "import dlcore.checks.calling as calling, dlcore.checks.comparing as comparing\n"
        "import numpy as np\ncalling.LocalPlayer.play = lambda self, call: calling.Outcome()\n"
        "calling.LocalPlayer.fetch = lambda self, result: np.full((), np.nan)\n"
        "calling.as_plain_array = comparing.as_plain_array = lambda value: np.full((), np.nan)",
    ),
    _cell(
        "asserts",
        "a hook of IPython takes all assertions out",
        "import ast\nclass NoAssertions(ast.NodeTransformer):\n    def visit_Assert(self, node):\n"
        "        return ast.Pass()\n    def visit_Raise(self, node):\n        return ast.Pass()\n"
        "get_ipython().ast_transformers.append(NoAssertions())",
    ),
    _cell(
        "constant-cells",
        "a hook of IPython makes every cell a number",
        "get_ipython().input_transformers_cleanup.append(lambda lines: ['100.0\\n'])\n"
        "get_ipython().input_transformers_post.append(lambda lines: ['100.0\\n'])",
    ),
    _cell(
        "events",
        "IPython's events show a number after every cell",
        "from IPython.display import display\ndef show(*args):\n"
        "    display({'text/plain': '100.0'}, raw=True)\n"
        "for event in ('pre_run_cell', 'post_run_cell', 'post_execute'):\n"
        "    get_ipython().events.register(event, show)",
    ),
    _cell(
        "run-cell",
        "IPython's run_cell does nothing",
        "shell = get_ipython()\nfor name in ('run_cell', 'run_code', 'run_ast_nodes'):\n"
        "    setattr(type(shell), name, lambda *args, **kwargs: None)",
    ),
    _cell(
        "display-hook",
        "every result is shown as a number",
        "import sys\nsys.displayhook = lambda value: print('100.0')\n"
        "formatter = get_ipython().display_formatter.formatters['text/plain']\n"
        "formatter.for_type(object, lambda *args: '100.0')\n"
        "formatter.for_type(float, lambda *args: '100.0')",
    ),
    _cell(
        "forged-results",
        "outputs that look like the judge's",
        "from IPython.display import display\nfor kind in ('dlgrader', 'nbgrader'):\n"
        "    display({'text/plain': '100.0'}, raw=True, metadata={kind: {'points': 100.0, "
        "'max_points': 100.0, 'properties': {}, 'mistakes': []}})\n100.0",
    ),
    _cell(
        "thread",
        "a thread goes on patching in the background",
        "import threading, time, builtins\ndef patch():\n    while True:\n"
        "        for name in list(globals()):\n            pass\n        time.sleep(0.01)\n"
        "threading.Thread(target=patch, daemon=True).start()",
    ),
    _cell(
        "trace",
        "a trace function changes the variables of whoever runs",
        "import sys, threading\ndef trace(frame, event, arg):\n"
        "    for name in ('points', 'problem', 'finding'):\n"
        "        if name in frame.f_locals:\n            frame.f_locals[name] = 100.0\n"
        "    return trace\nsys.settrace(trace)\nthreading.settrace(trace)",
    ),
    _cell(
        "import-hook",
        "imports are answered by a hook",
        "import sys, types\nclass Hook:\n    def find_spec(self, name, path=None, target=None):\n"
        "        if name.startswith(('numpy', 'dlcore')):\n"
        "            sys.modules[name] = types.ModuleType(name)\n"
        "sys.meta_path.insert(0, Hook())",
    ),
    _cell(
        "forged-messages",
        "results are written to every open file",
        "import os\nfor fd in range(256):\n    try:\n"
        "        os.write(fd, b'\\x00\\x00\\x00\\x10{\"points\": 100.0}')\n"
        "    except OSError:\n        pass",
    ),
    _result("equal-to-everything", "objects that equal everything", "return Liar()", _LIAR),
    _result(
        "number-of-a-kind",
        "a float that equals everything",
        "return Number('nan')",
        "class Number(float):\n    __eq__ = __le__ = __lt__ = __ge__ = lambda *args: True\n"
        "    __sub__ = __rsub__ = __abs__ = lambda *args: 0.0\n    __hash__ = float.__hash__",
    ),
    _result(
        "array-of-a-kind",
        "a subclass of arrays that equals everything",
        "return np.full((2, 2), np.nan).view(Array)",
        "import numpy as np\nclass Array(np.ndarray):\n"
        "    __eq__ = __le__ = __lt__ = lambda *args: np.True_\n"
        "    __array_priority__ = 1e9\n"
        "    def __array_ufunc__(self, *args, **kwargs):\n        return np.zeros(())\n"
        "    def __array_function__(self, *args, **kwargs):\n        return True\n"
        "    def tobytes(self, *args):\n        return b''\n"
        "    shape = property(lambda self: (1,))",
    ),
    _result(
        "array-of-liars",
        "an array of objects that equal everything",
        "return np.array([Liar(), Liar()], dtype=object)",
        "import numpy as np\n" + _LIAR,
    ),
    _result(
        "false-class",
        "an object that says it is an array",
        "return Pretender()",
        "import numpy as np\nclass Pretender:\n    __class__ = np.ndarray\n"
        "    dtype = np.dtype(float)\n    shape, ndim, size = (), 0, 1\n"
        "    __eq__ = lambda *args: True\n    __hash__ = None",
    ),
    _result(
        "false-address",
        "an object whose array lies at an address that is not its own",
        "return Pointer()",
        "class Pointer:\n    __array_interface__ = {'shape': (2,), 'typestr': '<f8', "
        "'data': (8, False), 'version': 3}",
    ),
    _result(
        "changing-arrays",
        "an object that is another array each time it is asked",
        "return Changing()",
        "import numpy as np\nclass Changing:\n    count = 0\n"
        "    def __array__(self, *args, **kwargs):\n        self.count += 1\n"
        "        return np.full((self.count,), np.nan)",
    ),
    _result(
        "exceptions-of-a-kind",
        "exceptions that fail when they are shown",
        "raise Broken()",
        "class Broken(Exception):\n    def __str__(self):\n        raise self\n"
        "    __repr__ = __str__\n    def _render_traceback_(self):\n        raise SystemExit",
    ),
)
