"""The fully connected network of the report, with the report's names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from string import ascii_letters
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from dlcore._validation import Array, check_int
from dlcore.initializers import Initializer, he_normal
from dlcore.layers import (
    GELU,
    Affine,
    BatchNorm,
    Dropout,
    Identity,
    Layer,
    LeakyReLU,
    ReLU,
    Sigmoid,
    Tanh,
)
from dlcore.networks.sequential import Sequential
from dlcore.regularizers import L2

_ACTIVATIONS: dict[str, Callable[[], Layer]] = {
    "sigmoid": Sigmoid,
    "tanh": Tanh,
    "relu": ReLU,
    "leaky_relu": LeakyReLU,
    "gelu": GELU,
    "identity": Identity,
}


class MultiLayerNet(Sequential):
    """Affine layers with an activation after each but the last; softmax and cross entropy.

    A ``Sequential`` that goes by the names of the report and of the E-certificate's quiz:
    the layers are "Affine1", "BatchNorm1", "Activation_function1", "Dropout1", "Affine2" …, the
    parameters "W1", "b1", "gamma1", "beta1", "W2" …, and the buffers of batch normalisation
    "running_mean1", "running_var1".

    loss = cross entropy + ½ λ Σ W², over the weights of all affine layers, not the biases.

    Parameters
    ----------
    input_size : int
    hidden_size_list : sequence of int
        Units of each hidden layer.
    output_size : int
        Number of classes.
    activation : str or callable
        "sigmoid", "tanh", "relu", "leaky_relu", "gelu", "identity", or what makes a layer when
        called without arguments: a class, say.
    init : callable ``(fan_in, fan_out, rng) -> (fan_in, fan_out)``
        Initial weights of all affine layers.
    weight_decay_lambda : float
        λ, at least 0.
    batch_norm : bool
        Normalise before each activation.
    train_gamma_beta : bool
        With False, batch normalisation has no γ and β, as if they stayed at 1 and 0.
    dropout_ratio : float
        Share of the units dropped after each activation in training; 0 for no dropout layers.
    rng : np.random.Generator
        Draws the weights, and while training what is dropped.
    dtype : float dtype

    Shapes
    ------
    x : (N, input_size); scores : (N, output_size)

    Attributes
    ----------
    layers : dict of str to layer, in order
    last_layer : the loss, SoftmaxCrossEntropy
    hidden_layer_num : number of hidden layers
    weight_decay_lambda : λ; may be changed

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range; the message says which.

    Notes
    -----
    A subclass may define ``gradient`` anew, as the quiz does; ``gradient_check`` and ``Trainer``
    call ``loss_and_gradient``, which does not use it.

    Book: chapters 1 to 3. Source: the report's notebooks of sections 2-2-2 to 2-5.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> network = MultiLayerNet(4, [3, 3], 2, weight_decay_lambda=0.1, rng=rng)
    >>> list(network.layers)
    ['Affine1', 'Activation_function1', 'Affine2', 'Activation_function2', 'Affine3']
    >>> list(network.gradient(np.ones((5, 4)), [0, 1, 1, 0, 1]))
    ['W1', 'b1', 'W2', 'b2', 'W3', 'b3']
    >>> network.layers["Affine1"].W is network.params["W1"]
    True
    """

    def __init__(
        self,
        input_size: int,
        hidden_size_list: Sequence[int],
        output_size: int,
        *,
        activation: str | Callable[[], Layer] = "relu",
        init: Initializer = he_normal,
        weight_decay_lambda: float = 0.0,
        batch_norm: bool = False,
        train_gamma_beta: bool = True,
        dropout_ratio: float = 0.0,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float32,
    ) -> None:
        where = "MultiLayerNet"
        if not callable(init):
            raise TypeError(
                f"{where}: expected init to be a function (fan_in, fan_out, rng), got {init!r}; "
                "pass he_normal or xavier_normal, say"
            )
        make_activation = _activation(activation)
        self.input_size = check_int(input_size, "input_size", where=where, minimum=1)
        self.hidden_size_list = [
            check_int(size, "every size of hidden_size_list", where=where, minimum=1)
            for size in hidden_size_list
        ]
        self.hidden_layer_num = len(self.hidden_size_list)
        self.output_size = check_int(output_size, "output_size", where=where, minimum=1)

        layers: list[tuple[str, Layer]] = []
        fan_in = self.input_size
        for number, size in enumerate(self.hidden_size_list, start=1):
            layers.append(
                (f"Affine{number}", Affine(fan_in, size, init=init, rng=rng, dtype=dtype))
            )
            if batch_norm:
                normalization = BatchNorm(size, affine=train_gamma_beta, dtype=dtype)
                layers.append((f"BatchNorm{number}", normalization))
            layers.append((f"Activation_function{number}", make_activation()))
            if dropout_ratio:
                layers.append((f"Dropout{number}", Dropout(dropout_ratio, rng=rng)))
            fan_in = size
        last = Affine(fan_in, self.output_size, init=init, rng=rng, dtype=dtype)
        super().__init__([*layers, (f"Affine{self.hidden_layer_num + 1}", last)])
        self.weight_decay_lambda = weight_decay_lambda

    @property
    def last_layer(self) -> Any:
        """The loss, under the report's name."""
        return self.loss_function

    @property
    def weight_decay_lambda(self) -> float:
        """λ of the weight decay; 0 without, or with a regulariser of another kind."""
        return self.regularizer.lam if isinstance(self.regularizer, L2) else 0.0

    @weight_decay_lambda.setter
    def weight_decay_lambda(self, value: float) -> None:
        self.regularizer = None if value == 0 else L2(value)

    def gradient(self, x: ArrayLike, t: ArrayLike) -> dict[str, Array]:
        """Gradients of all parameters by the report's names, λ W included, for one batch."""
        return self.loss_and_gradient(x, t)[1]

    def _key(self, layer_name: str, name: str) -> str:
        number = layer_name.lstrip(ascii_letters + "_")
        return f"{name}{number}"


def _activation(activation: Any) -> Callable[[], Layer]:
    """What makes the activation layers, from a name or as given."""
    if isinstance(activation, str) and activation in _ACTIVATIONS:
        return _ACTIVATIONS[activation]
    if isinstance(activation, str) or not callable(activation):
        raise ValueError(
            f"MultiLayerNet: expected activation to be one of {list(_ACTIVATIONS)} or something "
            f"that makes a layer, got {activation!r}; of a layer, pass the class: ReLU, not ReLU()"
        )
    return activation
