"""The digits in the package, the idx format, and every way by which MNIST may come or not come."""

import gzip
import hashlib
import os
import re
import shutil
import struct
import subprocess
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from pathlib import Path
from threading import Thread

import numpy as np
import pooch
import pytest

from dlcore import datasets
from dlcore.datasets import DatasetUnavailable, load_digits, load_mnist, read_idx

needs_mnist = pytest.mark.skipif(
    not os.environ.get("DLCORE_DATA"),
    reason="the environment variable DLCORE_DATA names no folder with MNIST's files",
)


# The digits


def test_digits_have_the_promised_shapes_types_and_range():
    digits = load_digits()
    assert digits.x_train.shape == (1437, 1, 8, 8)
    assert digits.x_test.shape == (360, 1, 8, 8)
    assert digits.t_train.shape == (1437,)
    assert digits.t_test.shape == (360,)
    assert digits.x_train.dtype == digits.x_test.dtype == np.float32
    assert digits.t_train.dtype == digits.t_test.dtype == np.int64
    assert digits.x_train.min() == 0
    assert digits.x_train.max() == 1


def test_digits_hold_the_class_counts_that_the_source_states():
    digits = load_digits()
    counts = np.bincount(np.concatenate([digits.t_train, digits.t_test]))
    assert counts.tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_first_digit_is_the_zero_of_the_source_file():
    digits = load_digits()
    assert digits.t_train[0] == 0
    # The first row of digits.csv begins 0,0,5,13,9,1,0,0 and goes on 0,0,13,15,10,15,5,0.
    expected = [[0, 0, 5, 13, 9, 1, 0, 0], [0, 0, 13, 15, 10, 15, 5, 0]]
    assert (digits.x_train[0, 0, :2] * 16).tolist() == expected


def test_digits_in_float64_and_flat():
    digits = load_digits(dtype=np.float64, flatten=True)
    assert digits.x_train.shape == (1437, 64)
    assert digits.x_test.dtype == np.float64
    np.testing.assert_array_equal(digits.x_test.reshape(360, 1, 8, 8), load_digits().x_test)


def test_digits_are_new_arrays_at_every_call():
    first = load_digits()
    first.x_train[:] = 7
    first.t_train[:] = 7
    again = load_digits()
    assert again.x_train.max() == 1
    assert again.t_train[1] == 1


@pytest.mark.parametrize("load", [load_digits, load_mnist])
def test_integer_dtype_is_refused(load):
    with pytest.raises(TypeError, match=r"expected dtype to be a float type, got int64"):
        load(dtype=np.int64)


def test_licence_file_states_author_licence_and_the_hash_of_the_data():
    folder = resources.files("dlcore").joinpath("data")
    text = folder.joinpath("LICENSE-digits.md").read_text(encoding="utf-8")
    assert hashlib.sha256(folder.joinpath("digits.npz").read_bytes()).hexdigest() in text
    for part in ("Alpaydin", "Kaynak", "creativecommons.org/licenses/by/4.0", "10.24432/C50P49"):
        assert part in text


