"""The gradient check: what backpropagation computes beside slopes of the loss that were measured."""

from clearprop.explain.check.by_hand import check_gradients_of
from clearprop.explain.check.compare import Comparison, TensorCheck
from clearprop.explain.check.network import check_gradients
from clearprop.explain.check.report import GradientCheck

__all__ = ["Comparison", "GradientCheck", "TensorCheck", "check_gradients", "check_gradients_of"]
