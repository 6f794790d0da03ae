"""A table to a model."""

from clearprop.estimators.files import load
from clearprop.estimators.scores import class_probabilities, log_loss, scores_of
from clearprop.estimators.table_model import TableFit, TableModel

__all__ = ["TableFit", "TableModel", "class_probabilities", "load", "log_loss", "scores_of"]
