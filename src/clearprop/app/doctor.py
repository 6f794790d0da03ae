"""`clearprop doctor`: what ails a model or its training, and which option to change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from clearprop.app import options as o
from clearprop.app.bare import load_with_loss, require_fitting, rows_of
from clearprop.app.screen import show_document
from clearprop.app.terminal import print_lines
from clearprop.estimators import TableModel
from clearprop.estimators.about import folds_in, history_of, named_parts, optimizer_of, rows_apart, split_again
from clearprop.estimators.verdict import PARTS
from clearprop.execute import Array
from clearprop.explain.doctor import Diagnosis, Finding, diagnose
from clearprop.explain.doctor.diagnosis import table_of
from clearprop.messages import Message, checked_language
from clearprop.network import Network
from clearprop.nn import Radial
from clearprop.present.document import Block, Document, Figure, Paragraph, Section
from clearprop.report.verdict import member_words
from clearprop.table.rows import with_target
from clearprop.train import OPTIMIZERS, Optimizer
from clearprop.visible import shown_json, shown_name

_NEEDS_TRAINING_ROWS = {"underfitting", "overfitting", "chance"}


def doctor(
    model: o.Opened,
    table: o.Table,
    *,
    target: o.OneTarget = None,
    inputs: o.Inputs = None,
    loss: o.Loss = None,
    member: o.FirstMember = None,
    lang: o.Lang = "en",
    reading: o.ReadingOptions,
    as_json: o.Json = False,
) -> None:
    """Examine a model on the table it was trained on: what ails it or its training, and which option to change.

    Looked for are equal units, linear collapse, a bad start, dead and saturated units, vanishing and exploding
    gradients, a learning rate that does not suit, under- and overfitting, and answers that are no better than chance.
    A bare network, as an .onnx file is one, is examined by rows of numbers: --target COL holds the answers.
    """
    spoken = checked_language(lang)
    found = load_with_loss(model, loss)
    loaded = found if isinstance(found, Network) else o.of_target(model, found, target)
    require_fitting(loaded, model, inputs=inputs)
    k = o.member_of(loaded, member)
    if isinstance(loaded, Network):
        source = reading.source(table)
        visit = examine_network(loaded, *rows_of(loaded, source, target, inputs), k)
    else:
        source = reading.source(table, loaded)
        rows = source.read(_rows_of_training(loaded), loaded.about.get("seed", 0))
        with rows.counted():
            visit = examine(loaded, rows.frame, k)
    if as_json:
        facts = {"model": str(model), "table": source.place.title, "own_rows": visit.is_own, "rows": visit.rows}
        facts |= {} if visit.member is None else {"member": visit.member[0], "machine": visit.machine}
        print_lines(shown_json({**facts, **visit.diagnosis.to_dict(spoken)}))
    else:
        names = {"model": shown_name(model.name), "table": shown_name(Path(source.place.title).name)}
        document = _document(Message("report.doctor.title", **names), visit)
        show_document(document, spoken, None if isinstance(loaded, Network) else loaded.about.get("clearprop"))


@dataclass(frozen=True)
class Visit:
    """A diagnosis, and by which rows it was made."""

    diagnosis: Diagnosis  # what was found
    rows: Mapping[str, int]  # part → number of rows; of a table that is not the training table, "table"
    member: tuple[int, int] | None = None  # which of how many members was examined, counted from 1
    machine: bool = False  # whether that is a kernel machine, which was never trained
    several: bool = False  # whether it is one target of several, of which nobody knows the training rows again
    is_known: bool = True  # whether the model says anything of its training; one from elsewhere does not

    @property
    def is_own(self) -> bool:
        """Whether the rows are those that the model was trained on."""
        return "train" in self.rows


def examine(model: TableModel, frame: Any, member: int | None = None) -> Visit:
    """Call the doctor for a model of a table, with what the model remembers of its training.

    Of several members it sees one, counted from 0, by default the first; the losses are those of the first.
    """
    k, members = member or 0, model.members
    of, network = (k + 1, len(members)) if len(members) > 1 else None, members[k]
    table = with_target(frame, model.target.name, model.target.missing).table
    X, y = model.arrays(frame)
    weights = model.weights(table)
    optimizer = optimizer_of(model.about)
    several = bool(model.about.get("targets"))
    a = model.network.predict(X)
    split = None if several else split_again(model.about, model.target, table, y, a, weights)
    if split is None:
        is_known = several or bool(model.about.get("parts"))
        visit = _by_other_rows(network, X, y, optimizer)
        return replace(visit, member=of, machine=_is_machine(network), several=several, is_known=is_known)
    counted = model.weighting.in_training(y, weights)
    found = diagnose(
        network,
        X[split.train],
        y[split.train],
        None if k else history_of(model.about),
        judgement=model.judgement,
        optimizer=optimizer,
        batch_size=model.about.get("training", {}).get("batch_size", 32),
        sample_weight=None if counted is None else counted[split.train],
    )
    parts = named_parts(model.about["parts"], folds_in(model.about))
    last = list(parts)[-1]
    judged = {last: parts[last]["rows"]} if last != "train" else {}
    return Visit(found, {"train": len(split.train)} | judged, of, _is_machine(network))


def examine_network(network: Network, X: Array, y: Array, member: int | None = None) -> Visit:
    """Call the doctor for a bare network, of whose training nothing is known; of several members it sees one."""
    k, members = member or 0, network.members
    if len(members) < 2:
        return _by_other_rows(network, X, y, None)
    visit = _by_other_rows(members[k], X, y, None)
    return replace(visit, member=(k + 1, len(members)), machine=_is_machine(members[k]))


def _is_machine(network: Network) -> bool:
    return isinstance(network.architecture.layers[-1], Radial)


def _by_other_rows(network: Network, X: Array, y: Array, optimizer: Optimizer | None) -> Visit:
    """A diagnosis by rows that are not those of the training, as far as these can tell."""
    found = diagnose(network, X, y, optimizer=optimizer)
    done = tuple(e for e in found.examined if e.illness not in _NEEDS_TRAINING_ROWS)
    return Visit(replace(found, examined=done), {"table": len(X)}, is_known=False)


def _rows_of_training(model: TableModel) -> int | None:
    """How many rows were read then: `train --max-rows` draws the same ones again; None where nobody knows."""
    parts, rows = model.about.get("parts") or {}, sum(rows_apart(model.about).values())
    without = max((part.get("without_target") or 0 for part in parts.values()), default=0)
    return rows + without if rows > 0 else None


def _member(visit: Visit) -> list[Message]:
    """Which member was examined, and what does not hold of it if it is a kernel machine."""
    assert visit.member is not None
    return [member_words(*visit.member), *([Message("report.findings.machine")] if visit.machine else [])]


def _document(title: Message, visit: Visit) -> Document:
    """Which rows the model was examined by, how many findings, each of them, and what else was examined."""
    found = visit.diagnosis
    parts: dict[str, Block] = {
        "rows": Paragraph.of(_rows(visit)),
        **({} if visit.member is None else {"member": Paragraph.of(*_member(visit))}),
        "result": Paragraph.of(found.said, kind="bad" if found else "good"),
    }
    examined = {"healthy": found.healthy, "skipped": found.skipped}
    sections = [_headed(name, block) for name, block in parts.items()]
    findings = [Section("", (_finding(*one),)) for one in zip(found, found.document.sections, strict=True)]
    others = [_headed(name, table_of(some)) for name, some in examined.items() if some]
    return Document(title, (*sections, *findings, *others))


def _headed(name: str, block: Block) -> Section:
    return Section(Message(f"report.doctor.headings.{name}"), (block,))


def _rows(visit: Visit) -> Message:
    if not visit.is_own:
        kind = "unknown_rows" if not visit.is_known else "some_rows" if visit.several else "other_rows"
        return Message(f"report.doctor.{kind}", rows=visit.rows["table"])
    (_, train), *others = visit.rows.items()
    judged = [Message("report.doctor.judged", n=n, part=PARTS.get(part, shown_name(part))) for part, n in others]
    return Message("list.together", parts=[Message("report.doctor.rows", train=train), *judged])


def _finding(finding: Finding, section: Section) -> Section:
    """What the diagnosis says of it, without pictures, and the options that would help."""
    blocks = [block for block in section.blocks if not isinstance(block, Figure)]
    options = options_of(finding.change)
    if options:
        label = Message("report.doctor.options")
        blocks.append(Paragraph.of(Message("doctor.labelled", label=label, text=options)))
    return replace(section, blocks=tuple(blocks))


def options_of(change: Mapping[str, Any]) -> str:
    """A change of arguments as options of `clearprop train`, as far as it has them.

    Example:
        >>> options_of({"hidden": (64, 64), "l2": 0.1})
        '--hidden 64,64 --l2 0.1'
    """
    options = []
    for name, value in change.items():
        if isinstance(value, Optimizer):
            names = {known: word for word, known in OPTIMIZERS.items()}
            options += [f"--optimizer {names[type(value)]}", f"--learning-rate {value.learning_rate:g}"]
        elif name == "hidden":
            options.append("--hidden " + ",".join(map(str, value)))
        elif name in ("activation", "epochs", "l2", "learning_rate"):
            options.append(f"--{name.replace('_', '-')} {value}")
    return " ".join(options)
