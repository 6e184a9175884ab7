# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Modern convolutional networks
#
# In this notebook you write global pooling, forwards and backwards, work out the sizes and the
# parameters of two famous networks, and put together a network of your own that has to keep to a
# budget. It belongs to chapter 5.
#
# **{points} points, about {hours}.**
#
# {table}
#
# How to work:
#
# - Write your code where it says "Your work here", in place of the line that raises an error. You may
#   add helper functions and cells, and import the standard library. Except where layers of `dlcore`
#   are asked for, use NumPy only: do not call `dlcore`'s own functions of the same name.
# - After each exercise comes a **check**. It tries a few cases and, if one goes wrong, says what came
#   and a likely cause. It gives no points: those come from other, hidden cases, part by part, so a
#   function that goes wrong only where maxima are equal keeps the points for the rest.
# - Functions must leave their arguments as they were. Printing and warnings do no harm. The dtype of
#   a result is not graded; values are.
# - Loops are allowed everywhere. A call that takes longer than three seconds on these small arrays
#   is stopped.
#
# Before you submit, restart the kernel and run all cells.

# %% setup=true
import matplotlib.pyplot as plt
import numpy as np

from dlcore import checks

# %% [markdown] exercise="global_average_pool"
# The last convolution of a network gives $C$ maps of $H \times W$ for each image. Global average pooling
# keeps one number of each map, its mean:
#
# $$y_{nc} = \frac{1}{H W} \sum_{i=0}^{H-1} \sum_{j=0}^{W-1} x_{ncij}.$$
#
# Write `global_average_pool(x)`.
#
# - `x` has shape $(N, C, H, W)$: images, channels, height, width. Maps need not be square, and values
#   may be negative.
# - The result has shape $(N, C)$: two axes.
# - `x` must stay as it was.
#
# For an image with the two maps
# $\begin{pmatrix} 1 & 3 & 0 \\ 2 & 6 & 0 \end{pmatrix}$ and
# $\begin{pmatrix} 0 & 0 & 2 \\ 4 & 0 & 0 \end{pmatrix}$ it is $(2, 1)$.


# %% exercise="global_average_pool"
def global_average_pool(x):
    """Mean of every map of x, shape (N, C, H, W): an array of shape (N, C)."""
    ### BEGIN SOLUTION
    return x.mean(axis=(2, 3))
    ### END SOLUTION
    raise NotImplementedError("global_average_pool is not written yet.")


# %% [markdown] exercise="global_average_pool_backward"
# The gradient of the loss arrives for every mean, `dout` of shape $(N, C)$. A value $x_{ncij}$ occurs in
# one mean only, with the factor $1/(HW)$, so by the chain rule
#
# $$\frac{\partial L}{\partial x_{ncij}} = \frac{1}{H W}\, \frac{\partial L}{\partial y_{nc}}.$$
#
# Write `global_average_pool_backward(dout, x)`.
#
# - `x` is what went into the forward pass, of shape $(N, C, H, W)$.
# - The result is the gradient with respect to `x`, in the shape of `x`.
# - Nothing is divided by $N$ here; the loss has done that already.
# - `dout` and `x` must stay as they were.
#
# If the gradient 12 arrives for a map of $2 \times 3$, each of its six pixels gets 2.


# %% exercise="global_average_pool_backward"
def global_average_pool_backward(dout, x):
    """Gradient of global average pooling with respect to x, in the shape of x."""
    ### BEGIN SOLUTION
    H, W = x.shape[2:]
    share = dout / (H * W)
    return np.broadcast_to(share[:, :, np.newaxis, np.newaxis], x.shape).copy()
    ### END SOLUTION
    raise NotImplementedError("global_average_pool_backward is not written yet.")


# %% [markdown] exercise="global_max_pool"
# Global max pooling keeps the largest value of each map:
#
# $$y_{nc} = \max_{i, j} x_{ncij}.$$
#
# A mean says how much of a pattern there is, a maximum whether it is there at all.
#
# Write `global_max_pool(x)`, with `x` of shape $(N, C, H, W)$ and a result of shape $(N, C)$. All values of
# a map may be negative. `x` must stay as it was.
#
# For an image with the two maps
# $\begin{pmatrix} 1 & 3 & 0 \\ 2 & 6 & 0 \end{pmatrix}$ and
# $\begin{pmatrix} -5 & -9 & -2 \\ -4 & -8 & -7 \end{pmatrix}$ it is $(6, -2)$.


# %% exercise="global_max_pool"
def global_max_pool(x):
    """Largest value of every map of x, shape (N, C, H, W): an array of shape (N, C)."""
    ### BEGIN SOLUTION
    return x.max(axis=(2, 3))
    ### END SOLUTION
    raise NotImplementedError("global_max_pool is not written yet.")