def test_digits_load_from_a_zipped_package_without_pooch_and_tqdm(tmp_path):
    package = Path(datasets.__file__).parent
    copy = tmp_path / "src" / "dlcore"
    (copy / "data").mkdir(parents=True)
    for name in ("__init__.py", "_validation.py", "datasets.py", "data/digits.npz"):
        shutil.copy(package / name, copy / name)
    (copy / "__init__.py").write_text("")  # the loader alone, whatever else the package imports
    archive = shutil.make_archive(str(tmp_path / "dlcore"), "zip", tmp_path / "src")
    script = (
        "import sys; sys.modules.update(pooch=None, tqdm=None); sys.path.insert(0, sys.argv[1]);"
        "from dlcore import datasets; assert sys.argv[1] in datasets.__file__;"
        "print(len(datasets.load_digits().x_train))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, archive], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.stdout.strip() == "1437", done.stderr


# The idx format


def idx_bytes(array):
    array = np.asarray(array, dtype=np.uint8)
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    return header + array.tobytes()


@pytest.mark.parametrize("shape", [(3,), (2, 4), (5, 28, 28), (0, 3)])
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_read_idx_returns_what_was_written(tmp_path, shape, suffix):
    array = np.random.default_rng(0).integers(256, size=shape, dtype=np.uint8)
    path = tmp_path / f"data{suffix}"
    data = idx_bytes(array)
    path.write_bytes(gzip.compress(data) if suffix else data)
    result = read_idx(path)
    assert result.dtype == np.uint8
    assert result.flags.writeable
    np.testing.assert_array_equal(result, array)


GOOD = idx_bytes(np.arange(12).reshape(3, 4))
PACKED = gzip.compress(GOOD, mtime=0)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", r"two zero bytes.*got the bytes \(none\); is it an idx file\?"),
        (b"PK\x03\x04" + GOOD, r"two zero bytes.*got the bytes 50 4b 03 04"),
        (bytes([0, 0, 8, 0]), r"number of axes, got the bytes 00 00 08 00"),
        (bytes([0, 0, 13]) + GOOD[3:], r"type 0x08 \(unsigned byte\).*got type 0x0d"),
        (GOOD[:9], r"expected 12 bytes of header for 2 axes .*got 9 bytes.*cut off"),
        (GOOD[:-1], r"expected 12 entries for the shape \(3, 4\) .*got 11; the file is cut off"),
        (GOOD + b"\0", r"expected 12 entries .*got 13; the file has bytes left over"),
    ],
)
def test_read_idx_names_the_fault(tmp_path, data, message):
    path = tmp_path / "data-idx"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=message) as caught:
        read_idx(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("data", [GOOD, PACKED[:-9], PACKED[:12] + b"\xff" * 20])
def test_read_idx_reports_a_damaged_gzip_file(tmp_path, data):
    path = tmp_path / "data.gz"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"gzip file, but it is damaged or not packed"):
        read_idx(path)


# MNIST, played by four tiny files


@pytest.fixture
def tiny(monkeypatch):
    """MNIST's four files with 5 and 3 images of 2×2 pixels: {name: unpacked bytes}."""
    rng = np.random.default_rng(1)
    arrays = {
        "train-images-idx3-ubyte": rng.integers(256, size=(5, 2, 2)),
        "train-labels-idx1-ubyte": rng.integers(10, size=5),
        "t10k-images-idx3-ubyte": rng.integers(256, size=(3, 2, 2)),
        "t10k-labels-idx1-ubyte": rng.integers(10, size=3),
    }
    files = {name: idx_bytes(array) for name, array in arrays.items()}
    assert list(files) == list(datasets.MNIST_SHA256)
    hashes = {
        name: tuple(hashlib.sha256(d).hexdigest() for d in (gzip.compress(data, mtime=0), data))
        for name, data in files.items()
    }
    monkeypatch.setattr(datasets, "MNIST_SHA256", hashes)
    return files


def write_packed(folder, files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / f"{name}.gz").write_bytes(gzip.compress(data, mtime=0))
    return folder


def check_tiny(mnist, files):
    pixels = np.frombuffer(files["train-images-idx3-ubyte"], np.uint8, offset=16)
    assert mnist.x_train.shape == (5, 1, 2, 2)
    assert mnist.x_test.shape == (3, 1, 2, 2)
    assert mnist.x_train.dtype == np.float32
    np.testing.assert_allclose(mnist.x_train.ravel() * 255, pixels, rtol=1e-6)
    assert mnist.t_train.tolist() == list(files["train-labels-idx1-ubyte"][8:])
    assert mnist.t_test.tolist() == list(files["t10k-labels-idx1-ubyte"][8:])
    assert mnist.t_test.dtype == np.int64


