"""What a reader builds: layers with their numbers, one on another, and the loss that goes with them."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from clearprop import nn
from clearprop.errors import ClearpropError, DataWarning, InvalidValueError, ModelFileError, ShapeError, plural
from clearprop.execute import Array
from clearprop.nn import Architecture, Loss

_WIDEST = 10**6  # columns or units; what has more is damaged rather than dense
_MOST_SHIFTED = 2048  # columns that are shifted by a frozen square matrix
_MOST_DIAGONAL = 2**25  # numbers of all such matrices: 20 shifts of 2,048 columns would be 84 million
_MOST_LAYERS = 2000

_USUAL: dict[str, Loss] = {"softmax": nn.CrossEntropy(), "sigmoid": nn.BinaryCrossEntropy(), "exp": nn.Poisson()}


class Imported(NamedTuple):
    """A network of somebody else's.

    Attributes:
        architecture: its layers and its loss.
        parameters: parameters and running states by name, all of one dtype.
        dtype: "f32" or "f64".
    """

    architecture: Architecture
    parameters: dict[str, Array]
    dtype: str


class Stack:
    """Layers that a reader adds one by one, in the order in which they compute.

    Args:
        source: what is read, for errors: "the ONNX model".
        n_inputs: columns of X; None until the first layer that has weights tells.
    """

    def __init__(self, source: str, n_inputs: int | None = None) -> None:
        self.source, self.n_inputs, self.width = source, n_inputs, n_inputs
        self.layers: list[Any] = []
        self.arrays: list[Array] = []  # in the order in which the layers declare them
        self._log = False  # whether it ends in the log of a softmax
        self._spent: Counter[str] = Counter()  # layers, and numbers of matrices that only shift; branches count along
        self._shift: tuple[Array, Array] | None = None  # x ⊙ scale + shift that waits for what comes behind it

    # --- layers

    def takes(self, width: int, where: str) -> None:
        """Say how many values the next layer takes; what is counted wrong is refused."""
        if not 0 < width <= _WIDEST:
            raise ShapeError(f"{where} of {plural(width, 'value')}", f"1 to {_WIDEST:,}")
        if self.width is None:
            self.n_inputs = self.width = width
        if self.width != width:
            raise ShapeError(f"{where} takes {plural(width, 'value')}", f"{self.width}, as the layer before it makes")

    def dense(self, W: Array, b: Array | None, where: str, trainable: Any = True) -> None:
        """z = x W + b, W (in, out)."""
        if W.ndim != 2 or (b is not None and b.shape != W.shape[1:]) or not W.shape[1]:
            shapes = f"{W.shape}" + ("" if b is None else f" and {b.shape}")
            raise ShapeError(f"weights of shape {shapes} in {where}", "a matrix, and a number for each unit")
        self.takes(W.shape[0], where)
        self._add(nn.Dense(W.shape[1], bias=b is not None, trainable=trainable), W, *([] if b is None else [b]))
        self.width = W.shape[1]

    def bias(self, b: Array) -> bool:
        """Give the dense layer that was just added its b; False where there is none that lacks one."""
        last = self.layers[-1] if self.layers and self._shift is None else None
        if not isinstance(last, nn.Dense) or last.bias or last.activation is not None or b.shape != (last.units,):
            return False
        self.layers[-1] = replace(last, bias=True)
        self.arrays.append(b)
        return True

    def activation(self, function: Any) -> None:
        """a = f(z): of the dense layer before it, or as a layer of its own."""
        last = self.layers[-1] if self.layers and self._shift is None else None
        if isinstance(last, nn.Dense) and last.activation is None and last.trainable is not False:
            self.layers[-1] = replace(last, activation=function)
        else:
            self._add(nn.Activation(function))

    def log_softmax(self) -> None:
        """A softmax of which the source takes the log; `imported` says what becomes of it."""
        self.activation("softmax")
        self._log = True

    def dropout(self, rate: float) -> None:
        """What prediction passes by."""
        self._add(nn.Dropout(rate))

    def batch_norm(
        self,
        arrays: tuple[Array, Array, Array, Array],
        epsilon: float,
        momentum: float,
        where: str,
        trainable: Any = True,
    ) -> None:
        """γ, β, running mean and variance; `momentum` is the weight of the newest batch."""
        self._normalised(nn.BatchNorm(momentum, epsilon, trainable=trainable), arrays, where)

    def layer_norm(self, arrays: tuple[Array, Array], epsilon: float, where: str, trainable: Any = True) -> None:
        """γ and β."""
        self._normalised(nn.LayerNorm(epsilon, trainable=trainable), arrays, where)

    def _normalised(self, layer: Any, arrays: tuple[Array, ...], where: str) -> None:
        if any(a.ndim != 1 or a.shape != arrays[0].shape for a in arrays):
            raise ShapeError(f"arrays of shapes {[a.shape for a in arrays]} in {where}", "vectors of one length")
        self.takes(len(arrays[0]), where)
        self._add(layer, *arrays)

    def affine(self, scale: Array, shift: Array, where: str) -> None:
        """x ⊙ scale + shift: a frozen dense layer whose matrix is diagonal, or a frozen `Scale` without a shift."""
        width = len(scale)
        self.takes(width, where)
        if self._shift is not None and self._shift[1].any() and (scale != 1).any():
            self._flush()  # (x − μ)/σ in two steps: x/σ − μ/σ would lose digits of a small σ beside a large μ
        before, after = self._shift or (np.ones(width, scale.dtype), np.zeros(width, scale.dtype))
        self._shift = before * scale, after * scale + shift

    def columns(self, A: Array, c: Array, where: str) -> None:
        """x A + c that was fixed before the network was trained: a frozen dense layer."""
        self.dense(A, c, where, trainable=False)

    def embedding(self, column: int, levels: int) -> None:
        """A column of codes becomes `levels` columns, behind all others, one of them 1 and the others 0; frozen."""
        assert self.width is not None
        self._add(nn.Embedding({column: levels}, width=levels, trainable=False), np.eye(levels))
        self.width += levels - 1

    def branch(self) -> Stack:
        """Layers that begin where this stack ends, for `residual`."""
        apart = Stack(self.source, self.width)
        apart._spent = self._spent
        return apart

    def residual(self, made: Stack, kept: Stack, where: str) -> None:
        """z = f(x) + s(x), of two branches; s may be without layers."""
        for each in (made, kept):
            each._flush()
            if each._log:
                raise InvalidValueError(f"the log of a softmax in {where} of {self.source}", "it as the last layer")
            if each.n_inputs is not None:
                self.takes(each.n_inputs, where)
        width = kept.width if kept.layers else self.width
        if made.width != width:
            raise ShapeError(f"{where} adds {plural(made.width, 'value')} to {width}", "equally many")
        self._add(nn.Residual(tuple(made.layers), tuple(kept.layers)), *made.arrays, *kept.arrays)
        self.width = width

    def _add(self, layer: Any, *arrays: Array) -> None:
        self._flush()
        if self._log:
            raise InvalidValueError(f"a layer behind the log of a softmax in {self.source}", "it as the last layer")
        self._spent["layers"] += 1
        if self._spent["layers"] > _MOST_LAYERS:
            raise InvalidValueError(f"more than {_MOST_LAYERS} layers in {self.source}", "fewer")
        self.layers.append(layer)
        self.arrays.extend(arrays)

    def _flush(self) -> None:
        if self._shift is None:
            return
        (scale, shift), self._shift = self._shift, None
        if not shift.any():
            self._add(nn.Scale(trainable=False), scale)
            return
        if len(scale) > _MOST_SHIFTED:
            raise InvalidValueError(f"a shift of {len(scale):,} columns in {self.source}", f"at most {_MOST_SHIFTED:,}")
        self._spent["diagonal"] += len(scale) ** 2
        if self._spent["diagonal"] > _MOST_DIAGONAL:
            found = f"shifts of columns in {self.source} that make {self._spent['diagonal']:,} numbers of matrices"
            raise InvalidValueError(found, f"at most {_MOST_DIAGONAL:,}")
        self.columns(np.diag(scale), shift, "a shift of the columns")

    # --- the whole

    def imported(self, loss: Any = None, dtype: str | None = None) -> Imported:
        """The network: with a loss, it can be trained on.

        Args:
            loss: a loss; None for the one that goes with the last activation (see `_with_loss`).
            dtype: by default float64 if an array is, else float32.

        Raises:
            ClearpropError: if the layers do not fit together, the loss does not suit them, or a number is not finite.
        """
        self._flush()
        if self.n_inputs is None or not self.layers:
            lacking = "layers" if not self.layers else "a layer that tells how many inputs there are"
            hint = "say n_inputs=…" if self.layers else None
            raise InvalidValueError(f"{self.source} without {lacking}", "a dense network", hint)
        is_wide = any(a.dtype == np.float64 for a in self.arrays)
        dtype = dtype or ("f64" if is_wide else "f32")
        architecture = Architecture(self.n_inputs, tuple(self.layers))
        arrays = [np.ascontiguousarray(a, np.float64 if dtype == "f64" else np.float32) for a in self.arrays]
        parameters = named_arrays(architecture, dict(zip(architecture.parameters, arrays, strict=True)), self.source)
        return Imported(with_loss(architecture, loss, self._log), parameters, dtype)


def named_arrays(architecture: Architecture, arrays: Mapping[str, Array], source: str) -> dict[str, Array]:
    """The parameters of an architecture from arrays of their names, each looked at.

    Raises:
        ModelFileError: for one that is missing, too many, of another shape, or not finite.
    """
    wanted = {str(name): p.shape for name, p in architecture.parameters.items()}
    for name in [*wanted, *arrays]:
        if name not in arrays or name not in wanted:
            raise ModelFileError(f"{source} has {'no' if name in wanted else 'an'} array {name!r}", ", ".join(wanted))
        if arrays[name].shape != wanted[name]:
            raise ModelFileError(f"{name} of {source} has shape {arrays[name].shape}", f"{wanted[name]}")
        if not np.isfinite(arrays[name]).all():
            raise ModelFileError(f"{name} of {source} holds NaN or infinite numbers", "finite numbers")
    for name, p in architecture.parameters.items():
        if p.role == "running variance" and (arrays[str(name)] < 0).any():
            raise ModelFileError(f"{name} of {source} holds negative variances", "variances ≥ 0")
    return dict(arrays)


def with_loss(architecture: Architecture, loss: Any, is_log: bool = False) -> Architecture:
    """The architecture with a loss that suits it.

    Of no loss given: cross-entropy after a softmax, binary cross-entropy after a sigmoid, Poisson after an exp, the
    mean squared error after anything else. Where the loss needs a softmax or a sigmoid and the source ends in logits,
    it is added; where it ends in the log of a softmax, it is the softmax that remains. What is added is said.
    """
    last = next((layer for layer in architecture.layers[::-1] if not isinstance(layer, nn.Dropout)), None)
    found = last.function if isinstance(last, nn.Activation) else getattr(last, "activation", None)
    if loss is None:
        # A softmax of one value is always 1, and what dropout scales up is no probability.
        is_told = last is architecture.layers[-1] and not (found == "softmax" and architecture.n_outputs == 1)
        loss = _USUAL.get(str(found), nn.MeanSquaredError()) if is_told else nn.MeanSquaredError()
    chosen: Loss = nn.resolve_loss(loss)
    if chosen.output is not None and found in (None, "identity", "linear") and chosen.output in _USUAL:
        what = f"{chosen.output} was added behind the last layer: {nn.loss_name(chosen)} needs it"
        said(f"{what}; predict() answers with it")
        if last is architecture.layers[-1] and isinstance(last, nn.Dense) and last.trainable is not False:
            layers = (*architecture.layers[:-1], replace(last, activation=chosen.output))
        else:
            layers = (*architecture.layers, nn.Activation(chosen.output))
        architecture = replace(architecture, layers=layers)
    if is_log:
        said("the log behind the last softmax was left to the loss: predict() answers with probabilities")
    whole = replace(architecture, loss=chosen)
    try:
        whole.checked_loss()
    except ClearpropError as error:
        raise type(error)(error.got, error.expected, "say loss=…, one that suits the last activation") from None
    return whole


def said(what: str) -> None:
    """Tell the user what was changed or set aside."""
    warnings.warn(what, DataWarning, stacklevel=5)


def widened(a: Array, name: str) -> Array:
    """Numbers as float32 or float64; half precision is widened, and that is said.

    Raises:
        ModelFileError: for anything else.
    """
    if a.dtype == np.float16:
        said(f"{name} is float16: widened to float32")
        return a.astype(np.float32)
    if a.dtype not in (np.float32, np.float64):
        raise ModelFileError(f"{name} holds {a.dtype}", "float32 or float64")
    return a


def of_bfloat16(a: Array) -> Array:
    """Bfloat16 as float32: its 16 bits, given as whole numbers, are the upper half."""
    return (a.astype(np.uint32) << 16).view(np.float32)


def shortest(number: float) -> float:
    """The number that was meant where a float32 stands: 1e-5, not 9.999999747378752e-06."""
    return float(str(np.float32(number)))