# %% [markdown] exercise="global_max_pool_backward"
# Only the largest pixel of a map had an influence on the result, so it gets the whole gradient of its map:
#
# $$\frac{\partial L}{\partial x_{ncij}} =
#   \begin{cases} \dfrac{\partial L}{\partial y_{nc}} & \text{if } x_{ncij} \text{ is the maximum of its map,} \\
#   0 & \text{otherwise.} \end{cases}$$
#
# Write `global_max_pool_backward(dout, x)`, with `dout` of shape $(N, C)$, `x` of shape $(N, C, H, W)$, and a
# result in the shape of `x`.
#
# - If several pixels of a map are equally large (behind a ReLU, a whole map may be 0), give the gradient
#   to any one of them, or a share to each: together they must receive it once.
# - `dout` and `x` must stay as they were.
#
# For the map $\begin{pmatrix} 1 & 3 & 0 \\ 2 & 6 & 0 \end{pmatrix}$ and the gradient 5 it is
# $\begin{pmatrix} 0 & 0 & 0 \\ 0 & 5 & 0 \end{pmatrix}$.


# %% exercise="global_max_pool_backward"
def global_max_pool_backward(dout, x):
    """Gradient of global max pooling with respect to x, in the shape of x."""
    ### BEGIN SOLUTION
    N, C, H, W = x.shape
    rows = x.reshape(N * C, H * W)
    winner = rows.argmax(axis=1)
    dx = np.zeros((N * C, H * W), dtype=dout.dtype)
    dx[np.arange(N * C), winner] = dout.reshape(-1)
    return dx.reshape(x.shape)
    ### END SOLUTION
    raise NotImplementedError("global_max_pool_backward is not written yet.")


# %% [markdown] exercise="why_global_pooling"
# Many image networks have global average pooling, where older ones flatten their last $C$ maps of $H \times W$
# in front of an affine layer with $K$ outputs. Which reason holds?
#
# - **a)** Global average pooling with an affine layer can represent more functions than flatten with one.
# - **b)** The values of the maps get larger gradients, so that training needs fewer iterations.
# - **c)** The affine layer has far fewer weights, it fits images of any size, and it treats all
#   places of a map alike.
# - **d)** Whatever the layers before it do, the scores stay exactly the same when the image is shifted.

# %% [markdown] exercise="lenet5_shapes"
# LeNet-5 in its usual form reads images of $32 \times 32$ with one channel:
#
# | layer | what it does |
# |---|---|
# | C1 | convolution, 6 filters of $5 \times 5$, stride 1, no padding |
# | S2 | pooling, windows of $2 \times 2$, stride 2 |
# | C3 | convolution, 16 filters of $5 \times 5$, stride 1, no padding; each filter sees all maps of S2 |
# | S4 | pooling, windows of $2 \times 2$, stride 2 |
# | C5 | fully connected to the flattened maps of S4, 120 units |
# | F6 | fully connected, 84 units |
# | OUTPUT | fully connected, 10 units |
#
# Write `lenet5_shapes()`, which returns the shape of every layer's output for one image. Work the sizes
# out on paper, or let the function compute them, with $\left\lfloor (n + 2p - f)/s \right\rfloor + 1$.
#
# - The result is a list of pairs `(name, shape)`: the seven layers of the table under these names and in
#   this order. The input and the flattening are not listed.
# - A shape is a tuple of integers without the batch axis: (maps, height, width) behind convolutions and
#   poolings, (units,) for the last three, a tuple of one number.
#
# The check says which lines are wrong and, if it recognises it, why. It does not tell the right ones.


# %% exercise="lenet5_shapes"
def lenet5_shapes():
    """Output shapes of LeNet-5: a list of (name, shape)."""
    ### BEGIN SOLUTION
    c1 = 32 - 5 + 1
    s2 = c1 // 2
    c3 = s2 - 5 + 1
    s4 = c3 // 2
    return [
        ("C1", (6, c1, c1)),
        ("S2", (6, s2, s2)),
        ("C3", (16, c3, c3)),
        ("S4", (16, s4, s4)),
        ("C5", (120,)),
        ("F6", (84,)),
        ("OUTPUT", (10,)),
    ]
    ### END SOLUTION
    raise NotImplementedError("lenet5_shapes is not written yet.")


