"""The baseline: the network of experiment 2-8 as one would first write it, in float64.

Every convolution lays out the windows of the whole batch with ``im2col``, and so does every
pooling; nothing is tuned, and nothing is slowed down. It uses nothing of dlcore, so that a change
there does not move it. ``tests/dlcore/test_benchmarks.py`` compares its loss and gradients with
those of ``dlcore.DeepConvNet``.

N, C, H, W : images, channels, height, width; FN, FH, FW : filters and their size; OH, OW : output.
"""

from __future__ import annotations

import numpy as np


def im2col(x, FH, FW, stride, pad):
    """Windows of the images x (N, C, H, W) as rows, (N·OH·OW, C·FH·FW)."""
    N, C, H, W = x.shape
    OH = (H + 2 * pad - FH) // stride + 1
    OW = (W + 2 * pad - FW) // stride + 1
    padded = np.pad(x, [(0, 0), (0, 0), (pad, pad), (pad, pad)])
    col = np.zeros((N, C, FH, FW, OH, OW))
    for i in range(FH):
        for j in range(FW):
            col[:, :, i, j] = padded[
                :, :, i : i + stride * OH : stride, j : j + stride * OW : stride
            ]
    return col.transpose(0, 4, 5, 1, 2, 3).reshape(N * OH * OW, C * FH * FW)


def col2im(col, x_shape, FH, FW, stride, pad):
    """Sum of the rows of windows where they lie in the images, (N, C, H, W)."""
    N, C, H, W = x_shape
    OH = (H + 2 * pad - FH) // stride + 1
    OW = (W + 2 * pad - FW) // stride + 1
    col = col.reshape(N, OH, OW, C, FH, FW).transpose(0, 3, 4, 5, 1, 2)
    padded = np.zeros((N, C, H + 2 * pad, W + 2 * pad))
    for i in range(FH):
        for j in range(FW):
            padded[:, :, i : i + stride * OH : stride, j : j + stride * OW : stride] += col[
                :, :, i, j
            ]
    return padded[:, :, pad : pad + H, pad : pad + W]


class Convolution:
    """Convolution by one matrix product over the whole batch."""

    def __init__(self, C, FN, size, pad, rng):
        scale = np.sqrt(2 / (C * size * size))
        self.params = {"W": rng.normal(0, scale, (FN, C, size, size)), "b": np.zeros(FN)}
        self.grads = {}
        self.pad = pad

    def forward(self, x, train):
        """Maps (N, FN, OH, OW) of the images x (N, C, H, W)."""
        W, b = self.params["W"], self.params["b"]
        FN, _, FH, FW = W.shape
        N, _, H, width = x.shape
        self.x_shape = x.shape
        self.col = im2col(x, FH, FW, 1, self.pad)
        out = self.col @ W.reshape(FN, -1).T + b
        OH, OW = H + 2 * self.pad - FH + 1, width + 2 * self.pad - FW + 1
        return out.reshape(N, OH, OW, FN).transpose(0, 3, 1, 2)

    def backward(self, dout):
        """Gradient of the images."""
        W = self.params["W"]
        FN, _, FH, FW = W.shape
        dout = dout.transpose(0, 2, 3, 1).reshape(-1, FN)
        self.grads["W"] = (self.col.T @ dout).T.reshape(W.shape)
        self.grads["b"] = dout.sum(axis=0)
        dcol = dout @ W.reshape(FN, -1)
        return col2im(dcol, self.x_shape, FH, FW, 1, self.pad)


