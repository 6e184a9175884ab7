"""Handwritten digits: a small set that comes with ``dlcore``, and MNIST.

``load_digits`` reads 1,797 images of 8×8 pixels from the package itself; ``load_mnist`` reads
70,000 images of 28×28 pixels from a folder of yours, from the cache, or from the network. Both
return a ``Dataset`` of the same layout: only the network's input size has to change between them.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import math
import os
import zlib
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from dlcore._validation import Array, check_float_dtype

__all__ = [
    "MNIST_MIRRORS",
    "MNIST_SHA256",
    "Dataset",
    "DatasetUnavailable",
    "load_digits",
    "load_mnist",
    "read_idx",
]

#: Where ``load_mnist`` looks for the files, in this order.
MNIST_MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)

#: File name: SHA-256 of the file as it is published (name.gz) and of the file unpacked (name).
#: The order is that of Dataset's fields.
MNIST_SHA256 = {
    "train-images-idx3-ubyte": (
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    ),
    "train-labels-idx1-ubyte": (
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    ),
    "t10k-images-idx3-ubyte": (
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    ),
    "t10k-labels-idx1-ubyte": (
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
}

_DIGITS_TRAIN = 1437


class DatasetUnavailable(OSError):  # noqa: N818 - says what is the case, as FileNotFoundError does
    """The files of a dataset are not on this computer and could not be downloaded.

    Examples
    --------
    >>> import tempfile
    >>> from unittest.mock import patch
    >>> with tempfile.TemporaryDirectory() as folder, patch.dict(os.environ, DLCORE_DATA=folder):
    ...     try:
    ...         load_mnist()
    ...     except DatasetUnavailable:
    ...         print("The folder is empty.")
    The folder is empty.
    """


class Dataset(NamedTuple):
    """Images and labels, split into a part to train on and a part to test on.

    Being a tuple, it can be taken apart in one line:
    ``x_train, t_train, x_test, t_test = load_digits()``.

    Attributes
    ----------
    x_train : array of shape (N, 1, H, W), or (N, H·W) if loaded with ``flatten=True``
        Images to train on, float, pixels from 0 (paper) to 1 (ink).
    t_train : array of shape (N,)
        Their labels, the digits 0 to 9, int64.
    x_test : array of shape (M, 1, H, W) or (M, H·W)
        Images to test on.
    t_test : array of shape (M,)
        Their labels.

    Examples
    --------
    >>> _, _, x_test, t_test = load_digits()
    >>> len(x_test) == len(t_test)
    True
    >>> load_digits()._fields
    ('x_train', 't_train', 'x_test', 't_test')
    """

    x_train: Array
    t_train: Array
    x_test: Array
    t_test: Array


def load_digits(*, dtype: DTypeLike = np.float32, flatten: bool = False) -> Dataset:
    """Load the 1,797 handwritten digits of 8×8 pixels that come with the package.

    The first 1,437 images are for training, the last 360 for testing; the order is that of the
    original file. Pixels are counts of ink from 0 to 16, divided by 16.

    Parameters
    ----------
    dtype : float dtype
        Type of the images; labels are always int64.
    flatten : bool
        Return each image as one row of 64 numbers instead of (1, 8, 8).

    Returns
    -------
    Dataset
        ``x_train`` (1437, 1, 8, 8), ``t_train`` (1437,), ``x_test`` (360, 1, 8, 8),
        ``t_test`` (360,); new arrays at every call, yours to change.

    Raises
    ------
    TypeError
        If `dtype` is not a float type.

    Notes
    -----
    Source: E. Alpaydin and C. Kaynak, *Optical Recognition of Handwritten Digits*, UCI Machine
    Learning Repository, 1998, https://doi.org/10.24432/C50P49 (its test set). Licence: CC BY 4.0;
    see ``data/LICENSE-digits.md`` in the package. Book: chapters 0 and 4.

    The original set keeps the writers of its test set apart from those of its training set. Here
    both parts come from the former, and one person's digits may be in both.

    Examples
    --------
    >>> digits = load_digits()
    >>> digits.x_train.shape, digits.x_test.shape, digits.x_train.dtype
    ((1437, 1, 8, 8), (360, 1, 8, 8), dtype('float32'))
    >>> digits.t_train[:5]
    array([0, 1, 2, 3, 4])
    >>> load_digits(flatten=True).x_test.shape
    (360, 64)
    """
    dtype = check_float_dtype(dtype, where="load_digits")
    # Through importlib.resources and bytes, so that it also works from a zipped package.
    data = resources.files("dlcore").joinpath("data", "digits.npz").read_bytes()
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        images, labels = arrays["images"], arrays["labels"]
    x = _to_input(images, 16, dtype, flatten)
    t = labels.astype(np.int64)
    n = _DIGITS_TRAIN
    return Dataset(x[:n], t[:n], x[n:], t[n:])


def load_mnist(*, dtype: DTypeLike = np.float32, flatten: bool = False) -> Dataset:
    """Load MNIST: 70,000 handwritten digits of 28×28 pixels.

    The four files are taken from the first of these places that applies:

    1. the folder named by the environment variable ``DLCORE_DATA``, if it is set; packed files
       (``train-images-idx3-ubyte.gz``) and unpacked ones (``train-images-idx3-ubyte``) will do;
    2. the cache, where an earlier call has put them;
    3. the network: 11.6 MB, with a progress bar, from the first of ``MNIST_MIRRORS`` that answers.

    Every file's SHA-256 is compared with ``MNIST_SHA256`` before it is used. Pixels are divided by
    255. The training images take 188 MB as float32.

    Parameters
    ----------
    dtype : float dtype
        Type of the images; labels are always int64.
    flatten : bool
        Return each image as one row of 784 numbers instead of (1, 28, 28).

    Returns
    -------
    Dataset
        ``x_train`` (60000, 1, 28, 28), ``t_train`` (60000,), ``x_test`` (10000, 1, 28, 28),
        ``t_test`` (10000,).

    Raises
    ------
    DatasetUnavailable
        If a file is missing from the folder ``DLCORE_DATA``, or can be neither found in the cache
        nor downloaded. The message says how to get it.
    ValueError
        If a file in the folder ``DLCORE_DATA`` is not the original one.
    TypeError
        If `dtype` is not a float type.

    Notes
    -----
    Source: Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, *Gradient-based learning applied to
    document recognition*, Proceedings of the IEEE 86(11), 1998, https://doi.org/10.1109/5.726791.
    Copyright Y. LeCun and C. Cortes; licence: CC BY-SA 3.0. Book: chapter 4.

    Examples
    --------
    For a fully connected network:

    >>> x_train, t_train, x_test, t_test = load_mnist(flatten=True)  # doctest: +SKIP
    >>> x_train.shape, x_test.shape  # doctest: +SKIP
    ((60000, 784), (10000, 784))
    """
    dtype = check_float_dtype(dtype, where="load_mnist")
    x_train, t_train, x_test, t_test = (read_idx(_mnist_file(name)) for name in MNIST_SHA256)
    return Dataset(
        _to_input(x_train, 255, dtype, flatten),
        t_train.astype(np.int64),
        _to_input(x_test, 255, dtype, flatten),
        t_test.astype(np.int64),
    )


def read_idx(path: str | os.PathLike[str]) -> Array:
    """Read a file in the idx format, in which MNIST is published.

    The file starts with two zero bytes, a byte for the type of the entries, a byte for the number
    of axes and the length of each axis as a big-endian 32-bit integer; the entries follow. Only
    unsigned bytes (type 0x08) are read, the type of MNIST and of the sets made in its image.

    Parameters
    ----------
    path : path of the file
        A name that ends in ``.gz`` is unpacked while it is read.

    Returns
    -------
    array of uint8
        With the axes that the file states: (N, 28, 28) for MNIST's images, (N,) for its labels.

    Raises
    ------
    ValueError
        If the file is not of this format, damaged, too short or too long.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "labels-idx1-ubyte"
    ...     _ = path.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3, 5, 0, 4]))
    ...     read_idx(path)
    array([5, 0, 4], dtype=uint8)
    """
    path = Path(path)
    data = path.read_bytes()
    if path.suffix == ".gz":
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise ValueError(
                f"read_idx: expected {path} to be a gzip file, but it is damaged or not packed "
                f"({error}); get it anew, or drop .gz from its name if it is already unpacked"
            ) from error
    if len(data) < 4 or data[:2] != b"\0\0" or data[3] == 0:
        raise ValueError(
            f"read_idx: expected {path} to start with two zero bytes, a type and a number of axes, "
            f"got the bytes {data[:4].hex(' ') or '(none)'}; is it an idx file?"
        )
    if data[2] != 0x08:
        raise ValueError(
            f"read_idx: expected entries of type 0x08 (unsigned byte) in {path}, "
            f"got type 0x{data[2]:02x}; other types are not supported"
        )
    start = 4 + 4 * data[3]
    if len(data) < start:
        raise ValueError(
            f"read_idx: expected {start} bytes of header for {data[3]} axes in {path}, "
            f"got {len(data)} bytes in all; the file is cut off: get it anew"
        )
    shape = tuple(int(size) for size in np.frombuffer(data, ">u4", count=data[3], offset=4))
    expected, got = math.prod(shape), len(data) - start
    if got != expected:
        fault = "is cut off" if got < expected else "has bytes left over"
        raise ValueError(
            f"read_idx: expected {expected} entries for the shape {shape} in {path}, got {got}; "
            f"the file {fault}: get it anew"
        )
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape).copy()


def _to_input(images: Array, maximum: int, dtype: np.dtype, flatten: bool) -> Array:
    """Turn integer images (N, H, W) into floats from 0 to 1, (N, 1, H, W) or (N, H·W)."""
    n, height, width = images.shape
    x = images.astype(dtype).reshape((n, height * width) if flatten else (n, 1, height, width))
    x /= maximum
    return x


def _mnist_file(name: str) -> Path:
    folder = os.environ.get("DLCORE_DATA")
    return _local_file(Path(folder).expanduser(), name) if folder else _cached_file(name)


def _local_file(folder: Path, name: str) -> Path:
    """Return the file in the folder DLCORE_DATA, packed or not, after checking its SHA-256."""
    packed, unpacked = MNIST_SHA256[name]
    for path, expected in ((folder / f"{name}.gz", packed), (folder / name, unpacked)):
        if path.is_file():
            with path.open("rb") as file:
                got = hashlib.file_digest(file, "sha256").hexdigest()
            if got != expected:
                raise ValueError(
                    f"load_mnist: expected {path} to have the SHA-256 {expected}, got {got}; "
                    "the file is damaged or another one: replace it by the original"
                )
            return path
    raise DatasetUnavailable(
        f"load_mnist: expected {name}.gz or {name} in the folder {folder}, which the environment "
        f"variable DLCORE_DATA names, but it is not there; put MNIST's four files into it, or "
        "unset DLCORE_DATA to download them"
    )


def _cached_file(name: str) -> Path:
    """Return the packed file from the cache, downloading it first if it is not there."""
    failures = []
    try:
        import pooch  # only here: in a browser there is neither pooch nor a use for it
    except ImportError as error:
        failures.append(f"the package pooch, which downloads files, cannot be imported: {error}")
    else:
        downloader = pooch.HTTPDownloader(progressbar=True, timeout=20)
        for mirror in MNIST_MIRRORS:
            url = f"{mirror}{name}.gz"
            try:
                path = pooch.retrieve(
                    url,
                    known_hash=f"sha256:{MNIST_SHA256[name][0]}",
                    fname=f"{name}.gz",
                    path=Path(pooch.os_cache("dlcore")) / "mnist",
                    downloader=downloader,
                )
                return Path(path)
            except (OSError, ValueError) as error:  # no connection, not found; wrong SHA-256
                failures.append(f"{url}: {error}")
    raise DatasetUnavailable(
        f"load_mnist: {name}.gz is not on this computer and could not be downloaded.\n"
        + "".join(f"  - {failure}\n" for failure in failures)
        + "What you can do: call load_mnist() again when you are online; or put the files "
        + ", ".join(f"{file}.gz" for file in MNIST_SHA256)
        + " into a folder and name it in the environment variable DLCORE_DATA; or call "
        "load_digits(), whose smaller digits come with the package."
    )
