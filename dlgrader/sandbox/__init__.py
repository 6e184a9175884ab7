r"""The sandbox: a learner's notebook runs where it can harm nothing and learn nothing.

A `Session` runs the cells of one notebook in a process that a `Backend` confines, and calls the
learner's functions in copies of that process (`Branch`). Arrays and plain data come back; what they
are worth is decided elsewhere.

>>> from dlgrader.sandbox import Prepared, Session
>>> backend = Prepared()
>>> if not backend.problem():
...     with Session(backend) as session:
...         result = session.run_cell("print(6 * 7)")
...     assert result.outputs[0]["text"] == "42\n"
"""

from dlgrader.sandbox.backend import Backend, Process, SandboxError, SessionEnded, Usage
from dlgrader.sandbox.branch import Branch
from dlgrader.sandbox.bubblewrap import Bubblewrap
from dlgrader.sandbox.limits import Limits
from dlgrader.sandbox.prepared import Prepared
from dlgrader.sandbox.session import CellResult, Session
from dlgrader.sandbox.unconfined import Unconfined

__all__ = [
    "Backend",
    "Branch",
    "Bubblewrap",
    "CellResult",
    "Limits",
    "Prepared",
    "Process",
    "SandboxError",
    "Session",
    "SessionEnded",
    "Unconfined",
    "Usage",
]
