"""The overview of a training run, an evaluation or a model: what a terminal shows, in sections."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from clearprop.estimators.about import HELD_OUT, folds_in, named_parts, remembers, rows_apart
from clearprop.estimators.kernel import MOST_CLASSES, MOST_ROWS
from clearprop.messages import Message, Words
from clearprop.present.document import Block, Cell, Column, Document, Paragraph, Section, Table
from clearprop.report.ends import of_members
from clearprop.report.reading import how_read
from clearprop.report.scores import held_out_note, table_of_scores
from clearprop.report.search import search_in_words, search_note
from clearprop.report.summary import covered
from clearprop.visible import shown_name

_FEW_COLUMNS, _MOST_CLASSES, _MOST_MISTAKES = 15, 8, 5
_RARE = 0.4  # a class that is there less than so many times as often as the average one
_OF_RARE = {"precision", "recall", "f1", "average_precision"}


def training_overview(summary: Mapping[str, Any]) -> Document:
    """What was read, what was done to each column, the network, the scores, and a verdict."""
    parts, said = named_parts(summary["parts"], summary["split"]["folds"]), summary["messages"]
    last = list(parts)[-1]
    names = {"table": shown_name(Path(summary["table"]["name"]).name), "target": shown_name(summary["target"]["name"])}
    return Document(
        Message("overview.training_of", **names),
        sections(
            read=lines(_what_was_read(summary)),
            target=_target(summary),
            columns=_columns(summary, _FEW_COLUMNS),
            network=lines(network_in_words(summary)),
            training=lines([_training(summary), *ended_and_calibrated(summary), *messages_in(said["weighting"])]),
            search=lines(search_in_words(summary["search"])),
            scores=_scores(parts, summary["target"], summary["search"], remembers(summary)),
            answers=_answers(summary["target"], parts[last], Message(f"overview.rows_of.{last}")),
            verdict=lines(messages_in(said["verdict"])),
        ),
    )


def evaluation_overview(
    table: str, model: str, summary: Mapping[str, Any], found: Mapping[str, Any], read: Sequence[Message]
) -> Document:
    """The scores of a model on a table; `read` says how that was read."""
    gone, column = found["without_target"], summary["weighting"]["column"]
    rows = Message("overview.rows_without_target" if gone else "overview.rows", n=found["rows"], gone=gone)
    notes = [Message("overview.learned")] * found["learned"]
    if column is not None and not found["weighted"]:
        notes.append(Message("overview.unweighted", column=shown_name(column)))
    return Document(
        Message("overview.evaluation_of", model=shown_name(Path(model).name), table=shown_name(Path(table).name)),
        sections(
            rows=lines([rows, *read]),
            note=lines(notes),
            target=_target(summary),
            scores=_scores({"table": found}, summary["target"]),
            answers=_answers(summary["target"], found, Message("overview.rows_of.table")),
            verdict=lines(found["verdict"]),
        ),
    )


def model_overview(name: str, summary: Mapping[str, Any]) -> Document:
    """What a model file holds."""
    about, trained = summary["about"], []
    if "seed" in about:
        values = of_members(
            about.get("members") or [{"stopped_by": "epochs", "best_epoch": None, "epochs": 0, **about}]
        )
        ran = Message("overview.trained", epochs=values["epochs"], seed=about["seed"])
        trained = [
            Message("list.together", parts=[ran, *_kept(values, summary)]),
            *ended_and_calibrated(summary),
            *messages_in(summary["messages"]["weighting"]),
        ]
    return Document(
        shown_name(Path(name).name),
        sections(
            target=_target(summary),
            columns=_columns(summary, most=10_000),
            network=lines(network_in_words(summary)),
            training=lines(trained),
            search=lines(search_in_words(summary["search"])),
            scores=_scores(
                named_parts(about["parts"], folds_in(about)), summary["target"], summary["search"], remembers(summary)
            )
            if about.get("parts")
            else [],
        ),
    )


def sections(**blocks: Sequence[Block]) -> tuple[Section, ...]:
    """A section for each heading that has something under it."""
    return tuple(
        Section(Message(f"overview.headings.{name}"), tuple(some), name) for name, some in blocks.items() if some
    )


def lines(words: Iterable[Words]) -> list[Paragraph]:
    """Each on a line of its own."""
    return [Paragraph.of(one) for one in words]


def messages_in(data: Iterable[Any]) -> list[Message]:
    """The messages in plain data."""
    return [Message.from_dict(one) for one in data]


# --- the parts


def _what_was_read(summary: Mapping[str, Any]) -> Iterator[Message]:
    table, apart = summary["table"], rows_apart(summary)
    used, gone = sum(apart.values()), table["without_target"]
    size = {"rows": table["rows"], "columns": table["columns"]}
    yield Message("overview.size", table=shown_name(table["name"]), **size)
    yield from how_read(table["read"])
    if gone:
        yield Message("overview.left_out", n=gone)
    if used + gone < table["rows"]:
        yield Message("overview.drawn", n=used + gone)
    counts = [Message(f"overview.parts.{name}", n=n) for name, n in apart.items()]
    yield Message("overview.split", parts=counts)
    said = messages_in(summary["messages"]["split"])
    yield from said
    none_held_out = any(message.key == "division.few" for message in said)
    alone = summary["options"].get("members", 1) == 1
    if alone and summary["options"]["validation"] and "validation" not in apart and not none_held_out:
        yield Message("overview.no_validation", share=f"{summary['options']['validation']:g}")


def _target(summary: Mapping[str, Any]) -> list[Paragraph]:
    target, said = summary["target"], messages_in(summary["messages"]["target"])
    name = shown_name(target["name"])
    if target["task"] == "regression":
        values = {"name": name, "mean": target["mean"], "std": target["std"]}
        example = target["read_from_text"]
        key = "overview.number_in_text" if example else "overview.number"
        about = Message(key, **values, example=shown_name(repr(example)))
        return lines([Message("table.parts", parts=[about, *said])])
    classes, shares = target["classes"], target["shares"] or [None] * len(target["classes"])
    ranked = sorted(zip(classes, shares, strict=True), key=lambda pair: -(pair[1] or 0))
    shown = [
        shown_name(label) + (f" {share:.0%}" if share is not None else "") for label, share in ranked[:_MOST_CLASSES]
    ]
    key = "overview.many_classes" if len(classes) > _MOST_CLASSES else "overview.classes"
    return lines([Message(key, name=name, count=len(classes), classes=shown), *said])


def _columns(summary: Mapping[str, Any], most: int) -> list[Block]:
    columns, said = summary["columns"], summary["messages"]
    rows: list[tuple[Cell, ...]] = [
        (shown_name(c["name"]), Message(f"table.kinds.{c['kind']}"), Message.from_dict(said["columns"][c["name"]]))
        for c in columns[:most]
    ]
    if len(columns) > most:
        kinds: dict[str, int] = {}
        for column in columns[most:]:
            kinds[column["kind"]] = kinds.get(column["kind"], 0) + 1
        rest = [Message("overview.of_kind", n=n, kind=Message(f"table.kinds.{kind}")) for kind, n in kinds.items()]
        rows.append((Message("overview.more", n=len(columns) - most), "", Message("overview.list", parts=rest)))
    aside, kind = list(said["set_aside"].items()), Paragraph.of(Message("overview.aside"), kind="bad")
    rows += [(Paragraph.of(shown_name(name), kind="soft"), kind, Message.from_dict(why)) for name, why in aside[:most]]
    if len(aside) > most:
        rows.append((Message("overview.more", n=len(aside) - most), kind, ""))
    return [Table((Column(), Column(kind="lead"), Column()), tuple(rows), "columns")]


def network_in_words(summary: Mapping[str, Any]) -> Iterator[Message]:
    """The network, or how many of the same answer together; and by which preset they were made."""
    network, recipe = summary["network"], summary["recipe"]
    key = "overview.members_and_kernel" if remembers(summary) else "overview.members"
    yield Message.of(key if network["members"] > 1 else "overview.layers", network)
    if network["encoded"] != network["inputs"]:
        yield Message.of("overview.encoded", network)
    if recipe is not None:
        name, changed = shown_name(recipe["name"]), recipe["changed"]
        yield (
            Message("overview.altered", name=name, fields=changed) if changed else Message("overview.preset", name=name)
        )


def _training(summary: Mapping[str, Any]) -> Message:
    training = summary["training"]
    values = {**of_members(training["members"]), "seconds": training["seconds"]}
    key = "overview.ran_members" if len(training["members"]) > 1 else "overview.ran"
    return Message("list.together", parts=[Message.of(key, values), *_kept(values, summary)])


def _kept(values: Mapping[str, Any], summary: Mapping[str, Any]) -> list[Message]:
    """The epoch of which the weights are, or behind which they stand: how far is said by `calibrated`."""
    key = "overview.of_epoch" if summary.get("overrun") is None else "overview.best_epoch"
    return [Message(key, best=values["best"])] if values["best"] else []


def _scores(
    parts: Mapping[str, Any],
    target: Mapping[str, Any],
    search: Mapping[str, Any] | None = None,
    remembered: bool = False,
) -> list[Block]:
    """What is said of a rare class is left out where none is rare, unless a threshold was chosen."""
    last, is_rare = list(parts.values())[-1]["scores"], _has_rare_class(target)
    table = table_of_scores(parts, [name for name in last if is_rare or name not in _OF_RARE])
    notes = [held_out_note(remembered)] if HELD_OUT in parts else []
    notes += [Message("overview.remembered")] if remembered else []
    notes += search_note(search, parts)
    notes += covered(list(parts.values())[-1], bool(target.get("quantile")))
    if is_rare and "f1" in last:
        positive = target["positive"]
        of = Message("overview.means") if positive is None else Message("overview.those_of", label=shown_name(positive))
        notes.append(Message("overview.of_rare", of=of))
    return [table, *(Paragraph.of(note, kind="soft") for note in notes)]


def ended_and_calibrated(summary: Mapping[str, Any]) -> Iterator[Message]:
    """How numbers are encoded, where the members' weights stand, and what `calibrated` says."""
    if (race := summary.get("race")) is not None:
        cut, plain = race["losses"]
        key = "pieces" if race["pieces"] else "plain"
        alone = "" if None not in (cut, plain) else "_alone"
        yield Message(f"overview.race.{key}{alone}", **({} if alone else {"cut": cut, "plain": plain}))
    if (beyond := summary.get("overrun")) is not None:
        share, losses = beyond["share"], beyond["losses"]
        if share:
            yield Message("overview.overrun.found", share=share, there=min(losses), best=losses[0], last=losses[-1])
        elif losses[0] != losses[-1]:  # else the best epoch is the last
            yield Message("overview.overrun.none", best=losses[0], last=losses[-1])
    yield from calibrated(summary)
    yield from _kernel(summary)