def test_mnist_from_a_folder_packed(tmp_path, tiny, monkeypatch):
    monkeypatch.setenv("DLCORE_DATA", str(write_packed(tmp_path, tiny)))
    check_tiny(load_mnist(), tiny)
    flat = load_mnist(flatten=True, dtype=np.float64)
    assert flat.x_test.shape == (3, 4)
    assert flat.x_test.dtype == np.float64


def test_mnist_from_a_folder_unpacked(tmp_path, tiny, monkeypatch):
    for name, data in tiny.items():
        (tmp_path / name).write_bytes(data)
    monkeypatch.setenv("DLCORE_DATA", str(tmp_path))
    check_tiny(load_mnist(), tiny)


@pytest.mark.parametrize("packed", [True, False])
def test_mnist_refuses_a_changed_file_in_the_folder(tmp_path, tiny, monkeypatch, packed):
    write_packed(tmp_path, tiny)
    name = "t10k-labels-idx1-ubyte"
    changed = tiny[name][:-1] + b"\x0b"
    path = tmp_path / (f"{name}.gz" if packed else name)
    (tmp_path / f"{name}.gz").unlink()
    path.write_bytes(gzip.compress(changed, mtime=0) if packed else changed)
    monkeypatch.setenv("DLCORE_DATA", str(tmp_path))
    expected = datasets.MNIST_SHA256[name][0 if packed else 1]
    with pytest.raises(ValueError, match=f"{re.escape(str(path))} to have the SHA-256 {expected}"):
        load_mnist()


def test_mnist_names_the_file_that_is_missing_from_the_folder(tmp_path, tiny, monkeypatch):
    write_packed(tmp_path, tiny)
    (tmp_path / "t10k-images-idx3-ubyte.gz").unlink()
    monkeypatch.setenv("DLCORE_DATA", str(tmp_path))
    with pytest.raises(DatasetUnavailable, match=r"t10k-images-idx3-ubyte\.gz.*DLCORE_DATA"):
        load_mnist()


