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
# # Convolutional networks by hand
#
# In this notebook you write a convolutional layer and a pooling layer in NumPy, forwards and
# backwards, and train a network with them. It belongs to chapter 4.
#
# **{points} points, about {hours}.**
#
# {table}
#
# How to work:
#
# - Write your code where it says "Your work here", in place of the line that raises an error. You may add
#   helper functions and cells, and import the standard library. Use NumPy only: `dlcore`'s own
#   functions are withheld when the notebook is graded.
# - After each exercise comes a **check**. It tries a few cases and, if one goes wrong, says what was
#   expected, what came, and a likely cause. It gives no points: those come from other, hidden cases,
#   part by part, so a function that is right without padding keeps the points for that.
# - Names, the order of the arguments and their defaults are given. All of them are numbers, tuples and
#   arrays as described: only `conv_output_size` has to refuse what makes no sense.
# - Functions must leave their arguments as they were. Printing and warnings do no harm. The dtype of
#   a result is not graded; values are.
# - Loops are allowed everywhere. A call that takes longer than three seconds on these small arrays
#   is stopped.
#
# Throughout, images are arrays `x` with the axes $(N, C, H, W)$: images of the batch, channels, height,
# width. Before you submit, restart the kernel and run all cells.

# %% setup=true
import matplotlib.pyplot as plt
import numpy as np

from dlcore import checks

# %% [markdown] exercise="conv_output_size"
# A filter of size $f$ slides along an axis of $n$ pixels in steps of $s$ (the stride), after $p$
# zeros (the padding) were put at **both** ends. It has
#
# $$\left\lfloor \frac{n + 2p - f}{s} \right\rfloor + 1$$
#
# positions. $\lfloor\ \rfloor$ rounds down: a step that would leave the image is not made.
#
# Write `conv_output_size(input_size, filter_size, stride=1, pad=0)`, which returns this number as
# an integer (a Python or a NumPy one). It raises a `ValueError`
#
# - if the filter is larger than the padded input,
# - if `input_size`, `filter_size` or `stride` is smaller than 1, or `pad` is negative.
#
# The padding may be larger than the filter, and so may the stride. All arguments are integers; other
# types need no check.
#
# Example: 7 pixels, a filter of size 3, stride 2, padding 1: $\lfloor 6 / 2 \rfloor + 1 = 4$; with 8
# pixels it is $\lfloor 7 / 2 \rfloor + 1 = 4$ as well.


# %% exercise="conv_output_size"
def conv_output_size(input_size, filter_size, stride=1, pad=0):
    """Number of positions of a filter along one axis."""
    ### BEGIN SOLUTION
    if input_size < 1 or filter_size < 1 or stride < 1 or pad < 0:
        raise ValueError("sizes and stride must be at least 1, pad at least 0")
    room = input_size + 2 * pad - filter_size
    if room < 0:
        raise ValueError("the filter is larger than the padded input")
    return room // stride + 1
    ### END SOLUTION
    raise NotImplementedError("conv_output_size is not written yet.")


# %% [markdown] exercise="output_sizes"
# Work these out on paper, as in an exam, and put the numbers into the dict below, one point for each.
# The check compares your answers with your own `conv_output_size`: if they disagree, one of the two
# is wrong.
#
# - **a)** A row of 28 pixels, filter size 3, stride 1, no padding. How many positions?
# - **b)** A row of 9 pixels, filter size 2, stride 1, padding 1. How many positions?
# - **c)** A row of 11 pixels, filter size 4, stride 3, no padding. How many positions?
# - **d)** A 224 × 224 image, 7 × 7 filters, stride 2, padding 3. How high is the output?
# - **e)** An image of height 30 and width 45, filters of height 3 and width 5, stride 2, padding 1.
#   How wide is the output?
# - **f)** Max pooling with 3 × 3 windows and stride 2 on maps of 55 × 55. How high is the output?
# - **g)** Which padding keeps the size 20 × 20 under a 9 × 9 filter with stride 1?
# - **h)** `im2col` is applied to an array of shape (10, 3, 28, 28) with a 5 × 5 filter, stride 1 and
#   padding 2. How many rows has the result? (There is one row for every position of the filter in
#   every image; see the next exercise.)
# - **i)** A 28 × 28 image passes a 3 × 3 convolution (padding 1), 2 × 2 pooling (stride 2), a 3 × 3
#   convolution without padding and another 2 × 2 pooling (stride 2). Both convolutions have stride 1;
#   the second has 32 filters. How many values come out of the flatten layer for one image?
# - **j)** A filter of size 3 with stride 2 and no padding is to have exactly 10 positions along a row.
#   How long must the row be at least?

