"""Parts of the sandbox that can be looked at without starting one."""

from __future__ import annotations

import json
import os
import platform
import struct
import subprocess
from pathlib import Path

import pytest

from dlgrader.sandbox import Bubblewrap, bubblewrap, identity, interpreter, seccomp
from dlgrader.sandbox.outputs import read_outputs
from dlgrader.sandbox.runner.wire import WireError


def users(monkeypatch: pytest.MonkeyPatch, *ranges: range) -> list[int | None]:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(identity, "_ranges", lambda name: list(ranges))
    return [identity.spare_user() for _ in range(50)]


def test_every_sandbox_of_root_gets_a_user_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    found = users(monkeypatch, range(2**32 - 1))
    assert len(set(found)) == 50
    assert all(user is not None and 2**30 <= user < 2**31 for user in found)


def test_in_a_container_it_is_one_that_exists(monkeypatch: pytest.MonkeyPatch) -> None:
    found = users(monkeypatch, range(65536))
    assert all(user is None or 32768 <= user < 65534 for user in found)
    assert len(set(found)) > 45
    assert users(monkeypatch, range(1)) == [None] * 50


def test_ordinary_users_stay_what_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert identity.spare_user() is None


def test_hidden_parts_are_found(tmp_path: Path) -> None:
    packages = tmp_path / "lib" / "python3.11" / "site-packages"
    hidden = (
        "dlcore", "dlgrader", "dlcore-0.1.0.dist-info", "__editable__.dlcore-0.1.0.pth",
        "__editable___dlcore_0_1_0_finder.py", "__pycache__/__editable___dlcore_0_1_0_finder.pyc",
        "torch", "torch-2.13.0+cpu.dist-info", "nbgrader", "nbgrader-0.9.6.dist-info", "jaxlib",
    )  # fmt: skip
    kept = ("numpy", "numpy-2.0.dist-info", "numpy.libs", "IPython", "six.py", "6ec5__mypyc.so")
    for name in (*hidden, *kept):
        (packages / name).mkdir(parents=True)
    found = interpreter.hidden_packages([tmp_path / "lib"])
    assert set(found) == {packages / name for name in hidden}
    course = tmp_path / "lib" / "course"
    (course / "exchange").mkdir(parents=True)
    hide = [course / "exchange", course, Path("/nowhere"), tmp_path]
    assert interpreter.hidden_folders([tmp_path / "lib"], hide) == [course]


def test_an_interpreter_in_a_hidden_folder_is_mounted_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interpreter, "USR", tmp_path)
    (tmp_path / "src" / "app" / "lib").mkdir(parents=True)
    monkeypatch.setattr(interpreter, "_package_folders_elsewhere", lambda prefix, base: [])
    monkeypatch.setattr(interpreter.sys, "prefix", str(tmp_path / "src" / "app"))
    monkeypatch.setattr(interpreter.sys, "base_prefix", str(tmp_path))
    assert interpreter.roots() == []
    assert interpreter.roots([tmp_path / "src"]) == [tmp_path / "src" / "app" / "lib"]


def test_what_the_interpreter_needs_is_no_more_than_that() -> None:
    for path in interpreter.roots():
        assert path.name in ("lib", "lib64", "zoneinfo", "pyvenv.cfg") or "python" in path.name


def run(program: bytes, number: int, argument: int = 0, machine: int | None = None) -> int:
    """Do what the kernel does with a filter."""
    if machine is None:
        machine = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}[platform.machine()]
    data = struct.pack("=iIQ6Q", number, machine, 0, argument, *[0] * 5)
    steps = list(struct.iter_unpack("=HBBI", program))
    place, held = 0, 0
    while True:
        code, if_true, if_false, value = steps[place]
        place += 1
        if code == 0x20:
            held = int.from_bytes(data[value : value + 4], "little")
        elif code == 0x06:
            return value
        else:
            holds = {0x15: held == value, 0x35: held >= value, 0x45: bool(held & value)}[code]
            place += if_true if holds else if_false


