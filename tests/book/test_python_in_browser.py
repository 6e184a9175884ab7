"""What the site needs to run Python in its pages: where it comes from, and what becomes of it."""

from __future__ import annotations

import hashlib
import io
import json
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytest.importorskip("jupyter_book", reason="needs the extra 'book'")
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "book" / "_ext")]

import build_book  # noqa: E402
import shipped_parts  # noqa: E402
from in_browser import assemble, compiling, licences, node, runtime, scripts, slimming, sources  # noqa: E402
from in_browser.sources import MissingPartsError, Source, SourceError, fetch  # noqa: E402
from in_browser.wheels import Wheel, compiled_wheels, normal, pure_wheels  # noqa: E402


def wheel(name: str, requires: tuple[str, ...] = (), **files: str) -> bytes:
    """A small wheel."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        lines = ["Metadata-Version: 2.1", f"Name: {name}", "Version: 1.0", "License: MIT"]
        lines += [f"Requires-Dist: {requirement}" for requirement in requires]
        archive.writestr(f"{name}-1.0.dist-info/METADATA", "\n".join(lines) + "\n")
        archive.writestr(f"{name}-1.0.dist-info/licenses/LICENSE", "Be kind.")
        for path, text in {f"{name}/__init__.py": "", **files}.items():
            archive.writestr(path, text)
    return stream.getvalue()


CONTENT = wheel("thing")
THING = Wheel("thing", "1.0", hashlib.sha256(CONTENT).hexdigest(), "thing-1.0-py3-none-any.whl")


def giving(content: bytes, title: str = "a source", asked: list[str] | None = None) -> Source:
    """A source that gives these bytes for whatever it is asked."""

    def get(wheels, folder):
        if asked is not None:
            asked.append(title)
        for one in wheels:
            (folder / one.file_name).write_bytes(content)

    return Source(title, lambda wheel: True, get)


def refusing(message: str) -> Source:
    def get(wheels, folder):
        (folder / wheels[0].file_name).write_bytes(CONTENT[: len(CONTENT) // 2])  # then it broke
        raise SourceError(message)

    return Source("a broken line", lambda wheel: True, get)


# --- Where wheels come from ----------------------------------------------------------------------


def test_a_wheel_with_another_hash_is_refused_and_not_kept(tmp_path):
    with pytest.raises(MissingPartsError, match=r"thing 1\.0.*none with the hash") as error:
        fetch([THING], tmp_path, [giving(CONTENT + b"!")], print)
    assert "same command again" in str(error.value)
    assert not list(tmp_path.rglob("*.whl"))


def test_sources_are_asked_in_turn_and_the_cache_first(tmp_path):
    asked: list[str] = []
    said: list[str] = []
    chain = [
        giving(b"wrong", "first", asked),
        giving(CONTENT, "second", asked),
        giving(CONTENT, "third", asked),
    ]
    found = fetch([THING], tmp_path, chain, said.append)
    assert found[THING].read_bytes() == CONTENT
    assert asked == ["first", "second"]
    assert "second" in said[-1]
    assert fetch([THING], tmp_path, chain, said.append) == found
    assert asked == ["first", "second"]


def test_a_broken_download_leaves_nothing_and_the_next_source_is_asked(tmp_path):
    with pytest.raises(MissingPartsError, match="the line broke"):
        fetch([THING], tmp_path, [refusing("the line broke")], print)
    assert not list(tmp_path.rglob("*.whl"))
    found = fetch([THING], tmp_path, [refusing("the line broke"), giving(CONTENT)], print)
    assert found[THING].read_bytes() == CONTENT


def test_a_damaged_file_in_the_cache_is_fetched_anew(tmp_path):
    found = fetch([THING], tmp_path, [giving(CONTENT)], print)
    found[THING].write_bytes(b"damaged")
    assert fetch([THING], tmp_path, [giving(CONTENT)], print)[THING].read_bytes() == CONTENT


def test_the_users_cache_folder_is_respected(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert sources.cache_folder().is_relative_to(tmp_path)
    monkeypatch.setenv(sources.CACHE_VARIABLE, str(tmp_path / "mine"))
    assert sources.cache_folder() == tmp_path / "mine"


def test_the_official_release_that_does_not_answer_is_told(monkeypatch, tmp_path):
    def no_answer(address, timeout):
        raise TimeoutError("timed out")

    monkeypatch.setattr(sources.urllib.request, "urlopen", no_answer)
    with pytest.raises(SourceError, match=r"no answer for .*thing-1\.0.*timed out"):
        sources.from_release([THING], tmp_path, "1.0")


def test_every_compiled_wheel_has_its_hash_from_pyodides_lock():
    lock = {"packages": {"numpy": {"name": "numpy", "version": "2", "sha256": "a" * 64}}}
    with pytest.raises(KeyError):  # a lock without the others
        compiled_wheels(lock)
    entry = {"version": "1", "sha256": "a" * 64, "file_name": "x.whl"}
    names = runtime.wheels.COMPILED
    lock = {"packages": {name: {"name": name, **entry} for name in names}}
    assert [found.sha256 for found in compiled_wheels(lock)] == ["a" * 64] * len(names)


def test_pure_wheels_are_pinned_by_hash(tmp_path):
    assert all(len(wheel.sha256) == 64 for wheel in pure_wheels())
    bad = tmp_path / "wheels.txt"
    bad.write_text("# a remark\n\nthing==1.0\n")
    with pytest.raises(ValueError, match=r"line 3: expected NAME==VERSION --hash"):
        pure_wheels(bad)


# --- What becomes of them ------------------------------------------------------------------------


def test_what_a_browser_cannot_use_is_left_out():
    kept = {"numpy/core.py", "numpy/_core/tests/_natype.py", "numpy/ma/LICENSE"}
    dropped = {"numpy/tests/test_a.py", "numpy/f2py/x.py", "numpy/a.pyi", "numpy/a.h"}
    dropped |= {"numpy-1.dist-info/RECORD"}
    entries = slimming.slim_entries("numpy", wheel("numpy", **dict.fromkeys(kept | dropped, "")))
    assert kept <= set(entries)
    assert not dropped & set(entries)


def test_matplotlibs_list_of_fonts_names_those_that_are_there():
    fonts = [{"fname": f"fonts/ttf/{name}.ttf"} for name in ("DejaVuSans", "DejaVuSerif")]
    files = {
        "matplotlib/fontlist.json": json.dumps({"ttflist": fonts, "afmlist": []}),
        "matplotlib/mpl-data/fonts/ttf/DejaVuSans.ttf": "",
        "matplotlib/mpl-data/fonts/ttf/DejaVuSerif.ttf": "",
    }
    entries = slimming.slim_entries("matplotlib", wheel("matplotlib", **files))
    listed = json.loads(entries["matplotlib/fontlist.json"])["ttflist"]
    assert [font["fname"] for font in listed] == ["fonts/ttf/DejaVuSans.ttf"]


def test_the_lock_names_what_is_there_and_what_it_needs():
    needs = ("two>=1", 'other; extra == "docs"', "pytz")
    packed = [
        runtime.pack(wheel("one", needs), "one-1.0-py3-none-any.whl"),
        runtime.pack(wheel("two"), "two-1.0-py3-none-any.whl"),
    ]
    lock = runtime.lock_file({"python": "3.14.0"}, packed)
    assert set(lock["packages"]) == {"one", "two"}
    assert lock["packages"]["one"]["depends"] == ["two"]
    assert lock["packages"]["one"]["imports"] == ["one"]
    assert lock["packages"]["one"]["sha256"] == hashlib.sha256(packed[0].content).hexdigest()
    with pytest.raises(ValueError, match=r"one 1\.0 needs two"):
        runtime.lock_file({}, packed[:1])


# --- The site ------------------------------------------------------------------------------------


def test_without_the_parts_the_site_is_built_and_says_so(monkeypatch, capsys, tmp_path):
    def unavailable(say):
        raise assemble.UnavailableError("numpy 2 could not be had.")

    class Builder(build_book.Builder):
        def run(self):
            assert self.browser.folder == ""
            return True

    monkeypatch.setattr(build_book.assemble, "assemble", unavailable)
    monkeypatch.setattr(build_book, "Builder", Builder)
    monkeypatch.setattr(build_book, "install_npm_packages", lambda: None)
    monkeypatch.setattr(sys, "argv", ["build_book.py"])
    assert build_book.main() == 0
    said = capsys.readouterr().out
    assert "cannot be run in the reader's browser. numpy 2 could not be had." in said
    monkeypatch.setattr(sys, "argv", ["build_book.py", "--plain"])
    assert build_book.main() == 0
    assert "cannot be run" not in capsys.readouterr().out


def test_a_node_that_is_missing_or_too_old_is_told(monkeypatch, tmp_path):
    old = tmp_path / "node"
    old.write_text("#!/bin/sh\necho v16.1.0\n")
    (tmp_path / "npm").write_text("#!/bin/sh\n")
    for program in tmp_path.iterdir():
        program.chmod(0o755)
    monkeypatch.setattr(node.sysconfig, "get_path", lambda name: str(tmp_path / "nowhere"))
    node.search_path.cache_clear()
    try:
        for path in (tmp_path, tmp_path / "nowhere"):
            monkeypatch.setenv("PATH", str(path))
            with pytest.raises(node.NodeError, match=r"18 or newer was not found.*make setup"):
                node.search_path()
    finally:
        node.search_path.cache_clear()


@pytest.fixture(scope="module")
def runtime_of_site(site) -> Path:
    folder = site / "lite" / "static" / "pyodide"
    if not folder.is_dir():
        pytest.skip("this site has been built without Python for the browser")
    return folder


def test_the_site_has_exactly_what_the_lock_names(runtime_of_site):
    lock = json.loads((runtime_of_site / "pyodide-lock.json").read_text())
    listed = json.loads((runtime_of_site / runtime.FILES).read_text())
    files = {path.name for path in runtime_of_site.iterdir()} - {runtime.FILES}
    assert set(listed) == files
    entries = lock["packages"].values()
    wheels = {entry["file_name"]: entry["sha256"] for entry in entries}
    assert set(wheels) == {name for name in files if name.endswith(".whl")}
    for name, digest in wheels.items():
        assert listed[name] == {
            "size": (runtime_of_site / name).stat().st_size,
            "sha256": digest,
        }
    assert {"numpy", "matplotlib", "dlcore"} <= set(lock["packages"])


def test_pythons_library_is_compiled_and_complete(runtime_of_site):
    with zipfile.ZipFile(runtime.PYODIDE / runtime.LIBRARY) as archive:
        modules = {one for one in archive.namelist() if one.endswith(".py")}
    with zipfile.ZipFile(runtime_of_site / runtime.LIBRARY) as archive:
        compiled = {one for one in archive.namelist() if one.endswith(".pyc")}
        assert {f"{one}c" for one in modules} == compiled
        heads = {archive.read(one)[:8] for one in compiled}
    # All of one version of Python, and valid without a look at a source.
    assert len(heads) == 1
    assert heads.pop()[4:] == (1).to_bytes(4, "little")


def test_the_course_keeps_its_sources_and_brings_no_solutions(runtime_of_site):
    (path,) = runtime_of_site.glob("dlcore-*.whl")
    names = zipfile.ZipFile(path).namelist()
    assert "dlcore/losses.py" in names
    assert f"dlcore/__pycache__/losses.{compiling.CACHE_TAG}.pyc" in names
    assert not [name for name in names if "dlgrader" in name or "solutions" in name]


def test_all_that_is_shipped_has_its_licence_on_the_page(site, runtime_of_site):
    page = (site / "appendix" / "parts.html").read_text(encoding="utf-8")
    lock = json.loads((runtime_of_site / "pyodide-lock.json").read_text())
    parts = licences.shipped(assemble.BUILD)
    named = {normal(part.name) for part in parts}
    assert set(lock["packages"]) - {"dlcore"} <= named
    assert {"mathjax", "pyodide", "codemirror-view", "jupyterlite-core"} <= {
        name.lstrip("@").replace("/", "-") for name in named
    }
    for part in parts:
        assert f">{part.name}</th>" in page
        assert part.texts, f"{part.name} has no text of its licence"
        for file in part.texts:
            address = shipped_parts.address(part, file)
            assert f'href="../{address}"' in page
            assert (site / address).is_file()


def test_the_libraries_inside_are_those_of_this_pyodide(runtime_of_site):
    version = licences.from_npm("pyodide", "").version
    assert version == licences.INSIDE_OF, "look what this Pyodide links"
    program = (runtime_of_site / "pyodide.asm.wasm").read_bytes()
    for name, version, _ in licences.INSIDE:
        assert version.encode() in program, name


def test_archives_for_the_page_are_the_same_each_time():
    packed = scripts.archive(scripts.contents(scripts.RESULTS, "*.json"))
    assert packed == scripts.archive(scripts.contents(scripts.RESULTS, "*.json"))
    names = zipfile.ZipFile(io.BytesIO(packed)).namelist()
    assert names
    assert all(name.startswith("results/") for name in names)
