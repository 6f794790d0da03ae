"""What a recipe leaves open, by the number of rows."""

import numpy as np
import polars as pl
import pytest

import clearprop as cp
from clearprop import Recipe
from clearprop.estimators.recipe import PRESETS
from clearprop.estimators.suited import suited


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("rows", [3, 2499, 2500, 40_000, 10**7])
def test_nothing_but_the_pieces_and_the_rate_is_left_open(preset, rows):
    given = Recipe.preset(preset)
    found = suited(given, rows)
    filled = [found.hidden, found.activation, found.dropout, found.l2, found.batch_size, found.epochs]
    assert None not in filled
    assert suited(found, rows) == found
    fixed = {name: getattr(given, name) for name in ("members", "patience", "schedule", "seed", "pieces")}
    assert fixed == {name: getattr(found, name) for name in fixed}


def test_what_is_given_stays():
    own = {"hidden": (7,), "activation": "tanh", "dropout": 0.0, "l2": 0.0, "batch_size": 3, "epochs": 5}
    given = Recipe.preset("default", **own, learning_rate=0.5)
    assert suited(given, 10_000) == given


def test_many_rows_have_two_smooth_layers_and_their_rate_begins_higher():
    few, many = (suited(Recipe.preset("default"), rows) for rows in (2499, 2500))
    assert (few.hidden, few.activation, few.dropout, few.learning_rate) == ((256,), "relu", 0.2, None)
    assert (many.hidden, many.activation, many.dropout, many.learning_rate) == ((128, 32), "mish", 0.1, 0.005)
    assert suited(Recipe.preset("default", optimizer="sgd"), 2500).learning_rate is None
    assert suited(Recipe(), 2500).learning_rate is None


def test_a_recipe_with_open_fields_is_kept_as_data_and_trains():
    recipe = Recipe.preset("default", members=2, epochs=2)
    assert Recipe.from_dict(recipe.to_dict()) == recipe
    rng = np.random.default_rng(0)
    x = rng.normal(size=3000)
    table = pl.DataFrame({"x": x, "y": x**2})
    layers = cp.TableModel.train(table, "y", recipe=recipe, test=0.1).model.members[0].architecture.layers
    found = [layer.activation for layer in layers if isinstance(layer, cp.Dense)]
    assert found[:2] == ["mish", "mish"]
