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
# # Optimisers by hand
#
# In this notebook you write five optimisers as small classes, the way a training loop uses them, and let
# them race. Six more wait at the end, for a bonus. It belongs to chapter 2.
#
# **{points} points, about {hours} with the bonus exercises, half of that without.**
#
# {table}
#
# How to work:
#
# - Write your code where it says "Your work here", in place of the line that raises an error. You may add
#   methods, helper functions and cells, and import the standard library. Use NumPy only: do not call
#   `dlcore`'s own optimisers.
# - After each exercise comes a **check**. It tries a few cases and, if one goes wrong, says what was
#   expected, what came, and a likely cause. It gives no points: those come from other, hidden cases,
#   part by part, so an optimiser that is right but for the place of $\varepsilon$ keeps most of its points.
# - Printing and warnings do no harm. Loops are allowed everywhere. A call that takes longer than three
#   seconds on these small arrays is stopped.
#
# **What holds for all of them.** A training loop makes one optimiser and calls it after every batch:
#
# ```python
# optimizer = Momentum(lr=0.1)
# for ...:
#     optimizer.update(params, grads)
# ```
#
# - `params` and `grads` are dicts of float arrays **with the same keys**, not necessarily in the same order.
#   The keys do not change between calls. Every formula below is meant element by element, for each
#   parameter $w$ = `params[key]` with its gradient $g$ = `grads[key]`.
# - `update` changes **the arrays of** `params` **themselves**: `params[key] -= ...` does, and so does
#   `params[key][...] = ...`. The layers of the network hold the same arrays.
#   `params[key] = params[key] - ...` makes a new array that no layer knows of (that costs the points for
#   "in place", no others). `update` returns nothing.
# - What is remembered from step to step (a velocity, a mean of squares) has the shape of the parameter and
#   is kept **for each key**. It is 0 at first unless the exercise says otherwise. It belongs to **one
#   object**: two optimisers never share it.
# - `grads` belongs to the caller: leave it as it was, and do not keep its arrays. The caller may fill the
#   next gradients into the same arrays.
# - $t$ is the number of the call of `update`: 1 at the first, one count for each object, whatever the
#   number of parameters.
# - A parameter whose gradients have been exactly 0 from the start must stay as it is, and finite. That is
#   what $\varepsilon$ is for; each formula shows **where it stands**.
#
# Before you submit, restart the kernel and run all cells.

# %% setup=true
import matplotlib.pyplot as plt
import numpy as np

from dlcore import checks

# %% [markdown] exercise="SGD"
# The simplest rule of all, with the learning rate $\eta$ = `lr`:
#
# $$w \leftarrow w - \eta\, g$$
#
# Write the class `SGD(lr=0.01)` with its method `update(self, params, grads)`. The constructor stands there
# already. There is nothing to remember between steps, so this exercise is about the dicts: every key, the
# gradient of the same key, in place.
#
# For $w = (1, 2)$, $g = (2, -1)$ and $\eta = 0.1$ the new values are $(0.8, 2.1)$.


# %% exercise="SGD"
class SGD:
    """Stochastic gradient descent."""

    def __init__(self, lr=0.01):
        self.lr = lr

    def update(self, params, grads):
        """Change the arrays of params in place."""
        ### BEGIN SOLUTION
        for key, g in grads.items():
            params[key] -= self.lr * g
        return
        ### END SOLUTION
        raise NotImplementedError("SGD is not written yet.")


# %% [markdown] exercise="Momentum"
# Every parameter gets a velocity $v$, 0 at first. The gradient pushes the velocity, and the velocity moves
# the parameter. With $\mu$ = `momentum`:
#
# $$
# \begin{aligned}
# v &\leftarrow \mu v - \eta\, g \\
# w &\leftarrow w + v
# \end{aligned}
# $$
#
# Write `Momentum(lr=0.01, momentum=0.9)`. In the constructor, make whatever you need to remember the
# velocities; `update` then finds the one of each key. (You see the arrays for the first time in `update`:
# a key that is not known yet has the velocity 0.)
#
# For $w = 1$, $\eta = 0.1$, $\mu = 0.9$ and the gradients 2 and then 1, $v$ becomes $-0.2$ and
# $0.9 \cdot (-0.2) - 0.1 = -0.28$, and $w$ becomes $0.8$ and $0.52$.


