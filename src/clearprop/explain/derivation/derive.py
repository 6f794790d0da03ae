"""Forward pass, loss, BP1–BP4 and update of one run, as a document."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from clearprop.errors import DTypeError, InvalidValueError, UnknownNameError, checked_integer
from clearprop.explain.derivation.arrange import Index
from clearprop.explain.derivation.document import part, step
from clearprop.explain.derivation.general import comes_through_weights, rule_name
from clearprop.explain.derivation.source import Source
from clearprop.explain.derivation.steps import Steps
from clearprop.explain.derivation.symbols import differentiated, symbol
from clearprop.explain.derivation.update import Updates, update_section
from clearprop.explain.derivation.writer import Writer
from clearprop.explain.values import Values
from clearprop.graph import Node, tidy
from clearprop.messages import Message
from clearprop.nn.scope import layer_of
from clearprop.present.document import Document, Paragraph, Section
from clearprop.present.formula import DIGITS, Math, identifier, number
from clearprop.train import GradientDescent, Optimizer

_ELEMENT = re.compile(r"(?P<name>[^\[\]]+)\[(?P<index>\d+(?:,\s*\d+)*)\]")


def derive(
    values: Values,
    convention: str = "row",
    detail: str = "values",
    only: str | None = None,
    optimizer: Optimizer | None = None,
    digits: int = DIGITS,
) -> Document:
    """The derivation of every number of a run.

    Args:
        values: the run.
        convention: "row" (z = a · W + b, samples as rows) or "column" (z = W · a + b, samples as columns).
        detail: "formulas", "values" (numbers put in) or "elements" (every single element, too).
        only: one value, "dW2", or "W2'" after the update, or one element of it as it is printed, counted from 1:
            "dW2[1,3]"; in a batch the sample comes first.
        optimizer: whose update is shown; gradient descent by default.
        digits: significant digits of printed numbers.

    Raises:
        ClearpropError: for an unknown convention, detail or value.
    """
    _check("convention", convention, ("row", "column"))
    _check("detail", detail, ("formulas", "values", "elements"))
    if checked_integer("digits", digits, low=2) > 15:
        raise InvalidValueError(f"digits {digits!r}", "2 … 15")
    source = Source(values, convention, digits)  # type: ignore[arg-type]
    steps = Steps(source, detail)  # type: ignore[arg-type]
    if only is not None:
        updates = Updates(source, steps.detail, optimizer or GradientDescent())
        return Document("", (Section("", tuple(_chosen(only, source, steps, updates))),))
    return Document(Message("derivation.title"), (*_intro(source), *_sections(source, steps, optimizer)))


def _check(name: str, given: str, known: tuple[str, ...]) -> None:
    if given not in known:
        raise InvalidValueError(f"{name} {given!r}", " or ".join(map(repr, known)))


def _intro(source: Source) -> tuple[Paragraph, ...]:
    n, depth = source.values.samples, source.values.architecture.depth
    several = "derivation.of_samples_column" if source.column else "derivation.of_samples"
    layers = Message("derivation.layers", n=depth)
    what = Message(several if n > 1 else "derivation.of_one", n=n, layers=layers)
    return Paragraph.of(what), Paragraph.of(Message("derivation.notation", digits=source.digits))


def _sections(source: Source, steps: Steps, optimizer: Optimizer | None) -> Iterator[Section]:
    values, n = source.values, source.values.samples
    forward = [name for name in values.forward_names if name not in ("a0", "L")]
    first = steps.given("X", Message("derivation.input"))
    found = [step for name in forward for step in steps.of(name, heading(name, source), _bias_note(source, name))]
    yield part("derivation.forward", [Message("derivation.forward_intro")], (first, *found))
    if not values.has_target:
        return
    loss = [steps.given("y", Message("derivation.target"))]
    for name in ("loss", "L") if source.has_penalties else ("L",):
        loss += steps.of(name, heading(name, source))
    intro = Message("derivation.loss_intro") if n == 1 else Message("derivation.loss_intro_mean", n=n)
    yield part("derivation.loss", [intro], loss)
    backward = [step for name in values.backward_names for step in _backward(name, source, steps)]
    yield part("derivation.backward", [Message("derivation.backward_intro")], backward)
    yield update_section(Updates(source, steps.detail, optimizer or GradientDescent()))


def _bias_note(source: Source, name: str) -> list[Message]:
    if source.values.samples == 1 or source.node(name).op.name != "affine" or not source.is_small(source.node(name)):
        return []
    return [Message("derivation.bias_columns" if source.column else "derivation.bias_rows")]


def _backward(name: str, source: Source, steps: Steps) -> Iterator[Section]:
    last = f"dz{source.values.architecture.depth}"
    notes = []
    if name == last and source.graph[last.replace("dz", "a")].op.name == "softmax":
        notes.append(Message("derivation.no_elementwise"))
    made = list(steps.of(name, heading(name, source), notes))
    if name == last:
        made[-1] = _with_short_form(made[-1], source, numbers=steps.detail != "formulas")
    yield from made


def _with_short_form(long: Section, source: Source, numbers: bool) -> Section:
    """δ[L] as the simplified graph has it: p − y, where the activation's derivative cancels the loss's."""
    node = tidy(source.values.graph)[long.name]

    def writer(write: Callable[[str], Math], size: Math) -> Writer:
        def leaf(x: Node) -> Math | None:
            if x.op.name == "size" and source.values.samples != 1:
                return size
            name = "y" if x.op.name == "one_hot" else x.name
            return write(name) if name in source.arrays and x is not node else None

        return Writer(leaf, source.column, source.values.samples, source.digits)

    short = writer(symbol, identifier("N")).formula(node)
    if any(short in equation for equation in long.equations):
        return long
    sides = [symbol(long.name), short]
    if numbers and source.is_small(source.node(long.name)):
        shown = writer(source.printed, number(source.values.samples, 17)).formula(node)
        sides += [shown, source.printed(long.name)]
    notes = (*long.notes, Message("derivation.cancelled"))
    return step(long.name, long.title, (*long.equations, tuple(sides)), notes)


_HEADINGS = {
    "X": "derivation.input",
    "y": "derivation.target",
    "loss": "derivation.data_loss",
    "L": "derivation.the_loss",
}
_KINDS = {"z": "derivation.linear", "a": "derivation.activation"}
_RULES = {"BP1": "derivation.bp1", "BP2": "derivation.bp2", "BP3": "derivation.bp3", "BP4": "derivation.bp4"}


def heading(name: str, source: Source) -> Message:
    """What a value is, in words."""
    if name in _HEADINGS:
        return Message(_HEADINGS[name])
    depth = source.values.architecture.depth
    of = differentiated(name)
    layer = layer_of(of or name) or 0
    rule = rule_name(name, source)
    if of is None:
        role = Message("derivation.output" if layer == depth else "derivation.hidden")
        return Message(_KINDS.get(name[0], "derivation.other"), l=layer, role=role)
    if rule is not None:
        return Message(_RULES[rule], l=layer, next=layer + 1)
    if of == source.values.output:
        return Message("derivation.output_gradient")
    if of == f"z{depth}":
        return Message("derivation.bp1")
    first_half = of == f"a{layer}" and comes_through_weights(layer, source)
    return Message("derivation.bp2_first", next=layer + 1) if first_half else Message("derivation.gradient")


def _chosen(only: str, source: Source, steps: Steps, updates: Updates) -> Iterator[Section]:
    """One value, or one element of it."""
    if not isinstance(only, str):
        raise DTypeError(f"only={only!r}", "the name of a value, such as 'dW2' or 'dW2[1,3]'")
    match = _ELEMENT.fullmatch(only.strip())
    name = match["name"] if match else only.strip()
    name = {"a0": "X"}.get(name, name)
    given = ["X", *(["y"] if source.values.has_target else []), *source.values.architecture.parameters]
    computed = [n for n in source.values.values if n != "a0"] + (["loss"] if source.has_penalties else [])
    if name not in (*given, *computed, *updates.names):
        names = [*given, *computed, *updates.names]
        raise UnknownNameError(f"no value {name!r} in this trace", "one of: " + ", ".join(names))
    if name in updates.names:
        at = None if match is None else _index(match["index"], source, updates.parameter_of(name))
        yield from updates.of(name) if at is None else [updates.element_step(name, at)]
        return
    said = heading(name, source)
    if match is not None:
        index = _index(match["index"], source, name)
        yield step(name, said, (steps.given_element(name, index) if name in given else steps.element(name, index),))
    elif name in given:
        yield steps.given(name, said)
    else:
        yield from steps.of(name, said)


def _index(text: str, source: Source, name: str) -> Index:
    """From numbers as they are printed, counted from 1; the sample of a single one may be left out."""
    numbers = [int(part) - 1 for part in text.split(",")]
    shape, of_samples = source.arrays[name].shape, source.belongs_to_samples(name)
    turned = source.column and len(shape) == 2 and not of_samples
    if of_samples and source.values.samples == 1 and len(numbers) == len(shape) - 1:
        numbers = [0, *numbers]
    index = tuple(reversed(numbers) if turned else numbers)
    if len(index) != len(shape) or not all(0 <= k < d for k, d in zip(index, shape, strict=True)):
        printed = shape[::-1] if turned else shape
        raise InvalidValueError(f"element [{text}] of {name}", f"numbers from 1, within the shape {printed}")
    return index
