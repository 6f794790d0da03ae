"""A step of any optimizer as NumPy source: the update that the graph of training has behind its gradients."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping

from clearprop.errors import InvalidValueError
from clearprop.graph import Graph, Name, tidy, variable
from clearprop.interop.source.content import Content
from clearprop.interop.source.file import definition
from clearprop.interop.source.literals import WIDTH, Identifiers, number, string
from clearprop.interop.source.numpy_ops import NUMPY
from clearprop.interop.source.writing import Functions, Writing, reached
from clearprop.train import first_numbers
from clearprop.train.optimizers import Optimizer
from clearprop.train.step import append_update

_WORDS = {
    "η": "learning_rate",
    "λ": "weight_decay",
    "μ": "momentum",
    "β": "beta",
    "β1": "beta1",
    "β2": "beta2",
    "ε": "epsilon",
}
_CORRECTIONS = {"c₁": "β1", "c₂": "β2"}  # 1 − βᵗ: the numbers of an optimizer that count its steps


class OptimizerStep:
    """The arrays that an optimizer keeps, its numbers, and the function of one step.

    Args:
        content: the network.
        optimizer: whose step it is; η and λ are those of its first step.
        parameters: the names in the file of those that learn, in the order of the file.
        names: that are free.
        functions: those of fused ops.
    """

    def __init__(
        self,
        content: Content,
        optimizer: Optimizer,
        parameters: Mapping[Name, str],
        names: Identifiers,
        functions: Functions,
    ) -> None:
        self.content, self.optimizer, self._functions = content, optimizer, functions
        self._names, self._parameters = names, parameters
        declared = content.architecture.parameters
        self._inputs = {name: variable(name, declared[name].shape, content.dtype) for name in parameters}
        slopes = {name: variable(name.gradient, x.shape, x.dtype) for name, x in self._inputs.items()}
        # The numbers are Python's in the file, which take on the dtype of what they meet: here they have it at once.
        new = append_update(slopes, self._inputs, content.architecture, optimizer, content.dtype)
        order = [n for name in parameters for n in (*(name.state(s).new for s in optimizer.slots), name.new)]
        self._new = tidy(Graph({name: new[name] for name in order}))
        self.numbers = {name: value for name, value in first_numbers(optimizer).items() if name in self._new.inputs}
        self._counting = _corrections(optimizer, self.numbers)
        self._slots = {
            name.state(slot): names.new(f"{slot}_{text}")
            for name, text in parameters.items()
            for slot in optimizer.slots
        }
        words = {name: _WORDS.get(name, name) for name in self.numbers}
        self._letters = {name: word if name == "η" else names.new(word) for name, word in words.items()}
        self._gradients = {str(name.gradient): f"d[{string(name)}]" for name in parameters}

    def kept(self) -> Iterator[str]:
        """The lines of the arrays that it keeps, and of its numbers."""
        dtype = ", dtype=np.float32" if self.content.dtype == "f32" else ""
        for name, letter in self._letters.items():
            if name not in ("η", *self._counting):
                yield f"{letter} = {number(self.numbers[name])}"
        for slot, text in self._slots.items():
            assert slot.of is not None
            yield f"{text} = np.zeros({self._inputs[slot.of].shape}{dtype})"

    def source(self) -> str:
        """The function `step`."""
        graph = self._new
        stored = {str(name): text for name, text in (*self._slots.items(), *self._parameters.items())}
        known = {**self._letters, **stored, **self._gradients}
        bound = {node: known[name] for name, node in graph.inputs.items()}
        writing = Writing(NUMPY, self._functions, self._names, "X", bound)
        kept = {name: stored[str(name.of)] for name in self._new_names()}
        for name, text in kept.items():
            writing.call(graph[name], text if self._is_last_use(name) else self._names.new(f"{text}_new"))
        new = writing.compute([graph[name] for name in kept])
        renamed = [(text, e.text) for text, e in zip(kept.values(), new, strict=True) if text != e.text]
        body = [
            *_wrapped("global ", kept.values()),
            "d = gradients(X, y)",
            *(f"{self._letters[c]} = 1 - {self._letters[beta]} ** t" for c, beta in self._counting.items()),
            *writing.body(),
            *(f"{text} = {value}" for text, value in renamed),
        ]
        rate = [f"learning_rate={number(self.numbers['η'])}"] if "η" in self.numbers else []
        told = self.content.say("source.optimizer_step", name=type(self.optimizer).__name__)
        return definition("step", ["X", "y", *(["t"] if self._counting else []), *rate], told, body)

    def _new_names(self) -> list[Name]:
        return [node.name for node in self._new.outputs.values() if node.name is not None]

    def _is_last_use(self, name: Name) -> bool:
        """Whether nothing that is written after a new value needs the old one, whose name it can then take."""
        names = self._new_names()
        until = names.index(name) + 1
        later, made = ([self._new[n] for n in some] for some in (names[until:], names[:until]))
        old = self._new.inputs.get(str(name.of))
        return old is None or old not in reached(later, [*made, old])[0]

    @property
    def call(self) -> str:
        """The first step, of the file's samples."""
        return "step(X, y, t=1)" if self._counting else "step(X, y)"


def _corrections(optimizer: Optimizer, numbers: Mapping[str, float]) -> dict[str, str]:
    """The numbers that change from step to step, each with the β that it is made of.

    Raises:
        InvalidValueError: for an optimizer of one's own with others.
    """
    later = [optimizer.scalars(step) for step in (2, 3)]
    changing = [name for name in numbers if any(at.get(name, numbers[name]) != numbers[name] for at in later)]
    for name in changing:
        beta = numbers.get(_CORRECTIONS.get(name, ""))
        if beta is None or any(abs(at[name] - (1 - beta**t)) > 1e-12 for t, at in enumerate(later, 2)):
            raise InvalidValueError(
                f"{type(optimizer).__name__}, whose number {name!r} changes from step to step",
                "an optimizer whose numbers stay, or are 1 − βᵗ",
            )
    return {name: _CORRECTIONS[name] for name in changing}


def _wrapped(before: str, names: Iterable[str]) -> list[str]:
    """A statement of names, in several where one line is too short."""
    rows = textwrap.wrap(", ".join(names), WIDTH - 4 - len(before))
    return [before + row.rstrip(",") for row in rows]