# %% [markdown] exercise="alexnet_parameters"
# AlexNet reads colour images, $3 \times 227 \times 227$:
#
# | layer | what it does |
# |---|---|
# | conv1 | 96 filters of $11 \times 11$, stride 4, no padding; then pooling $3 \times 3$, stride 2 |
# | conv2 | 256 filters of $5 \times 5$, padding 2; then pooling $3 \times 3$, stride 2 |
# | conv3 | 384 filters of $3 \times 3$, padding 1 |
# | conv4 | 384 filters of $3 \times 3$, padding 1 |
# | conv5 | 256 filters of $3 \times 3$, padding 1; then pooling $3 \times 3$, stride 2, and flatten |
# | fc6 | 4096 units |
# | fc7 | 4096 units |
# | fc8 | 1000 units |
#
# Write `alexnet_parameters()`, which returns a dict with the number of parameters of each layer.
#
# - The keys are the eight names of the table, with no total and nothing else. Their order is free.
# - Weights and biases are counted together: a filter has one bias, a unit has one.
# - Every filter sees all maps that come in: count without the two groups into which the paper split
#   conv2, conv4 and conv5.
# - What goes into fc6 are the flattened maps, so their size has to be worked out.
#
# As a test: together these are 62,378,344 parameters.


# %% exercise="alexnet_parameters"
def alexnet_parameters():
    """Parameters of each layer of AlexNet: a dict name → count."""
    ### BEGIN SOLUTION

    def convolution(filters, channels, size):
        return filters * channels * size**2 + filters

    def connected(inputs, units):
        return inputs * units + units

    return {
        "conv1": convolution(96, 3, 11),
        "conv2": convolution(256, 96, 5),
        "conv3": convolution(384, 256, 3),
        "conv4": convolution(384, 384, 3),
        "conv5": convolution(256, 384, 3),
        "fc6": connected(256 * 6 * 6, 4096),
        "fc7": connected(4096, 4096),
        "fc8": connected(4096, 1000),
    }
    ### END SOLUTION
    raise NotImplementedError("alexnet_parameters is not written yet.")


# %% [markdown] exercise="build_network"
# Put together a network for the digits that come with `dlcore`, grey images of $8 \times 8$. Write
# `build_network(rng)`, which returns a `Sequential` of layers of `dlcore`.
#
# - **Input and output.** It takes a batch of shape $(N, 1, 8, 8)$ and gives ten scores for each image,
#   $(N, 10)$. The loss, softmax with cross entropy, is not part of it.
# - **Layers.** You may use `Affine`, `Convolution`, `BatchNorm`, `Dropout`, `Flatten`, `MaxPool`, `AveragePool`,
#   `GlobalAveragePool`, `GlobalMaxPool`, and the activations `ReLU`, `LeakyReLU`, `GELU`, `Sigmoid`, `Tanh`, as often
#   and in whatever order you like, but no classes of your own.
# - **Initial weights** come from `rng`, a `np.random.Generator`: hand it to every layer that wants one. The
#   same seed then gives the same weights, another seed others.
# - **Budget.** At most 90,000 multiply-adds for one image. The last line of
#   `build_network(np.random.default_rng(0)).summary((1, 8, 8))` tells how many there are.
# - **Accuracy.** After the training at least 95 % of the test images are read correctly; for 90 % you
#   get a part of the points.
# - **The training** is always the same and not your task: 400 iterations of Adam with batches of 100. The
#   learning rate falls evenly from 0.01 to 0. The images are the 1,437 training images and their copies
#   shifted by one pixel in each of the eight directions.
# - What counts is the mean accuracy of two trainings. Chance plays a part: other seeds change it by half a
#   percentage point or more. The check trains with seeds of its own and asks for 96 %, so that a network
#   that passes it has some room.
#
# For grading, the network is built again from the list of your layers and their settings, with weights of
# the same mean and standard deviation as yours, so training inside the function is of no use. The check
# needs a few seconds, and prints the accuracy when all is well.
#
# A hint: a simple fully connected network stays below 95 %, and 30 filters of $5 \times 5$ with padding 2,
# on the whole image, use up more than half of the budget.


# %% exercise="build_network"
from dlcore import (  # noqa: F401
    Affine,
    AveragePool,
    BatchNorm,
    Convolution,
    Dropout,
    Flatten,
    GlobalAveragePool,
    GlobalMaxPool,
    MaxPool,
    ReLU,
    Sequential,
)


def build_network(rng):
    """Network for digits, (N, 1, 8, 8) → (N, 10), with initial weights from rng."""
    ### BEGIN SOLUTION
    return Sequential(
        [
            Convolution(1, 32, 3, pad=1, rng=rng),
            ReLU(),
            Flatten(),
            Affine(32 * 8 * 8, 10, rng=rng),
        ]
    )
    ### END SOLUTION
    raise NotImplementedError("build_network is not written yet.")