class MaxPool:
    """Maximum of 2×2 windows, side by side: a row of ``im2col`` per window, then argmax."""

    def __init__(self):
        self.params, self.grads = {}, {}

    def forward(self, x, train):
        """Maps of half the height and width."""
        N, C, H, W = x.shape
        self.x_shape = x.shape
        rows = im2col(x, 2, 2, 2, 0).reshape(-1, 4)
        self.winner = rows.argmax(axis=1)
        out = rows.max(axis=1)
        return out.reshape(N, H // 2, W // 2, C).transpose(0, 3, 1, 2)

    def backward(self, dout):
        """Gradient of the maps: that of each window goes to its maximum."""
        C = self.x_shape[1]
        rows = np.zeros((dout.size, 4))
        rows[np.arange(dout.size), self.winner] = dout.transpose(0, 2, 3, 1).ravel()
        return col2im(rows.reshape(-1, C * 4), self.x_shape, 2, 2, 2, 0)


class Affine:
    """Fully connected layer; takes maps too, row by row."""

    def __init__(self, features, units, rng):
        scale = np.sqrt(2 / features)
        self.params = {"W": rng.normal(0, scale, (features, units)), "b": np.zeros(units)}
        self.grads = {}

    def forward(self, x, train):
        """Scores (N, units)."""
        self.x_shape = x.shape
        self.x = x.reshape(len(x), -1)
        return self.x @ self.params["W"] + self.params["b"]

    def backward(self, dout):
        """Gradient of x."""
        self.grads["W"] = self.x.T @ dout
        self.grads["b"] = dout.sum(axis=0)
        return (dout @ self.params["W"].T).reshape(self.x_shape)


class ReLU:
    """Larger of x and 0."""

    def __init__(self):
        self.params, self.grads = {}, {}

    def forward(self, x, train):
        """Array of the shape of x."""
        self.positive = x > 0
        return x * self.positive

    def backward(self, dout):
        """Gradient of x."""
        return dout * self.positive


class Dropout:
    """Inverted dropout: in training a share `rate` of the values becomes 0."""

    def __init__(self, rate, rng):
        self.params, self.grads = {}, {}
        self.rate, self.rng = rate, rng

    def forward(self, x, train):
        """Array of the shape of x."""
        self.mask = 1.0
        if train:
            self.mask = (self.rng.random(x.shape) >= self.rate) / (1 - self.rate)
        return x * self.mask

    def backward(self, dout):
        """Gradient of x."""
        return dout * self.mask


class DeepConvNet:
    """Six convolutions, three poolings, two affine layers: experiment 2-8, on 28×28 images."""

    def __init__(self, rng, dropout=0.5):
        self.layers = []
        channels = 1
        for filters, second_pad in (16, 1), (32, 2), (64, 1):
            self.layers += [Convolution(channels, filters, 3, 1, rng), ReLU()]
            self.layers += [Convolution(filters, filters, 3, second_pad, rng), ReLU(), MaxPool()]
            channels = filters
        self.layers += [Affine(64 * 4 * 4, 50, rng), ReLU(), Dropout(dropout, rng)]
        self.layers += [Affine(50, 10, rng), Dropout(dropout, rng)]

    @property
    def params(self):
        """Arrays W and b of the layers with parameters, in order."""
        return [p for layer in self.layers for p in layer.params.values()]

    def loss_and_gradient(self, x, t):
        """Mean cross entropy in training, and the gradients in the order of ``params``."""
        for layer in self.layers:
            x = layer.forward(x, train=True)
        e = np.exp(x - x.max(axis=1, keepdims=True))
        y = e / e.sum(axis=1, keepdims=True)
        rows = np.arange(len(t))
        loss = -np.log(y[rows, t]).mean()

        dout = y.copy()
        dout[rows, t] -= 1
        dout /= len(t)
        for layer in reversed(self.layers):
            dout = layer.backward(dout)
        return loss, [layer.grads[key] for layer in self.layers for key in layer.params]


class Adam:
    """Adam as in its paper."""

    def __init__(self, params, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
        self.params = params
        self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps
        self.m = [np.zeros_like(p) for p in params]
        self.v = [np.zeros_like(p) for p in params]
        self.t = 0

    def update(self, grads):
        """One step."""
        self.t += 1
        for p, g, m, v in zip(self.params, grads, self.m, self.v, strict=True):
            m[...] = self.beta1 * m + (1 - self.beta1) * g
            v[...] = self.beta2 * v + (1 - self.beta2) * g**2
            m_hat = m / (1 - self.beta1**self.t)
            v_hat = v / (1 - self.beta2**self.t)
            p -= self.lr * m_hat / (np.sqrt(v_hat) + self.eps)
