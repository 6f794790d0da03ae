"""A training on several targets, an evaluation or a model of them: what is common once, the rest for each target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from importlib.resources import files
from typing import Any

from clearprop.errors import listed
from clearprop.estimators import MultiTargetFit, MultiTargetModel, TableFit
from clearprop.messages import Language, Message, as_data
from clearprop.nn import Dense
from clearprop.present.document import Block, Document, Fold, Paragraph, Section
from clearprop.present.writers import page_of
from clearprop.report.answers import answers
from clearprop.report.data import columns, rows, target
from clearprop.report.dependence import dependence
from clearprop.report.evidence import Evidence
from clearprop.report.inputs import inputs
from clearprop.report.network import network, sample
from clearprop.report.overview import calibrated, evaluation_overview, lines, model_overview, training_overview
from clearprop.report.page import titled
from clearprop.report.scores import curves, scores_section
from clearprop.report.summary import summary_of_fit, summary_of_model, words_of
from clearprop.report.verdict import findings, verdict_section
from clearprop.visible import shown_name

_OF_MODEL = "columns", "set_aside", "weighting", "recipe"  # what all targets have in common
_OF_FIT = "clearprop", "executor", *_OF_MODEL, "options", "split", "training"


# --- as plain data


def summary_of_targets(model: MultiTargetModel, lang: Language = "en") -> dict[str, Any]:
    """Columns and network, and each target with its scores; see `summary_of_model`."""
    each = {name: summary_of_model(one, lang) for name, one in model.models.items()}
    said = next(iter(each.values()))["messages"]
    return {
        "targets": {
            name: {
                "target": one["target"],
                "calibration": one["calibration"],
                "parts": one["about"].get("parts"),
                "messages": {"target": one["messages"]["target"]},
            }
            for name, one in each.items()
        },
        **{key: next(iter(each.values()))[key] for key in _OF_MODEL},
        "network": network_of_targets(model),
        "about": model.about,
        "messages": {key: said[key] for key in ("columns", "set_aside", "weighting")},
    }


def network_of_targets(model: MultiTargetModel) -> dict[str, Any]:
    """The first member, after which the others are made: its shared layers, and what each head ends in."""
    members, first = model.members, model.members[0]
    heads = [head.architecture for head in first.heads]
    sizes = [[p.shape for p in head.parameters.values() if p.is_weight] for head in heads]
    shared = [shape[0] for shape in sizes[0]]
    dense = [layer for layer in heads[0].layers if isinstance(layer, Dense)][:-1]
    ends = [str(head.layers[-1].activation or "identity") for head in heads if isinstance(head.layers[-1], Dense)]
    return {
        "members": len(members),
        "layers": "-".join(map(str, shared)) + f"-({' + '.join(str(each[-1][1]) for each in sizes)})",
        "inputs": first.architecture.n_inputs,
        "encoded": shared[0],
        "activations": [*(str(layer.activation or "identity") for layer in dense), " + ".join(ends)],
        "parameters": model.network.n_parameters,
    }


def summaries_of_fits(
    table: str,
    size: tuple[int, int],
    fit: MultiTargetFit,
    options: dict[str, Any],
    found: dict[str, Any] | None = None,
    lang: Language = "en",
) -> dict[str, dict[str, Any]]:
    """Target → the summary of its fit; see `summary_of_fit`."""
    return {name: summary_of_fit(table, size, one, options, found, lang) for name, one in fit.fits.items()}


def summary_of_fits(
    fit: MultiTargetFit, each: Mapping[str, Mapping[str, Any]], lang: Language = "en"
) -> dict[str, Any]:
    """Everything about a training run on several targets, for scripts: what they have in common, and each.

    Args:
        fit: the run.
        each: of `summaries_of_fits`.
        lang: of the sentences.
    """
    first = next(iter(each.values()))
    own = ("target", "calibration", "parts", "verdict")
    said = {"target", "remarks", "verdict"}
    return {
        "targets": {
            name: {
                "without_target": one["table"]["without_target"],
                **{key: one[key] for key in own},
                "messages": {key: words for key, words in one["messages"].items() if key in said},
            }
            for name, one in each.items()
        },
        **{key: first[key] for key in _OF_FIT},
        "table": {**first["table"], "without_target": fit.without_target},
        "rows": fit.sizes,
        "split": {**first["split"], "said": words_of(fit.division.said, lang)},
        "network": network_of_targets(fit.model),
        "messages": {
            **{key: words for key, words in first["messages"].items() if key not in said},
            "split": as_data(fit.division.said),
        },
    }


def _joint(fit: MultiTargetFit, each: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The first target's summary with the rows and the network of all, for what is said of rows and columns."""
    first = next(iter(each.values()))
    scored = first["parts"]
    parts = {part: {**scored.get(part, scored["train"]), "rows": n} for part, n in fit.sizes.items()}
    return {
        **first,
        "target": {**first["target"], "name": listed(each)},
        "table": {**first["table"], "without_target": fit.without_target},
        "parts": parts,
        "network": network_of_targets(fit.model),
        "calibration": None,
        "messages": {**first["messages"], "split": as_data(fit.division.said)},
    }