class Mirror:
    """A web server on this machine that serves a folder and remembers what was asked for."""

    def __init__(self, folder):
        self.requests = []
        requests = self.requests

        class Handler(SimpleHTTPRequestHandler):
            def log_request(self, *args):
                requests.append(self.path)

            def log_message(self, *args):  # nothing on the terminal
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
        self.thread = Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/"

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def start_mirror(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    mirrors = []

    def start(folder):
        mirrors.append(Mirror(folder))
        return mirrors[-1]

    yield start
    for mirror in mirrors:
        mirror.stop()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache; no folder is named."""
    folder = tmp_path / "cache"
    monkeypatch.setattr(pooch, "os_cache", lambda project: folder / project)
    monkeypatch.delenv("DLCORE_DATA", raising=False)
    return folder / "dlcore" / "mnist"


def test_mnist_is_downloaded_once_with_a_progress_bar(
    tmp_path, tiny, cache, start_mirror, monkeypatch, capfd
):
    mirror = start_mirror(write_packed(tmp_path / "web", tiny))
    monkeypatch.setattr(datasets, "MNIST_MIRRORS", (mirror.url,))
    check_tiny(load_mnist(), tiny)
    assert "100%" in capfd.readouterr().err
    assert mirror.requests == [f"/{name}.gz" for name in tiny]
    check_tiny(load_mnist(), tiny)
    assert len(mirror.requests) == 4, "the second call should have used the cache"


def test_mnist_comes_from_the_second_mirror_if_the_first_fails(
    tmp_path, tiny, cache, start_mirror, monkeypatch
):
    (tmp_path / "empty").mkdir()
    first = start_mirror(tmp_path / "empty")
    second = start_mirror(write_packed(tmp_path / "web", tiny))
    monkeypatch.setattr(datasets, "MNIST_MIRRORS", (first.url, second.url))
    check_tiny(load_mnist(), tiny)
    assert len(first.requests) == len(second.requests) == 4


def test_a_corrupt_download_is_thrown_away_and_the_second_mirror_asked(
    tmp_path, tiny, cache, start_mirror, monkeypatch
):
    bad = {name: data[:-1] + b"\xff" for name, data in tiny.items()}
    first = start_mirror(write_packed(tmp_path / "bad", bad))
    second = start_mirror(write_packed(tmp_path / "good", tiny))
    monkeypatch.setattr(datasets, "MNIST_MIRRORS", (first.url, second.url))
    check_tiny(load_mnist(), tiny)
    assert len(first.requests) == 4


def test_a_corrupt_download_alone_is_an_error_and_leaves_nothing_in_the_cache(
    tmp_path, tiny, cache, start_mirror, monkeypatch
):
    bad = {name: data[:-1] + b"\xff" for name, data in tiny.items()}
    mirror = start_mirror(write_packed(tmp_path / "bad", bad))
    monkeypatch.setattr(datasets, "MNIST_MIRRORS", (mirror.url,))
    with pytest.raises(DatasetUnavailable, match=r"SHA256 hash"):
        load_mnist()
    assert list(cache.iterdir()) == []


def test_a_damaged_file_in_the_cache_is_downloaded_anew(
    tmp_path, tiny, cache, start_mirror, monkeypatch
):
    write_packed(cache, tiny)
    (cache / "train-images-idx3-ubyte.gz").write_bytes(b"damaged")
    mirror = start_mirror(write_packed(tmp_path / "web", tiny))
    monkeypatch.setattr(datasets, "MNIST_MIRRORS", (mirror.url,))
    check_tiny(load_mnist(), tiny)
    assert mirror.requests == ["/train-images-idx3-ubyte.gz"]


def test_offline_error_says_what_to_do(tiny, cache, tmp_path, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    gone = Mirror(tmp_path)
    gone.stop()  # nobody listens at this address any more
    monkeypatch.setattr(datasets, "MNIST_MIRRORS", (gone.url,))
    with pytest.raises(DatasetUnavailable) as caught:
        load_mnist()
    message = str(caught.value)
    assert isinstance(caught.value, OSError)
    assert f"{gone.url}train-images-idx3-ubyte.gz" in message
    for part in ("not on this computer", "DLCORE_DATA", "load_digits()", *tiny):
        assert part in message


def test_without_pooch_the_error_says_so_and_what_to_do(tiny, monkeypatch):
    monkeypatch.delenv("DLCORE_DATA", raising=False)
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(DatasetUnavailable, match=r"(?s)pooch.*cannot be imported.*load_digits"):
        load_mnist()


def test_the_mirrors_are_two_https_addresses():
    assert len(datasets.MNIST_MIRRORS) == 2
    assert all(re.fullmatch(r"https://.+/", url) for url in datasets.MNIST_MIRRORS)


@needs_mnist
def test_real_mnist():
    mnist = load_mnist()
    assert mnist.x_train.shape == (60000, 1, 28, 28)
    assert mnist.x_test.shape == (10000, 1, 28, 28)
    assert mnist.x_train.dtype == np.float32
    assert mnist.x_train.min() == 0
    assert mnist.x_train.max() == 1
    assert mnist.t_train[:5].tolist() == [5, 0, 4, 1, 9]
    assert np.bincount(mnist.t_test).tolist() == [
        980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009,
    ]  # fmt: skip


@needs_mnist
def test_real_mnist_unpacked(tmp_path, monkeypatch):
    folder = Path(os.environ["DLCORE_DATA"])
    for name in datasets.MNIST_SHA256:
        packed = folder / f"{name}.gz"
        data = gzip.decompress(packed.read_bytes()) if packed.exists() else None
        (tmp_path / name).write_bytes(data or (folder / name).read_bytes())
    monkeypatch.setenv("DLCORE_DATA", str(tmp_path))
    assert load_mnist(flatten=True).x_test.shape == (10000, 784)
