"""Activations in the words of PyTorch, for those who write modules and those who read them."""

from __future__ import annotations

from typing import Any

from clearprop import nn
from clearprop.errors import InvalidValueError

# Which class of torch.nn an activation is, and the arguments that make it the same function.
WORDS: dict[str, tuple[str, dict[str, Any]]] = {
    "identity": ("Identity", {}),
    "sigmoid": ("Sigmoid", {}),
    "tanh": ("Tanh", {}),
    "relu": ("ReLU", {}),
    "softmax": ("Softmax", {"dim": 1}),
    "softplus": ("Softplus", {"threshold": 500.0}),  # PyTorch's own 20 is a straight line from there on
    "silu": ("SiLU", {}),
    "gelu": ("GELU", {}),
    "selu": ("SELU", {}),
    "mish": ("Mish", {}),
    "softsign": ("Softsign", {}),
}
SAME = {"linear": "identity", "swish": "silu"}  # two names of one function
BY_CLASS = {word: name for name, (word, _) in WORDS.items()}


def torch_word(given: Any) -> tuple[str, dict[str, Any]]:
    """The class of torch.nn and its arguments for an activation.

    Raises:
        InvalidValueError: for one that PyTorch lacks, by its name.
    """
    found = nn.resolve_activation(given)
    is_known = nn.ACTIVATIONS.get(found.name) is found  # and no function of one's own that has its name
    if is_known and found.name == "leaky_relu":
        given = nn.LeakyReLU()
    if is_known and found.name == "elu":
        given = nn.ELU()
    if isinstance(given, nn.LeakyReLU):
        return "LeakyReLU", {"negative_slope": given.slope}
    if isinstance(given, nn.ELU):
        return "ELU", {"alpha": given.alpha}
    name = SAME.get(found.name, found.name)
    if not is_known or name not in WORDS:
        raise InvalidValueError(f"the activation {found.name}", "one that PyTorch has: " + ", ".join(WORDS))
    return WORDS[name]