# %% exercise="output_sizes"
output_sizes = {
    "a": None,
    "b": None,
    "c": None,
    "d": None,
    "e": None,
    "f": None,
    "g": None,
    "h": None,
    "i": None,
    "j": None,
}
### BEGIN SOLUTION
output_sizes = {
    "a": 26,  # 28 - 3 + 1
    "b": 10,  # 9 + 2 - 2 + 1
    "c": 3,  # floor(7 / 3) + 1
    "d": 112,  # floor(223 / 2) + 1
    "e": 22,  # floor(42 / 2) + 1
    "f": 27,  # 52 / 2 + 1
    "g": 4,  # 20 + 2p - 9 + 1 = 20
    "h": 7_840,  # 10 images of 28 × 28 positions
    "i": 1_152,  # 28 → 28 → 14 → 12 → 6, and 32 · 6 · 6
    "j": 21,  # 3 + 2 · 9
}
### END SOLUTION

# %% [markdown] exercise="im2col"
# A convolution multiplies every window of the image with the same filter. `im2col` writes each window
# as one row of a matrix, so that a single matrix product does all of it.
#
# Write `im2col(x, filter_h, filter_w, stride=1, pad=0)`.
#
# - `x` has shape $(N, C, H, W)$ and holds floats or integers.
# - Put `pad` rows and columns of zeros at all four sides of every channel.
# - The result has shape
#   $(N \cdot \mathrm{out\_h} \cdot \mathrm{out\_w},\ C \cdot \mathrm{filter\_h} \cdot \mathrm{filter\_w})$.
# - **Rows** run over the image first, then `out_y`, then `out_x` (which changes fastest).
# - **Columns** run over the channel first, then the filter row, then the filter column (fastest).
#
# So the row of image $n$ at position $(y, x)$ holds the pixels
# $\mathrm{padded}[n, c, y s + i, x s + j]$ for all $c$, $i$, $j$. Padding larger than the filter and a
# stride larger than the filter are legal. `x` must stay as it was.
#
# For the image
# $\begin{pmatrix} 1 & 2 & 3 \\ 4 & 5 & 6 \\ 7 & 8 & 9 \end{pmatrix}$
# and a 2 × 2 filter the first row is $(1, 2, 4, 5)$, the second $(2, 3, 5, 6)$.
#
# How fast it is costs no points. But if your function runs through the output pixels one by one in
# Python, the feedback will tell you: there is a way that loops over the entries of the filter only.


# %% exercise="im2col"
def im2col(x, filter_h, filter_w, stride=1, pad=0):
    """Every window of x, shape (N, C, H, W), as a row of a matrix."""
    ### BEGIN SOLUTION
    N, C, H, W = x.shape
    out_h = conv_output_size(H, filter_h, stride, pad)
    out_w = conv_output_size(W, filter_w, stride, pad)
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    windows = np.empty((N, out_h, out_w, C, filter_h, filter_w), dtype=x.dtype)
    for i in range(filter_h):
        for j in range(filter_w):
            # The pixels under filter entry (i, j), at all positions at once.
            pixels = padded[:, :, i : i + stride * out_h : stride, j : j + stride * out_w : stride]
            windows[:, :, :, :, i, j] = pixels.transpose(0, 2, 3, 1)
    return windows.reshape(N * out_h * out_w, C * filter_h * filter_w)
    ### END SOLUTION
    raise NotImplementedError("im2col is not written yet.")


