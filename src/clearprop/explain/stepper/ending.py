"""The last frames: every parameter takes its step, and the loss is computed once more."""

from __future__ import annotations

from collections.abc import Iterator

from clearprop.execute import Array, Reference
from clearprop.explain.derivation import DerivationSource, Elements, Writer, symbol
from clearprop.explain.derivation.elements import Element, indices
from clearprop.explain.stepper.cells import Cells
from clearprop.explain.stepper.circuit import CaptionedEquation, Circuit, Frame
from clearprop.graph import Graph, Name, Node
from clearprop.messages import Message
from clearprop.nn.names import LOSS
from clearprop.present.formula import Math, number
from clearprop.train import Optimizer


class UpdateFrames:
    """One step of an optimizer, element by element.

    Args:
        source: the run, made with the optimizer.
        optimizer: whose first step it is.
    """

    def __init__(self, source: DerivationSource, optimizer: Optimizer) -> None:
        self._source, self._optimizer = source, optimizer
        self._elements = Elements(self._stop, source.arrays, samples=1)

    def _stop(self, node: Node) -> Name | None:
        """Where a formula ends; values that the derivation only calls u are written out here."""
        name = self._source.name_of(node)
        return None if name in self._source.auxiliary else name

    def frames(self, cells: Cells, circuit: Circuit) -> Iterator[Frame]:
        """A frame for each element of each parameter that the loss of this sample depends on."""
        for name in self._source.values.learned:
            array = self._source.arrays[name.new]
            for index in indices(array.shape):
                key = cells.key(Element(name, index))
                if key not in circuit.values:  # a row of a table that this sample does not choose
                    continue
                circuit.updated[key] = float(array[index])
                yield self._frame(name, index, key, circuit)

    def _frame(self, name: Name, index: tuple[int, ...], key: str, circuit: Circuit) -> Frame:
        slots = [name.state(slot).new for slot in self._optimizer.slots]
        lines = [self._line(new, name, index) for new in (*slots, name.new)]
        stays = circuit.updated[key] == circuit.values[key]
        text = [Message("stepper.update_zero" if stays else "stepper.update_text")]
        if slots:
            text.append(Message("stepper.own_arrays", optimizer=type(self._optimizer).__name__))
        letter = circuit.vertices[key].symbol
        return Frame("update", Message("stepper.update"), letter, tuple(text), tuple(lines), key, (), (("new", key),))

    def _line(self, new: Name, parameter: Name, index: tuple[int, ...]) -> CaptionedEquation:
        scalar = self._elements.written_out(self._source.node(new), index)
        place, leaves = self._source.place(parameter, index), self._elements.leaves

        def letter(x: Node) -> Math | None:
            leaf = leaves.get(x)
            return None if leaf is None else symbol(leaf.name, place) if leaf.index else symbol(leaf.name)

        def digits(x: Node) -> Math | None:
            return number(self._elements.numbers[x], self._source.digits) if x in leaves else None

        result = number(float(self._source.arrays[new][index]), self._source.digits)
        return CaptionedEquation(
            "", (symbol(new, place), Writer(letter).formula(scalar), Writer(digits).formula(scalar), result)
        )

    @property
    def parameters(self) -> dict[str, Array]:
        """Every parameter after the step."""
        return {name: self._source.arrays[name.new] for name in self._source.values.learned}

    def loss_after(self) -> float:
        """The loss of the same sample with the new parameters."""
        values = self._source.values
        graph = Graph({LOSS: values.graph[LOSS]})
        given = {name: v for name, v in (values.inputs() | self.parameters).items() if name in graph.inputs}
        return float(Reference().load(graph).run(given, values.samples)[LOSS])


def loss_frame(source: DerivationSource, updates: UpdateFrames) -> Frame:
    """The loss before and after."""
    before, after = source.values.loss, updates.loss_after()
    text = "same" if after == before else "better" if after < before else "worse"
    lines = [
        CaptionedEquation(Message(label), (letter, number(value, source.digits)))
        for label, letter, value in (
            ("stepper.before", symbol(LOSS), before),
            ("stepper.after", symbol(LOSS.new), after),
        )
    ]
    return Frame("end", Message("stepper.end"), None, (Message(f"stepper.end_{text}"),), tuple(lines))


def prediction_frame(source: DerivationSource) -> Frame:
    """The output, where there is no target to compare it with."""
    name = Name.value("a", source.values.architecture.depth)
    return Frame(
        "forward",
        Message("stepper.output_end"),
        symbol(name),
        (Message("stepper.output_end_text"),),
        (CaptionedEquation("", (symbol(name), source.printed(name))),),
    )
