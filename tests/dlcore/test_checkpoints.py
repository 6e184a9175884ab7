"""Weights in files: the same arrays again, whole files, helpful refusals."""

import numpy as np
import pytest
from checkpoint_cases import assert_same, data, network, state

from dlcore.checkpoints import load_weights, save_weights
from dlcore.networks import MultiLayerNet
from dlcore.optimizers import SGD
from dlcore.training import Trainer


@pytest.fixture
def trained():
    """A network that has learnt a little, so that nothing in it is as at the start."""
    net = network()
    Trainer(net, SGD(lr=0.1), rng=np.random.default_rng(1)).fit(
        *data(), iterations=3, progress=False
    )
    return net


def test_weights_and_buffers_come_back_into_the_same_arrays(tmp_path, trained):
    trained.save(tmp_path / "weights.npz")
    other = network(seed=5)
    arrays = {**other.params, **other.buffers}
    other.load(str(tmp_path / "weights.npz"))
    assert_same(state(other), state(trained))
    assert all({**other.params, **other.buffers}[name] is a for name, a in arrays.items())
    x, _ = data()
    np.testing.assert_array_equal(other.scores(x), trained.scores(x))


def test_numpy_reads_the_file_by_the_names_of_the_arrays(tmp_path, trained):
    trained.save(tmp_path / "weights.npz")
    with np.load(tmp_path / "weights.npz", allow_pickle=False) as file:
        assert set(file.files) == {"dlcore_format", *trained.params, *trained.buffers}
        np.testing.assert_array_equal(file["conv1.W"], trained.params["conv1.W"])
        np.testing.assert_array_equal(
            file["batchnorm1.running_var"], trained.buffers["batchnorm1.running_var"]
        )


def test_a_plain_npz_file_with_the_right_names_will_do(tmp_path, trained):
    np.savez(tmp_path / "plain.npz", **state(trained))
    other = network(seed=5)
    other.load(tmp_path / "plain.npz")
    assert_same(state(other), state(trained))


def test_the_file_has_exactly_the_given_name(tmp_path, trained):
    trained.save(tmp_path / "weights")
    assert [path.name for path in tmp_path.iterdir()] == ["weights"]
    network().load(tmp_path / "weights")


@pytest.mark.parametrize("dtypes", [(np.float64, np.float32), (np.float32, np.float64)])
def test_weights_take_the_dtype_of_the_network(tmp_path, dtypes):
    first, second = network(dtype=dtypes[0]), network(seed=5, dtype=dtypes[1])
    first.save(tmp_path / "weights.npz")
    second.load(tmp_path / "weights.npz")
    for name, array in state(second).items():
        assert array.dtype == dtypes[1]
        np.testing.assert_array_equal(array, state(first)[name].astype(dtypes[1]))


def test_networks_of_your_own_need_params_alone(tmp_path):
    class Line:
        def __init__(self, slope):
            self.params = {"w": np.array([slope]), "file": np.zeros(()), "a/b": np.ones(2)}

    first, second = Line(3.0), Line(0.0)
    save_weights(first, tmp_path / "line.npz")
    load_weights(second, tmp_path / "line.npz")
    assert second.params["w"].tolist() == [3.0]


def test_names_of_multi_layer_net(tmp_path):
    def make(seed):
        return MultiLayerNet(4, [3], 2, batch_norm=True, rng=np.random.default_rng(seed))

    first, second = make(0), make(1)
    first.save(tmp_path / "weights.npz")
    second.load(tmp_path / "weights.npz")
    assert_same(state(second), state(first))


def with_changes(net, **changes):
    """The arrays of a network, some replaced and those that are None left out."""
    arrays = {**state(net), **{name.replace("__", "."): a for name, a in changes.items()}}
    return {name: a for name, a in arrays.items() if a is not None}