# %% [markdown] exercise="col2im"
# The backward pass receives a gradient for every entry of the matrix and has to bring it back to the
# pixel that the entry was copied from. A pixel lies in several windows, so its gradients **add up**.
# `col2im` is therefore not the inverse of `im2col` but its transpose as a linear map:
# $\langle \mathrm{im2col}(x), c \rangle = \langle x, \mathrm{col2im}(c) \rangle$ for all $x$ and $c$,
# where $\langle\ ,\ \rangle$ is the sum of the products of all entries.
#
# Write `col2im(col, input_shape, filter_h, filter_w, stride=1, pad=0)`.
#
# - `col` has the shape that `im2col` returns, rows and columns in the same order.
# - `input_shape` is the tuple $(N, C, H, W)$, without padding; the result has this shape.
# - Add up in the padded image, then cut the padding off at all four sides.
# - A pixel that no window reaches (because of the stride) gets 0.
# - `col` must stay as it was.
#
# For an image of 3 × 3 pixels and a 2 × 2 filter, a matrix of ones gives
# $\begin{pmatrix} 1 & 2 & 1 \\ 2 & 4 & 2 \\ 1 & 2 & 1 \end{pmatrix}$: the pixel in the middle lies in all
# four windows.


# %% exercise="col2im"
def col2im(col, input_shape, filter_h, filter_w, stride=1, pad=0):
    """Sum of the entries of col for each pixel of an image of shape input_shape."""
    ### BEGIN SOLUTION
    N, C, H, W = input_shape
    out_h = conv_output_size(H, filter_h, stride, pad)
    out_w = conv_output_size(W, filter_w, stride, pad)
    windows = col.reshape(N, out_h, out_w, C, filter_h, filter_w).transpose(0, 3, 4, 5, 1, 2)
    padded = np.zeros((N, C, H + 2 * pad, W + 2 * pad), dtype=col.dtype)
    for i in range(filter_h):
        for j in range(filter_w):
            rows = slice(i, i + stride * out_h, stride)
            columns = slice(j, j + stride * out_w, stride)
            padded[:, :, rows, columns] += windows[:, :, i, j]
    return padded[:, :, pad : pad + H, pad : pad + W]
    ### END SOLUTION
    raise NotImplementedError("col2im is not written yet.")


# %% [markdown] exercise="conv_forward"
# With images `x` $(N, C, H, W)$, filters `W` $(FN, C, FH, FW)$ and biases `b` $(FN,)$ the output has
# shape $(N, FN, \mathrm{out\_h}, \mathrm{out\_w})$ and the values
#
# $$\mathrm{out}[n, f, y, x] = b[f] + \sum_{c, i, j} W[f, c, i, j] \cdot
#   \mathrm{padded}[n, c, y s + i, x s + j].$$
#
# The filter is not flipped (strictly speaking this is cross-correlation). In matrices: with
# `col = im2col(x, FH, FW, stride, pad)` and every filter as a row of a matrix
# $(FN, C \cdot FH \cdot FW)$, the product `col @ W_matrix.T` holds all sums. Mind the order of its
# axes when you bring it into the shape of the output.
#
# Write `conv_forward(x, W, b, stride=1, pad=0)`. It returns the pair `(out, cache)`. What the cache
# holds is up to you: it must contain all that `conv_backward` will need, so that no global variable
# is used. `x`, `W` and `b` must stay as they were. You may use your `im2col` (then see that its check
# passes first) or write loops.
#
# For the 3 × 3 image above, the filter $\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}$ and the bias
# 100, the value at the top left is
# $1 \cdot 1 + 2 \cdot 2 + 3 \cdot 4 + 4 \cdot 5 + 100 = 137$.


# %% exercise="conv_forward"
def conv_forward(x, W, b, stride=1, pad=0):
    """Convolution of images x with filters W and biases b: (out, cache)."""
    ### BEGIN SOLUTION
    N, _, height, width = x.shape
    FN, _, FH, FW = W.shape
    out_h = conv_output_size(height, FH, stride, pad)
    out_w = conv_output_size(width, FW, stride, pad)
    col = im2col(x, FH, FW, stride, pad)
    out = col @ W.reshape(FN, -1).T + b
    out = out.reshape(N, out_h, out_w, FN).transpose(0, 3, 1, 2)
    return out, (col, W, x.shape, stride, pad)
    ### END SOLUTION
    raise NotImplementedError("conv_forward is not written yet.")


