"""Which layer a node of an ONNX chain is: one table by operator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from clearprop import nn
from clearprop.errors import plural
from clearprop.execute import Array
from clearprop.interop.incoming.onnx_model import BRAIN, DOUBLE, FLOAT, HALF, Step, array_of
from clearprop.interop.incoming.stack import Stack, said, shortest, widened


@dataclass
class Chain:
    """Where a reader stands.

    Attributes:
        stack: the layers so far.
        constants: arrays by name.
        opset: version of ONNX's operators.
        shape: of the value, as far as it is known; None for an unknown rank. It matters until it is (N, n).
        value: the name of what the last node made.
    """

    stack: Stack
    constants: dict[str, Array]
    opset: int
    shape: tuple[int | None, ...] | None
    value: str

    def is_rows(self) -> bool:
        """Whether a sample is a row."""
        return self.shape is None or len(self.shape) == 2

    def constant(self, step: Step, name: str) -> Array:
        """An input of a node that must be a constant."""
        if name not in self.constants:
            raise step.refused("a constant for each of its other inputs")
        return self.constants[name]

    def numbers(self, step: Step, name: str) -> Array:
        """A constant of floating-point numbers."""
        return widened(self.constant(step, name), f"{name!r} of node {step.name!r}")

    def vector(self, step: Step, name: str) -> Array:
        """One number, or one for each column: of shape (), (1,), (n,) or (1, n)."""
        a = self.numbers(step, name)
        if a.ndim > 2 or (a.ndim == 2 and a.shape[0] != 1):
            raise step.refused(f"a number, or one for each column, not shape {a.shape}")
        return a.reshape(-1)

    def branch(self) -> Chain:
        """A chain that begins with the same value, and layers of its own."""
        return replace(self, stack=self.stack.branch())

    def join(self, made: Stack, kept: Stack, step: Step) -> None:
        """Go on with the sum of two branches."""
        if not made.layers:
            raise step.refused("a sum with layers in it, not of a value and itself")
        self.stack.residual(made, kept, f"node {step.name!r}")
        self.shape, self.value = (None, self.stack.width), step.outputs[0]


def folded(step: Step, constants: dict[str, Array]) -> dict[str, Array]:
    """What a node makes of constants alone.

    Raises:
        InvalidValueError: for one that would have to be computed.
    """
    if step.op == "Constant":
        found = next((v for k, v in step.attributes.items() if k.startswith("value")), None)
        if isinstance(found, int | float | list):
            kinds = {int: np.int64, float: np.float32}
            flat = found if isinstance(found, list) else [found]
            return {step.outputs[0]: np.array(found, kinds[type(flat[0])] if flat else np.int64)}
        if found is None or isinstance(found, str):
            raise step.refused("numbers")
        return {step.outputs[0]: array_of(found, f"the value of node {step.name!r}")}
    if not step.inputs or not step.inputs[0]:
        raise step.refused("a node that takes the chain's value")
    a = constants[step.inputs[0]]
    if step.op == "Transpose" and a.ndim == 2 and step.attribute("perm", [1, 0]) in ([1, 0], [0, 1]):
        return {step.outputs[0]: a.T if step.attribute("perm", [1, 0]) == [1, 0] else a}
    if step.op == "Identity":
        return {step.outputs[0]: a}
    if step.op == "Cast" and step.attribute("to", 0) in (FLOAT, DOUBLE) and a.dtype.kind in "fi":
        return {step.outputs[0]: a.astype(np.float32 if step.attribute("to", 0) == FLOAT else np.float64)}
    raise step.refused("Constant, Identity, Cast or Transpose, of constants alone")


def _inputs(step: Step, least: int, most: int) -> list[str]:
    """The names of the inputs, "" for those left out."""
    if not least <= len(step.inputs) <= most:
        raise step.refused(f"{least} to {most} inputs, not {len(step.inputs)}")
    return step.inputs + [""] * (most - len(step.inputs))


def _first(step: Step, chain: Chain, least: int, most: int) -> list[str]:
    """The inputs behind the first, which must be the chain's value, whose samples must be rows."""
    first, *others = _inputs(step, least, most)
    if first != chain.value:
        raise step.refused(f"{chain.value!r} as its first input")
    if not chain.is_rows():
        raise step.refused(
            "samples that are rows", f"X has {plural(len(chain.shape or ()), 'dimension')}, and is not flattened"
        )
    if any(not name for name in others[: least - 1]):
        raise step.refused(plural(least, "input"))
    return others


