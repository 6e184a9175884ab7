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
# # Gradients that do not vanish
#
# In this notebook you write what decides whether a deep network learns: activation functions and their
# slopes, initial weights, and batch normalisation, forwards and backwards. At the end you watch the
# gradient on its way through ten layers of your own making. It belongs to chapter 1.
#
# **{points} points, about {hours}.**
#
# {table}
#
# How to work:
#
# - Write your code where it says "Your work here", in place of the line that raises an error. You may add
#   helper functions and cells, and import the standard library. Use NumPy only: do not call `dlcore`'s
#   own functions of the same name.
# - After each exercise comes a **check**. It tries a few cases and, if one goes wrong, says what was
#   expected, what came, and a likely cause. It gives no points: those come from other, hidden cases,
#   part by part, so a `sigmoid` that is right but for very large numbers keeps most of its points.
# - Functions must leave their arguments as they were, with one exception, the running averages of batch
#   normalisation. Printing and warnings do no harm. The dtype of a result is not graded; values are.
# - Loops are allowed everywhere. A call that takes longer than three seconds on these small arrays
#   is stopped.
#
# Before you submit, restart the kernel and run all cells.

# %% setup=true
import matplotlib.pyplot as plt
import numpy as np

from dlcore import checks

# %% [markdown] exercise="chain_rule"
# Gradients vanish because of the chain rule: along a path, derivatives are multiplied. The smallest
# example has two steps,
#
# $$t = x + y, \qquad z = t^2, \qquad \frac{dz}{dx} = \frac{dz}{dt} \cdot \frac{dt}{dx}.$$
#
# Write `chain_rule(x, y)`, which returns the value of $dz/dx$. `x` and `y` are two numbers, or two arrays
# of the same shape; the result then has this shape too, and each of its elements comes from the elements
# at the same place. `x` and `y` must stay as they were.
#
# For $z = t^3$ instead, $x = 1$ and $y = 2$ would give $3 t^2 \cdot 1 = 27$. Here it is $t^2$.


# %% exercise="chain_rule"
def chain_rule(x, y):
    """The derivative dz/dx at the numbers x and y."""
    ### BEGIN SOLUTION
    t = x + y
    return 2 * t  # dz/dt = 2t, dt/dx = 1
    ### END SOLUTION
    raise NotImplementedError("chain_rule is not written yet.")


# %% [markdown] exercise="sigmoid"
# $$\sigma(x) = \frac{1}{1 + e^{-x}}$$
#
# Write `sigmoid(x)`.
#
# - `x` is a Python number or an array of any shape; the result has the same shape (for a number, a number
#   or an array without axes).
# - `x` may hold integers. The result has decimal places all the same.
# - It works number by number, and `x` must stay as it was.
# - `x` may be as large as $\pm 10\,000$, and the result is never `nan`. There $e^{-x}$ or $e^{x}$ is far
#   beyond the largest floating-point number: NumPy turns it into `inf` with a warning, the module `math`
#   raises an `OverflowError`, and `inf / inf` is not a number. A warning costs nothing. A result of exactly
#   0 or 1 far out is right, because the difference is too small to be seen.
#
# The two forms $\frac{1}{1 + e^{-x}}$ and $\frac{e^x}{1 + e^x}$ are equal. Which of them is safe for large
# positive $x$, and which for large negative $x$?
#
# $\sigma(0) = 0.5$ and $\sigma(2) \approx 0.8808$.


# %% exercise="sigmoid"
def sigmoid(x):
    """The logistic sigmoid of x, number by number."""
    ### BEGIN SOLUTION
    e = np.exp(-np.abs(x))  # between 0 and 1, whatever x is
    return np.where(np.asarray(x) >= 0, 1.0, e) / (1 + e)
    ### END SOLUTION
    raise NotImplementedError("sigmoid is not written yet.")


