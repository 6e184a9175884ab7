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
# # Against overfitting
#
# In this notebook you write the two usual penalties on large weights with their gradients, and dropout,
# forwards and backwards. At the end a network trains with them on images of which every fifth has a
# wrong label. It belongs to chapter 3.
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
#   part by part, so a penalty that is right for one array keeps the points for that.
# - Functions must leave their arguments as they were, unless the text says otherwise. Printing and
#   warnings do no harm. The dtype of a result is not graded; values are, as exactly as the dtype of the
#   arguments allows.
# - Keep the names of the functions and of their parameters: some hidden cases pass arguments by name,
#   as in `l1_penalty(weights=[W], lam=0.1)`.
# - Loops are allowed everywhere. A call that takes longer than three seconds on these small arrays
#   is stopped.
#
# Before you submit, restart the kernel and run all cells.

# %% setup=true
import matplotlib.pyplot as plt
import numpy as np

from dlcore import checks

# %% [markdown] exercise="l1_penalty"
# A penalty is a number that is added to the loss and grows with the weights, so that training looks for
# a compromise between a small loss and small weights. The L1 penalty is $\lambda$ times the sum of the
# absolute values of **all** weights of the network,
#
# $$\lambda \sum_i |w_i|.$$
#
# Write `l1_penalty(weights, lam)`.
#
# - `weights` is a list of arrays of floats, one for each layer, of any shapes: the matrix of an affine
#   layer, the filters of a convolution, … The sum runs over all numbers of all arrays.
# - `lam` is $\lambda \ge 0$, a number. (`lambda` is a reserved word in Python.)
# - The result is one number: a float, or an array without axes.
# - The list may be empty: a sum without terms is 0.
# - The arrays must stay as they were.
#
# For `weights` = $\left[ \begin{pmatrix} 1 & -2 \end{pmatrix}, \begin{pmatrix} 3 \end{pmatrix} \right]$ and
# $\lambda = 0.5$ the penalty is $0.5 \cdot (1 + 2 + 3) = 3$.


# %% exercise="l1_penalty"
def l1_penalty(weights, lam):
    """Sum of the absolute values of all weights, times lam."""
    ### BEGIN SOLUTION
    total = 0.0
    for W in weights:
        total += np.sum(np.abs(W))
    return lam * total
    ### END SOLUTION
    raise NotImplementedError("l1_penalty is not written yet.")


# %% [markdown] exercise="l2_penalty"
# The L2 penalty adds squares instead of absolute values, and has a factor ½:
#
# $$\frac{\lambda}{2} \sum_i w_i^2.$$
#
# No root is taken: the penalty is half the *square* of the 2-norm. The ½ is there to make the gradient
# simple.
#
# Write `l2_penalty(weights, lam)`, with arguments and result as in `l1_penalty`: a list of arrays of
# floats, which may be empty (then the penalty is 0) and must stay as they were; a number; and one number
# comes back.
#
# For `weights` = $\left[ \begin{pmatrix} 1 & -2 \end{pmatrix}, \begin{pmatrix} 3 \end{pmatrix} \right]$ and
# $\lambda = 0.5$ the penalty is $\frac12 \cdot 0.5 \cdot (1 + 4 + 9) = 3.5$.


# %% exercise="l2_penalty"
def l2_penalty(weights, lam):
    """Half the sum of the squares of all weights, times lam."""
    ### BEGIN SOLUTION
    total = 0.0
    for W in weights:
        total += np.sum(W**2)
    return 0.5 * lam * total
    ### END SOLUTION
    raise NotImplementedError("l2_penalty is not written yet.")


# %% [markdown] exercise="ridge"
# *Ridge regression* is linear regression whose weights are limited by an L2 penalty of strength
# $\lambda$. Which statement about it is right?
#
# - **a)** With $\lambda = 0$ it becomes a non-linear regression.
# - **b)** The intercept (the bias) is penalised as well.
# - **c)** As $\lambda$ grows without bound, all weights come as close to 0 as one likes.
# - **d)** The penalty is added to the hidden layer.