@pytest.mark.skipif(platform.machine() not in ("x86_64", "aarch64"), reason="no filter for this")
def test_the_filter_of_system_calls() -> None:
    program = seccomp.program()
    column = ("x86_64", "aarch64").index(platform.machine())
    allowed, refused, unknown = 0x7FFF0000, 0x50001, 0x50026
    calls = {name: numbers[column] for name, numbers in seccomp._REFUSED.items()}
    assert len(set(calls.values())) == len(calls)
    for number in calls.values():
        assert run(program, number) == refused
    assert run(program, 435) == unknown
    assert run(program, 0x40000000 + 1) == unknown
    assert run(program, 1, machine=0x40000003) == unknown
    clone = seccomp._CLONE[column]
    # A thread, a process, and namespaces of one's own.
    assert run(program, clone, 0x3D0F00) == allowed
    assert run(program, clone, 0x01200011) == allowed
    for flag in (0x10000000, 0x00020000, 0x20000000, 0x40000000):
        assert run(program, clone, flag | 17) == refused
    for number in set(range(480)) - {*calls.values(), clone, 435}:
        assert run(program, number) == allowed


@pytest.mark.parametrize(
    "output",
    [
        7,
        {},
        {"output_type": "stream", "name": "stdlog", "text": ""},
        {"output_type": "stream", "name": "stdout", "text": ["a"]},
        {"output_type": "stream", "name": "stdout"},
        {"output_type": "error", "ename": "E", "evalue": 3, "traceback": []},
        {"output_type": "error", "ename": "E", "evalue": "", "traceback": "text"},
        {"output_type": "error", "ename": "E", "evalue": "", "traceback": [1]},
        {"output_type": "display_data", "data": [], "metadata": {}},
        {"output_type": "display_data", "data": {}, "metadata": None},
        {"output_type": "execute_result", "data": {}, "metadata": {}},
        {"output_type": "execute_result", "data": {}, "metadata": {}, "execution_count": "<b>"},
    ],
)
def test_forged_outputs_are_refused(output: object) -> None:
    with pytest.raises(WireError):
        read_outputs(json.dumps([output]).encode(), 1000)


@pytest.mark.parametrize("text", [None, "[]", b"{}", b"[", b"[" * 10**5, b"\xff", b"1" * 10**4])
def test_what_are_no_outputs_is_refused(text: object) -> None:
    with pytest.raises(WireError):
        read_outputs(text, 1000)


def test_parts_of_outputs_that_no_notebook_holds_are_dropped() -> None:
    given = {
        "output_type": "display_data",
        "data": {"text/plain": "a\udc80", "text/html": {"x": 1}, "application/json": {"x": 1}},
        "metadata": {},
        "extra": "x",
    }
    [output] = read_outputs(json.dumps([given]).encode(), 1000)
    assert output["data"] == {"text/plain": "a?", "application/json": {"x": 1}}
    assert "extra" not in output


@pytest.fixture
def fresh() -> None:
    bubblewrap._problem.cache_clear()
    yield
    bubblewrap._problem.cache_clear()


def test_what_is_missing_is_said(fresh: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bubblewrap.shutil, "which", lambda name: None)
    assert "apt-get install bubblewrap" in Bubblewrap().problem()
    bubblewrap._problem.cache_clear()
    monkeypatch.setattr(bubblewrap.sys, "platform", "darwin")
    assert "exists on Linux only" in Bubblewrap().problem()


def test_a_machine_that_refuses_is_quoted(fresh: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bubblewrap.shutil, "which", lambda name: "/usr/bin/" + name)
    refusal = subprocess.CompletedProcess([], 1, "", "bwrap: No permissions to create namespace\n")
    monkeypatch.setattr(bubblewrap.subprocess, "run", lambda *_, **__: refusal)
    said = Bubblewrap().problem()
    assert said.startswith("The sandbox does not work here: bwrap: No permissions")
    assert "namespaces" in said
