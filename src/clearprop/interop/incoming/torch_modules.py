"""PyTorch modules: nn.Sequential, nested too, of layers that clearprop has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from clearprop import nn
from clearprop.errors import InvalidValueError, a_or_an
from clearprop.execute import Array
from clearprop.interop.incoming.stack import Imported, Stack, said
from clearprop.interop.packages import required
from clearprop.interop.torch_words import BY_CLASS
from clearprop.nn import Loss

_MOST_NESTED = 50


def torch_network(module: Any, n_inputs: int | None = None, loss: Any = None) -> Imported:
    """What a module computes in evaluation, as a network.

    Raises:
        InvalidValueError: for a module that clearprop has no layer for, by its class and its place.
        ShapeError: if they do not fit together.
        MissingDependencyError: without PyTorch.
    """
    stack = Stack("the module", n_inputs)
    _read(module, "module", stack, 0)
    return stack.imported(torch_loss(loss))


def torch_loss(loss: Any) -> Any:
    """A loss of torch.nn as the one of clearprop that it is; any other as it stands.

    Raises:
        InvalidValueError: for one that clearprop lacks, or with weights.
    """
    if not type(loss).__module__.startswith("torch."):
        return loss
    name = type(loss).__name__
    plain = getattr(loss, "reduction", None) == "mean" and getattr(loss, "weight", None) is None
    known: dict[str, Callable[[], Loss]] = {
        "CrossEntropyLoss": lambda: nn.CrossEntropy(loss.label_smoothing),
        "NLLLoss": nn.CrossEntropy,
        "BCELoss": nn.BinaryCrossEntropy,
        "BCEWithLogitsLoss": nn.BinaryCrossEntropy,
        "MSELoss": nn.MeanSquaredError,
        "L1Loss": nn.MeanAbsoluteError,
        "HuberLoss": lambda: nn.Huber(loss.delta),
    }
    if name not in known or not plain or getattr(loss, "pos_weight", None) is not None:
        raise InvalidValueError(f"the loss {loss}", "one of " + ", ".join(known) + " with reduction='mean', unweighted")
    return known[name]()


def _read(module: Any, where: str, stack: Stack, depth: int) -> None:
    kind, words = type(module), required("torch").nn
    name = kind.__name__
    if getattr(words, name, None) is not kind:
        raise _unknown(module, where, "a module of torch.nn itself: its own forward cannot be read")
    hooks = ("_forward_hooks", "_forward_pre_hooks")
    if any(getattr(module, each, None) for each in hooks):
        raise _unknown(module, where, "one without hooks: they may change what it computes", "remove them first")
    if kind is words.Sequential:
        if depth == _MOST_NESTED:
            raise _unknown(module, where, f"modules nested at most {_MOST_NESTED} deep")
        for key, child in module.named_children():
            _read(child, f"{where}.{key}", stack, depth + 1)
    elif name in BY_CLASS or name in ("LeakyReLU", "ELU"):
        _activate(module, name, where, stack)
    elif name in _LAYERS:
        _LAYERS[name](module, where, stack)
    else:
        raise _unknown(module, where, "one of " + ", ".join(("Sequential", *_LAYERS, "LeakyReLU", "ELU", *BY_CLASS)))


def _unknown(module: Any, where: str, expected: str, hint: str | None = None) -> InvalidValueError:
    return InvalidValueError(f"{where} is {a_or_an(type(module).__name__)}", expected, hint)


def _activate(module: Any, name: str, where: str, stack: Stack) -> None:
    match name:
        case "Identity":
            return
        case "LeakyReLU":
            stack.activation(nn.LeakyReLU(module.negative_slope))
        case "ELU":
            stack.activation(nn.ELU(module.alpha))
        case "GELU" if module.approximate != "none":
            raise _unknown(module, where, "GELU in its exact form, by erf", f"approximate={module.approximate!r}")
        case "Softplus" if module.beta != 1 or module.threshold < 20:
            raise _unknown(module, where, "Softplus with beta=1 and a threshold of 20 or more")
        case "Softmax":
            _require_rows(module, where)
            stack.activation("softmax")
        case _:
            stack.activation(BY_CLASS[name])


def _require_rows(module: Any, where: str) -> None:
    if module.dim not in (1, -1):
        raise _unknown(module, where, "dim=1, over the values of each sample", f"it has dim={module.dim}")


# --- layers with numbers


def numbers(tensor: Any, name: str) -> Array:
    """A tensor's values; half precision is widened, and that is said.

    Raises:
        InvalidValueError: for a tensor without values, or that does not hold real numbers.
    """
    library = required("torch")
    if tensor.dtype in (library.float16, library.bfloat16):
        said(f"{name} is {str(tensor.dtype).removeprefix('torch.')}: widened to float32")
        tensor = tensor.float()
    if tensor.dtype not in (library.float32, library.float64) or tensor.is_meta or tensor.layout != library.strided:
        raise InvalidValueError(
            f"{name} is {a_or_an(str(tensor.layout))} tensor of {tensor.dtype} on {tensor.device}", "numbers"
        )
    return np.array(tensor.detach().cpu().numpy())


def _numbers_of(module: Any, where: str, *names: str) -> list[Array]:
    return [numbers(getattr(module, name), f"{where}.{name}") for name in names]


def _linear(module: Any, where: str, stack: Stack) -> None:
    has_bias = module.bias is not None
    W, *b = _numbers_of(module, where, "weight", *(["bias"] if has_bias else []))
    stack.dense(W.T, b[0] if b else None, where, _trainable(W=module.weight, b=module.bias))


def _trainable(**tensors: Any) -> Any:
    """Which parameters are learned, as our layers are told: one truth value, or one of each."""
    learned = {name: bool(t.requires_grad) for name, t in tensors.items() if t is not None}
    return all(learned.values()) if len(set(learned.values())) == 1 else learned


def _scale_and_shift(module: Any, where: str, width: int) -> tuple[Array, Array, Any]:
    """γ and β, or the 1 and 0 that stand for what a module lacks, which are then frozen."""
    gamma, beta = module.weight, module.bias
    found = [
        np.full(width, plain, np.float32) if tensor is None else numbers(tensor, f"{where}.{name}")
        for name, tensor, plain in (("weight", gamma, 1.0), ("bias", beta, 0.0))
    ]
    learned = {name: t is not None and bool(t.requires_grad) for name, t in (("gamma", gamma), ("beta", beta))}
    return found[0], found[1], learned["gamma"] if len(set(learned.values())) == 1 else learned


def _batch_norm(module: Any, where: str, stack: Stack) -> None:
    if module.running_mean is None:
        raise _unknown(module, where, "one with running statistics", "it has track_running_stats=False")
    if module.momentum is None:
        raise _unknown(module, where, "a momentum", "it has a cumulative average, momentum=None; set 0.1")
    gamma, beta, learned = _scale_and_shift(module, where, module.num_features)
    mean, var = _numbers_of(module, where, "running_mean", "running_var")
    stack.batch_norm((gamma, beta, mean, var), module.eps, module.momentum, where, learned)


def _layer_norm(module: Any, where: str, stack: Stack) -> None:
    if len(module.normalized_shape) != 1:
        raise _unknown(module, where, "one over a row", f"it has normalized_shape={tuple(module.normalized_shape)}")
    gamma, beta, learned = _scale_and_shift(module, where, module.normalized_shape[0])
    stack.layer_norm((gamma, beta), module.eps, where, learned)


def _dropout(module: Any, where: str, stack: Stack) -> None:
    if not 0 <= module.p < 1:
        raise _unknown(module, where, "a rate below 1", f"it has p={module.p}")
    stack.dropout(float(module.p))


def _flatten(module: Any, where: str, stack: Stack) -> None:
    if (module.start_dim, module.end_dim) not in ((1, -1), (1, 1)):
        raise _unknown(module, where, "start_dim=1 and end_dim=-1")


def _log_softmax(module: Any, where: str, stack: Stack) -> None:
    _require_rows(module, where)
    stack.log_softmax()


_LAYERS: dict[str, Callable[[Any, str, Stack], None]] = {
    "Linear": _linear,
    "BatchNorm1d": _batch_norm,
    "LayerNorm": _layer_norm,
    "Dropout": _dropout,
    "Flatten": _flatten,
    "LogSoftmax": _log_softmax,
}