# --- dense


def _gemm(step: Step, chain: Chain) -> None:
    W_name, b_name = _first(step, chain, 2, 3)
    if step.attribute("transA", 0):
        raise step.refused("transA=0: samples as rows")
    W = chain.numbers(step, W_name)
    W = W.T if step.attribute("transB", 0) else W
    alpha, beta = (shortest(step.attribute(name, 1.0)) for name in ("alpha", "beta"))
    if W.ndim != 2:
        raise step.refused(f"a matrix, not shape {W.shape}")
    b = None
    if b_name:
        b = chain.vector(step, b_name)
        b = np.broadcast_to(b, W.shape[1:]) if b.size == 1 else b
        b = b if beta == 1.0 else (b * beta).astype(b.dtype)
    chain.stack.dense(W if alpha == 1.0 else (W * alpha).astype(W.dtype), b, f"node {step.name!r}")
    chain.shape = (None, W.shape[1])


def _matmul(step: Step, chain: Chain) -> None:
    (W_name,) = _first(step, chain, 2, 2)
    W = chain.numbers(step, W_name)
    chain.stack.dense(W, None, f"node {step.name!r}")
    chain.shape = (None, W.shape[1])


def _elementwise(step: Step, chain: Chain) -> None:
    """Adding, subtracting, multiplying and dividing by constants: a bias, or a scaling of columns."""
    left, right = _inputs(step, 2, 2)
    is_first = left == chain.value
    c = _each(step, chain, right if is_first else left)
    if c.size != 1:
        chain.stack.takes(c.size, f"node {step.name!r}")
    width = chain.stack.width
    if width is None:
        raise step.refused("an input whose width is known", "say n_inputs=…")
    c = np.broadcast_to(c, (width,))
    is_bias = step.op == "Add" or (step.op == "Sub" and is_first)
    if is_bias and chain.stack.bias(np.array(c if step.op == "Add" else -c)):
        return
    if step.op == "Div" and not is_first:
        raise step.refused("the columns divided by numbers, not numbers by columns")
    wide, where = np.asarray(c, np.float64), f"node {step.name!r}"
    one, zero = np.ones(width), np.zeros(width)
    if step.op == "Div" and not wide.all():
        raise step.refused("numbers other than 0 to divide by")
    scale, shift = {
        "Add": (one, wide),
        "Sub": (one, -wide) if is_first else (-one, wide),
        "Mul": (wide, zero),
        "Div": (one / np.where(wide == 0, 1, wide), zero),
    }[step.op]
    kind = c.dtype
    chain.stack.affine(scale.astype(kind), shift.astype(kind), where)


def _each(step: Step, chain: Chain, name: str) -> Array:
    """A constant as one number, or one for each value of a sample, which need not be a row yet: an image, say."""
    if chain.is_rows():
        return chain.vector(step, name)
    c, (batch, *sizes) = chain.numbers(step, name), chain.shape or (None,)
    if c.size == 1:
        return c.reshape(-1)
    c = c[0] if c.ndim == len(sizes) + 1 and c.shape[0] == 1 else c
    known = [size for size in sizes if size is not None]
    if batch not in (None, 1) or len(known) < len(sizes) or c.ndim > len(sizes):
        raise step.refused("samples that are rows, or of a shape that is known", f"they are {chain.shape}")
    try:
        return np.broadcast_to(c, known).reshape(-1)
    except ValueError:
        raise step.refused(f"numbers for samples of shape {tuple(known)}, not {c.shape}") from None


