"""Arrays to trained parameters."""

from clearprop.nn import ConstantRate, Cosine, CosLog, FlatCosine, Moment, ReduceOnPlateau, Schedule, StepDecay, WarmUp
from clearprop.train.averaged import AveragedWeights, averages
from clearprop.train.history import STOPS, History
from clearprop.train.inputs import as_dtype, as_features, as_targets, as_weights
from clearprop.train.loop import Callback, EarlyStopping, Epoch, Training, train
from clearprop.train.metrics import METRICS, Metric, accuracy, mae, r2, resolve_metrics, rmse
from clearprop.train.optimizers import (
    OPTIMIZERS,
    SGD,
    AdaGrad,
    Adam,
    AdamW,
    GradientDescent,
    Optimizer,
    RMSProp,
    resolve_optimizer,
)
from clearprop.train.plain_step import PlainStep
from clearprop.train.predict import Data, Scorer, made_up, prediction_program, split_data
from clearprop.train.profile import Profile, profile
from clearprop.train.run import Run, initial_parameters
from clearprop.train.scalars import first_numbers, scalar_table, schedules
from clearprop.train.step import StepGraph, step_graph, textbook_step
from clearprop.train.stepwise import Snapshot, Stepwise
from clearprop.train.together import Fit, train_together

__all__ = [
    "METRICS",
    "OPTIMIZERS",
    "SGD",
    "STOPS",
    "AdaGrad",
    "Adam",
    "AdamW",
    "AveragedWeights",
    "Callback",
    "ConstantRate",
    "CosLog",
    "Cosine",
    "Data",
    "EarlyStopping",
    "Epoch",
    "Fit",
    "FlatCosine",
    "GradientDescent",
    "History",
    "Metric",
    "Moment",
    "Optimizer",
    "PlainStep",
    "Profile",
    "RMSProp",
    "ReduceOnPlateau",
    "Run",
    "Schedule",
    "Scorer",
    "Snapshot",
    "StepDecay",
    "StepGraph",
    "Stepwise",
    "Training",
    "WarmUp",
    "accuracy",
    "as_dtype",
    "as_features",
    "as_targets",
    "as_weights",
    "averages",
    "first_numbers",
    "initial_parameters",
    "made_up",
    "mae",
    "prediction_program",
    "profile",
    "r2",
    "resolve_metrics",
    "resolve_optimizer",
    "rmse",
    "scalar_table",
    "schedules",
    "split_data",
    "step_graph",
    "textbook_step",
    "train",
    "train_together",
]