# %% [markdown]
# ### Four pictures
#
# The next question is about the pictures that this cell draws; nothing needs to be written here.
#
# A penalty acts as if only weights from a certain region around the origin were allowed: the orange one.
# There are two weights, one for each axis. The cross marks the weights with the smallest loss, the blue
# ellipse joins weights of equal loss. It has grown around the cross until it touches the region; the red
# dot shows where.

# %% figure="regions"
around = np.linspace(0, 2 * np.pi, 2001)
corners = np.array([[1, 0], [0, 1], [-1, 0], [0, -1], [1, 0]])
edge = np.array([np.interp(np.linspace(0, 4, 2001), range(5), column) for column in corners.T])
outlines = {
    "a": np.array([np.cos(around), np.sin(around)]),
    "b": edge,
    "c": 0.8 * np.array([edge[0] - edge[1], edge[0] + edge[1]]),
    "d": np.array([np.cos(around) ** 3, np.sin(around) ** 3]),
}
cross = (0.6, 1.7)


def loss_at(w1, w2):
    return 0.4 * (w1 - cross[0]) ** 2 + (w2 - cross[1]) ** 2


figure, axes = plt.subplots(1, 4, figsize=(9, 2.8), sharey=True, layout="constrained")
grid = np.meshgrid(np.linspace(-1.3, 2.3, 300), np.linspace(-1.3, 2.7, 300))
for axis, (letter, outline) in zip(axes, outlines.items(), strict=True):
    on_outline = loss_at(*outline)
    touching = outline[:, on_outline.argmin()]
    axis.fill(*outline, facecolor="#dd7800", alpha=0.35)
    axis.plot(*outline, color="#dd7800")
    axis.contour(*grid, loss_at(*grid), levels=[on_outline.min()], colors="#0067b8")
    axis.plot(*cross, "x", color="#0067b8", markersize=8)
    axis.plot(*touching, "o", color="#bd3f03")
    axis.axhline(0, color="#7a7a7a", linewidth=0.8)
    axis.axvline(0, color="#7a7a7a", linewidth=0.8)
    axis.set(title=f"{letter})", xlabel="$w_1$", aspect="equal")
axes[0].set_ylabel("$w_2$")
plt.show()

# %% [markdown] exercise="l1_picture"
# Which of the four pictures above belongs to the penalty of L1?
#
# In words, for those who cannot see them: in all four the cross stands at the upper right and the
# ellipse is wider than high.
#
# - **a)** The region is a disc around the origin. The ellipse touches it at the upper right, beside the
#   axes.
# - **b)** The region is a square with its four corners on the axes and straight edges. The ellipse
#   touches it at the upper corner, on the axis of $w_2$.
# - **c)** The region is a square whose edges are parallel to the axes. The ellipse touches it in the
#   upper edge, to the right of the axis of $w_2$.
# - **d)** The region is a star with four corners on the axes; its edges are curved inwards. The ellipse
#   touches it at the upper corner, on the axis of $w_2$.

# %% [markdown] exercise="l1_gradient"
# For training one needs the gradient of a penalty. Write `l1_gradient(W, lam)`, the gradient of the L1
# penalty with respect to one of the arrays of weights: for every weight $w$
#
# $$\lambda \, \operatorname{sign}(w) =
#   \begin{cases} \lambda & w > 0 \\ 0 & w = 0 \\ -\lambda & w < 0. \end{cases}$$
#
# - `W` is an array of floats of any shape; the result has the same shape.
# - At 0 the absolute value has a kink and no derivative. There the gradient is to be 0.
# - The size of the weight does not matter: a weight of $10^{-9}$ gets the full $\lambda$.
# - `lam` is a number, at least 0. `W` must stay as it was.
#
# For $W = (3,\ 0,\ -0.5)$ and $\lambda = 0.1$ the gradient is $(0.1,\ 0,\ -0.1)$.


