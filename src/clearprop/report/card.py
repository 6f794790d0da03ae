"""The model card: what a model is of, how it was trained, how well it answers, and where that ends; as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from clearprop.errors import InvalidValueError, a_or_an, listed
from clearprop.estimators import MultiTargetModel, TableModel
from clearprop.estimators.about import folds_in, named_parts, remembers
from clearprop.estimators.verdict import PARTS, verdict
from clearprop.messages import Message, checked_language
from clearprop.present.document import Document, Paragraph, Section
from clearprop.present.writers import markdown_of
from clearprop.report.overview import lines, model_overview
from clearprop.report.several import targets_of_model
from clearprop.report.summary import summary_of_model
from clearprop.table.number_target import NumberTarget
from clearprop.table.target import ClassTarget, Target
from clearprop.visible import shown_name

_FEW = 200  # rows, of which scores say little


def card_of(model: TableModel | MultiTargetModel, lang: str = "en") -> str:
    """The card of a model as Markdown.

    Args:
        model: of a table, of one target or several.
        lang: "en" or "zh".

    Raises:
        InvalidValueError: for what is no such model, or an unknown language.
    """
    if not isinstance(model, TableModel | MultiTargetModel):
        raise InvalidValueError(f"a card of {a_or_an(type(model).__name__)}", "a model of a table")
    return markdown_of(card_document(model), checked_language(lang))


def card_document(model: TableModel | MultiTargetModel) -> Document:
    """The same as a document, in no language yet."""
    if isinstance(model, MultiTargetModel):
        models, overview = model.models, targets_of_model("", model)
    else:
        models, overview = {model.target.name: model}, model_overview("", summary_of_model(model))
    names = listed(map(shown_name, models))
    lead = Paragraph.of(
        Message("card.lead", targets=names, version=str(model.about.get("clearprop", "–"))), kind="lead"
    )
    said = {name: list(_verdict(one)) for name, one in models.items()}
    return Document(
        Message("card.title", targets=names),
        (
            lead,
            _section("data", [words for one in models.values() for words in _data(one, len(models) > 1)]),
            *(_with_how(section, model.about) for section in overview.sections),
            _section("verdict", [words for one in said.values() for words in one]),
            _section("limits", _limits(models)),
        ),
    )


def _section(name: str, words: Any) -> Section:
    """A list of sentences, each on a line of its own."""
    return Section(Message(f"card.headings.{name}"), tuple(lines(words)), name)


def _with_how(section: Section, about: Mapping[str, Any]) -> Section:
    """The section of the training with more of the recipe."""
    more = lines(_how(about)) if section.name == "training" else []
    return replace(section, blocks=(*section.blocks, *more))


def _data(model: TableModel, is_one_of_several: bool) -> Iterator[Message]:
    """How many rows taught and judged it, and how they were divided."""
    about = model.about
    parts = named_parts(about.get("parts") or {}, folds_in(about))
    if is_one_of_several:
        yield Message("card.of", target=shown_name(model.target.name))
    for name, part in parts.items():
        rows = Message(f"overview.rows_of.{name}") if name in PARTS else shown_name(name)
        yield Message("card.rows", part=rows, n=part["rows"])
    split = about.get("split") or {}
    if split:
        column = split["column"]
        yield Message(f"card.split.{split['how']}", column="" if column is None else shown_name(column))
    for name in about.get("dropped") or ():
        yield Message("card.dropped", column=shown_name(name))


def _how(about: Mapping[str, Any]) -> Iterator[Message]:
    """The recipe, as far as the file says it."""
    training = about.get("training")
    if training is not None:
        rate, size = training.get("first_rate"), training.get("batch_size")
        yield Message("card.optimizer", name=shown_name(training["optimizer"]), rate=rate or 0.0, size=size or 0)
    if "seed" in about:
        yield Message("card.seed", seed=about["seed"])


def _verdict(model: TableModel) -> list[Message]:
    """What the scores of its training say of it."""
    last = list(model.about.get("parts") or {"test": None})[-1]
    return verdict(model.target, model.judgement, last if last in PARTS else "test", weighting=model.weighting)


def _limits(models: Mapping[str, TableModel]) -> Iterator[Message]:
    """What the scores do not say, and what the model does where it knows nothing."""
    yield Message("card.limits.like")
    judged = [part["rows"] for one in models.values() for part in [_last_part(one)] if part is not None]
    if judged and min(judged) < _FEW:
        yield Message("card.limits.few", n=min(judged))
    yield Message("card.limits.cause")
    yield Message("card.limits.unseen")
    if any(remembers(one.about) for one in models.values()):
        yield Message("card.limits.holds_rows")
    if any(not _has_intervals(one.target) for one in models.values()):
        yield Message("card.limits.no_intervals")
    else:
        yield Message("card.limits.intervals")
    if any(isinstance(one.target, ClassTarget) and _is_weighted(one) for one in models.values()):
        yield Message("card.limits.weighted")


def _last_part(model: TableModel) -> Mapping[str, Any] | None:
    parts = list((model.about.get("parts") or {}).values())
    return parts[-1] if parts else None


def _is_weighted(model: TableModel) -> bool:
    return bool(model.weighting.classes)


def _has_intervals(target: Target) -> bool:
    """Whether held-out rows said how far off it is."""
    if isinstance(target, NumberTarget):
        return target.residuals is not None and target.quantile is None
    return isinstance(target, ClassTarget) and target.held_out is not None