# %% [markdown] exercise="sigmoid_grad"
# $$\sigma'(x) = \sigma(x)\,\bigl(1 - \sigma(x)\bigr)$$
#
# Write `sigmoid_grad(x)`.
#
# - `x` is the **input** of the sigmoid, not its output: `sigmoid_grad(0)` is the slope at the point
#   $x = 0$.
# - Everything else is as for `sigmoid`: numbers and arrays of any shape, integers too, values up to
#   $\pm 10\,000$ (where a slope of exactly 0 is right, but `nan` is not), and `x` stays as it was.
#
# You may call your `sigmoid`; if you do, see that its check passes first. $\sigma'(2) \approx 0.1050$.


# %% exercise="sigmoid_grad"
def sigmoid_grad(x):
    """The slope of the sigmoid at x, number by number."""
    ### BEGIN SOLUTION
    s = sigmoid(x)
    return s * (1 - s)
    ### END SOLUTION
    raise NotImplementedError("sigmoid_grad is not written yet.")


# %% [markdown] exercise="sigmoid_slope"
# What is the largest value that the derivative $\sigma'(x)$ of the sigmoid takes, and where?
#
# - **a)** 1, at $x = 0$
# - **b)** $\frac12$, at $x = 0$
# - **c)** $\frac14$, at $x = 0$
# - **d)** It has no largest value: the slope grows as $x$ becomes larger.

# %% [markdown] exercise="relu"
# $$\mathrm{relu}(x) = \max(x, 0)$$
#
# Write `relu(x)`. As before, `x` is a Python number or an array of any shape, integers too; the result has
# the same shape, and `x` must stay as it was. For integers the result may hold integers or floats.
#
# The array $(-2,\ 0,\ 3)$ becomes $(0,\ 0,\ 3)$.


# %% exercise="relu"
def relu(x):
    """The larger of x and 0, number by number."""
    ### BEGIN SOLUTION
    return np.maximum(x, 0.0)
    ### END SOLUTION
    raise NotImplementedError("relu is not written yet.")


# %% [markdown] exercise="relu_grad"
# $$\mathrm{relu}'(x) = \begin{cases} 1 & \text{for } x > 0 \\ 0 & \text{for } x \le 0 \end{cases}$$
#
# Write `relu_grad(x)`. `x` is again the input, a number or an array of any shape, integers too; it must
# stay as it was. At $x = 0$ the graph has a kink and no slope; **we agree on 0 there**.
#
# The array $(-2,\ 0,\ 3)$ becomes $(0,\ 0,\ 1)$. Zeros and ones may be floats, integers, or `False` and
# `True`.


# %% exercise="relu_grad"
def relu_grad(x):
    """The slope of the ReLU at x, number by number; 0 at 0."""
    ### BEGIN SOLUTION
    return np.where(np.asarray(x) > 0, 1.0, 0.0)
    ### END SOLUTION
    raise NotImplementedError("relu_grad is not written yet.")


# %% [markdown] exercise="zero_weights"
# Somebody sets all weights and biases of a network with several hidden layers to 0 before training. What
# goes wrong, and why? Say what happens in a hidden layer with any activation function, what is special
# about ReLU, and what helps. Five or six sentences are enough.

# %% [markdown] exercise="xavier_normal"
# The weights of a layer with $n$ inputs (`fan_in`) and $m$ units (`fan_out`) are drawn at random,
# independently of each other, from a normal distribution with the mean 0 and the variance
#
# $$\mathrm{Var}(w) = \frac{1}{n}.$$
#
# This is Xavier's initialisation in the form that only looks at the inputs. (The paper takes
# $\frac{2}{n + m}$; here $\frac1n$ is asked for.) Mind what your random function wants to know: the
# variance, or its root, the standard deviation?
#
# Write `xavier_normal(fan_in, fan_out, rng)`.
#
# - `fan_in` and `fan_out` are integers, at least 1. The result has the shape `(fan_in, fan_out)`: one row for
#   each input, one column for each unit.
# - `rng` is a generator as `np.random.default_rng(seed)` makes it. **All random numbers come from it** and
#   from nowhere else: not from `np.random.normal` and its like, which share one global state, and not from
#   a generator of your own. So the same seed gives the same weights, a generator that was used before
#   gives others, and NumPy's global state is neither used nor changed.
# - Which numbers exactly come out is up to you: only their distribution is judged.
#
# With `fan_in` = 100 the standard deviation is 0.1.