# %% [markdown] exercise="conv_backward"
# Given `dout`, the gradient of the loss with respect to the output, of shape
# $(N, FN, \mathrm{out\_h}, \mathrm{out\_w})$, find the gradients with respect to `x`, `W` and `b`.
# Bring `dout` into the form of the matrix product, $D$ of shape
# $(N \cdot \mathrm{out\_h} \cdot \mathrm{out\_w}, FN)$: transpose first, then reshape. Then
#
# $$\frac{\partial L}{\partial W_\mathrm{matrix}} = D^\top \mathrm{col}, \qquad
#   \frac{\partial L}{\partial b} = \text{column sums of } D, \qquad
#   \frac{\partial L}{\partial \mathrm{col}} = D\, W_\mathrm{matrix},$$
#
# and `col2im` brings the last one back to the image. Sums run over the whole batch; nothing is divided
# by $N$ here, because the loss has done so already. A pixel that no window reaches gets the gradient 0.
#
# Write `conv_backward(dout, cache)`. It returns `(dx, dW, db)` in the shapes of `x`, `W` and `b`. It
# must give the same result when it is called again with the same cache, or after another call of
# `conv_forward`, and must leave `dout` as it was.
#
# Example: the image $\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}$ and the filter
# $\begin{pmatrix} 5 & 6 \\ 7 & 8 \end{pmatrix}$ give one value. If its gradient is 10, then
# $dx = \begin{pmatrix} 50 & 60 \\ 70 & 80 \end{pmatrix}$,
# $dW = \begin{pmatrix} 10 & 20 \\ 30 & 40 \end{pmatrix}$ and $db = (10)$.


# %% exercise="conv_backward"
def conv_backward(dout, cache):
    """Gradients of a convolution: (dx, dW, db)."""
    ### BEGIN SOLUTION
    col, W, input_shape, stride, pad = cache
    FN, _, FH, FW = W.shape
    D = dout.transpose(0, 2, 3, 1).reshape(-1, FN)
    db = D.sum(axis=0)
    dW = (D.T @ col).reshape(W.shape)
    dx = col2im(D @ W.reshape(FN, -1), input_shape, FH, FW, stride, pad)
    return dx, dW, db
    ### END SOLUTION
    raise NotImplementedError("conv_backward is not written yet.")


# %% [markdown] exercise="max_pool_forward"
# Write `max_pool_forward(x, pool, stride)`. From every window of `pool` × `pool` pixels of `x`
# $(N, C, H, W)$ it takes the largest value, in every image and channel on its own, and returns
# `(out, cache)` with `out` of shape $(N, C, \mathrm{out\_h}, \mathrm{out\_w})$.
#
# `pool` and `stride` are integers. Windows start every `stride` pixels, so they may overlap or leave
# gaps; there is no padding, and a window that does not fit is left out. Values may be negative. `x`
# must stay as it was. The cache is for `max_pool_backward`, as before.
#
# Example: with `pool = 2` and `stride = 2` the image
# $\begin{pmatrix} 1 & 5 & 2 \\ 3 & 4 & 9 \end{pmatrix}$ gives the single value 5; with `stride = 1` it
# gives $(5, 9)$.


# %% exercise="max_pool_forward"
def max_pool_forward(x, pool, stride):
    """Largest value of every window: (out, cache)."""
    ### BEGIN SOLUTION
    N, C, H, W = x.shape
    out_h = conv_output_size(H, pool, stride)
    out_w = conv_output_size(W, pool, stride)
    # Every channel as an image of its own, every window as a row.
    rows = im2col(x.reshape(N * C, 1, H, W), pool, pool, stride)
    winner = rows.argmax(axis=1)
    out = rows[np.arange(len(rows)), winner].reshape(N, C, out_h, out_w)
    return out, (winner, x.shape, pool, stride)
    ### END SOLUTION
    raise NotImplementedError("max_pool_forward is not written yet.")


# %% [markdown] exercise="max_pool_backward"
# Write `max_pool_backward(dout, cache)`, which returns `dx` in the shape of `x`. The gradient of an
# output value goes to the pixel that was the maximum of its window; all others get nothing from it.
#
# - A pixel that is the maximum of several overlapping windows receives the sum of their gradients.
# - If several pixels of a window are equally large, give the gradient to one of them, or a share to
#   each: together they must receive it once.
# - A pixel in no window gets 0.
# - As before: the cache holds all you need, it works twice, and after another call of
#   `max_pool_forward`; `dout` stays as it was.
#
# Example: with `pool = 2` and `stride = 1` and the image above, the gradient $(6, 7)$ goes to
# $\begin{pmatrix} 0 & 6 & 0 \\ 0 & 0 & 7 \end{pmatrix}$.


