"""Networks of others, read: each reader returns a description, and executes nothing of what it reads."""

from clearprop.interop.incoming.keras import keras_network
from clearprop.interop.incoming.onnx import onnx_network
from clearprop.interop.incoming.sklearn import sklearn_network
from clearprop.interop.incoming.sklearn_table import sklearn_table
from clearprop.interop.incoming.stack import Imported, with_loss
from clearprop.interop.incoming.torch_file import torch_weights
from clearprop.interop.incoming.torch_modules import torch_loss, torch_network

__all__ = [
    "Imported",
    "keras_network",
    "onnx_network",
    "sklearn_network",
    "sklearn_table",
    "torch_loss",
    "torch_network",
    "torch_weights",
    "with_loss",
]