# %% exercise="Momentum"
class Momentum:
    """Gradient descent with a velocity."""

    def __init__(self, lr=0.01, momentum=0.9):
        self.lr = lr
        self.momentum = momentum
        ### BEGIN SOLUTION
        self.v = {}
        ### END SOLUTION

    def update(self, params, grads):
        """Change the arrays of params in place."""
        ### BEGIN SOLUTION
        for key, g in grads.items():
            v = self.momentum * self.v.get(key, 0.0) - self.lr * g
            self.v[key] = v
            params[key] += v
        return
        ### END SOLUTION
        raise NotImplementedError("Momentum is not written yet.")


# %% [markdown] exercise="AdaGrad"
# AdaGrad adds up the squares of all gradients that a parameter has had, in $h$, and divides by the root:
#
# $$
# \begin{aligned}
# h &\leftarrow h + g^2 \\
# w &\leftarrow w - \eta\, \frac{g}{\sqrt{h} + \varepsilon}
# \end{aligned}
# $$
#
# Write `AdaGrad(lr=0.01, eps=1e-7)`. $h$ is 0 at first, and $\varepsilon$ = `eps` stands **outside** the
# root. $g^2$ and $\sqrt h$ are taken element by element, so every single weight has a rate of its own.
#
# For $w = 1$, $\eta = 0.1$ and the gradients 3 and then 4, $h$ becomes 9 and 25, and $w$ becomes
# $1 - 0.1 \cdot 3/3 = 0.9$ and $0.9 - 0.1 \cdot 4/5 = 0.82$.


# %% exercise="AdaGrad"
class AdaGrad:
    """Steps divided by the root of the sum of all squared gradients."""

    def __init__(self, lr=0.01, eps=1e-7):
        self.lr = lr
        self.eps = eps
        ### BEGIN SOLUTION
        self.h = {}
        ### END SOLUTION

    def update(self, params, grads):
        """Change the arrays of params in place."""
        ### BEGIN SOLUTION
        for key, g in grads.items():
            h = self.h.get(key, 0.0) + g**2
            self.h[key] = h
            params[key] -= self.lr * g / (np.sqrt(h) + self.eps)
        return
        ### END SOLUTION
        raise NotImplementedError("AdaGrad is not written yet.")


# %% [markdown] exercise="RMSProp"
# AdaGrad never forgets. RMSProp keeps a moving average of the squares in place of their sum, with the
# memory $\alpha$ = `decay`:
#
# $$
# \begin{aligned}
# h &\leftarrow \alpha h + (1 - \alpha)\, g^2 \\
# w &\leftarrow w - \eta\, \frac{g}{\sqrt{h} + \varepsilon}
# \end{aligned}
# $$
#
# Write `RMSProp(lr=0.01, decay=0.99, eps=1e-7)`. $h$ is 0 at first (not $g^2$), there is no bias correction,
# and $\varepsilon$ stands **outside** the root.
#
# For $w = 1$, $\eta = 0.1$, $\alpha = 0.75$ and the gradients 2 and then 1, $h$ becomes 1 and
# $0.75 + 0.25 = 1$, and $w$ becomes $0.8$ and $0.7$.


# %% exercise="RMSProp"
class RMSProp:
    """Steps divided by the root mean square of late gradients."""

    def __init__(self, lr=0.01, decay=0.99, eps=1e-7):
        self.lr = lr
        self.decay = decay
        self.eps = eps
        ### BEGIN SOLUTION
        self.h = {}
        ### END SOLUTION

    def update(self, params, grads):
        """Change the arrays of params in place."""
        ### BEGIN SOLUTION
        for key, g in grads.items():
            h = self.decay * self.h.get(key, 0.0) + (1 - self.decay) * g**2
            self.h[key] = h
            params[key] -= self.lr * g / (np.sqrt(h) + self.eps)
        return
        ### END SOLUTION
        raise NotImplementedError("RMSProp is not written yet.")