# %% exercise="max_pool_backward"
def max_pool_backward(dout, cache):
    """Gradient of max pooling with respect to its input."""
    ### BEGIN SOLUTION
    winner, (N, C, H, W), pool, stride = cache
    rows = np.zeros((dout.size, pool * pool), dtype=dout.dtype)
    rows[np.arange(dout.size), winner] = dout.reshape(-1)
    return col2im(rows, (N * C, 1, H, W), pool, pool, stride).reshape(N, C, H, W)
    ### END SOLUTION
    raise NotImplementedError("max_pool_backward is not written yet.")


# %% [markdown] exercise="why_share"
# A convolution with 30 filters of 5 × 5 (stride 1, no padding) turns a grey image of 28 × 28 pixels into
# 30 maps of 24 × 24. A fully connected layer could do the same. How many weights, biases left out, has
# each of the two? Which two properties of the convolution make the difference, and what does one assume
# about images by using it?
#
# This question and the next are read and graded by a person. Three to five sentences each are enough.

# %% [markdown] exercise="two_small"
# Compare two 3 × 3 convolutions in a row, each followed by a ReLU, with a single 5 × 5 convolution
# followed by a ReLU. All have $C$ channels going in and $C$ coming out, stride 1 and no padding. How many
# pixels, along one axis, does an output value depend on in each case? How many weights, biases left out,
# has each? Name one advantage and one disadvantage of the two small ones.

# %% [markdown]
# ## What you have built
#
# Nothing to write any more. First, your `im2col` looks for edges: one filter answers where the
# brightness changes from left to right, the other where it changes from top to bottom. Red stands for
# a step to brighter, blue for a step to darker.

# %% figure="edges"
from dlcore.datasets import load_digits

if checks.ready("ps4_convolution", im2col=im2col):
    digit = load_digits().x_train[:1]
    left_right = np.array([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
    filters = np.stack([left_right, left_right.T]).reshape(2, 9)
    edges = (im2col(digit, 3, 3, 1, 1) @ filters.T).reshape(8, 8, 2)

    figure, axes = plt.subplots(1, 3, figsize=(8, 3), layout="constrained")
    axes[0].imshow(digit[0, 0], cmap="gray")
    axes[0].set_title("a digit")
    limit = np.abs(edges).max()
    for number, title in enumerate(("steps from left to right", "steps from top to bottom")):
        picture = axes[number + 1].imshow(
            edges[:, :, number], cmap="RdBu_r", vmin=-limit, vmax=limit
        )
        axes[number + 1].set_title(title)
    for axis in axes:
        axis.set_axis_off()
    figure.colorbar(picture, ax=axes[1:], label="answer of the filter")
    plt.show()

# %% [markdown]
# Then your four functions take the place of `dlcore`'s inside its `Convolution` and `MaxPool` layers,
# and the network learns to read digits. With `im2col` this takes about a second; if you wrote loops,
# half a minute, in the browser longer.

# %% figure="training"
from dlcore import Adam, Affine, Convolution, Flatten, MaxPool, ReLU, Sequential
from dlcore.training import Trainer

if checks.ready(
    "ps4_convolution",
    conv_forward=conv_forward,
    conv_backward=conv_backward,
    max_pool_forward=max_pool_forward,
    max_pool_backward=max_pool_backward,
):
    rng = np.random.default_rng(4)
    digits = load_digits()
    network = Sequential(
        [
            Convolution(1, 4, 3, pad=1, rng=rng, conv=(conv_forward, conv_backward)),
            ReLU(),
            MaxPool(2, pool=(max_pool_forward, max_pool_backward)),
            Flatten(),
            Affine(4 * 4 * 4, 10, rng=rng),
        ]
    )
    trainer = Trainer(network, Adam(lr=0.02), rng=rng, batch_size=20)
    history = trainer.fit(digits.x_train, digits.t_train, iterations=100)

    figure, axis = plt.subplots(figsize=(6, 3), layout="constrained")
    axis.plot(history.loss)
    axis.set(xlabel="iteration", ylabel="loss of the batch", title="A network of your own making")
    plt.show()
    accuracy = network.accuracy(digits.x_test, digits.t_test)
    print(f"{accuracy:.1%} of the {len(digits.x_test)} test images are read correctly.")