def _scaler(step: Step, chain: Chain) -> None:
    """(x − offset) · scale, as the converter of scikit-learn's pipelines writes it."""
    _first(step, chain, 1, 1)
    scale, offset = (np.array(step.attributes.get(name, [])) for name in ("scale", "offset"))
    if scale.dtype.kind != "f" or scale.shape != offset.shape or not scale.size or scale.ndim != 1:
        raise step.refused("as many numbers in scale as in offset")
    width = chain.stack.width or scale.size
    if scale.size not in (1, width):
        raise step.refused(f"{plural(width, 'number')} in scale, not {scale.size}")
    scale, offset = (np.broadcast_to(a.astype(np.float32), (width,)) for a in (scale, offset))
    where = f"node {step.name!r}"
    chain.stack.affine(np.ones(width, np.float32), -offset, where)
    chain.stack.affine(scale, np.zeros(width, np.float32), where)


# --- normalisations


def _batch_norm(step: Step, chain: Chain) -> None:
    names = _first(step, chain, 5, 5)
    if step.attribute("training_mode", 0):
        raise step.refused("training_mode=0: the model as it predicts")
    gamma, beta, mean, var = (chain.numbers(step, name) for name in names)
    momentum = round(1.0 - shortest(step.attribute("momentum", 0.9)), 7)  # ONNX counts what is kept
    epsilon = shortest(step.attribute("epsilon", 1e-5))
    if not 0 < momentum <= 1:
        momentum = 0.1  # of models exported after training it may be 1: nothing new
    chain.stack.batch_norm((gamma, beta, mean, var), epsilon, momentum, f"node {step.name!r}")


def _layer_norm(step: Step, chain: Chain) -> None:
    gamma_name, beta_name = _first(step, chain, 2, 3)
    if step.attribute("axis", -1) not in (-1, 1):
        raise step.refused("axis=-1, over the values of each sample")
    gamma = chain.numbers(step, gamma_name)
    beta = chain.numbers(step, beta_name) if beta_name else np.zeros_like(gamma)
    learned: Any = True if beta_name else {"beta": False}
    chain.stack.layer_norm((gamma, beta), shortest(step.attribute("epsilon", 1e-5)), f"node {step.name!r}", learned)


# --- activations


def _activation(name: str) -> Callable[[Step, Chain], None]:
    def added(step: Step, chain: Chain) -> None:
        _first(step, chain, 1, 1)
        chain.stack.activation(name)

    return added


def _leaky_relu(step: Step, chain: Chain) -> None:
    _first(step, chain, 1, 1)
    chain.stack.activation(nn.LeakyReLU(shortest(step.attribute("alpha", 0.01))))


def _elu(step: Step, chain: Chain) -> None:
    _first(step, chain, 1, 1)
    chain.stack.activation(nn.ELU(shortest(step.attribute("alpha", 1.0))))


def _selu(step: Step, chain: Chain) -> None:
    _first(step, chain, 1, 1)
    alpha, gamma = step.attribute("alpha", 1.67326324), step.attribute("gamma", 1.05070098)
    if abs(alpha - 1.6732632423543772) > 1e-6 or abs(gamma - 1.0507009873554805) > 1e-6:
        raise step.refused("the numbers of Klambauer et al. (2017)", f"it has alpha={alpha} and gamma={gamma}")
    chain.stack.activation("selu")


def _gelu(step: Step, chain: Chain) -> None:
    _first(step, chain, 1, 1)
    if step.attribute("approximate", "none") != "none":
        raise step.refused("GELU in its exact form, by erf", f"approximate={step.attribute('approximate', 'none')!r}")
    chain.stack.activation("gelu")


def _swish(step: Step, chain: Chain) -> None:
    _first(step, chain, 1, 1)
    if step.attribute("alpha", 1.0) != 1.0:
        raise step.refused("alpha=1: z · sigmoid(z)", f"it has alpha={step.attribute('alpha', 1.0)}")
    chain.stack.activation("silu")


