"""Forward pass, loss, BP1–BP4 and update of one run, as a document."""

from __future__ import annotations

import re
from collections.abc import Iterator

from clearprop.errors import DTypeError, InvalidValueError, UnknownNameError, check_choice
from clearprop.explain.derivation.arrange import is_label
from clearprop.explain.derivation.general import comes_through_weights, rule_name
from clearprop.explain.derivation.source import DerivationSource
from clearprop.explain.derivation.steps import Steps, UpdateSteps, part, step
from clearprop.explain.derivation.symbols import symbol
from clearprop.explain.values import Values
from clearprop.graph import Name, Node, tidy
from clearprop.graph.entries import Index
from clearprop.messages import Message
from clearprop.nn.names import A0, DATA_LOSS, LOSS, TARGET, X
from clearprop.present.document import Document, Paragraph, Section
from clearprop.present.formula import DIGITS, checked_digits
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
    """The derivation of every number of a run; the arguments are those of `Trace.explain`.

    Raises:
        ClearpropError: for an unknown convention, detail or value.
    """
    check_choice("convention", convention, ("row", "column"))
    check_choice("detail", detail, ("formulas", "values", "elements"))
    digits = checked_digits(digits)
    optimizer = optimizer or GradientDescent()
    source = DerivationSource(values, convention, digits, optimizer)  # type: ignore[arg-type]
    steps = Steps(source, detail)  # type: ignore[arg-type]
    if only is not None:
        updates = UpdateSteps(source, steps.detail, optimizer)
        return Document("", (Section("", tuple(_chosen(only, source, steps, updates))),))
    n, layers = values.samples, Message("derivation.layers", n=values.architecture.depth)
    several = "derivation.of_samples_column" if source.column else "derivation.of_samples"
    what = Paragraph.of(Message(several if n > 1 else "derivation.of_one", n=n, layers=layers))
    notation = Paragraph.of(Message("derivation.notation", digits=digits))
    return Document(Message("derivation.title"), (what, notation, *_sections(source, steps, optimizer)))


def _sections(source: DerivationSource, steps: Steps, optimizer: Optimizer) -> Iterator[Section]:
    values, n = source.values, source.values.samples
    forward = [name for name in values.forward_names if name not in (A0, LOSS)]
    first = steps.given(X, Message("derivation.input"))
    found = [step for name in forward for step in steps.of(name, heading(name, source), _bias_note(source, name))]
    yield part("derivation.forward", [Message("derivation.forward_intro")], (first, *found))
    if not values.has_target:
        return
    loss = [steps.given(TARGET, Message("derivation.target"))]
    for name in (DATA_LOSS, LOSS) if source.has_penalties else (LOSS,):
        loss += steps.of(name, heading(name, source))
    intro = Message("derivation.loss_intro") if n == 1 else Message("derivation.loss_intro_mean", n=n)
    yield part("derivation.loss", [intro], loss)
    backward = [step for name in values.backward_names for step in _backward(name, source, steps)]
    yield part("derivation.backward", [Message("derivation.backward_intro")], backward)
    yield UpdateSteps(source, steps.detail, optimizer).section()


def _bias_note(source: DerivationSource, name: Name) -> list[Message]:
    node = source.node(name)
    adds_bias = node.op.kind == "product" and node.op.fused
    if source.values.samples == 1 or not adds_bias or not source.is_small(node):
        return []
    return [Message("derivation.bias_columns" if source.column else "derivation.bias_rows")]


def _backward(name: Name, source: DerivationSource, steps: Steps) -> Iterator[Section]:
    depth = source.values.architecture.depth
    last = Name.value("z", depth).gradient
    notes = []
    if name == last and source.graph[Name.value("a", depth)].op.kind == "reduction":  # softmax
        notes.append(Message("derivation.no_elementwise"))
    made = list(steps.of(name, heading(name, source), notes))
    if name == last:
        made[-1] = _with_short_form(made[-1], name, source, numbers=steps.detail != "formulas")
    yield from made


def _with_short_form(long: Section, name: Name, source: DerivationSource, numbers: bool) -> Section:
    """δ[L] as the simplified graph has it: p − y, where the activation's derivative cancels the loss's."""
    node = tidy(source.values.graph)[name]

    def name_of(x: Node) -> Name | None:
        found = TARGET if is_label(x) else x.name
        return found if found in source.arrays and x is not node else None

    short = source.symbol_writer(name_of).formula(node)
    if any(short in equation for equation in long.equations):
        return long
    sides = [symbol(name), short]
    if numbers and source.is_small(source.node(name)):
        sides += [source.number_writer(name_of).formula(node), source.printed(name)]
    notes = (*long.notes, Message("derivation.cancelled"))
    return step(name, long.title, (*long.equations, tuple(sides)), notes)


_HEADINGS = {
    X: "derivation.input",
    TARGET: "derivation.target",
    DATA_LOSS: "derivation.data_loss",
    LOSS: "derivation.the_loss",
}
_KINDS = {"z": "derivation.linear", "a": "derivation.activation"}
_RULES = {"BP1": "derivation.bp1", "BP2": "derivation.bp2", "BP3": "derivation.bp3", "BP4": "derivation.bp4"}


def heading(name: Name, source: DerivationSource) -> Message:
    """What a value is, in words."""
    if name in _HEADINGS:
        return Message(_HEADINGS[name])
    depth, layer = source.values.architecture.depth, name.layer or 0
    if name.role != "gradient":
        role = Message("derivation.output" if layer == depth else "derivation.hidden")
        return Message(_KINDS.get(name.letter, "derivation.other"), l=layer, role=role)
    of, rule = name.of, rule_name(name, source)
    if rule is not None:
        return Message(_RULES[rule], l=layer, next=layer + 1)
    if of == source.values.output:
        return Message("derivation.output_gradient")
    if of == Name.value("z", depth):
        return Message("derivation.bp1")
    first_half = of == Name.value("a", layer) and comes_through_weights(layer, source)
    return Message("derivation.bp2_first", next=layer + 1) if first_half else Message("derivation.gradient")


def _chosen(only: str, source: DerivationSource, steps: Steps, updates: UpdateSteps) -> Iterator[Section]:
    """One value, or one element of it."""
    if not isinstance(only, str):
        raise DTypeError(f"only={only!r}", "the name of a value, such as 'dW2' or 'dW2[1,3]'")
    match = _ELEMENT.fullmatch(only.strip())
    text = match["name"] if match else only.strip()
    declared = source.values.architecture.parameters.values()
    given = [X, *([TARGET] if source.values.has_target else []), *(parameter.name for parameter in declared)]
    computed = [n for n in source.values if n != A0] + ([DATA_LOSS] if source.has_penalties else [])
    known: dict[str, Name] = {name: name for name in (*given, *computed, *updates.names)}
    if text not in known and text != A0:
        raise UnknownNameError(f"no value {text!r} in this trace", "one of: " + ", ".join(known))
    name = X if text == A0 else known[text]
    is_new = name in updates.names
    maker, said = (updates, updates.heading(name)) if is_new else (steps, heading(name, source))
    if match is not None:
        index = _index(match["index"], source, name.root if is_new else name)
        yield step(name, said, (maker.given_element(name, index) if name in given else maker.element(name, index),))
    elif name in given:
        yield maker.given(name, said)
    else:
        yield from maker.of(name, said)


def _index(text: str, source: DerivationSource, name: Name) -> Index:
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
