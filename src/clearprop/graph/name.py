"""`Name`: what a value of a graph is called, and what it is: parameter W of layer 2, gradient of z1, new value of b1.

A name is a string, `z1`, wherever a string is wanted: as a key, in a file, on a page. What it stands for is never read
out of its letters: it is said once, where the value is made, and is asked for by attribute.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal, Self

Role = Literal[
    "input",  # X, sample weights, the counter of random numbers
    "target",  # y
    "parameter",  # W1, b1, and running states such as running_mean1
    "value",  # z1, a1: computed by a layer
    "loss",  # loss, and L with penalties
    "gradient",  # dz1: of the loss, by z1
    "state",  # m.W1: an array that the optimizer keeps beside W1
    "new",  # W1': after the update
    "scalar",  # η, β1: a number of the optimizer
    "other",  # whatever a user calls a value of their own; u_1, a letter given on a page
]


@dataclass(frozen=True, eq=False, repr=False)
class Name(str):
    """A value's name: a string with a role.

    Attributes:
        role: what the value is.
        letter: W, z, gamma, …; of a state the name of the optimizer's array, m; of a gradient or a new value that of
            what it belongs to; otherwise the whole name.
        layer: l, the number of the layer it belongs to; 0 before the first layer, None where there is none.
        suffix: what stands behind the number: "_2" for the second value of this letter in its layer.
        of: what a gradient, a state or a new value belongs to.

    Example:
        >>> W = Name.parameter("W", 2)
        >>> W, W.gradient, W.new, W.state("m").new
        ('W2', 'dW2', "W2'", "m.W2'")
        >>> W.gradient.role, W.gradient.of.letter, W.gradient.layer
        ('gradient', 'W', 2)
        >>> W == "W2", {"W2": 1.0}[W]
        (True, 1.0)
    """

    role: Role
    letter: str
    layer: int | None = None
    suffix: str = ""
    of: Name | None = None

    def __new__(
        cls, role: Role, letter: str, layer: int | None = None, suffix: str = "", of: Name | None = None
    ) -> Self:
        """The string; its attributes are set as those of any dataclass are."""
        return super().__new__(cls, _printed(role, letter, layer, suffix, of))

    def __reduce__(self) -> tuple[Any, ...]:
        """Copied and pickled with its attributes."""
        return type(self), tuple(getattr(self, f.name) for f in fields(self))

    # --- names that are given

    @classmethod
    def parameter(cls, letter: str, layer: int, suffix: str = "") -> Self:
        """A parameter of a layer, or a running state: W1."""
        return cls("parameter", letter, layer, suffix)

    @classmethod
    def value(cls, letter: str, layer: int, suffix: str = "") -> Self:
        """What a layer computes: z1."""
        return cls("value", letter, layer, suffix)

    @classmethod
    def scalar(cls, letter: str) -> Self:
        """A number that an optimizer needs: η."""
        return cls("scalar", letter)

    @classmethod
    def other(cls, text: str) -> Self:
        """A name of which nothing else is known."""
        return cls("other", text)

    # --- names that follow from this one

    @property
    def gradient(self) -> Name:
        """The name of ∂L/∂(this): dz1."""
        return Name("gradient", self.letter, self.layer, self.suffix, self)

    @property
    def new(self) -> Name:
        """The name of this value after the update: W1'."""
        return Name("new", self.letter, self.layer, self.suffix, self)

    def state(self, slot: str) -> Name:
        """The name of an array that an optimizer keeps beside this parameter: m.W1."""
        return Name("state", slot, self.layer, "", self)

    @property
    def root(self) -> Name:
        """The name that this one was derived from, however often: W1 of m.W1'.

        Example:
            >>> Name.parameter("W", 1).state("m").new.root
            'W1'
        """
        return self if self.of is None else self.of.root


def _printed(role: Role, letter: str, layer: int | None, suffix: str, of: Name | None) -> str:
    """The one printed form."""
    match role:
        case "gradient":
            return f"d{of}"
        case "new":
            return f"{of}'"
        case "state":
            return f"{letter}.{of}"
    return letter if layer is None else f"{letter}{layer}{suffix}"


def as_name(text: str) -> Name:
    """A name as it is; any other text as a name of which nothing else is known.

    Example:
        >>> as_name("y").role, as_name(Name.value("z", 1)).role
        ('other', 'value')
    """
    return text if isinstance(text, Name) else Name.other(text)