def _kernel(summary: Mapping[str, Any]) -> Iterator[Message]:
    """Whether a kernel machine answers with the networks, or why there is none."""
    kernel = summary.get("kernel")
    if kernel is None:
        return
    values = dict(zip(("members", "own", "both"), kernel["losses"] or (), strict=False))
    if kernel["why"] is None:
        yield Message("overview.kernel.found", rows=kernel["rows"], share=kernel["share"], **values)
    else:
        yield Message.of(f"overview.kernel.{kernel['why']}", {**values, "most": MOST_ROWS, "classes": MOST_CLASSES})


def calibrated(summary: Mapping[str, Any]) -> Iterator[Message]:
    """Of a model of classes the temperature, and what that changed."""
    found = summary.get("calibration")
    if found is None:
        return
    if found["temperature"] == 1:
        yield Message("overview.calibration.none", rows=found["rows"], error=found["error"][0])
    else:
        (before, after), (error, left) = found["log_loss"], found["error"]
        values = {"temperature": found["temperature"], "rows": found["rows"]}
        yield Message("overview.calibration.found", **values, before=before, after=after, error=error, left=left)


def _has_rare_class(target: Mapping[str, Any]) -> bool:
    shares = target.get("shares") or [1.0]
    return target.get("decision") is not None or min(shares) < _RARE / len(shares)