# %% exercise="xavier_normal"
def xavier_normal(fan_in, fan_out, rng):
    """Random weights with the variance 1 / fan_in."""
    ### BEGIN SOLUTION
    return rng.normal(0.0, np.sqrt(1 / fan_in), size=(fan_in, fan_out))
    ### END SOLUTION
    raise NotImplementedError("xavier_normal is not written yet.")


# %% [markdown] exercise="he_normal"
# A ReLU sets about half of its inputs to 0, and with each such layer half of the signal's mean square is
# lost. He's initial weights make up for it with twice the variance:
#
# $$\mathrm{Var}(w) = \frac{2}{n}.$$
#
# Write `he_normal(fan_in, fan_out, rng)`. Everything else is as for `xavier_normal`: a normal distribution
# with the mean 0, shape `(fan_in, fan_out)`, random numbers from `rng` alone.
#
# With `fan_in` = 200 the standard deviation is 0.1.


# %% exercise="he_normal"
def he_normal(fan_in, fan_out, rng):
    """Random weights with the variance 2 / fan_in."""
    ### BEGIN SOLUTION
    return rng.normal(0.0, np.sqrt(2 / fan_in), size=(fan_in, fan_out))
    ### END SOLUTION
    raise NotImplementedError("he_normal is not written yet.")


# %% [markdown] exercise="batch_norm_forward"
# Batch normalisation treats each column of `x`, shape $(N, D)$, by itself. In **training**
# (`train=True`), with the mean $\mu$ and the variance $\sigma^2$ of the column's $N$ values,
#
# $$\mu = \frac1N \sum_i x_i, \qquad \sigma^2 = \frac1N \sum_i (x_i - \mu)^2, \qquad
#   \hat x_i = \frac{x_i - \mu}{\sqrt{\sigma^2 + \varepsilon}}, \qquad
#   \mathrm{out}_i = \gamma\, \hat x_i + \beta.$$
#
# The variance is divided by $N$ (it is the *biased* one), and $\varepsilon$ stands **inside** the root.
#
# Training also moves two running averages towards the batch, with the same $\sigma^2$:
#
# $$\mathrm{running} \leftarrow \mathrm{momentum} \cdot \mathrm{running} +
#   (1 - \mathrm{momentum}) \cdot \mathrm{batch}.$$
#
# At **inference** (`train=False`) the running averages take the place of $\mu$ and $\sigma^2$ in the
# formula, and nothing is changed.
#
# Write `batch_norm_forward(x, gamma, beta, running_mean, running_var, *, momentum=0.9, eps=1e-5,
# train=True)`. The star means that the last three are given by name.
#
# - `x` holds floats; `gamma`, `beta`, `running_mean` and `running_var` are float arrays of shape $(D,)$.
# - `running_mean` and `running_var` are changed **in place** in training: the caller looks into the very
#   arrays that it handed over. `running_mean = ...` would only give a new array the old name;
#   `running_mean[...] = ...` fills the caller's. `x`, `gamma` and `beta` stay as they were.
# - The result is the pair `(out, cache)`; `out` has the shape of `x`. What the cache holds is up to you: it
#   must contain all that `batch_norm_backward` will need, so that no global variable is used.
# - A batch of one, $N = 1$, is legal. In training its variance is 0 and the result is `beta`.
#
# By hand: the column $(1, 7, 7, 9)$ has $\mu = 6$ and $\sigma^2 = 9$. With $\gamma = 1.5$ and $\beta = 2$
# it becomes $(-0.5,\ 2.5,\ 2.5,\ 3.5)$, apart from $\varepsilon$. Running averages of 0 and 1 become 0.6
# and 1.8.


