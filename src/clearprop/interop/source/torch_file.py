"""A network as PyTorch code: an nn.Sequential with its weights, the loss from logits, and one step of SGD."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from clearprop import nn
from clearprop.errors import InvalidValueError
from clearprop.interop.source.arrays import as_array_code
from clearprop.interop.source.content import Content
from clearprop.interop.source.file import comment, definition, docstring, laid_out
from clearprop.interop.source.literals import number

_ACTIVATIONS = {
    "identity": "nn.Identity()",
    "sigmoid": "nn.Sigmoid()",
    "tanh": "nn.Tanh()",
    "relu": "nn.ReLU()",
    "softmax": "nn.Softmax(dim=1)",
    "softplus": "nn.Softplus(threshold=500)",
    "silu": "nn.SiLU()",
    "gelu": "nn.GELU()",
    "elu": "nn.ELU()",
    "leaky_relu": "nn.LeakyReLU(0.01)",
    "selu": "nn.SELU()",
    "mish": "nn.Mish()",
    "softsign": "nn.Softsign()",
}

_INSTEAD = "NumPy source has every layer; a model of a table has no such ones when trained with pieces=0, members=1"
_SAME = {"linear": "identity", "swish": "silu"}  # two names of one function


def torch_source(content: Content) -> str:
    """The file's text.

    Raises:
        InvalidValueError: for a layer, an activation or a loss that PyTorch has no word for here, by its name.
    """
    return _File(content).text()


def torch_parts(content: Content) -> str:
    """The lines that make `net`, for a file of more than that, whose user keeps the default dtype.

    Raises:
        InvalidValueError: as `torch_source`.
    """
    around = ("usual = torch.get_default_dtype()", "torch.set_default_dtype(usual)")
    return "\n".join([around[0], *_File(content).layers(), around[1]])


class _File:
    def __init__(self, content: Content) -> None:
        self.content, self._at = content, -1
        self._modules: list[str] = []
        self._set: list[str] = []  # lines that set the weights
        self._weights: list[str] = []  # those that penalties count
        n = content.architecture.n_inputs
        for layer in content.architecture.layers:
            n = self._add(layer, n)

    # --- layers

    def _add(self, layer: Any, n: int) -> int:
        """The modules of a layer of n inputs; returns how many units it has."""
        match layer:
            case nn.Dense(units=units, activation=activation, bias=bias, parametrization="standard"):
                self._weighted(n, units, bias)
                if activation is not None:
                    self._module(_activation(activation))
                return units
            case nn.Linear(out_features=units, bias=bias):
                self._weighted(n, units, bias)
                return units
            case nn.Activation(function=function):
                self._module(_activation(function))
            case nn.Dropout():
                self._module("nn.Identity()" if not isinstance(layer.rate, float) else f"nn.Dropout({layer.rate!r})")
            case nn.BatchNorm():
                self._module(f"nn.BatchNorm1d({n}, eps={layer.epsilon!r}, momentum={layer.momentum!r})")
                self._normalised(("running_mean", "running_var"))
            case nn.LayerNorm():
                self._module(f"nn.LayerNorm({n}, eps={layer.epsilon!r})")
                self._normalised(())
            case _:
                raise InvalidValueError(f"a layer {layer!r}", "a layer that PyTorch has", _INSTEAD)
        return n

    def _module(self, text: str) -> None:
        self._modules.append(f"    {text},")
        self._at += 1

    def _weighted(self, n: int, units: int, bias: bool) -> None:
        self._module(f"nn.Linear({n}, {units})" if bias else f"nn.Linear({n}, {units}, bias=False)")
        self._weights.append(f"net[{self._at}].weight")
        self._take("weight", f"W{len(self._weights)}", turned=True)
        if bias:
            self._take("bias", f"b{len(self._weights)}")

    def _normalised(self, states: tuple[str, ...]) -> None:
        """γ and β of the normalisation that was just added, and its running states."""
        again = sum("Norm" in module for module in self._modules)
        gammas = [p.name for p in self.content.architecture.parameters.values() if p.name.letter == "gamma"]
        suffix = str(gammas[again - 1])[len("gamma") :]
        self._take("weight", f"gamma{suffix}")
        self._take("bias", f"beta{suffix}")
        for state in states:
            self._take(state, f"{state}{suffix}")

    def _take(self, attribute: str, name: str, turned: bool = False) -> None:
        array = self.content.parameters[name]
        target = f"net[{self._at}].{attribute}"
        code = as_array_code(array.T if turned else array, f"{target}.copy_(torch.tensor(")
        self._set.append(f"{target}.copy_(torch.tensor({code}))")
        if self.content.architecture.parameters[name].is_frozen:
            self._set.append(f"{target}.requires_grad_(False)")

    # --- the file

    def text(self) -> str:
        c = self.content
        head = [
            docstring(c.say("source.torch_title"), c.notes()),
            "",
            "import numpy as np",
            "import torch",
            "from torch import nn",
            "",
            *self.layers(),
        ]
        text = laid_out("\n".join([*head, *self._data()]), self._definitions(), self._main())
        return (
            text.replace("import numpy as np", "import base64\n\nimport numpy as np", 1) if "base64." in text else text
        )

    def layers(self) -> list[str]:
        """The lines that make `net` and set its weights."""
        dtype = "torch.float64" if self.content.dtype == "f64" else "torch.float32"
        body = "\n".join(f"    {line}" for text in self._set for line in text.split("\n"))
        return [
            f"torch.set_default_dtype({dtype})",
            "",
            "net = nn.Sequential(",
            *self._modules,
            ")",
            comment(self.content.say("source.torch_weights")),
            "with torch.no_grad():",
            body,
            "net.eval()",
        ]

    def _data(self) -> Iterator[str]:
        c = self.content
        if c.X is not None:
            yield from (
                "",
                comment(c.say("source.data")),
                f"X = torch.tensor({as_array_code(c.X, 'X = torch.tensor(')})",
            )
        if c.y is not None:
            yield f"y = torch.tensor({as_array_code(c.y, 'y = torch.tensor(')})"

    def _definitions(self) -> Iterator[str]:
        c = self.content
        if not c.has_loss:
            return
        loss = c.architecture.checked_loss()
        penalties = "".join(self._penalty(name) for name in ("l1", "l2"))
        lines, total = _loss(loss, c)
        returned = [f"return {total}{penalties}"]
        yield definition("loss", ["X", "y"], c.say("source.loss"), [*lines, *returned])

    def _penalty(self, name: str) -> str:
        value = getattr(self.content.architecture, name)
        if not value or not self._weights:
            return ""
        if not isinstance(value, float | int):
            value = self.content.architecture.scalars[name].first if name in self.content.architecture.scalars else 0.0
        terms = " + ".join(f"{w}.abs().sum()" if name == "l1" else f"({w} ** 2).sum()" for w in self._weights)
        return f" + {number(value if name == 'l1' else value / 2)} * ({terms})"

    def _main(self) -> list[str]:
        c = self.content
        if c.X is None:
            return []
        if c.y is None:
            return ["print(net(X))"]
        lines = ["print(loss(X, y).item())"]
        if c.learning_rate is not None and c.gradients:
            trained = "[p for p in net.parameters() if p.requires_grad]"
            lines += [
                f"optimizer = torch.optim.SGD({trained}, lr={number(c.learning_rate)})",
                "loss(X, y).backward()",
                "optimizer.step()",
                "print(loss(X, y).item())",
            ]
        return lines


def _activation(given: Any) -> str:
    match given:
        case nn.LeakyReLU():
            return f"nn.LeakyReLU({given.slope!r})"
        case nn.ELU():
            return f"nn.ELU({given.alpha!r})"
    found = nn.resolve_activation(given)
    name = _SAME.get(found.name, found.name)
    if nn.ACTIVATIONS.get(found.name) is not found or name not in _ACTIVATIONS:
        raise InvalidValueError(f"the activation {found.name}", "one that PyTorch has: " + ", ".join(_ACTIVATIONS))
    return _ACTIVATIONS[name]


def _loss(loss: Any, content: Content) -> tuple[list[str], str]:
    """Lines before, and the mean loss of the samples; cross-entropies are taken from z, before the last activation."""
    functional = "nn.functional"
    match loss:
        case nn.SquaredError():
            return [], "0.5 * ((net(X) - y) ** 2).sum(1).mean()"
        case nn.MeanSquaredError():
            return [], f"{functional}.mse_loss(net(X), y)"
        case nn.MeanAbsoluteError():
            return [], f"{functional}.l1_loss(net(X), y)"
        case nn.Huber():
            return [], f"{functional}.huber_loss(net(X), y, delta={loss.delta!r})"
        case nn.BinaryCrossEntropy():
            eps = loss.label_smoothing
            y = f"{number(1 - eps)} * y + {number(eps / 2)}" if eps else "y"
            return ["z = net[:-1](X)"], f"{functional}.binary_cross_entropy_with_logits(z, {y})"
        case nn.CrossEntropy():
            smoothing = f", label_smoothing={loss.label_smoothing!r}" if loss.label_smoothing else ""
            return ["z = net[:-1](X)"], f"{functional}.cross_entropy(z, y{smoothing})"
    raise InvalidValueError(f"the loss {loss!r}", "one that PyTorch has: a loss of clearprop's by name")
