"""A network as one file that needs NumPy alone: forward pass, loss, gradients, a step, line by line."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from clearprop.arrays import Array
from clearprop.graph import Name, Node
from clearprop.graph.node import without_alias
from clearprop.interop.source.content import Content
from clearprop.interop.source.file import comment, definition, docstring, laid_out, listed
from clearprop.interop.source.literals import MOST_NUMBERS, Identifiers, encoded, nested, number, string
from clearprop.interop.source.numpy_ops import NUMPY
from clearprop.interop.source.numpy_step import OptimizerStep
from clearprop.interop.source.writing import Functions, Writing, reached
from clearprop.nn.names import LOSS, TARGET, X

_PLAIN = {"0.0": "zeros", "1.0": "ones"}
_FUNCTIONS = ("forward", "predict", "loss", "gradients", "step")


def numpy_source(content: Content) -> str:
    """The file's text.

    Raises:
        InvalidValueError: for an op that NumPy source has no words for, by its name.
    """
    return _File(content).text()


def numpy_parts(content: Content, predict: str, taken: Sequence[str]) -> tuple[str, str, list[str]]:
    """The parts of a file in which a network without a loss answers rows: imports, numbers, functions.

    Args:
        content: the network.
        predict: the name of the function that answers.
        taken: names that stand for something else in the file.
    """
    file = _File(content, predict, taken)
    definitions = [*file.definitions()]
    helpers = [source.rstrip() for source in file.functions.written.values()]
    return file.imports([*helpers, *definitions]), file.numbers(), [*helpers, *definitions]


class _File:
    def __init__(self, content: Content, predict: str = "predict", taken: Sequence[str] = ()) -> None:
        self.content, self.graph, self._predict = content, content.whole(NUMPY.in_place), predict
        self.names = Identifiers([*NUMPY.reserved, *_FUNCTIONS, *taken, "X", "y", "learning_rate", "d"])
        self.functions = Functions(NUMPY, self.names, self._told)
        inputs = self.graph.inputs
        declared = content.architecture.parameters
        self.parameters: dict[Name, str] = {
            p.name: self.names.new(p.name) for p in declared.values() if p.name in inputs
        }
        bound = {inputs[name]: text for name, text in self.parameters.items()}
        self.bound = bound | {inputs[name]: letter for name, letter in ((X, "X"), (TARGET, "y")) if name in inputs}
        self.stepping: OptimizerStep | None = None
        if content.optimizer is not None and content.gradients:
            ours = {name: text for name, text in self.parameters.items() if name in content.gradients}
            self.stepping = OptimizerStep(content, content.optimizer, ours, self.names, self.functions)

    def text(self) -> str:
        c = self.content
        definitions = list(self.definitions())  # first, for they tell which helpers and imports are needed
        rule = c.say("source.gradient_descent") if c.optimizer is None else type(c.optimizer).__name__
        head = docstring(c.say("source.numpy_title", rule=rule), c.notes())
        imports = self.imports([*self.functions.written.values(), *definitions])
        helpers = [source.rstrip() for source in self.functions.written.values()]
        return laid_out(f"{head}\n\n{imports}\n\n{self.numbers()}", [*helpers, *definitions], self._main())

    def _told(self, op: str) -> str | None:
        known = {
            "sigmoid": "source.sigmoid",
            "softmax": "source.softmax",
            "log_softmax": "source.log_softmax",
            "softplus": "source.softplus",
            "sigmoid_cross_entropy": "source.sigmoid_cross_entropy",
            "softmax_cross_entropy": "source.softmax_cross_entropy",
        }
        return self.content.say(known[op]) if op in known else None

    # --- numbers

    def imports(self, definitions: list[str]) -> str:
        needed = "\n".join(definitions)
        arrays = (*self.content.parameters.values(), self.content.X, self.content.y)
        is_large = any(a is not None and a.size > MOST_NUMBERS for a in arrays)
        lines = [*(["import base64"] if is_large else []), *(["import math"] if "math.erf" in needed else [])]
        return "\n".join([*lines, *([""] if lines else []), "import numpy as np"])

    def numbers(self) -> str:
        c = self.content
        lines = [comment(c.say("source.parameters"))]
        lines += [f"{text} = {self._array(c.parameters[name], text)}" for name, text in self.parameters.items()]
        if self.stepping is not None:
            kept = list(self.stepping.kept())
            lines += ["", comment(c.say("source.optimizer", name=type(c.optimizer).__name__)), *kept] if kept else []
        if c.X is not None:
            lines += ["", comment(c.say("source.data")), f"X = {self._array(c.X, 'X')}"]
        if c.y is not None:
            lines += [f"y = {self._array(c.y, 'y')}"]
        return "\n".join(lines)

    def _array(self, array: Array, name: str) -> str:
        dtype = f", dtype=np.{array.dtype.name}" if array.dtype.name == "float32" else ""
        if array.size > MOST_NUMBERS:
            text, kind = encoded(array)
            shape = ", ".join(map(str, array.shape))
            return f'np.frombuffer(base64.b64decode({text}), "{kind}").reshape({shape})'
        if not array.size:
            return f"np.zeros({array.shape}{dtype})"
        if array.size > 1 and name not in ("X", "y") and array.min() == array.max() and str(array.flat[0]) in _PLAIN:
            shape = str(array.size) if array.ndim == 1 else str(array.shape)
            return f"np.{_PLAIN[str(array.flat[0])]}({shape}{dtype})"
        return f"np.array({nested(array, 0, len(f'{name} = np.array({dtype})'))}{dtype})"

    # --- functions

    def definitions(self) -> Iterator[str]:
        c, graph = self.content, self.graph
        values = [graph[str(n.name)] for n in c.values]
        loss = [graph[LOSS]] if c.has_loss else []
        slopes = {name: graph[name.gradient] for name in c.gradients}
        writing = Writing(NUMPY, self.functions, self.names, "X", self.bound)
        output = writing.compute(values, [*loss, *slopes.values()])[-1].text
        if not c.has_loss:
            yield definition(self._predict, ["X"], c.say("source.predict"), writing.body(f"return {output}"))
            return
        made = [n for n in writing.bound if n not in self.bound]
        needed, _ = reached([*loss, *slopes.values()], made)
        kept = [n for n in made if n is not values[-1] and (n in values or n in needed)]
        passed = {n: writing.bound[n] for n in kept} | {values[-1]: output}
        yield definition("forward", ["X"], c.say("source.forward"), writing.body(listed([*passed.values()], "return ")))
        last = "forward(X)" if len(passed) == 1 else "forward(X)[-1]"
        yield definition("predict", ["X"], c.say("source.predict"), [f"return {last}"])
        yield self._loss(writing.after([*self.bound, *passed]), passed)
        if slopes:
            yield self._gradients(writing.after([*self.bound, *passed]), passed, slopes)
            yield self._step(slopes) if self.stepping is None else self.stepping.source()

    def _loss(self, writing: Writing, passed: Mapping[Node, str]) -> str:
        total = without_alias(self.graph[LOSS])
        (value,) = writing.compute([total])
        body = [*_taken(reached([total], passed)[0], passed), *writing.body(f"return {value.text}")]
        return definition("loss", ["X", "y"], self.content.say("source.loss"), body)

    def _gradients(self, writing: Writing, passed: Mapping[Node, str], slopes: Mapping[Name, Node]) -> str:
        found = dict(zip(slopes, (e.text for e in writing.compute(slopes.values())), strict=True))
        entries = [f"{string(name)}: {found[name]}" for name in self.parameters if name in found]
        result = listed(entries, "return ", brackets="{}")
        body = [*_taken(reached(slopes.values(), passed)[0], passed), *writing.body(result)]
        return definition("gradients", ["X", "y"], self.content.say("source.gradients"), body)

    def _step(self, slopes: Mapping[Name, Node]) -> str:
        declared = self.content.architecture.parameters
        ours = {name: text for name, text in self.parameters.items() if name in slopes}
        body = [f"global {', '.join(ours.values())}", "d = gradients(X, y)"]
        for name, text in ours.items():
            factor = declared[name].learning_rate_factor
            rate = "learning_rate" if factor == 1.0 else f"{number(factor)} * learning_rate"
            body.append(f"{text} = {text} - {rate} * d[{string(name)}]")
        return definition("step", ["X", "y", "learning_rate"], self.content.say("source.step"), body)

    def _main(self) -> list[str]:
        c = self.content
        if c.X is None:
            return []
        if c.y is None:
            return ["print(predict(X))"]
        lines = ["print(loss(X, y))"]
        if self.stepping is not None:
            lines += [self.stepping.call, "print(loss(X, y))"]
        elif c.learning_rate is not None and c.gradients:
            lines += [f"step(X, y, learning_rate={number(c.learning_rate)})", "print(loss(X, y))"]
        return lines


def _taken(needed: Collection[Node], passed: Mapping[Node, str]) -> list[str]:
    """The line that takes what is needed from what `forward` returns; _ stands for the rest."""
    if not needed:
        return []
    first = min(i for i, node in enumerate(passed) if node in needed)
    names = [name if node in needed else "_" for node, name in passed.items()]
    if first == len(names) - 1:
        return [f"{names[-1]} = predict(X)"]
    return [listed(names if first < 2 else ["*_", *names[first:]], after=" = forward(X)")]