# %% exercise="batch_norm_forward"
def batch_norm_forward(
    x, gamma, beta, running_mean, running_var, *, momentum=0.9, eps=1e-5, train=True
):
    """Batch normalisation of x, shape (N, D): (out, cache)."""
    ### BEGIN SOLUTION
    if train:
        mean = x.mean(axis=0)
        var = x.var(axis=0)
        running_mean[...] = momentum * running_mean + (1 - momentum) * mean
        running_var[...] = momentum * running_var + (1 - momentum) * var
    else:
        mean, var = running_mean, running_var
    std = np.sqrt(var + eps)
    x_hat = (x - mean) / std
    out = gamma * x_hat + beta
    return out, (x_hat, gamma, std)
    ### END SOLUTION
    raise NotImplementedError("batch_norm_forward is not written yet.")


# %% [markdown] exercise="batch_norm_backward"
# Given `dout`, the gradient of the loss with respect to `out`, shape $(N, D)$, find the gradients with
# respect to `x`, `gamma` and `beta`, again column by column. With $g_i$ for the elements of a column of
# `dout`,
#
# $$\frac{\partial L}{\partial \beta} = \sum_i g_i, \qquad
#   \frac{\partial L}{\partial \gamma} = \sum_i g_i\, \hat x_i,$$
#
# $$\frac{\partial L}{\partial x_i} = \frac{\gamma}{\sqrt{\sigma^2 + \varepsilon}}
#   \biggl( g_i - \frac1N \sum_j g_j - \hat x_i \cdot \frac1N \sum_j g_j\, \hat x_j \biggr).$$
#
# The three terms of the bracket are the three ways on which $x_i$ acts on the loss: directly, through the
# mean $\mu$, and through the variance $\sigma^2$. Each of them has its own points.
#
# Write `batch_norm_backward(dout, cache)`, which returns the tuple `(dx, dgamma, dbeta)`.
#
# - `dx` has shape $(N, D)$, `dgamma` and `dbeta` have shape $(D,)$.
# - `cache` comes from your own `batch_norm_forward`, called with `train=True`. If something is missing in
#   it, go back and put it in.
# - The cache stands on its own: backward may be called twice with the same cache, and after another
#   forward pass with other data. So change neither the arrays in it nor `dout`.
# - $N = 1$ and large values of $\varepsilon$ are legal.
#
# By hand: for the column of the last exercise, $\gamma = 1.5$ and $g = (1, 0, 0, 0)$ give
# $\partial L/\partial\gamma = -\frac53$, $\partial L/\partial\beta = 1$ and
# $\partial L/\partial x = \frac{1}{36} (1, -2, -2, 3)$, apart from $\varepsilon$.


# %% exercise="batch_norm_backward"
def batch_norm_backward(dout, cache):
    """Gradients of batch normalisation: (dx, dgamma, dbeta)."""
    ### BEGIN SOLUTION
    x_hat, gamma, std = cache
    N = len(dout)
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    dx = gamma / std * (dout - dbeta / N - x_hat * dgamma / N)
    return dx, dgamma, dbeta
    ### END SOLUTION
    raise NotImplementedError("batch_norm_backward is not written yet.")


# %% [markdown] exercise="batch_norm_effects"
# Name two effects that batch normalisation has on training, and say for each in a sentence or two how it
# comes about.

# %% [markdown]
# ## What you have built
#
# First your initial weights. 500 random inputs pass five hidden layers of 100 units; each small picture
# shows how the outputs of one layer are distributed. Where do they crowd at the edges, where do they shrink
# from layer to layer, and where do all five layers look alike? (For ReLU the bar at 0 is cut off: it holds
# about half of the outputs.)

