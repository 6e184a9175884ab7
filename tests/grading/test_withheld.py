"""The editions of dlcore for grading: what is withheld is gone, everything else works."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from dlgrader.withheld import WITHHELD, edition


def run(folder, code):
    """Run code in a process that finds the edition first; each line of the output."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        env={"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


# One delegation a line; each is tried on its own.
DELEGATIONS = {
    "ps1_vanishing_gradients": """
        dlcore.numerical_gradient(lambda x: float(((x + 3) ** 2).sum()), np.ones(1))
        dlcore.sigmoid(ones)
        dlcore.functional.sigmoid(0.5)
        dlcore.sigmoid_grad(ones)
        dlcore.Sigmoid().forward(ones)
        back(dlcore.Sigmoid())
        dlcore.relu(ones)
        dlcore.relu_grad(ones)
        dlcore.step(ones)
        dlcore.leaky_relu(ones, 0.0)
        dlcore.leaky_relu_grad(ones, 0.0)
        dlcore.ReLU().forward(ones)
        back(dlcore.ReLU())
        dlcore.LeakyReLU(0.0).forward(ones)
        back(dlcore.LeakyReLU(0.0))
        dlcore.xavier_normal(3, 4, rng)
        dlcore.he_normal(3, 4, rng)
        dlcore.glorot_normal(3, 3, rng)
        dlcore.initializers.he_uniform(3, 4, rng)
        dlcore.Affine(3, 4, rng=rng)
        dlcore.Convolution(3, 4, 1, rng=rng)
        dlcore.BatchNorm(4).forward(ones, train=True)
        dlcore.BatchNorm(4).forward(ones)
        back(dlcore.BatchNorm(4))
        dlcore.MultiLayerNet(4, [3], 2, batch_norm=True, init=dlcore.zeros, rng=rng).predict(ones)
    """,
    "ps2_optimizers": """
        dlcore.SGD().update({"w": ones}, {"w": ones})
        dlcore.Momentum()
        dlcore.Nesterov()
        dlcore.AdaGrad()
        dlcore.RMSProp()
        dlcore.Adam()
        dlcore.AdamW()
        dlcore.AdaMax()
        dlcore.Nadam()
        dlcore.RMSpropGraves()
        dlcore.SMORMS3()
        dlcore.Eve()
        type("Mine", (dlcore.Adam,), {})()
        type("Mine", (dlcore.Optimizer,), {"update_one": lambda self, p, g, s: None})(0.1)
        dlcore.Adam.update_one(types.SimpleNamespace(), ones, ones, {})
        dlcore.optimizers.base.running_mean(ones, 0.9, ones)
        dlcore.experiments.variants.AdaGradInside(eps=1e-12)
        dlcore.experiments.variants.RMSPropInside.update_one(None, ones, ones, {})
        dlcore.surfaces.descend(dlcore.Adam(), dlcore.surfaces.RAVINE, 5)
    """,
    "ps3_overfitting": """
        dlcore.l1_penalty([ones], 0.1)
        dlcore.l2_penalty([ones], 0.1)
        dlcore.l1_gradient(ones, 0.1)
        dlcore.weight_decay_gradient(ones, 0.1)
        dlcore.L1(0.1).penalty([ones])
        dlcore.L1(0.1).gradient(ones)
        dlcore.L2(0.1).penalty([ones])
        dlcore.L2(0.1).gradient(ones)
        dlcore.numerical_gradient(lambda W: float((W**2).sum()) / 2, ones)
        dlcore.Dropout(0.5, rng=rng).forward(ones, train=True)
        dlcore.Dropout(0.5, rng=rng).forward(ones)
        back(dlcore.Dropout(0.5, rng=rng))
        dlcore.AdamW(lr=1.0, weight_decay=0.1)
        dlcore.experiments.variants.L2AsPrinted(0.1)
        dlcore.experiments.variants.L2AsPrinted.gradient(types.SimpleNamespace(lam=0.1), ones)
        dlcore.experiments.variants.DropoutScaledAtTest(0.5, rng=rng)
        dlcore.MultiLayerNet(4, [3], 2, weight_decay_lambda=0.1, rng=rng).gradient(ones, [0, 1])
    """,
    "ps4_convolution": """
        dlcore.conv_output_size(5, 3)
        dlcore._geometry.window_positions("", "", 5, "", 3, 1, 0)
        dlcore._geometry.geometry("", (5, 5), (3, 3), 1, 0)
        dlcore.Convolution(1, 1, 3, init=dlcore.zeros).output_shape((1, 5, 5))
        dlcore.MaxPool(3, stride=1).output_shape((1, 5, 5))
        dlcore.AveragePool(3, stride=1).output_shape((1, 5, 5))
        dlcore.Sequential([dlcore.MaxPool(3, stride=1)]).summary((1, 5, 5))
        dlcore.AlexNet().summary()
        dlcore.im2col(images, 2, 2)
        dlcore.convolution.im2col(images, 2, 2)
        dlcore.col2im(ones, (1, 1, 3, 3), 2, 2)
        dlcore.conv_forward(images, images, ones)
        dlcore.conv_backward(images, None)
        dlcore.max_pool_forward(images, 2, 2)
        dlcore.max_pool_backward(images, None)
        dlcore._fast_convolution.forward(images, images, ones, 1, 0)
        dlcore._fast_convolution._Windows(images, (2, 2), 1, (0, 0))
        dlcore._fast_pooling.forward(images, 2, 2)
        dlcore.Convolution(1, 1, 2, init=dlcore.zeros).forward(images)
        dlcore.MaxPool(2).forward(images)
        dlcore.AveragePool(2).forward(images)
        dlcore.numerical_gradient(lambda x: float(x.sum()), ones)
        dlcore.window_plots.draw_positions(5, 3)
    """,
    "ps5_modern_cnn": """
        dlcore.global_average_pool(images)
        dlcore.pooling.global_average_pool_backward(ones, images)
        dlcore.global_max_pool(images)
        dlcore.global_max_pool_backward(ones, images)
        dlcore.GlobalAveragePool().forward(images)
        back(dlcore.GlobalAveragePool(), images, np.ones((2, 1)))
        dlcore.GlobalMaxPool().forward(images)
        back(dlcore.GlobalMaxPool(), images, np.ones((2, 1)))
        dlcore.numerical_gradient(lambda x: float(x.mean()), images)
        dlcore.LeNet5(rng=rng)
        dlcore.AlexNet().parameters()
        dlcore.AlexNet().summary()
        dlcore.AlexNet.summary(types.SimpleNamespace(grouped=False, input_shape=(3, 227, 227)))
        dlcore.networks.alexnet._layers(1)
    """,
}

