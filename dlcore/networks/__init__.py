"""Networks: layers in a row with a loss, and the networks of the course.

``Sequential`` is built from any layers; the others are ``Sequential`` with given layers, except
``AlexNet``, a table of sizes and counts.

Book: chapter 0 (a first network), 1 to 3 (MultiLayerNet), 4 and 5 (convolutional networks).
"""

from dlcore.networks.alexnet import AlexNet
from dlcore.networks.convnets import DeepConvNet, LeNet5, SimpleConvNet
from dlcore.networks.multilayer import MultiLayerNet
from dlcore.networks.sequential import Sequential
from dlcore.networks.summary import Summary, SummaryRow

__all__ = [
    "AlexNet",
    "DeepConvNet",
    "LeNet5",
    "MultiLayerNet",
    "Sequential",
    "SimpleConvNet",
    "Summary",
    "SummaryRow",
]