# %% [markdown] exercise="Adam"
# Adam keeps two moving averages, $m$ of the gradients and $v$ of their squares, and corrects both for
# having started at 0. At step $t = 1, 2, \dots$
#
# $$
# \begin{aligned}
# m &\leftarrow \beta_1 m + (1 - \beta_1)\, g \\
# v &\leftarrow \beta_2 v + (1 - \beta_2)\, g^2 \\
# \hat m &= \frac{m}{1 - \beta_1^{\,t}}, \qquad \hat v = \frac{v}{1 - \beta_2^{\,t}} \\
# w &\leftarrow w - \eta\, \frac{\hat m}{\sqrt{\hat v} + \varepsilon}
# \end{aligned}
# $$
#
# Write `Adam(lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8)`.
#
# - $m$ and $v$ are 0 at first and are kept **uncorrected**; $\hat m$ and $\hat v$ serve for one step only.
# - $t$ counts the calls of `update`, not the parameters.
# - $\varepsilon$ stands **outside** the root. The paper's "efficient" form, in which
#   $\eta_t = \eta \sqrt{1 - \beta_2^{\,t}} / (1 - \beta_1^{\,t})$ and
#   $w \leftarrow w - \eta_t\, m / (\sqrt v + \varepsilon)$, is accepted too.
#
# For $w = 1$, $\eta = 0.1$ and the gradients 2 and then 1: $m$ is 0.2 and 0.28, $v$ is 0.004 and 0.004996,
# $\hat m$ is 2 and 1.4737, $\hat v$ is 4 and 2.4992, and $w$ becomes $0.9$ and $0.8068$.