# %% exercise="l1_gradient"
def l1_gradient(W, lam):
    """Gradient of the L1 penalty with respect to W."""
    ### BEGIN SOLUTION
    return lam * np.sign(W)
    ### END SOLUTION
    raise NotImplementedError("l1_gradient is not written yet.")


# %% [markdown] exercise="weight_decay_gradient"
# The gradient of the L2 penalty is proportional to the weight itself:
#
# $$\frac{\partial}{\partial w} \, \frac{\lambda}{2} w^2 = \lambda w.$$
#
# SGD with this gradient multiplies every weight by $1 - \eta\lambda$ in each step, before the loss has its
# say: the weights *decay*. So this is called **weight decay**.
#
# Write `weight_decay_gradient(W, weight_decay_lambda)`. It returns $\lambda W$ **alone**: not the gradient of
# the loss plus that, and not the new weights.
#
# - `W` is an array of floats of any shape; the result has the same shape. `W` must stay as it was.
# - `weight_decay_lambda` is $\lambda$, a number, at least 0.
#
# For $W = (3,\ 0,\ -0.5)$ and $\lambda = 0.1$ the gradient is $(0.3,\ 0,\ -0.05)$.


# %% exercise="weight_decay_gradient"
def weight_decay_gradient(W, weight_decay_lambda):
    """Gradient of the L2 penalty with respect to W."""
    ### BEGIN SOLUTION
    return weight_decay_lambda * W
    ### END SOLUTION
    raise NotImplementedError("weight_decay_gradient is not written yet.")


# %% [markdown] exercise="blank_i"
# This is the end of a method that computes the gradients of a network of affine layers, numbered from 1.
# `W`, `b`, `dW` and `db` of a layer are its weights, its biases and their gradients, as the backward pass
# has left them: those of the loss without a penalty. Weight decay is added here, from the penalty
# $\frac{\lambda}{2} \sum w^2$ over all weights, with `self.weight_decay_lambda` for $\lambda$. Two
# expressions are missing, (イ) and (ウ).
#
# ```python
# grads = {}
# for idx in range(1, self.hidden_layer_num + 2):
#     affine = self.layers["Affine" + str(idx)]
#     weight_decay_gradient = (イ)
#     grads["W" + str(idx)] = affine.dW + weight_decay_gradient
#     grads["b" + str(idx)] = (ウ)
# return grads
# ```
#
# Which expression belongs in blank **(イ)**?
#
# - **a)** `self.weight_decay_lambda + affine.W`
# - **b)** `0.5 * self.weight_decay_lambda * affine.W`
# - **c)** `0.5 * self.weight_decay_lambda * affine.W**2`
# - **d)** `self.weight_decay_lambda * affine.W`

# %% [markdown] exercise="blank_u"
# And which belongs in blank **(ウ)** of the same program?
#
# - **a)** `affine.db`
# - **b)** `affine.db + self.weight_decay_lambda * affine.b`
# - **c)** `affine.b`
# - **d)** `affine.db + weight_decay_gradient`