# %% figure="histograms"
if checks.ready(
    "ps1_vanishing_gradients",
    sigmoid=sigmoid,
    relu=relu,
    xavier_normal=xavier_normal,
    he_normal=he_normal,
):

    def standard_normal(fan_in, fan_out, rng):
        return rng.standard_normal((fan_in, fan_out))

    rows = [
        ("sigmoid\nN(0, 1)", sigmoid, standard_normal, 1),
        ("sigmoid\nxavier_normal", sigmoid, xavier_normal, 1),
        ("relu\nxavier_normal", relu, xavier_normal, 3),
        ("relu\nhe_normal", relu, he_normal, 3),
    ]
    figure, axes = plt.subplots(4, 5, figsize=(9, 7), sharex="row", layout="constrained")
    for row, (label, activation, initial, largest) in zip(axes, rows, strict=True):
        rng = np.random.default_rng(1)
        z = rng.standard_normal((500, 100))
        for axis in row:
            z = np.asarray(activation(z @ np.asarray(initial(100, 100, rng))))
            axis.hist(z.ravel(), bins=30, range=(0, largest), density=True, color="#0067b8")
            axis.set_yticks([])
            if activation is relu:
                axis.set_ylim(0, 1.5)
        row[0].set_ylabel(label)
    for layer, axis in enumerate(axes[0], start=1):
        axis.set_title(f"layer {layer}")
    figure.supxlabel("output of a unit")
    figure.suptitle("Outputs of five layers: how the initial weights decide")
    plt.show()

# %% [markdown]
# Then the gradient. A random gradient arrives at the last of ten layers, and your slopes and your
# `batch_norm_backward` carry it back to the first one. The lines show its size in each layer, on a
# logarithmic axis. A good line is nearly level. (With batch normalisation the first layer is a case of its
# own: its inputs are spread about five times as widely as the outputs of a sigmoid, and are divided by it.)

# %% figure="gradients"
if checks.ready(
    "ps1_vanishing_gradients",
    sigmoid=sigmoid,
    sigmoid_grad=sigmoid_grad,
    relu=relu,
    relu_grad=relu_grad,
    xavier_normal=xavier_normal,
    he_normal=he_normal,
    batch_norm_forward=batch_norm_forward,
    batch_norm_backward=batch_norm_backward,
):

    def gradient_sizes(activation, slope, initial, normalise, layers=10, units=60):
        """Root mean square of the gradient in each layer, from the first to the last."""
        rng = np.random.default_rng(2)
        z = rng.standard_normal((200, units))
        gamma, beta = np.ones(units), np.zeros(units)
        passed = []
        for _ in range(layers):
            W = np.asarray(initial(units, units, rng))
            a, cache = z @ W, None
            if normalise:
                running = np.zeros(units), np.ones(units)
                a, cache = batch_norm_forward(a, gamma, beta, *running)
            a = np.asarray(a)
            passed.append((W, a, cache))
            z = np.asarray(activation(a))
        gradient = rng.standard_normal(z.shape)
        sizes = []
        for W, a, cache in reversed(passed):
            gradient = gradient * np.asarray(slope(a))
            if normalise:
                gradient = np.asarray(batch_norm_backward(gradient, cache)[0])
            sizes.append(np.sqrt(np.mean(gradient**2)))
            gradient = gradient @ W.T
        return sizes[::-1]

    lines = [
        ("sigmoid, xavier_normal", "o-", "#dd7800", sigmoid, sigmoid_grad, xavier_normal, False),
        ("relu, xavier_normal", "^--", "#b54f91", relu, relu_grad, xavier_normal, False),
        ("relu, he_normal", "s-.", "#0067b8", relu, relu_grad, he_normal, False),
        ("sigmoid with batch norm", "D:", "#009759", sigmoid, sigmoid_grad, xavier_normal, True),
    ]
    figure, axis = plt.subplots(figsize=(7.5, 4), layout="constrained")
    for label, style, colour, *choice in lines:
        sizes = gradient_sizes(*choice)
        axis.semilogy(range(1, len(sizes) + 1), sizes, style, color=colour, label=label)
        print(f"{label:24s} gradient in layer 1 / in layer 10: {sizes[0] / sizes[-1]:.1e}")
    axis.set(xlabel="layer", ylabel="size of the gradient", title="The way back through ten layers")
    axis.set_xticks(range(1, 11))
    axis.legend()
    plt.show()