def _answers(target: Mapping[str, Any], part: Mapping[str, Any], of: Message) -> list[Block]:
    """A confusion matrix of a few classes, of more the most frequent mistakes."""
    if target["task"] == "regression":
        return []
    classes = target["classes"]
    if len(classes) <= _MOST_CLASSES:
        return [_confusion(classes, part["confusion"], of)]
    mistakes = [
        Message("overview.taken_for", label=shown_name(classes[i]), other=shown_name(classes[j]), n=n)
        for i, j, n in part["mistakes"][:_MOST_MISTAKES]
    ]
    return [*lines([Message("overview.mistaken", n=part["wrong"], of=of), *mistakes])]


def _confusion(classes: Sequence[Any], counts: Sequence[Sequence[int]], of: Message) -> Table:
    columns = [Column(Message("overview.is_and_answered", of=of)), *(Column(shown_name(c), True) for c in classes)]
    rows: list[tuple[Cell, ...]] = [
        (shown_name(label), *(Paragraph.of(f"{n:,}", kind=_weight(i == j, n)) for j, n in enumerate(row)))
        for i, (label, row) in enumerate(zip(classes, counts, strict=True))
    ]
    return Table(tuple(columns), tuple(rows), "confusion")


def _weight(is_right: bool, n: int) -> Any:
    """How a count is written: right answers strong, none softly."""
    return "strong" if is_right else "" if n else "soft"