# %% [markdown] exercise="dropout_forward"
# While a network is trained, dropout sets each element of a layer's output to 0 with the probability
# $p$, the `drop_rate`. What is kept is divided by $1 - p$, so that the mean stays what it was. When the
# network is used, nothing is dropped and nothing is scaled. This is called *inverted* dropout.
#
# With a mask $m$ of the shape of $x$, whose elements are drawn independently,
#
# $$m_i = \begin{cases} 0 & \text{with probability } p \\
#   \dfrac{1}{1 - p} & \text{with probability } 1 - p, \end{cases}
#   \qquad \mathrm{out}_i = x_i \, m_i.$$
#
# Write `dropout_forward(x, drop_rate, rng, train=True)`. It returns the pair `(out, mask)`.
#
# - `x` is an array of floats of any shape; `out` and `mask` have the same shape. `x` must stay as it was.
# - `drop_rate` is a number, $0 \le p < 1$. With 0 nothing is dropped: the mask is all ones.
# - `rng` is a `np.random.Generator`, as `np.random.default_rng(0)` makes it. All random numbers come from
#   it, for instance from `rng.random(shape)`, whose numbers are uniform in $[0, 1)$: two equal generators
#   give the same mask, and the next call with the same generator another one. How you use its numbers is
#   up to you.
# - **Each element** is dropped or kept on its own, whatever happens to the others and whatever $x$ is:
#   no whole rows, columns or channels, and no fixed number of elements.
# - With `train=False`, `out` has the values of `x` (it may be `x` itself), and the mask is all ones.
# - The mask is returned because the backward pass needs the same one.
#
# For $x = (1, -2, 3, 0.5)$ and $p = 0.5$ the mask may come out as $(2, 0, 2, 2)$; then
# out is $(2, 0, 6, 1)$.
#
# The check looks at statistics of large masks. They keep so far within the limits that a right answer has
# practically no chance to be called wrong (less than one in a million).


# %% exercise="dropout_forward"
def dropout_forward(x, drop_rate, rng, train=True):
    """Inverted dropout: (out, mask)."""
    ### BEGIN SOLUTION
    if not train:
        return x, np.ones(x.shape)
    kept = rng.random(x.shape) >= drop_rate
    mask = kept / (1 - drop_rate)
    return x * mask, mask
    ### END SOLUTION
    raise NotImplementedError("dropout_forward is not written yet.")


# %% [markdown] exercise="dropout_backward"
# In the forward pass $\mathrm{out}_i = x_i \, m_i$ with a mask that is a constant, once it has been drawn. So the
# gradient of the loss $L$ passes through the same mask:
#
# $$\frac{\partial L}{\partial x_i} = \frac{\partial L}{\partial \mathrm{out}_i} \, m_i.$$
#
# Write `dropout_backward(dout, mask)`, which returns the gradient with respect to `x`.
#
# - `dout` is the gradient with respect to `out`, and `mask` what `dropout_forward` returned, both of the
#   shape of `x`. They must stay as they were.
# - Nothing is divided by the batch size here, because the loss has done so already.
#
# For dout $= (1, 3, -2)$ and the mask $(2, 0, 2)$ the gradient is $(2, 0, -4)$.


# %% exercise="dropout_backward"
def dropout_backward(dout, mask):
    """Gradient of dropout with respect to its input."""
    ### BEGIN SOLUTION
    return dout * mask
    ### END SOLUTION
    raise NotImplementedError("dropout_backward is not written yet.")


# %% [markdown]
# ## What you have built
#
# Nothing to write any more. Four networks with 100 hidden units learn from 300 images of digits. Every
# fifth image has a random wrong label, so that there is something that should *not* be learned: a network
# that gets more than about 80 % of these labels right has begun to learn the wrong ones by heart. One
# network trains as it is, one with your L2 penalty, one with your L1 penalty, one with your dropout behind
# the hidden layer. This takes a few seconds; if you wrote loops, it may take half a minute.

# %% figure="training"
from dlcore import Adam, Affine, ReLU, Sequential
from dlcore.datasets import load_digits
from dlcore.layers import Layer
from dlcore.training import Trainer