# --- on a terminal


def _chosen(document: Document, *names: str) -> Iterator[Section]:
    return (section for section in document.sections if section.name in names)


def targets_overview(fit: MultiTargetFit, each: Mapping[str, Mapping[str, Any]]) -> Document:
    """What was read, what was done to each column, the network; then of each target scores and verdict."""
    whole = training_overview(_joint(fit, each))
    found = [*_chosen(whole, "read", "columns", "network", "training")]
    for summary in each.values():
        one, tempered = training_overview(summary), lines(calibrated(summary))
        about, *rest = _chosen(one, "target", "scores", "answers", "verdict")
        found += [replace(about, blocks=(*about.blocks, *tempered)), *rest]
    return Document(whole.title, tuple(found))


def targets_evaluation(
    table: str, path: str, model: MultiTargetModel, found: Mapping[str, Mapping[str, Any]], notes: Sequence[Message]
) -> Document:
    """The scores of each target on a table; `notes` say how that was read."""
    documents = [
        evaluation_overview(table, path, summary_of_model(model[name]), one, notes if k == 0 else ())
        for k, (name, one) in enumerate(found.items())
    ]
    order = ("target", "rows", "note", "scores", "answers", "verdict")
    blocks = (block for one in documents for name in order for block in _chosen(one, name))
    return Document(documents[0].title, tuple(blocks))


def targets_of_model(path: str, model: MultiTargetModel) -> Document:
    """What a model file of several targets holds."""
    each = [summary_of_model(one) for one in model.models.values()]
    whole = model_overview(path, {**each[0], "network": network_of_targets(model), "calibration": None})
    found = [*_chosen(whole, "columns", "network", "training")]
    for summary in each:
        about, *rest = _chosen(model_overview(path, summary), "target", "scores")
        found += [replace(about, blocks=(*about.blocks, *lines(calibrated(summary)))), *rest]
    return Document(whole.title, tuple(found))


# --- as a page

_SECTIONS = verdict_section, target, scores_section, findings, answers, inputs, dependence, network, sample


def targets_report(
    fit: MultiTargetFit, frame: Any, each: Mapping[str, Mapping[str, Any]], lang: Language = "en"
) -> str:
    """The report as a web page in one file: the data and the curves once, the rest in a section for each target."""
    style = files("clearprop.report").joinpath("style.css").read_text(encoding="utf-8")
    return page_of(targets_report_document(fit, frame, each), lang, style, with_contents=True)


def targets_report_document(fit: MultiTargetFit, frame: Any, each: Mapping[str, Mapping[str, Any]]) -> Document:
    """The report of a training on several targets, in no language yet."""
    joint = _joint(fit, each)
    made_by = Message("report.page.made_by", version=joint["clearprop"], table=shown_name(joint["table"]["name"]))
    of_all = Evidence.of(_joint_fit(fit), frame, joint)
    data = Section(Message("report.data.title"), (*rows(of_all), columns(of_all)), "data")
    about = []
    for k, (name, one) in enumerate(fit.fits.items(), 1):
        evidence = Evidence.of(one, frame, each[name])
        blocks = tuple(section(evidence) for section in _SECTIONS)
        about.append(Section(shown_name(name), tuple(_apart(block, k) for block in blocks), f"target-{k}"))
    report = Paragraph.of(Message("report.page.report"), kind="soft")
    return Document(
        titled(joint["table"]["name"], listed(each)),
        (report, data, curves(of_all), *about, Paragraph.of(made_by, kind="note")),
    )


def _joint_fit(fit: MultiTargetFit) -> TableFit:
    """The first target's fit with the rows of all, for what is said of rows and columns."""
    first = next(iter(fit.fits.values()))
    scored = first.parts
    parts = {part: replace(scored.get(part, scored["train"]), rows=n) for part, n in fit.sizes.items()}
    return replace(first, parts=parts, division=replace(first.division, said=fit.division.said))


def _apart(block: Block, k: int) -> Block:
    """The same, with its sections named apart from those of other targets."""
    match block:
        case Section():
            name = f"{block.name}-{k}" if block.name and not block.kind else block.name
            return replace(block, name=name, blocks=tuple(_apart(one, k) for one in block.blocks))
        case Fold():
            return replace(block, blocks=tuple(_apart(one, k) for one in block.blocks))
        case Paragraph(to=to) if to:
            return replace(block, to=f"{to}-{k}")
        case _:
            return block
