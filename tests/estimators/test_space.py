"""Which recipes a search tries, and which of them go on."""

from math import ceil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import clearprop as cp
from clearprop.estimators.objective import lead_of
from clearprop.estimators.recipe import PRESETS
from clearprop.estimators.space import checked_space, proposed, usual_space
from clearprop.estimators.suited import suited
from clearprop.estimators.trials import Trial, chosen, goes_on, ranked


def usual(recipe, rows=1000):
    return usual_space(recipe, suited(recipe, rows))


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("rows", [12, 1000, 30_000, 2_000_000])
def test_every_value_of_the_usual_space_is_one_that_a_recipe_can_have(preset, rows):
    recipe = cp.Recipe.preset(preset)
    for name, values in usual(recipe, rows).items():
        assert len(set(values)) == len(values) > 1
        for value in values:
            recipe.changed(**{name: value})


@given(
    seed=st.integers(0, 50),
    scores=st.lists(st.floats(0, 1), min_size=12, max_size=12),
    preset=st.sampled_from([*PRESETS]),
)
def test_proposals_are_new_and_of_the_space(seed, scores, preset):
    recipe = cp.Recipe.preset(preset, seed=seed)
    space, tried = usual(recipe, 1000), []
    for number, score in enumerate(scores, 1):
        order = sorted(range(len(tried)), key=scores.__getitem__)
        best = [tried[k] for k in order]
        found = proposed(number, recipe, space, tried, best)
        assert found is not None
        assert found not in tried
        assert (found == {}) == (number == 1)
        assert found == proposed(number, recipe, space, tried, best)
        for name, value in found.items():
            assert value in space[name]
            assert getattr(recipe, name) != value
        tried.append(found)
        assert score is not None


def test_steps_from_the_best_go_to_a_neighbour():
    recipe = cp.Recipe(dropout=0.2)
    space = {"dropout": [0.0, 0.1, 0.2, 0.3, 0.4]}
    for seed in range(20):
        found = proposed(11, recipe.changed(seed=seed), space, [], [{"dropout": 0.3}])
        assert found in ({"dropout": 0.4}, {})  # 0.3 itself or the recipe's 0.2 would be {}


def test_other_seeds_try_in_another_order():
    space = usual(cp.Recipe())
    orders = {str([proposed(k, cp.Recipe(seed=s), space, [], []) for k in range(1, 6)]) for s in range(5)}
    assert len(orders) == 5


def test_fields_that_are_fixed_are_not_in_the_space():
    recipe = cp.Recipe()
    found = checked_space(None, recipe, suited(recipe, 1000), ["hidden", "l2"])
    assert found.keys().isdisjoint({"hidden", "l2"})
    assert "learning_rate" not in usual(cp.Recipe(optimizer=cp.Adam(0.01)))
    assert "epochs" not in usual(cp.Recipe(epochs=30))


def trial(number, first, score=None):
    return Trial(number, {}, "early" if score is None else "complete", first, score)


@given(firsts=st.lists(st.floats(0, 9), min_size=1, max_size=30))
def test_the_best_third_goes_on(firsts):
    earlier = [trial(k, first) for k, first in enumerate(firsts[:-1], 1)]
    place = sum(first <= firsts[-1] for first in firsts[:-1])  # from 0; of equal ones the earlier is before
    assert goes_on(firsts[-1], earlier, "log_loss") == (place < ceil(len(firsts) / 3))
    assert goes_on(-firsts[-1], [trial(t.number, -t.first) for t in earlier], "auc") == (place < ceil(len(firsts) / 3))


def test_of_equal_ones_the_earlier_is_chosen():
    trials = [trial(1, 0.5, 0.3), trial(2, 0.1), trial(3, 0.2, 0.25), trial(4, 0.3, 0.25)]
    assert [t.number for t in ranked(trials, "log_loss")] == [3, 4, 1]
    assert [t.number for t in ranked(trials, "auc")] == [1, 3, 4]


def test_the_best_is_chosen_where_it_is_clearly_better_than_the_first():
    first, near = trial(1, 0.5, 0.4), Trial(2, {"l2": 1.0}, "complete", 0.1, 0.3, lead=1.9)
    clear, other = Trial(3, {"l2": 2.0}, "complete", 0.1, 0.35, lead=2.0), Trial(4, {}, "complete", 0.1, 0.36, lead=9.0)
    assert chosen([], "rmse") is None
    assert chosen([first, near], "rmse") is first
    assert chosen([first, near, clear, other], "rmse") is clear, "the better score of those that are clear"
    assert chosen([Trial(1, {}, "diverged"), trial(2, 0.1, 0.3)], "rmse").number == 2
    assert chosen([first, trial(2, 0.1, 0.3)], "auc") is first
    assert chosen([first, trial(2, 0.1, 0.5)], "auc").number == 2, "without a lead the best"


def test_a_lead_is_in_standard_errors():
    rng = np.random.default_rng(0)
    d = rng.normal(0.1, 1, 50)
    assert np.isclose(lead_of(d), d.mean() / (d.std() / 50**0.5))
    assert lead_of(np.zeros(5)) == 0
    assert np.isclose(lead_of(-d), -lead_of(d))
    w = rng.integers(1, 4, 50).astype(float)
    mean = (w * d).sum() / w.sum()
    assert np.isclose(lead_of(d, w), mean / ((w**2 * (d - mean) ** 2).sum() ** 0.5 / w.sum()))
    whole = np.repeat(d, 4)  # the same rows four times say no more than once
    assert np.isclose(lead_of(whole, units=np.repeat(np.arange(50), 4)), lead_of(d))
    assert lead_of(whole) > 1.9 * lead_of(d) > 0


def test_leads_of_noise_have_the_spread_that_they_claim():
    rng = np.random.default_rng(1)
    shared = rng.normal(size=(400, 30)).repeat(5, axis=1) + 0.1 * rng.normal(size=(400, 150))
    leads = [lead_of(d, units=np.arange(150) // 5) for d in shared]
    assert 0.9 < np.std(leads) < 1.15