BEGINNING = """
import types
import numpy as np
import dlcore, dlcore.experiments.variants, dlcore.networks.alexnet, dlcore.player
import dlcore.window_plots
from dlcore._withheld import WithheldError

ones, images, rng = np.ones((2, 4)), np.ones((2, 1, 4, 4)), np.random.default_rng(0)

def back(layer, x=ones, dy=ones):
    try:
        layer.forward(x, train=True)
    except WithheldError:
        pass
    return layer.backward(dy)

for line in LINES:
    try:
        eval(line)
    except WithheldError as error:
        assert str(error).endswith("write it yourself in NumPy."), error
        print("withheld")
    except Exception as error:
        print("other:", type(error).__name__, error)
    else:
        print("open")
"""

# After a forward pass that was refused there is nothing to go back from.
REFUSED_LATER = ("back(",)


@pytest.mark.parametrize("assignment", WITHHELD)
def test_no_delegation_leads_to_the_answer(assignment):
    lines = [line.strip() for line in DELEGATIONS[assignment].strip().splitlines()]
    said = run(edition(WITHHELD[assignment]), BEGINNING.replace("LINES", repr(lines)))
    for line, result in zip(lines, said, strict=True):
        refused = line.startswith(REFUSED_LATER) and "call forward first" in result
        assert result == "withheld" or refused, line


WORKS = {
    "ps1_vanishing_gradients": """
        net = dlcore.Sequential([dlcore.Affine(64, 10, init=dlcore.zeros)])
        Trainer(net, dlcore.Adam(), rng=rng).fit(x, t, iterations=2)
        dlcore.normal(0.1)(3, 4, rng), dlcore.tanh(1.0), dlcore.softmax([0.0, 1.0])
        dlcore.conv_forward(digits.x_train[:2], np.ones((1, 1, 3, 3)), np.zeros(1))
    """,
    "ps2_optimizers": """
        class SGD:
            def update(self, params, grads):
                for key in params:
                    params[key] -= 0.01 * grads[key]
        net = dlcore.SimpleConvNet((1, 8, 8), filters=2, filter_size=3, rng=rng)
        Trainer(net, SGD(), rng=rng).fit(digits.x_train, t, iterations=2)
        dlcore.check_layer(dlcore.Tanh(), [[0.5]], rng), dlcore.clip_by_norm({"w": np.ones(2)}, 1.0)
    """,
    "ps3_overfitting": """
        class Mine:
            def penalty(self, weights): return 0.0
            def gradient(self, W): return 0 * W
        net = dlcore.MultiLayerNet(64, [20], 10, rng=rng)
        net.regularizer = Mine()
        Trainer(net, dlcore.SGD(), rng=rng).fit(x, t, iterations=2)
        dlcore.L2(0.1), dlcore.Dropout(0.5, rng=rng), dlcore.is_weight("W1")
    """,
    "ps4_convolution": """
        net = dlcore.MultiLayerNet(64, [20], 10, rng=rng)
        Trainer(net, dlcore.Adam(), rng=rng).fit(x, t, iterations=2)
        dlcore.global_average_pool(digits.x_train[:2])
        dlcore.Convolution(1, 2, 3, rng=rng), dlcore.MaxPool(2)
    """,
    "ps5_modern_cnn": """
        layers = [dlcore.Convolution(1, 4, 3, rng=rng), dlcore.ReLU(), dlcore.MaxPool(2)]
        net = dlcore.Sequential([*layers, dlcore.Flatten(), dlcore.Affine(36, 10, rng=rng)])
        Trainer(net, dlcore.Adam(), rng=rng).fit(digits.x_train, t, iterations=2)
        pooled = [*layers, dlcore.GlobalAveragePool(), dlcore.Affine(4, 10, rng=rng)]
        made = dlcore.Sequential(pooled)
        assert made.summary((1, 8, 8)).rows[-1].output_shape == (10,)
        dlcore.DeepConvNet((1, 8, 8), rng=rng), dlcore.conv_output_size(5, 3)
    """,
}


