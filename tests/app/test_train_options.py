"""The options of `clearprop train` make a recipe: in one place, with the recipe's own defaults."""

from __future__ import annotations

from dataclasses import fields

import pytest

import clearprop as cp
from clearprop.app.options import TrainReadingOptions
from clearprop.app.train_options import TrainOptions
from clearprop.estimators.recipe import DEFAULT_PRESET, PRESETS
from commands import run


def made(**options):
    return TrainOptions(reading=TrainReadingOptions(), **options).recipe()


def test_without_options_it_is_the_default_preset():
    assert made() == cp.Recipe.preset(DEFAULT_PRESET)
    assert made().altered == ()


@pytest.mark.parametrize("name", PRESETS)
def test_what_is_not_given_is_as_the_preset_has_it(name):
    assert made(preset=name) == cp.Recipe.preset(name)
    found = made(preset=name, epochs=7, pieces="auto", members=3)
    assert found == cp.Recipe.preset(name, epochs=7, pieces=None, members=3)
    assert (found.base, "epochs" in found.altered, "dropout" in found.altered) == (name, True, False)


def test_every_field_of_a_recipe_is_an_option():
    plain = {
        "task": "classification", "scaling": "log", "validation": 0.2, "test": 0.1, "time": "day", "weight": "w",
        "activation": "tanh", "l2": 0.5, "epochs": 3, "patience": 4, "batch_size": 16, "optimizer": "sgd",
        "members": 2, "kernel": True, "dropout": 0.25, "schedule": "cosine", "learning_rate": 0.1, "optimize": "f1",
        "seed": 5, "split": "time", "group": None,
    }  # fmt: skip
    reading = TrainReadingOptions(na=["?"], keep_na=["NA"], no_default_na=True)
    spelled = {"drop": ["id"], "kind": ["a=b=date"], "hidden": "8, 4", "class_weight": ["no=2"], "pieces": "12"}
    found = TrainOptions(reading=reading, **plain, **spelled).recipe()
    marks = {"na": ("?",), "keep_na": ("NA",), "default_na": False}
    spelled_out = {
        "drop": ("id",),
        "kinds": {"a=b": "date"},
        "hidden": (8, 4),
        "class_weight": {"no": 2.0},
        "pieces": 12,
    }
    assert found == cp.Recipe(**plain, **marks, **spelled_out)
    assert made(quantile=0.9).quantile == 0.9  # which has no threshold beside it
    assert {*plain, *marks, *spelled_out, "quantile", "base"} == {field.name for field in fields(cp.Recipe)}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"kind": ["zip"]}, "--kind 'zip'; expected COLUMN=KIND"),
        ({"class_weight": ["no=x"]}, "--class-weight 'no=x'; expected balanced, or CLASS=NUMBER"),
        ({"hidden": "8,-1"}, "--hidden '8,-1'; expected positive integers"),
        ({"pieces": "few"}, "--pieces 'few'; expected auto, or a number"),
        ({"preset": "bset"}, "did you mean 'best'"),
        ({"hidden": "", "epochs": 0}, None),
        ({"split": "tme"}, "did you mean 'time'"),
    ],
)
def test_what_is_no_option(options, words):
    if words is None:
        assert made(**options).hidden == ()
    else:
        with pytest.raises(cp.ClearpropError, match=words):
            made(**options)


def test_without_a_preset_members_are_trained_and_the_page_says_so(tmp_path):
    done = run("train", "demo:iris", "--epochs", 2, cwd=tmp_path, bare=True)
    assert done.returncode == 0, done.stderr
    page = " ".join(done.stdout.split())
    assert "the mean of 8 members" in page
    assert f"preset {DEFAULT_PRESET}" in page