trained = {}
if checks.ready(
    "ps3_overfitting",
    l1_penalty=l1_penalty,
    l2_penalty=l2_penalty,
    l1_gradient=l1_gradient,
    weight_decay_gradient=weight_decay_gradient,
    dropout_forward=dropout_forward,
    dropout_backward=dropout_backward,
):

    class YourPenalty:
        """What a network adds to its loss and to the gradients of its weights."""

        def __init__(self, penalty, gradient, lam):
            self.penalty = lambda weights: penalty(list(weights), lam)
            self.gradient = lambda W: gradient(W, lam)

    class YourDropout(Layer):
        """Your two functions as a layer."""

        def __init__(self, drop_rate, rng):
            super().__init__()
            self.drop_rate, self.rng = drop_rate, rng

        def forward(self, x, *, train=False):
            out, self.mask = dropout_forward(x, self.drop_rate, self.rng, train)
            return np.asarray(out, dtype=x.dtype)

        def backward(self, dy):
            return np.asarray(dropout_backward(dy, self.mask), dtype=dy.dtype)

    rng = np.random.default_rng(3)
    digits = load_digits(flatten=True)
    order = rng.permutation(len(digits.x_train))
    x, labels = digits.x_train[order[:300]], digits.t_train[order[:300]].copy()
    new = digits.x_train[order[300:]], digits.t_train[order[300:]]
    wrong = rng.permutation(300)[:60]
    labels[wrong] = (labels[wrong] + rng.integers(1, 10, 60)) % 10

    for name, penalty, drop_rate in (
        ("without", None, 0),
        ("L2, λ = 0.02", YourPenalty(l2_penalty, weight_decay_gradient, 0.02), 0),
        ("L1, λ = 0.004", YourPenalty(l1_penalty, l1_gradient, 0.004), 0),
        ("dropout, p = 0.5", None, 0.5),
    ):
        rng = np.random.default_rng(0)
        layers = [Affine(64, 100, rng=rng), ReLU(), Affine(100, 10, rng=rng)]
        if drop_rate:
            layers.insert(2, YourDropout(drop_rate, rng))
        network = Sequential(layers)
        network.regularizer = penalty
        trainer = Trainer(network, Adam(lr=0.005), rng=rng, batch_size=50)
        history = trainer.fit(
            x,
            labels,
            iterations=800,
            progress=False,
            evaluate_every=20,
            evaluation={"train": (x, labels), "new": new},
        )
        trained[name] = network, history

    figure, axes = plt.subplots(1, 4, figsize=(10, 3), sharey=True, layout="constrained")
    for axis, (name, (_, history)) in zip(axes, trained.items(), strict=True):
        curves = history.evaluations
        axis.plot(history.evaluated_at, curves["train"], color="#0067b8", label="given labels")
        axis.plot(history.evaluated_at, curves["new"], "--", color="#dd7800", label="new images")
        axis.axhline(0.8, color="#7a7a7a", linewidth=0.8, linestyle=":")
        axis.set(title=name, xlabel="iteration", ylim=(0.3, 1.03))
    axes[0].set_ylabel("share that is right")
    axes[0].legend(loc="lower right")
    plt.show()
    for name, (_, history) in trained.items():
        last = np.mean(history.evaluations["new"][-10:])
        print(f"{name:18}{last:.1%} of {len(new[1])} new images are read correctly at the end.")

# %% [markdown]
# The dotted line stands at 80 %, the share of the right labels. What do your penalties do to the weights?
# Below are the weights of the first layer of the first three networks; the axis of their number is
# logarithmic. Weights that end within 0.01 of 0 are counted: gradient descent with L1 only comes close to 0
# and then jumps back and forth around it. (L2 brings some weights there, too: those of pixels that are
# almost always black, which nothing but the penalty moves.)

# %% figure="weights"
if trained:
    figure, axes = plt.subplots(
        1, 3, figsize=(9, 2.8), sharex=True, sharey=True, layout="constrained"
    )
    for axis, (name, (network, _)) in zip(axes, list(trained.items())[:3], strict=True):
        weights = next(iter(network.params.values())).ravel()
        near_zero = np.mean(np.abs(weights) < 0.01)
        axis.hist(weights, bins=np.linspace(-1, 1, 82), color="#0067b8")
        axis.set(yscale="log", title=f"{name}: {near_zero:.0%} near 0", xlabel="weight")
    axes[0].set_ylabel("number of weights")
    plt.show()
else:
    print("This cell shows the networks of the cell above.")
