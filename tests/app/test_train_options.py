"""The options of `clearprop train` make a recipe: in one place, with the recipe's own defaults."""

from __future__ import annotations

from dataclasses import fields

import pytest

import clearprop as cp
from clearprop.app.options import TrainReadingOptions
from clearprop.app.train_options import TrainOptions


def test_without_options_it_is_the_default_recipe():
    assert TrainOptions(reading=TrainReadingOptions()).recipe() == cp.Recipe.preset("default")


def test_every_field_of_a_recipe_is_an_option():
    plain = {
        "task": "classification", "scaling": "log", "validation": 0.2, "test": 0.1, "time": "day", "weight": "w",
        "activation": "tanh", "l2": 0.5, "epochs": 3, "patience": 4, "batch_size": 16, "optimizer": "sgd",
        "learning_rate": 0.1, "optimize": "f1", "seed": 5, "split": "time", "group": None,
    }  # fmt: skip
    reading = TrainReadingOptions(na=["?"], keep_na=["NA"], no_default_na=True)
    spelled = {"drop": ["id"], "kind": ["a=b=date"], "hidden": "8, 4", "class_weight": ["no=2"]}
    found = TrainOptions(reading=reading, **plain, **spelled).recipe()
    marks = {"na": ("?",), "keep_na": ("NA",), "default_na": False}
    made = {"drop": ("id",), "kinds": {"a=b": "date"}, "hidden": (8, 4), "class_weight": {"no": 2.0}}
    assert found == cp.Recipe(**plain, **marks, **made)
    assert {*plain, *marks, *made} == {field.name for field in fields(cp.Recipe)}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"kind": ["zip"]}, "--kind 'zip'; expected COLUMN=KIND"),
        ({"class_weight": ["no=x"]}, "--class-weight 'no=x'; expected balanced, or CLASS=NUMBER"),
        ({"hidden": "8,-1"}, "--hidden '8,-1'; expected positive integers"),
        ({"hidden": "", "epochs": 0}, None),
        ({"split": "tme"}, "did you mean 'time'"),
    ],
)
def test_what_is_no_option(options, words):
    made = TrainOptions(reading=TrainReadingOptions(), **options).recipe
    if words is None:
        assert made().hidden == ()
    else:
        with pytest.raises(cp.ClearpropError, match=words):
            made()
