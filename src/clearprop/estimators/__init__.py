"""A table to a model."""

from clearprop.estimators.evaluation import Evaluation, confusion_of, evaluation_of
from clearprop.estimators.files import load
from clearprop.estimators.fit import TableFit
from clearprop.estimators.importance import gradient_times_input, permutation_importance
from clearprop.estimators.intervals import intervals_of
from clearprop.estimators.recipe import Recipe
from clearprop.estimators.remarks import unseen_values
from clearprop.estimators.scores import Answers, answers_of, baseline_of, class_probabilities, scores_of
from clearprop.estimators.several.fit import MultiTargetFit
from clearprop.estimators.several.model import MultiTargetModel
from clearprop.estimators.table_model import TableModel

__all__ = [
    "Answers",
    "Evaluation",
    "MultiTargetFit",
    "MultiTargetModel",
    "Recipe",
    "TableFit",
    "TableModel",
    "answers_of",
    "baseline_of",
    "class_probabilities",
    "confusion_of",
    "evaluation_of",
    "gradient_times_input",
    "intervals_of",
    "load",
    "permutation_importance",
    "scores_of",
    "unseen_values",
]
