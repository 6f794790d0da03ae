"""A recipe: the arguments of a training as data, checked when it is made."""

from __future__ import annotations

import json
from dataclasses import fields, replace

import numpy as np
import polars as pl
import pytest

import clearprop as cp
from clearprop.interop import read_model, write_model

# what `TableModel.train` took one by one before there were recipes, with the defaults that it had
BEFORE = {
    "task": None, "drop": (), "hidden": None, "activation": "relu", "epochs": 500, "batch_size": None,
    "optimizer": "adam", "learning_rate": None, "l2": None, "kinds": {}, "scaling": "auto", "na": (), "keep_na": (),
    "default_na": True, "seed": 0, "validation": 0.15, "test": 0.15, "split": None, "time": None, "group": None,
    "weight": None, "class_weight": None, "optimize": None, "patience": 20,
}  # fmt: skip


@pytest.fixture(scope="module")
def table():
    x = np.random.default_rng(0).normal(size=120)
    return pl.DataFrame({"x": x, "id": range(120), "y": np.where(x > 0, "yes", "no")})


def test_the_fields_are_the_arguments_of_before():
    later = {"pieces", "dropout", "members", "kernel", "schedule", "quantile", "base"}
    now = {field.name: getattr(cp.Recipe(), field.name) for field in fields(cp.Recipe) if field.name not in later}
    assert now == BEFORE


def test_a_recipe_and_its_overrides_are_the_arguments(table):
    def p(**arguments):
        return cp.TableModel.train(table, "y", **arguments).model.predict_proba(table)

    options = {"epochs": 3, "hidden": 8, "drop": "id", "seed": 4}
    one_by_one = p(**options)
    np.testing.assert_array_equal(p(recipe=cp.Recipe(**options)), one_by_one)
    np.testing.assert_array_equal(p(recipe=cp.Recipe(**{**options, "hidden": 3}), hidden=8), one_by_one)
    assert not np.array_equal(p(recipe=replace(cp.Recipe(**options), hidden=3)), one_by_one)


def test_rows_of_their_own_are_no_part_of_the_recipe(table):
    own = table.head(30)
    fit = cp.TableModel.train(table, "y", recipe=cp.Recipe(epochs=1, validation=0.5), test=own)
    assert fit.rows == {"train": 60, "validation": 60, "test": 30}
    assert fit.model.about["recipe"]["test"] == 0.15


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"task": "clustering"}, "unknown task 'clustering'"),
        ({"kinds": {"x": "nmber"}}, "did you mean 'number'"),
        ({"scaling": "robst"}, "did you mean 'robust'"),
        ({"na": "-", "keep_na": ["-"]}, "'-' as a missing value and as a value"),
        ({"default_na": 1}, "default_na 1; expected True or False"),
        ({"validation": 1.0}, r"validation share 1.0; expected a number in \[0, 1\)"),
        ({"test": None}, "test share None"),
        ({"split": "tme"}, "did you mean 'time'"),
        ({"time": "t", "group": "g"}, "one of the two"),
        ({"class_weight": 3}, "class_weight 3; expected 'balanced'"),
        ({"class_weight": {"a": 0}}, "class_weight 0 of 'a'; expected a number above 0"),
        ({"hidden": [8, 0]}, "units 0"),
        ({"activation": "rleu"}, "did you mean 'relu'"),
        ({"l2": -1}, "l2 = -1; expected a finite number"),
        ({"optimizer": "adm"}, "did you mean 'adam'"),
        ({"optimizer": cp.Adam(), "learning_rate": 0.1}, "one of the two"),
        ({"learning_rate": -1.0}, "learning_rate"),
        ({"batch_size": 2.5}, "batch_size 2.5"),
        ({"epochs": -1}, "epochs -1"),
        ({"patience": 0}, "patience 0"),
        ({"optimize": "f2"}, "unknown score to choose a threshold for 'f2'"),
        ({"seed": -1}, "seed -1"),
    ],
)
def test_what_is_wrong_is_said_when_it_is_made(arguments, words):
    with pytest.raises(cp.ClearpropError, match=words):
        cp.Recipe(**arguments)