# %% exercise="Adam"
class Adam:
    """Steps along a moving average, divided by the root mean square, both corrected."""

    def __init__(self, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
        self.lr = lr
        self.beta1 = beta1
        self.beta2 = beta2
        self.eps = eps
        ### BEGIN SOLUTION
        self.m, self.v, self.t = {}, {}, 0
        ### END SOLUTION

    def update(self, params, grads):
        """Change the arrays of params in place."""
        ### BEGIN SOLUTION
        self.t += 1
        for key, g in grads.items():
            m = self.beta1 * self.m.get(key, 0.0) + (1 - self.beta1) * g
            v = self.beta2 * self.v.get(key, 0.0) + (1 - self.beta2) * g**2
            self.m[key], self.v[key] = m, v
            m_hat = m / (1 - self.beta1**self.t)
            v_hat = v / (1 - self.beta2**self.t)
            params[key] -= self.lr * m_hat / (np.sqrt(v_hat) + self.eps)
        return
        ### END SOLUTION
        raise NotImplementedError("Adam is not written yet.")


# %% [markdown] exercise="momentum_words"
# Describe **Momentum** in one sentence, for somebody who knows gradient descent: what is remembered from
# step to step, how it is used, and where that helps (or hurts).

# %% [markdown] exercise="adagrad_words"
# Describe **AdaGrad** in one sentence: what is remembered, how it changes the steps, and what becomes of
# the steps in a long training.

# %% [markdown] exercise="rmsprop_words"
# Describe **RMSProp** in one sentence: what is remembered, what it changes compared with AdaGrad, and what
# follows from that.

# %% [markdown] exercise="Nesterov"
# From here on everything is a **bonus**.
#
# Nesterov's method takes the gradient at the point to which the velocity is about to lead. Written for
# parameters that already stand at that point, so that $g$ is the gradient where they are:
#
# $$
# \begin{aligned}
# v &\leftarrow \mu v - \eta\, g \\
# w &\leftarrow w + \mu v - \eta\, g \qquad \text{(with the new } v\text{)}
# \end{aligned}
# $$
#
# Write `Nesterov(lr=0.01, momentum=0.9)`; $v$ is 0 at first.
#
# For $w = 1$, $\eta = 0.1$, $\mu = 0.9$ and the gradients 2 and then 1, $v$ becomes $-0.2$ and $-0.28$, and
# $w$ becomes $1 - 0.18 - 0.2 = 0.62$ and $0.62 - 0.252 - 0.1 = 0.268$.


# %% exercise="Nesterov"
class Nesterov:
    """Momentum that looks ahead."""

    def __init__(self, lr=0.01, momentum=0.9):
        self.lr = lr
        self.momentum = momentum
        ### BEGIN SOLUTION
        self.v = {}
        ### END SOLUTION

    def update(self, params, grads):
        """Change the arrays of params in place."""
        ### BEGIN SOLUTION
        for key, g in grads.items():
            v = self.momentum * self.v.get(key, 0.0) - self.lr * g
            self.v[key] = v
            params[key] += self.momentum * v - self.lr * g
        return
        ### END SOLUTION
        raise NotImplementedError("Nesterov is not written yet.")


# %% [markdown] exercise="AdaMax"
# AdaMax divides by the largest gradient of late, $u$, in place of Adam's root mean square:
#
# $$
# \begin{aligned}
# m &\leftarrow \beta_1 m + (1 - \beta_1)\, g \\
# u &\leftarrow \max(\beta_2 u,\ |g|) \\
# w &\leftarrow w - \frac{\eta}{1 - \beta_1^{\,t}} \cdot \frac{m}{u}
# \end{aligned}
# $$
#
# Write `AdaMax(lr=0.002, beta1=0.9, beta2=0.999, eps=1e-8)`. $m$ and $u$ are 0 at first, the maximum is
# taken element by element, and $u$ is not corrected. A gradient that has always been 0 would give 0/0:
# put $\varepsilon$ wherever you like, as long as the result is finite then (for example
# $\max(\beta_2 u, |g|) + \varepsilon$ below the line, or $|g| + \varepsilon$ inside the maximum).
#
# For $w = 1$, $\eta = 0.1$ and the gradients 2 and then 1: $m$ is 0.2 and 0.28, $u$ is 2 and 1.998, and $w$
# becomes $1 - \frac{0.1}{0.1} \cdot \frac{0.2}{2} = 0.9$ and
# $0.9 - \frac{0.1}{0.19} \cdot \frac{0.28}{1.998} = 0.8262$.


# %% exercise="AdaMax"
class AdaMax:
    """Adam with the largest gradient of late below the line."""

    def __init__(self, lr=0.002, beta1=0.9, beta2=0.999, eps=1e-8):
        self.lr = lr
        self.beta1 = beta1
        self.beta2 = beta2
        self.eps = eps
        ### BEGIN SOLUTION
        self.m, self.u, self.t = {}, {}, 0
        ### END SOLUTION

    def update(self, params, grads):
        """Change the arrays of params in place."""
        ### BEGIN SOLUTION
        self.t += 1
        for key, g in grads.items():
            m = self.beta1 * self.m.get(key, 0.0) + (1 - self.beta1) * g
            u = np.maximum(self.beta2 * self.u.get(key, 0.0), np.abs(g))
            self.m[key], self.u[key] = m, u
            m_hat = m / (1 - self.beta1**self.t)
            params[key] -= self.lr * m_hat / (u + self.eps)
        return
        ### END SOLUTION
        raise NotImplementedError("AdaMax is not written yet.")


# %% [markdown] exercise="Nadam"
# Nadam is Adam with Nesterov's look ahead, and with a momentum for the look ahead that grows slowly
# (Dozat's schedule):
#
# $$
# \begin{aligned}
# \mu_t &= \beta_1 \left(1 - \tfrac12 \cdot 0.96^{\,t/250}\right) \\
# m &\leftarrow \beta_1 m + (1 - \beta_1)\, g, \qquad v \leftarrow \beta_2 v + (1 - \beta_2)\, g^2 \\
# \hat m &= \frac{\mu_{t+1}\, m}{1 - \mu_1 \mu_2 \cdots \mu_{t+1}}
#   + \frac{(1 - \mu_t)\, g}{1 - \mu_1 \mu_2 \cdots \mu_t}, \qquad
# \hat v = \frac{v}{1 - \beta_2^{\,t}} \\
# w &\leftarrow w - \eta\, \frac{\hat m}{\sqrt{\hat v} + \varepsilon}
# \end{aligned}
# $$
#
# Write `Nadam(lr=0.002, beta1=0.9, beta2=0.999, eps=1e-8)`.
#
# - $m$ decays by $\beta_1$; the $\mu$ stand in $\hat m$ alone.
# - The first product runs **up to** $t + 1$, the second up to $t$. Like $t$, they belong to the object and
#   not to a parameter.
# - The learning rate is constant, and $\varepsilon$ stands **outside** the root.
#
# For $w = 1$, $\eta = 0.1$ and $g = 2$: $m = 0.2$, $\hat v = 4$, $\mu_1 = 0.45007$, $\mu_2 = 0.45015$,
# $\hat m = \frac{0.45015 \cdot 0.2}{1 - 0.45007 \cdot 0.45015} + 2 = 2.1129$, and $w$ becomes $0.8944$. With
# $g = 1$ in the second step it becomes $0.8420$.


# %% exercise="Nadam"
class Nadam:
    """Adam that looks ahead."""

    def __init__(self, lr=0.002, beta1=0.9, beta2=0.999, eps=1e-8):
        self.lr = lr
        self.beta1 = beta1
        self.beta2 = beta2
        self.eps = eps
        ### BEGIN SOLUTION
        self.m, self.v, self.t = {}, {}, 0
        self.product = 1.0  # of the μ up to the present step
        ### END SOLUTION

    def update(self, params, grads):
        """Change the arrays of params in place."""
        ### BEGIN SOLUTION
        self.t += 1
        mu = self.beta1 * (1 - 0.5 * 0.96 ** (self.t / 250))
        mu_next = self.beta1 * (1 - 0.5 * 0.96 ** ((self.t + 1) / 250))
        self.product *= mu
        ahead = mu_next / (1 - self.product * mu_next)
        now = (1 - mu) / (1 - self.product)
        for key, g in grads.items():
            m = self.beta1 * self.m.get(key, 0.0) + (1 - self.beta1) * g
            v = self.beta2 * self.v.get(key, 0.0) + (1 - self.beta2) * g**2
            self.m[key], self.v[key] = m, v
            m_hat = ahead * m + now * g
            v_hat = v / (1 - self.beta2**self.t)
            params[key] -= self.lr * m_hat / (np.sqrt(v_hat) + self.eps)
        return
        ### END SOLUTION
        raise NotImplementedError("Nadam is not written yet.")


# %% [markdown] exercise="RMSpropGraves"
# Graves' form of RMSProp divides by the *standard deviation* of the gradients and adds a momentum. With
# $\rho$ = `rho` and $\mu$ = `momentum`:
#
# $$
# \begin{aligned}
# n &\leftarrow \rho\, n + (1 - \rho)\, g^2 \\
# \bar g &\leftarrow \rho\, \bar g + (1 - \rho)\, g \\
# \Delta &\leftarrow \mu\, \Delta - \frac{\eta\, g}{\sqrt{n - \bar g^2 + \varepsilon}} \\
# w &\leftarrow w + \Delta
# \end{aligned}
# $$
#
# Write `RMSpropGraves(lr=1e-4, rho=0.95, momentum=0.9, eps=1e-4)`. $n$, $\bar g$ and $\Delta$ are 0 at first.
# Here, and only here, $\varepsilon$ stands **inside** the root.
#
# For $w = 1$, $\eta = 0.1$ and $g = 2$: $n = 0.2$, $\bar g = 0.1$, $\Delta = -0.2/\sqrt{0.2 - 0.01 + 0.0001}
# = -0.4587$, and $w$ becomes $0.5413$. With $g = 1$ in the second step it becomes $-0.0852$.


# %% exercise="RMSpropGraves"
class RMSpropGraves:
    """Steps divided by the standard deviation of late gradients, with momentum."""

    def __init__(self, lr=1e-4, rho=0.95, momentum=0.9, eps=1e-4):
        self.lr = lr
        self.rho = rho
        self.momentum = momentum
        self.eps = eps
        ### BEGIN SOLUTION
        self.n, self.g_bar, self.delta = {}, {}, {}
        ### END SOLUTION

    def update(self, params, grads):
        """Change the arrays of params in place."""
        ### BEGIN SOLUTION
        for key, g in grads.items():
            n = self.rho * self.n.get(key, 0.0) + (1 - self.rho) * g**2
            g_bar = self.rho * self.g_bar.get(key, 0.0) + (1 - self.rho) * g
            deviation = np.sqrt(n - g_bar**2 + self.eps)
            delta = self.momentum * self.delta.get(key, 0.0) - self.lr * g / deviation
            self.n[key], self.g_bar[key], self.delta[key] = n, g_bar, delta
            params[key] += delta
        return
        ### END SOLUTION
        raise NotImplementedError("RMSpropGraves is not written yet.")


# %% [markdown] exercise="SMORMS3"
# SMORMS3 lets every weight choose how long it remembers, by how well its gradients agree:
#
# $$
# \begin{aligned}
# r &= \frac{1}{\text{mem} + 1} \\
# m &\leftarrow (1 - r)\, m + r\, g \\
# v &\leftarrow (1 - r)\, v + r\, g^2 \\
# z &= \frac{m^2}{v + \varepsilon} \\
# w &\leftarrow w - \frac{\min(\eta, z)}{\sqrt{v} + \varepsilon}\; g \\
# \text{mem} &\leftarrow 1 + \text{mem}\, (1 - z)
# \end{aligned}
# $$
#
# Write `SMORMS3(lr=1e-3, eps=1e-16)`.
#
# - The memory, mem, starts at **1**, $m$ and $v$ at 0. All three have the shape of the parameter.
# - The lines are meant in this order: the memory is updated **last**.
# - The step uses the gradient $g$, not its mean $m$, and $\varepsilon$ stands **outside** the root.
#
# For $w = 1$, $\eta = 0.1$ and $g = 2$: $r = \frac12$, $m = 1$, $v = 2$, $z = \frac12$, $w$ becomes
# $1 - 0.1 \cdot 2/\sqrt 2 = 0.8586$ and the memory $1 + \frac12 = 1.5$. With $g = 1$ in the second step, $w$
# becomes $0.7795$.


# %% exercise="SMORMS3"
class SMORMS3:
    """A memory, and a step, for every weight: long and short where gradients are noise."""

    def __init__(self, lr=1e-3, eps=1e-16):
        self.lr = lr
        self.eps = eps
        ### BEGIN SOLUTION
        self.mem, self.m, self.v = {}, {}, {}
        ### END SOLUTION

    def update(self, params, grads):
        """Change the arrays of params in place."""
        ### BEGIN SOLUTION
        for key, g in grads.items():
            mem = self.mem.get(key, 1.0)
            r = 1 / (mem + 1)
            m = (1 - r) * self.m.get(key, 0.0) + r * g
            v = (1 - r) * self.v.get(key, 0.0) + r * g**2
            z = m**2 / (v + self.eps)
            params[key] -= np.minimum(self.lr, z) * g / (np.sqrt(v) + self.eps)
            self.mem[key] = 1 + mem * (1 - z)
            self.m[key], self.v[key] = m, v
        return
        ### END SOLUTION
        raise NotImplementedError("SMORMS3 is not written yet.")


# %% [markdown] exercise="Eve"
# Eve is Adam that listens to the loss $f$: `update` has a third argument, `loss`, a positive float. This is
# version 1 of the paper. $m$, $v$, $\hat m$ and $\hat v$ are those of Adam. Besides, the object keeps two numbers, $\hat f$
# and $d$. At $t = 1$, $\hat f = f$ and $d = 1$. At every later step, with $\hat f$ still that of the step before,
#
# $$
# \begin{aligned}
# (\delta, \Delta) &= \begin{cases} (k + 1,\ K + 1) & \text{if } f \ge \hat f \\[2pt]
#   \left(\dfrac{1}{K+1},\ \dfrac{1}{k+1}\right) & \text{if } f < \hat f \end{cases} \\
# c &= \min\left(\max\left(\delta,\ f / \hat f\right),\ \Delta\right) \\
# \hat f' &= c\, \hat f \\
# r &= \frac{|\hat f' - \hat f|}{\min(\hat f', \hat f)} \\
# d &\leftarrow \beta_3\, d + (1 - \beta_3)\, r, \qquad \hat f \leftarrow \hat f'
# \end{aligned}
# $$
#
# and at all steps
#
# $$w \leftarrow w - \eta\, \frac{\hat m}{d\, \sqrt{\hat v} + \varepsilon}.$$
#
# Write `Eve(lr=1e-3, beta1=0.9, beta2=0.999, beta3=0.999, k=0.1, K=10, eps=1e-8)` with
# `update(self, params, grads, loss)`. $d$ multiplies the root alone, not $\varepsilon$.
#
# For $w = 1$, $\eta = 0.1$, $\beta_3 = 0.5$, the gradients 2 and then 2 and the losses 3 and then 2: after the
# first step $w = 0.9$. In the second, $2 < 3$, so $c = \min(\max(\frac1{11}, \frac23), \frac1{1.1}) = \frac23$,
# $\hat f' = 2$, $r = \frac12$, $d = 0.5 \cdot 1 + 0.5 \cdot 0.5 = 0.75$ and
# $w = 0.9 - 0.1 \cdot 2/(0.75 \cdot 2) = 0.7667$.


# %% exercise="Eve"
class Eve:
    """Adam with feedback from the loss."""

    def __init__(self, lr=1e-3, beta1=0.9, beta2=0.999, beta3=0.999, k=0.1, K=10, eps=1e-8):
        self.lr = lr
        self.beta1 = beta1
        self.beta2 = beta2
        self.beta3 = beta3
        self.k = k
        self.K = K
        self.eps = eps
        ### BEGIN SOLUTION
        self.m, self.v, self.t = {}, {}, 0
        self.f_hat, self.d = 0.0, 1.0
        ### END SOLUTION

    def update(self, params, grads, loss):
        """Change the arrays of params in place."""
        ### BEGIN SOLUTION
        self.t += 1
        if self.t == 1:
            self.f_hat = loss
        else:
            if loss >= self.f_hat:
                low, high = self.k + 1, self.K + 1
            else:
                low, high = 1 / (self.K + 1), 1 / (self.k + 1)
            new = min(max(low, loss / self.f_hat), high) * self.f_hat
            r = abs(new - self.f_hat) / min(new, self.f_hat)
            self.d = self.beta3 * self.d + (1 - self.beta3) * r
            self.f_hat = new
        for key, g in grads.items():
            m = self.beta1 * self.m.get(key, 0.0) + (1 - self.beta1) * g
            v = self.beta2 * self.v.get(key, 0.0) + (1 - self.beta2) * g**2
            self.m[key], self.v[key] = m, v
            m_hat = m / (1 - self.beta1**self.t)
            v_hat = v / (1 - self.beta2**self.t)
            params[key] -= self.lr * m_hat / (self.d * np.sqrt(v_hat) + self.eps)
        return
        ### END SOLUTION
        raise NotImplementedError("Eve is not written yet.")


# %% [markdown]
# ## What you have built
#
# Nothing to write any more. First, your five optimisers walk down a ravine, a long valley that is 50 times
# as curved across as along; the star is the minimum.

# %% figure="paths"
from dlcore.surfaces import BEALE, RAVINE, draw_paths


def walk(optimizer, surface, steps):
    """All points of a path down a surface; Eve gets the height as her loss."""
    params, path = {"w": np.array(surface.start)}, [surface.start]
    for _ in range(steps):
        grads, extra = {"w": surface.gradient(params["w"])}, ()
        if type(optimizer).__name__ == "Eve":
            extra = (float(surface.f(params["w"])),)
        optimizer.update(params, grads, *extra)
        path.append(params["w"].copy())
    return np.array(path)


if checks.ready(
    "ps2_optimizers", SGD=SGD, Momentum=Momentum, AdaGrad=AdaGrad, RMSProp=RMSProp, Adam=Adam
):
    paths = {
        "SGD": walk(SGD(lr=0.9), RAVINE, 60),
        "Momentum": walk(Momentum(lr=0.1, momentum=0.9), RAVINE, 60),
        "AdaGrad": walk(AdaGrad(lr=0.6), RAVINE, 60),
        "RMSProp": walk(RMSProp(lr=0.1), RAVINE, 60),
        "Adam": walk(Adam(lr=0.3), RAVINE, 60),
    }
    figure, axis = plt.subplots(figsize=(7, 4.5))
    draw_paths(RAVINE, paths, axis)
    axis.set_title("Your optimisers in a ravine, 60 steps each")
    plt.show()

# %% [markdown]
# Then they train a network with two hidden layers on `dlcore`'s small images of digits, each from the same
# initial weights and with the same batches. Which is ahead depends on the learning rates: try others.

# %% figure="training"
from dlcore import Affine, ReLU, Sequential
from dlcore.datasets import load_digits
from dlcore.training import Trainer


def train(optimizer, iterations=200):
    """Loss of every batch, and the accuracy on the test images at the end."""
    rng, digits = np.random.default_rng(2), load_digits(flatten=True)
    network = Sequential(
        [Affine(64, 32, rng=rng), ReLU(), Affine(32, 32, rng=rng), ReLU(), Affine(32, 10, rng=rng)]
    )
    trainer = Trainer(network, optimizer, rng=rng, batch_size=50)
    history = trainer.fit(digits.x_train, digits.t_train, iterations=iterations, progress=False)
    return history.loss, network.accuracy(digits.x_test, digits.t_test)


if checks.ready(
    "ps2_optimizers", SGD=SGD, Momentum=Momentum, AdaGrad=AdaGrad, RMSProp=RMSProp, Adam=Adam
):
    figure, axis = plt.subplots(figsize=(7, 4), layout="constrained")
    runs = {
        "SGD": (SGD(lr=0.05), "-"),
        "Momentum": (Momentum(lr=0.05), "--"),
        "AdaGrad": (AdaGrad(lr=0.05), "-."),
        "RMSProp": (RMSProp(lr=0.005), ":"),
        "Adam": (Adam(lr=0.01), (0, (6, 1, 1, 1, 1, 1))),
    }
    for (name, (optimizer, dashes)), colour in zip(
        runs.items(), ["#0067b8", "#dd7800", "#009759", "#b54f91", "#bd3f03"], strict=True
    ):
        loss, accuracy = train(optimizer)
        smooth = np.convolve(loss, np.ones(10) / 10, mode="valid")
        axis.plot(smooth, linestyle=dashes, color=colour, label=f"{name}: {accuracy:.0%}")
    axis.set(xlabel="iteration", ylabel="loss, mean of ten batches", yscale="log")
    axis.set_title("Training with your optimisers")
    figure.legend(title="test accuracy", loc="outside right upper")
    plt.show()

# %% [markdown]
# If you wrote the six bonus classes as well: here they are on Beale's surface.

# %% figure="bonus"
if checks.ready(
    "ps2_optimizers",
    Nesterov=Nesterov,
    AdaMax=AdaMax,
    Nadam=Nadam,
    RMSpropGraves=RMSpropGraves,
    SMORMS3=SMORMS3,
    Eve=Eve,
):
    paths = {
        "Nesterov": walk(Nesterov(lr=0.002), BEALE, 150),
        "AdaMax": walk(AdaMax(lr=0.1), BEALE, 150),
        "Nadam": walk(Nadam(lr=0.1), BEALE, 150),
        "RMSpropGraves": walk(RMSpropGraves(lr=0.005), BEALE, 150),
        "SMORMS3": walk(SMORMS3(lr=0.05), BEALE, 150),
        "Eve": walk(Eve(lr=0.1), BEALE, 150),
    }
    figure, axis = plt.subplots(figsize=(7, 4.5))
    draw_paths(BEALE, paths, axis)
    axis.set_title("Your bonus optimisers on Beale's surface, 150 steps each")
    plt.show()
