"""A model of a table whose network's weights have 8 bits, and what that costs on rows of the table."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from clearprop.estimators.made_up import made_up_rows
from clearprop.interop.source import Rounded
from clearprop.messages import say
from clearprop.network.rounding import in_int8, told_of
from clearprop.table.target import ClassTarget
from clearprop.table.unseen import Unseen

if TYPE_CHECKING:
    from clearprop.estimators.table_model import TableModel

_ROWS = 1000  # that are made up


def model_in_int8(model: TableModel, frame: Any = None, lang: str = "en") -> tuple[TableModel, Rounded]:
    """The model that computes with weights of 8 bits, and these, with a sentence on what they cost.

    Args:
        model: of the table.
        frame: rows to measure it on; None for 1,000 made-up ones.
        lang: of the sentence.
    """
    network, codes = in_int8(model.network)
    other = replace(model, predictor=network)
    rows = made_up_rows(model.encoder, _ROWS) if frame is None else frame
    where = say("source.int8_made_up" if frame is None else "source.int8_given", lang)
    labels = None
    if isinstance(model.target, ClassTarget):
        ours, theirs = (each.predict_proba(rows, Unseen()) for each in (model, other))
        labels = int(np.sum(model.target.decide(ours) != model.target.decide(theirs)))
    else:
        ours, theirs = (model.target.predictions(each.outputs(rows, Unseen())[:, 0]) for each in (model, other))
    return other, told_of(codes, ours, theirs, where, lang, labels)