@pytest.mark.parametrize(
    ("changes", "messages"),
    [
        ({"conv1__W": None}, ["conv1.W is missing"]),
        ({"extra__W": np.zeros(2)}, ["extra.W is not in the network"]),
        (
            {"affine2__b": np.zeros(4)},
            ["affine2.b has the shape (4,) instead of (3,)"],
        ),
        (
            {"affine2__b": np.zeros(3, int), "affine1__W": np.full((8, 4), "a")},
            [
                "affine2.b holds int64 instead of float32",
                "affine1.W holds <U1 instead of float32",
            ],
        ),
        ({"affine2__b": np.zeros(3, complex)}, ["affine2.b holds complex128 instead of float32"]),
        (
            {"conv1__b": None, "more": np.zeros(1), "batchnorm1__running_mean": np.zeros(1)},
            [
                "conv1.b is missing",
                "more is not in the network",
                "batchnorm1.running_mean has the shape (1,) instead of (2,)",
            ],
        ),
    ],
)
def test_what_does_not_fit_is_listed_and_nothing_changed(tmp_path, trained, changes, messages):
    np.savez(tmp_path / "weights.npz", **with_changes(network(seed=5), **changes))
    before = state(trained)
    with pytest.raises(
        ValueError, match=r"load_weights: expected .*weights\.npz to hold"
    ) as caught:
        trained.load(tmp_path / "weights.npz")
    for message in messages:
        assert message in str(caught.value)
    assert_same(state(trained), before)


def test_weights_of_another_network_are_refused(tmp_path, trained):
    network(hidden=5).save(tmp_path / "weights.npz")
    before = state(trained)
    with pytest.raises(ValueError, match=r"affine1\.W has the shape \(8, 5\) instead of \(8, 4\)"):
        trained.load(tmp_path / "weights.npz")
    assert_same(state(trained), before)


@pytest.mark.parametrize("content", [b"", b"P", b"some text", b"PK\x03\x04 but no archive"])
def test_a_file_that_is_no_archive_is_refused(tmp_path, trained, content):
    (tmp_path / "weights.npz").write_bytes(content)
    with pytest.raises(ValueError, match=r"load_weights: expected .* to be a whole npz file"):
        trained.load(tmp_path / "weights.npz")


def test_a_single_array_is_refused(tmp_path, trained):
    np.save(tmp_path / "weights.npy", np.zeros(3))
    with pytest.raises(ValueError, match="it is not an npz file"):
        trained.load(tmp_path / "weights.npy")


@pytest.mark.parametrize("keep", [0.3, 0.9, 0.999])
def test_a_file_cut_short_is_refused(tmp_path, trained, keep):
    path = tmp_path / "weights.npz"
    trained.save(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(keep * len(content))])
    before = state(trained)
    with pytest.raises(ValueError, match=r"to be a whole npz file"):
        trained.load(path)
    assert_same(state(trained), before)


def test_a_flipped_bit_is_noticed(tmp_path, trained):
    path = tmp_path / "weights.npz"
    trained.save(path)
    content = bytearray(path.read_bytes())
    content[content.index(trained.params["affine1.W"].tobytes())] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"to be a whole npz file.*CRC"):
        trained.load(path)


class Alarm:
    """Unpickling it would be noticed."""

    def __reduce__(self):
        return pytest.fail, ("the file ran code",)


def test_pickles_are_neither_read_nor_written(tmp_path, trained):
    np.savez(tmp_path / "weights.npz", **with_changes(trained, conv1__W=np.array(Alarm())))
    with pytest.raises(ValueError, match="allow_pickle"):
        trained.load(tmp_path / "weights.npz")
    trained.layers["conv1"].params["W"] = np.array(None)
    with pytest.raises(TypeError, match=r"the network's conv1\.W to be an array of numbers, .*obj"):
        trained.save(tmp_path / "more.npz")
    assert not (tmp_path / "more.npz").exists()


def test_a_missing_file_or_folder_is_named(tmp_path, trained):
    with pytest.raises(FileNotFoundError, match=r"weights\.npz"):
        trained.load(tmp_path / "weights.npz")
    with pytest.raises(
        FileNotFoundError, match=r"save_weights: expected the folder .*none to exist"
    ):
        trained.save(tmp_path / "none" / "weights.npz")


# Whole files


def test_an_interrupted_save_leaves_the_old_file_and_nothing_else(tmp_path, trained, monkeypatch):
    path = tmp_path / "weights.npz"
    trained.save(path)
    content = path.read_bytes()

    def stopped(stream, array, **options):
        stream.write(content[:100])
        raise KeyboardInterrupt

    monkeypatch.setattr(np.lib.format, "write_array", stopped)
    with pytest.raises(KeyboardInterrupt):
        network(seed=5).save(path)
    assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]