# %% [markdown] exercise="deeper_network"
# The report trained two convolutional networks on 5,000 images of MNIST, $28 \times 28$: one with a single
# convolution (experiment 2-6) and one with six (2-8), and tested them on 1,000 images.
#
# | experiment | training images | test images |
# |---|---|---|
# | 2-6, one convolution | 0.9956 | 0.962 |
# | 2-8, six convolutions | 0.9958 | 0.985 |
#
# What did the deeper network gain, and what did it cost? Compare the errors, the parameters and the
# multiply-adds of the two, say where the difference in parameters comes from, and name one reason to be
# careful with the conclusion "depth made it better". Five to seven sentences are enough; a person reads them.
#
# The cell below your answer prints the tables.

# %%
from dlcore import DeepConvNet, SimpleConvNet

for network in SimpleConvNet, DeepConvNet:
    print(network(rng=np.random.default_rng(0)).summary((1, 28, 28)), end="\n\n")

# %% [markdown]
# ## What you have built
#
# Nothing to write any more. First, your network learns, beside a fully connected one.

# %% figure="learning"
if checks.ready("ps5_modern_cnn", build_network=build_network):
    from dlcore import Affine, Flatten, ReLU, Sequential
    from dlcore.datasets import load_digits

    digits = load_digits()

    def fully_connected(rng):
        return Sequential([Flatten(), Affine(64, 100, rng=rng), ReLU(), Affine(100, 10, rng=rng)])

    figure, axis = plt.subplots(figsize=(7, 3.5), layout="constrained")
    drawn = (
        ("yours", build_network, "#0072B2", "-"),
        ("fully connected", fully_connected, "#D55E00", "--"),
    )
    for label, build, colour, dashes in drawn:
        rng = np.random.default_rng(5)
        network = build(rng)
        losses = checks.ps5.train(network, rng).history.loss
        smooth = np.convolve(losses, np.full(20, 1 / 20), mode="valid")
        accuracy = network.accuracy(digits.x_test, digits.t_test)
        work = network.summary((1, 8, 8)).multiply_adds
        text = f"{label}: {work:,} multiply-adds, {accuracy:.1%} on the test images"
        axis.semilogy(smooth, dashes, color=colour, label=text)
    axis.set(
        xlabel="iteration",
        ylabel="loss, mean of 20 batches",
        title="Your network beside a fully connected one",
    )
    axis.legend()
    plt.show()

# %% [markdown]
# Then your `global_average_pool` and its gradient take their place as a layer of a small network. Where
# did it look? The score of a digit is a mean over the last maps, so each place has a part of its own in it:
# $s_k = b_k + \frac{1}{HW} \sum_{i,j} \sum_c w_{kc}\, x_{cij}$. Orange places speak for the digit that was read, violet
# ones against it. No other layer was asked to find them.

# %% figure="where-it-looked"
if checks.ready(
    "ps5_modern_cnn",
    global_average_pool=global_average_pool,
    global_average_pool_backward=global_average_pool_backward,
):
    from dlcore import Affine, BatchNorm, Convolution, Layer, ReLU, Sequential
    from dlcore.datasets import load_digits

    class YourAveragePool(Layer):
        """Your two functions as a layer."""

        def forward(self, x, **_):
            self.x = x
            return np.asarray(global_average_pool(x), dtype=x.dtype)

        def backward(self, dy):
            return np.asarray(global_average_pool_backward(dy, self.x), dtype=dy.dtype)

    digits = load_digits()
    rng = np.random.default_rng(3)
    network = Sequential(
        [
            *(Convolution(1, 16, 3, pad=1, rng=rng), BatchNorm(16), ReLU()),
            *(Convolution(16, 24, 3, pad=1, rng=rng), BatchNorm(24), ReLU()),
            ("pool", YourAveragePool()),
            ("scores", Affine(24, 10, rng=rng)),
        ]
    )
    checks.ps5.train(network, rng, iterations=200)

    images = digits.x_test[[int(np.argmax(digits.t_test == digit)) for digit in (0, 3, 4, 6, 7)]]
    maps = images
    for layer in list(network.layers.values())[:-2]:
        maps = layer.forward(maps)
    read = network.predict(images)
    parts = np.einsum("nchw,cn->nhw", maps, network.params["scores.W"][:, read])
    parts = parts / maps[0, 0].size
    limit = np.abs(parts).max()

    figure, axes = plt.subplots(2, len(images), figsize=(8, 3.6), layout="constrained")
    for column, digit in enumerate(read):
        axes[0, column].imshow(images[column, 0], cmap="gray_r")
        axes[0, column].set_title(f"read as {digit}")
        shown = axes[1, column].imshow(parts[column], cmap="PuOr_r", vmin=-limit, vmax=limit)
    for axis in axes.flat:
        axis.set_axis_off()
    figure.colorbar(shown, ax=axes[1], label="part of the score")
    figure.suptitle("Images, and what each place says about the digit that was read")
    plt.show()
    print(
        f"{network.accuracy(digits.x_test, digits.t_test):.1%} of the test images are read correctly."
    )