@pytest.mark.parametrize("assignment", WITHHELD)
def test_everything_else_works(assignment):
    beginning = """
        import numpy as np
        import dlcore, dlcore.surfaces
        from dlcore.datasets import load_digits
        from dlcore.training import Trainer
        rng, digits = np.random.default_rng(0), load_digits()
        x, t = digits.x_train.reshape(-1, 64), digits.t_train
    """
    code = "\n".join(line[8:] for line in (beginning + WORKS[assignment]).splitlines())
    folder = edition(WITHHELD[assignment])
    said = run(folder, code + "\nimport dlcore.plots\nprint(dlcore.__file__)")
    assert said[-1] == str(folder / "dlcore" / "__init__.py")


def test_the_answer_is_in_no_file():
    folder = edition(WITHHELD["ps4_convolution"])
    assert not (folder / "dlcore" / "checks" / "data").exists()
    for path in folder.rglob("*"):
        if path.is_file():
            assert b"transpose(0, 4, 5, 1, 2, 3)" not in path.read_bytes()
    said = run(folder, "import inspect, dlcore; print(inspect.getsource(dlcore.im2col))")
    assert "WithheldError" in "".join(said)


def test_checks_are_left_out():
    code = """
from dlcore import checks
from dlcore.checks import CheckFailed, ps4
import dlcore.checks.ps4
print(checks.ready(im2col=print), checks.ps4.im2col(print), ps4.ready(), checks.ps1.answers({}))
print(issubclass(CheckFailed, AssertionError))
from dlcore.checks.calling import LocalPlayer
from dlcore.checks.plans import Call, Result
player = LocalPlayer({"f": abs})
player.play(Call("f", (-3,)))
print(player.fetch(Result(0)))
"""
    said = run(edition(("dlcore.convolution",)), code)
    assert said == [
        *["Checks are left out while the notebook is graded."] * 4,
        "None None None None",
        "True",
        "3",
    ]


def test_it_is_cached_and_read_only():
    choice = WITHHELD["ps1_vanishing_gradients"][:3]
    folder = edition(choice)
    assert edition(tuple(reversed(choice))) == folder
    for path in (folder, *folder.rglob("*")):
        assert path.stat().st_mode & 0o222 == 0
        assert path.stat().st_mode & 0o004
    assert list((folder / "dlcore" / "__pycache__").glob("functional.*.pyc"))


def test_signatures_and_docstrings_of_callers_stay():
    code = "import inspect, dlcore; print(inspect.signature(dlcore.conv_output_size))"
    (said,) = run(edition(WITHHELD["ps4_convolution"]), code)
    assert said.startswith("(input_size: 'int', filter_size: 'int', stride: 'int' = 1")


def test_it_is_removed_at_the_end_of_the_process_that_made_it():
    code = """
import os
from dlgrader.withheld import edition
folder = edition(("dlcore.convolution",))
if os.fork() == 0:
    raise SystemExit  # a fork that ends leaves it
os.wait()
assert folder.is_dir()
print(folder)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert not os.path.exists(done.stdout.strip())  # noqa: PTH110


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("numpy.dot", "expected a function, class or module of dlcore"),
        ("dlcore.im2col", "expected a function"),
        ("dlcore.convolution.im2cool", "dlcore has no im2cool"),
        ("dlcore.layers.spatial.Convolution.fly", "dlcore has no Convolution.fly"),
    ],
)
def test_a_name_that_does_not_exist(name, says):
    with pytest.raises(ValueError, match=says):
        edition((name,))
