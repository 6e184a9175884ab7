"""How much a learner's notebook may take."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1 << 20
GIB = 1 << 30


@dataclass(frozen=True)
class Limits:
    """What one session in the sandbox may take.

    Times are in seconds of the clock on the wall, without those in which the process had to wait
    for a core (see `Deadline`).

    Attributes
    ----------
    start_seconds : float
        Until the runner is ready for the first cell.
    cell_seconds : float
        One cell; then it is interrupted, as by Jupyter's stop button.
    grace_seconds : float
        What a cell gets to react to the interrupt, at least to format its traceback; then the
        session is ended.
    notebook_seconds : float
        The whole session.
    call_seconds : float
        One call of a learner's function.
    memory : int
        Bytes of all processes together.
    address_space : int
        Bytes that one process may ask for; beyond, it gets a MemoryError.
    processes : int
        Processes, the sandbox's own two included; the system's limit, a little above, counts
        threads, too.
    open_files : int
        Open files of one process.
    file_bytes : int
        Size of one file.
    disk_bytes : int
        Size of each of the two folders that can be written to, /tmp and /dev/shm.
    files : int
        Files and folders in both together.
    output_bytes : int
        Output of one cell that is kept; the rest is cut off, with a note.
    result_bytes : int
        What one call may return, its arguments included, which come back, too.
    """

    start_seconds: float = 30.0
    cell_seconds: float = 60.0
    grace_seconds: float = 5.0
    notebook_seconds: float = 240.0
    call_seconds: float = 6.0
    memory: int = 2 * GIB
    address_space: int = 3 * GIB
    processes: int = 64
    open_files: int = 256
    file_bytes: int = 64 * MIB
    disk_bytes: int = 64 * MIB
    files: int = 20_000
    output_bytes: int = MIB
    result_bytes: int = 32 * MIB
