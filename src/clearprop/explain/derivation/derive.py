"""Forward pass, loss, BP1–BP4 and update of one run, as a document."""

from __future__ import annotations

from collections.abc import Iterator

from clearprop.errors import checked_choice
from clearprop.explain.derivation.arrange import is_label
from clearprop.explain.derivation.asked import asked_for
from clearprop.explain.derivation.source import DerivationSource
from clearprop.explain.derivation.steps import DETAILS, Steps, UpdateSteps, part, step
from clearprop.explain.derivation.symbols import NOTATIONS, Notation
from clearprop.explain.derivation.titles import mode, remarks, title
from clearprop.explain.values import Values
from clearprop.graph import Name, Node, tidy
from clearprop.messages import Message
from clearprop.nn import CONVENTIONS, Convention
from clearprop.nn.names import A0, DATA_LOSS, LOSS, TARGET, X
from clearprop.present.document import Document, Paragraph, Section
from clearprop.present.formula import DIGITS, checked_digits
from clearprop.train import GradientDescent, Optimizer

_AS_THE_TEXTBOOKS = GradientDescent()
_NOTATIONS: dict[Notation, str] = {"delta": "derivation.notation.delta", "d": "derivation.notation.d"}


def derive(
    values: Values,
    convention: str = "row",
    detail: str = "values",
    only: str | None = None,
    optimizer: Optimizer | None = None,
    digits: int = DIGITS,
    notation: str = "delta",
) -> Document:
    """The derivation of every number of a run; the arguments are those of `Trace.explain`.

    Raises:
        ClearpropError: for an unknown convention, notation, detail or value.
    """
    written = checked_choice("convention", convention, CONVENTIONS)
    letters = checked_choice("notation", notation, NOTATIONS)
    shown = checked_choice("detail", detail, DETAILS)
    digits = checked_digits(digits)
    asked, optimizer = optimizer, optimizer or values.optimizer or _AS_THE_TEXTBOOKS
    source = _source_of(values, written, digits, optimizer, letters)
    steps = Steps(source, shown)
    if only is not None:
        updates = UpdateSteps(source, steps.detail, optimizer)
        return Document("", (Section("", tuple(_chosen(only, source, steps, updates))),))
    n, layers = values.samples, Message("derivation.layers", n=values.architecture.depth)
    several = "derivation.of_samples_column" if source.column else "derivation.of_samples"
    what = Paragraph.of(Message(several if n > 1 else "derivation.of_one", n=n, layers=layers), *mode(source))
    how = Paragraph.of(Message(_NOTATIONS[source.notation]), Message("derivation.notation.numbers", digits=digits))
    return Document(Message("derivation.title"), (what, how, *_sections(source, steps, optimizer, asked)))


def _source_of(
    values: Values, convention: Convention, digits: int, optimizer: Optimizer, notation: Notation
) -> DerivationSource:
    """The source of a derivation: the last one, where a run is asked about again, as a page does value by value."""
    asked, given = (convention, digits, notation, values.steps_before), (optimizer, values.slots)
    kept = values.derived  # of the very same optimizer: one of the user's may call another its equal
    if kept is None or kept[0] != asked or any(a is not b for a, b in zip(kept[1], given, strict=True)):
        source = DerivationSource(values, convention, digits, optimizer, notation)
        kept = values.derived = (asked, given, source)
    found: DerivationSource = kept[2]
    return found


def _sections(
    source: DerivationSource, steps: Steps, optimizer: Optimizer, asked: Optimizer | None
) -> Iterator[Section]:
    values, n = source.values, source.values.samples
    forward = [name for name in values.forward_names if name not in (A0, LOSS)]
    first = steps.given(X, Message("derivation.input"))
    found = [step for name in forward for step in steps.of(name, title(name, source), remarks(name, source))]
    yield part("derivation.forward", [Message("derivation.forward_intro")], (first, *found))
    if not values.has_target:
        return
    loss = [steps.given(TARGET, Message("derivation.target"))]
    for name in (DATA_LOSS, LOSS) if source.has_penalties else (LOSS,):
        loss += steps.of(name, title(name, source))
    intro = Message("derivation.loss_intro") if n == 1 else Message("derivation.loss_intro_mean", n=n)
    yield part("derivation.loss", [intro], loss)
    backward = [step for name in values.backward_names for step in _backward(name, source, steps)]
    yield part("derivation.backward", [Message("derivation.backward_intro")], backward)
    yield UpdateSteps(source, steps.detail, optimizer).section(_why(values, asked))


def _why(values: Values, asked: Optimizer | None) -> list[Message]:
    """Why it is this optimizer's update that is shown; nothing where it was asked for."""
    if asked is not None:
        return []
    return [Message("derivation.no_optimizer" if values.optimizer is None else "derivation.own_optimizer")]


def _backward(name: Name, source: DerivationSource, steps: Steps) -> Iterator[Section]:
    depth = source.values.architecture.depth
    last = Name.value("z", depth).gradient
    notes = []
    if name == last and source.graph[Name.value("a", depth)].op.kind == "reduction":  # softmax
        notes.append(Message("derivation.no_elementwise"))
    made = list(steps.of(name, title(name, source), notes))
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
    sides = [source.symbol(name), short]
    if numbers and source.is_small(source.node(name)):
        sides += [source.number_writer(name_of).formula(node), source.printed(name)]
    notes = (*long.notes, Message("derivation.cancelled"))
    return step(name, long.title, (*long.equations, tuple(sides)), notes)


def _chosen(only: str, source: DerivationSource, steps: Steps, updates: UpdateSteps) -> Iterator[Section]:
    """One value, or one element of it."""
    declared = source.values.architecture.parameters.values()
    given = [X, *([TARGET] if source.values.has_target else []), *(parameter.name for parameter in declared)]
    computed = [n for n in source.values if n != A0] + ([DATA_LOSS] if source.has_penalties else [])
    name, index = asked_for(only, source, (*given, *computed, *updates.names))
    is_new = name in updates.names
    maker, said = (updates, updates.heading(name)) if is_new else (steps, title(name, source))
    if index is not None:
        yield step(name, said, (maker.given_element(name, index) if name in given else maker.element(name, index),))
    elif name in given:
        yield maker.given(name, said)
    elif name.role == "gradient":
        yield from _backward(name, source, steps)
    else:
        yield from maker.of(name, said, () if is_new else remarks(name, source))