def _softmax(step: Step, chain: Chain) -> None:
    _first(step, chain, 1, 1)
    axis = step.attribute("axis", 1 if chain.opset < 13 else -1)
    if axis not in (-1, 1):
        raise step.refused("axis=-1, over the values of each sample", f"it has axis={axis}")
    if step.op == "Softmax":
        chain.stack.activation("softmax")
    else:
        chain.stack.log_softmax()


# --- what leaves the numbers as they are


def _dropout(step: Step, chain: Chain) -> None:
    ratio_name, training = _first(step, chain, 1, 3)
    if training and chain.constant(step, training).any():
        raise step.refused("training_mode=False: the model as it predicts")
    given = chain.numbers(step, ratio_name).reshape(-1).tolist() if ratio_name else []
    ratio = float(given[0]) if given else 0.5
    rate = shortest(step.attribute("ratio", ratio))
    if not 0 <= rate < 1:
        raise step.refused(f"a ratio below 1, not {rate}")
    chain.stack.dropout(rate)


def _identity(step: Step, chain: Chain) -> None:
    _inputs(step, 1, 1)


def _cast(step: Step, chain: Chain) -> None:
    _inputs(step, 1, 1)
    if step.attribute("to", 0) not in (FLOAT, DOUBLE, HALF, BRAIN):
        raise step.refused("a cast to floating-point numbers", f"it casts to ONNX's type {step.attribute('to', 0)}")
    if step.attribute("to", 0) in (HALF, BRAIN):
        said(f"node {step.name!r} rounds to half precision; the network here does not")


def _flatten(step: Step, chain: Chain) -> None:
    _inputs(step, 1, 1)
    if step.attribute("axis", 1) != 1:
        raise step.refused("axis=1: a row of each sample")
    chain.shape = (None, chain.stack.width)


def _reshape(step: Step, chain: Chain) -> None:
    value, shape_name = _inputs(step, 2, 2)
    if value != chain.value:
        raise step.refused(f"{chain.value!r} as its first input")
    wanted = chain.constant(step, shape_name)
    if wanted.dtype.kind != "i" or wanted.shape != (2,):
        raise step.refused("a shape of two whole numbers: a row of each sample", f"it makes {wanted.tolist()!r:.60}")
    shape = [int(d) for d in wanted]
    width, batch = chain.stack.width, chain.shape[0] if chain.shape else None
    if shape[1] > 0 and width is None and shape[0] == -1:
        chain.stack.takes(shape[1], f"node {step.name!r}")
    elif shape[1] not in (-1, width) or shape[0] not in (-1, 0, batch) or shape == [-1, -1]:
        raise step.refused("a row of each sample", f"it makes shape {shape} of {plural(width, 'value')}")
    chain.shape = (None, chain.stack.width)


OPS: dict[str, Callable[[Step, Chain], None]] = {
    "Gemm": _gemm,
    "MatMul": _matmul,
    **dict.fromkeys(("Add", "Sub", "Mul", "Div"), _elementwise),
    "ai.onnx.ml.Scaler": _scaler,
    "BatchNormalization": _batch_norm,
    "LayerNormalization": _layer_norm,
    "Relu": _activation("relu"),
    "Sigmoid": _activation("sigmoid"),
    "Tanh": _activation("tanh"),
    "Softplus": _activation("softplus"),
    "Softsign": _activation("softsign"),
    "Mish": _activation("mish"),
    "Exp": _activation("exp"),
    "Swish": _swish,
    "LeakyRelu": _leaky_relu,
    "Elu": _elu,
    "Selu": _selu,
    "Gelu": _gelu,
    "Softmax": _softmax,
    "LogSoftmax": _softmax,
    "Dropout": _dropout,
    "Identity": _identity,
    "Cast": _cast,
    "Flatten": _flatten,
    "Reshape": _reshape,
}
