"""System calls that Python's library lacks: namespaces, mounts, and giving up rights.

Linux only. Numbers and structures are those of the kernel's headers, the same for all machines.
"""

from __future__ import annotations

import ctypes
import fcntl
import functools
import os
import socket
import struct
from pathlib import Path

NEW_MOUNTS, NEW_UTS, NEW_IPC = 0x00020000, 0x04000000, 0x08000000
NEW_USER, NEW_PROCESSES, NEW_NETWORK = 0x10000000, 0x20000000, 0x40000000

READ_ONLY, NO_SETUID, NO_DEVICES, NO_PROGRAMS = 1, 2, 4, 8
REMOUNT, BIND, ALL_BELOW, PRIVATE = 32, 4096, 16384, 1 << 18

_DETACH = 2
_DEATH_SIGNAL, _SET_DUMPABLE, _SECCOMP, _DROP_FROM_BOUNDING_SET = 1, 4, 22, 24
_NO_NEW_PRIVILEGES, _AMBIENT, _AMBIENT_CLEAR_ALL = 38, 47, 4
_SECCOMP_FILTER = 2
_CAPABILITY_VERSION = 0x20080522
_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 1

_library = ctypes.CDLL(None, use_errno=True)


def _call(name: str, *arguments: object) -> None:
    """Call a function of the C library; raise OSError with its name if it fails."""
    if getattr(_library, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def unshare(flags: int) -> None:
    """Let this process have namespaces of its own; one of processes is for its children only."""
    _call("unshare", flags)


def enter(namespace: int, flags: int) -> None:
    """Enter a namespace, which is given as an open file."""
    _call("setns", namespace, flags)


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """Mount a file system, or do with one that is mounted what the flags say."""
    texts = [os.fsencode(text) or None for text in (source, target, kind)]
    try:
        _call("mount", *texts, ctypes.c_ulong(flags), options.encode("ascii") or None)
    except OSError as error:
        raise OSError(error.errno, f"{error.strerror} ({target})") from None


def unmount(target: str) -> None:
    """Take away what is mounted there, even if something is open in it."""
    _call("umount2", os.fsencode(target), _DETACH)


def _control(what: int, *arguments: int) -> None:
    values = (*arguments, 0, 0, 0, 0)[:4]
    _call("prctl", what, *(ctypes.c_ulong(value) for value in values))


def die_with_parent(signal: int) -> None:
    """Have a signal sent to this process when its parent ends."""
    _control(_DEATH_SIGNAL, signal)


def set_dumpable(dumpable: bool) -> None:
    """Say whether a process of the same user may look into this one."""
    _control(_SET_DUMPABLE, dumpable)


@functools.cache
def last_capability() -> int:
    """Return the highest number of a capability that this kernel knows."""
    return int(Path("/proc/sys/kernel/cap_last_cap").read_text(encoding="ascii"))


def forget_capabilities_for_ever() -> None:
    """Take all capabilities from what this process and its children may ever have."""
    for capability in range(last_capability() + 1):
        _control(_DROP_FROM_BOUNDING_SET, capability)
    _control(_AMBIENT, _AMBIENT_CLEAR_ALL)


def drop_capabilities() -> None:
    """Give up all capabilities."""
    header = struct.pack("=Ii", _CAPABILITY_VERSION, 0)
    _call("capset", header, bytes(24))


def no_new_privileges() -> None:
    """Let no program that is started, such as sudo, have more rights than this process."""
    _control(_NO_NEW_PRIVILEGES, 1)


def filter_calls(program: bytes) -> None:
    """Install a filter of system calls, a BPF program, for this process and all it starts."""
    held = ctypes.create_string_buffer(program, len(program))
    given = ctypes.create_string_buffer(
        struct.pack("@HP", len(program) // 8, ctypes.addressof(held))
    )
    _control(_SECCOMP, _SECCOMP_FILTER, ctypes.addressof(given))


def switch_on_loopback() -> None:
    """Let programs in this network namespace reach each other by 127.0.0.1."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        asked = fcntl.ioctl(any_socket, _GET_FLAGS, struct.pack("16sH22x", b"lo", 0))
        (flags,) = struct.unpack_from("16xH", asked)
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sH22x", b"lo", flags | _UP))