@pytest.mark.parametrize(("name", "meant"), [("epoch", "epochs"), ("drops", "drop"), ("checkpont", "checkpoint")])
def test_an_unknown_argument_is_a_type_error_that_names_the_closest(table, name, meant):
    with pytest.raises(TypeError, match=f"unknown argument '{name}'.*did you mean '{meant}'") as raised:
        cp.TableModel.train(table, "y", **{name: 1})
    assert isinstance(raised.value, cp.UnknownNameError)


def test_a_recipe_as_plain_data():
    recipe = cp.Recipe(
        drop="id", kinds={"zip": "category"}, hidden=np.array([8, 4]), activation=cp.ELU(0.5), class_weight={3: 2},
        l2=np.float32(0.5), seed=np.int64(7), na={"-"}, validation=np.float32(0.25),
    )  # fmt: skip
    written = json.loads(json.dumps(recipe.to_dict()))
    again = cp.Recipe.from_dict(written)
    assert again == replace(recipe, class_weight={"3": 2.0})  # JSON has names for keys; a class is found by its text
    assert written["hidden"] == [8, 4]
    assert cp.Recipe.from_dict({}) == cp.Recipe()
    with pytest.raises(cp.InvalidValueError, match=r"optimizer Adam\(.*as plain data"):
        cp.Recipe(optimizer=cp.Adam()).to_dict()


def test_presets_have_names():
    assert cp.Recipe.preset("single") == cp.Recipe()
    assert cp.Recipe.preset("single", epochs=3) == cp.Recipe(epochs=3)
    with pytest.raises(cp.UnknownNameError, match="unknown preset 'defalt'.*did you mean 'default'"):
        cp.Recipe.preset("defalt")
    with pytest.raises(TypeError, match="did you mean 'epochs'"):
        cp.Recipe.preset("default", epoch=3)


@pytest.fixture(scope="module")
def saved(table, tmp_path_factory):
    path = tmp_path_factory.mktemp("recipe") / "m"
    cp.TableModel.train(table, "y", epochs=2, drop="id", class_weight={"yes": 2}).model.save(path)
    return path


def test_a_model_remembers_its_recipe(saved):
    recipe = cp.Recipe.from_dict(cp.load(saved).about["recipe"])
    assert recipe == cp.Recipe(epochs=2, drop="id", class_weight={"yes": 2.0})


def test_what_a_file_cannot_carry_is_not_remembered(table):
    fit = cp.TableModel.train(table, "y", epochs=1, optimizer=cp.Adam(0.01))
    assert fit.model.about["recipe"] is None


@pytest.mark.parametrize(
    ("recipe", "refused"),
    [
        (None, False),
        ({"epochs": 3, "a_field_of_later": 1}, False),
        ({"epochs": -3}, True),
        ({"hidden": 10**400}, True),
        ({"activation": {"class": "os.system"}}, True),
        ({"kinds": [1]}, True),
        ({"drop": 3}, True),
        ({"optimize": [[]]}, True),
        ([], True),
    ],
)
def test_a_recipe_in_a_file_is_checked(saved, tmp_path, recipe, refused):
    header, arrays = read_model(saved)
    header["about"]["recipe"] = recipe
    write_model(tmp_path / "m", header, arrays)
    if refused:
        with pytest.raises(cp.ModelFileError, match="what it says of 'recipe'"):
            cp.load(tmp_path / "m")
    else:
        assert cp.load(tmp_path / "m").about["recipe"] == recipe


def test_files_of_before_have_none(saved, tmp_path):
    header, arrays = read_model(saved)
    del header["about"]["recipe"]
    write_model(tmp_path / "m", header, arrays)
    assert "recipe" not in cp.load(tmp_path / "m").about
