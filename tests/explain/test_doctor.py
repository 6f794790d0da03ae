"""What a diagnosis is: iterated, counted, printed in two languages, turned into HTML and JSON; and what it refuses."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import clearprop as cp
from clearprop.errors import DTypeError, InvalidValueError, ShapeError, UnknownNameError
from clearprop.explain.doctor import ILLNESSES
from clearprop.messages import Message
from clearprop.visible import columns_of
from illnesses import CASES, ill, moons, waves

(X, y), (X_NEW, Y_NEW) = moons()
each_illness = pytest.mark.parametrize(
    "case", {case.illness: case for case in CASES}.values(), ids=lambda case: case.illness
)


def finding_of(illness):
    return ill(next(case for case in CASES if case.illness == illness)).diagnosis[illness]


def network(*layers, loss="binary_cross_entropy", **options):
    return cp.Network(2, [*layers, cp.Dense(1, "sigmoid")], loss, **options)


def test_a_diagnosis_is_like_a_list_of_findings():
    found = ill(CASES[0]).diagnosis
    assert len(found) == len(list(found)) == len(found.findings) > 0
    assert found
    assert "unscaled_inputs" in found
    assert found["unscaled_inputs"] is found.findings[0], "what causes others comes first"
    with pytest.raises(UnknownNameError, match="no finding 'symmetry' in this diagnosis; expected one of: unscaled_in"):
        found["symmetry"]
    assert len(found.healthy) + len(found.skipped) + len(found) == len(found.examined) == len(ILLNESSES)


def test_a_healthy_network_says_so_and_what_was_examined():
    net = network(cp.Dense(16, "relu"))
    history = net.fit(X, y, optimizer=cp.Adam(0.01), epochs=150)
    found = cp.diagnose(net, X, y, history, optimizer=cp.Adam(0.01))
    assert not found
    text = repr(found)
    assert text.startswith("No findings")
    assert "symmetry" in text
    assert "16 hidden units, 16 of them distinct" in text
    assert "needs validation=(X, y)" in text


@each_illness
def test_a_finding_speaks_both_languages(case):
    finding = ill(case).diagnosis[case.illness]
    for name in ("title", "where", "measured", "why", "advice", "caption"):
        en, zh = getattr(finding, name)("en"), getattr(finding, name)("zh")
        assert en
        assert not re.search(r"[⺀-￯]", en), "no Chinese in the English"
        assert re.search(r"[⺀-￯]", zh)
        assert "{" not in en + zh
    assert finding.change
    assert re.search(r"\d", finding.measured("en")), "numbers"
    if finding.picture:
        root = ET.fromstring(finding.picture)
        assert root.tag.endswith("svg")
        words = [t for t in root.iter("{*}text") if re.search(r"[a-zA-Z]{3}", "".join(t.itertext()))]
        assert words == [], "pictures have no words, so they speak every language"
        assert root.find("{*}title").text == finding.caption("en")


@each_illness
def test_a_finding_survives_json_as_keys_and_values(case):
    finding = ill(case).diagnosis[case.illness]
    data = json.loads(json.dumps(finding.to_dict("zh"), allow_nan=False))
    for name, message in data["messages"].items():
        assert Message.from_dict(message)("zh") == data[name] == getattr(finding, name)("zh")
        assert Message.from_dict(message)("en") == getattr(finding, name)("en")


def test_explained_in_chinese():
    found = ill(CASES[2]).diagnosis
    text = found.explain("zh")
    assert "对称性" in text
    assert "梯度" in text
    assert "建议：" in text
    with pytest.raises(UnknownNameError, match="language"):
        found.explain("de")
    with pytest.raises(UnknownNameError, match="language"):
        cp.diagnose(network(), X, y, lang="de")
    assert repr(cp.diagnose(network(), X, y, lang="zh")).startswith("未发现问题")


def test_html_and_json():
    found = ill(CASES[0]).diagnosis
    root = ET.fromstring(found.to_html())
    assert len(root.findall("./div[@data-value]")) == len(found)
    assert len(root.findall(".//figure/{*}svg")) == sum(finding.picture is not None for finding in found)
    data = json.loads(json.dumps(found.to_dict("zh"), allow_nan=False))
    assert [finding["illness"] for finding in data["findings"]] == [finding.illness for finding in found]
    assert sum(seen["found"] for seen in data["examined"]) == len(found)
    assert data["findings"][0]["change"] == {"X": "(X − mean) / std"}
    collapse = finding_of("linear_collapse").to_dict()
    assert np.shape(collapse["numbers"]["W"]) == (2, 1)
    small = finding_of("small_learning_rate").to_dict()
    assert small["change"] == {"optimizer": "cp.Adam(0.005)"}


def test_lines_fit_the_terminal_in_both_languages():
    found = ill(CASES[0]).diagnosis
    for lang in ("en", "zh"):
        lines = found.explain(lang).splitlines()
        assert max(map(columns_of, lines)) <= 100
        assert not [line for line in lines if line.strip()[:1] in "，。；：、）" and line.strip()]


def test_what_cannot_be_examined_is_said():
    untrained = cp.diagnose(network(), X, y)
    skipped = {e.illness: e.measured("en") for e in untrained.skipped}
    assert skipped["underfitting"] == "the network is not trained"
    assert skipped["symmetry"] == skipped["linear_collapse"] == "there is no hidden layer"
    assert not untrained, "logistic regression, at its start, is healthy"


def test_a_zero_start_of_logistic_regression_is_healthy():
    """Row 1.18."""
    net = cp.Network(2, [cp.Dense(1, "sigmoid", init="zeros")], "binary_cross_entropy")
    assert "symmetry" not in cp.diagnose(net, X, y)


def test_a_learning_rate_that_nobody_named_is_judged_by_the_losses():
    """The optimizer is not known: the history shows another rate than Adam's own."""
    net = network(cp.Dense(16, "relu"))
    history = net.fit(X, y, optimizer=cp.SGD(0.3), epochs=30)
    forgotten = unfitted(net)
    assert forgotten.optimizer is None
    assert "large_learning_rate" not in cp.diagnose(forgotten, X, y, history)
    net = network(cp.Dense(16, "tanh"))
    history = net.fit(X, y, optimizer=cp.GradientDescent(200.0), epochs=30)
    assert set(cp.diagnose(unfitted(net), X, y, history)["large_learning_rate"].change) == {"learning_rate"}


def test_the_optimizer_of_the_last_fit_is_judged_where_none_is_named():
    net = network(cp.Dense(16, "tanh"))
    history = net.fit(X, y, optimizer=cp.GradientDescent(200.0), epochs=30)
    (change,) = cp.diagnose(net, X, y, history)["large_learning_rate"].change.values()
    assert type(change) is cp.GradientDescent
    assert cp.diagnose(net, X, y, history).to_dict() == (
        cp.diagnose(net, X, y, history, optimizer=cp.GradientDescent(200.0)).to_dict()
    )


def unfitted(net):
    """A network of the same numbers that no fit is known of."""
    other = network(*net.architecture.layers[:-1])
    other.parameters = net.parameters
    return other


def test_weights_that_were_set_by_hand():
    """Exploding by hand: the seed's start is healthy, so the advice is to take smaller steps."""
    net = network(*[cp.Dense(32, "relu")] * 5)
    for name in list(net.parameters):
        if name[0] == "W":
            net.parameters[name] = 10 * net.parameters[name]
    finding = cp.diagnose(net, X, y)["exploding_gradients"]
    assert set(finding.change) == {"optimizer"}
    assert finding.numbers["at_start"] < 10


def test_nothing_is_changed():
    net = network(cp.Dense(4, "tanh"), cp.BatchNorm(), cp.Dropout(0.2))
    history = net.fit(X, y, epochs=2)
    before, losses = net.arrays(), list(history.step_loss)
    cp.diagnose(net, X, y, history, validation=(X_NEW, Y_NEW))
    after = net.arrays()
    assert all(np.array_equal(before[name], after[name]) for name in before)
    assert history.step_loss == losses


@pytest.mark.parametrize(
    ("columns", "is_ill"),
    [
        ({"cm": (5.8, 0.8), "more cm": (3.7, 1.7)}, False),
        ({"age": (40.0, 12.0)}, True),
        ({"year": (2000.0, 8.0), "x": (0.0, 1.0)}, True),
        ({"a": (0.0, 0.05), "b": (0.0, 0.04)}, True),
        ({"a": (0.0, 1.0), "b": (0.0, 0.005)}, True),
        ({"a": (0.0, 1.0), "always": (3000.0, 0.0)}, False),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else None,
)
def test_which_inputs_are_standardised_enough(columns, is_ill):
    rng = np.random.default_rng(0)
    X = np.stack([mean + std * rng.normal(size=200) for mean, std in columns.values()], axis=1)
    net = cp.Network(len(columns), [cp.Dense(1, "sigmoid")], "binary_cross_entropy")
    assert ("unscaled_inputs" in cp.diagnose(net, X, np.arange(200) % 2)) is is_ill


def test_indicators_and_pixels_need_no_scaling():
    rng = np.random.default_rng(0)
    rare = (rng.random((500, 3)) < 0.004).astype(float)
    pixels = np.where(rng.random((500, 4)) < 0.02, 0.01, 0.0)
    X = np.concatenate([rare, pixels, rng.random((500, 4))], axis=1)
    net = cp.Network(11, [cp.Dense(1, "sigmoid")], "binary_cross_entropy")
    assert "unscaled_inputs" not in cp.diagnose(net, X, np.arange(500) % 2)


def test_classes_numbers_and_several_outputs():
    rng = np.random.default_rng(0)
    Z = rng.normal(size=(80, 2))
    for layers, loss, targets in (
        ([cp.Dense(3, "softmax")], "cross_entropy", rng.dirichlet(np.ones(3), 80)),
        ([cp.Dense(3, "sigmoid")], "binary_cross_entropy", rng.integers(0, 2, (80, 3))),
        ([cp.Dense(8, "gelu"), cp.LayerNorm(), cp.Dense(2)], "huber", rng.normal(size=(80, 2))),
        ([cp.Linear(2, 2)], lambda a, t: (a - t) ** 2, rng.normal(size=(80, 2))),
    ):
        net = cp.Network(2, layers, loss)
        history = net.fit(Z, targets, epochs=3)
        json.dumps(cp.diagnose(net, Z, targets, history, validation=(Z, targets)).to_dict(), allow_nan=False)


def test_a_target_that_never_varies_has_no_score():
    Z = np.random.default_rng(0).normal(size=(30, 2))
    net = network(cp.Dense(3, "tanh"))
    net.fit(Z, np.ones(30), epochs=1)
    skipped = {e.illness for e in cp.diagnose(net, Z, np.ones(30), validation=(Z, np.ones(30))).skipped}
    assert {"underfitting", "overfitting"} <= skipped


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: cp.diagnose(network(), X[:, :1], y), ShapeError, "X has shape"),
        (lambda: cp.diagnose(network(), X, y[:3]), ShapeError, "y has 3 rows"),
        (lambda: cp.diagnose(network(), X, y, history=[1.0]), DTypeError, "a history of type list"),
        (lambda: cp.diagnose(network(), X, y, validation=0.1), InvalidValueError, "validation of type float"),
        (lambda: cp.diagnose(network(), X, y, validation=(X[:0], y[:0])), ShapeError, "no rows"),
        (lambda: cp.diagnose(network(), X, y, optimizer="adm"), UnknownNameError, "did you mean 'adam'"),
        (lambda: cp.diagnose(network(), X, y, batch_size=0), InvalidValueError, "batch_size 0"),
        (lambda: cp.diagnose(cp.Network(2, [cp.Dense(1)]), X, y), InvalidValueError, "no loss"),
    ],
)
def test_mistakes_are_named(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_many_rows_are_sampled_and_few_are_enough():
    rng = np.random.default_rng(0)
    Z = rng.normal(size=(5000, 2))
    net = cp.Network(2, [cp.Dense(8, "relu"), cp.Dense(1)], "mean_squared_error")
    assert "all 1000 rows" in repr(cp.diagnose(net, Z, Z[:, 0]))
    assert "for the one row" in repr(cp.diagnose(net, Z[:1], Z[:1, 0]))


def test_the_advice_for_numbers_is_found_by_the_targets_unit():
    (Z, t), _ = waves()
    net = cp.Network(2, [cp.Dense(16, "relu"), cp.Dense(1)], "mean_squared_error")
    found = cp.diagnose(net, Z, 1e4 + 30 * t)
    assert found["unscaled_targets"].severity == "serious"
    scaled = found["unscaled_targets"].change["y"](1e4 + 30 * t)
    assert (abs(scaled.mean()), scaled.std()) == (pytest.approx(0, abs=1e-9), pytest.approx(1))
    assert set(found["initial_loss"].change) == {"y"}, "the same cure"


def regression(**dense):
    rng = np.random.default_rng(0)
    Z = rng.normal(size=(300, 5))
    net = cp.Network(5, [cp.Dense(16, "relu", **dense), cp.Dense(1, **dense)], "squared_error", seed=0)
    return net, Z, Z @ [1, 2, -1, 0.5, 0] + 0.1 * rng.normal(size=300)


@pytest.mark.parametrize(("scale", "shift"), [(0.4, 3.0), (1.0, 9.0), (1e-3, 0.0), (0.01, 0.95)])
def test_targets_are_to_blame_where_the_weights_suit(scale, shift):
    net, Z, t = regression()
    t = scale * t + shift
    found = cp.diagnose(net, Z, t, net.fit(Z, t, epochs=100))
    assert found.findings[0].illness == "unscaled_targets"
    assert "the initial weights suit" in found["unscaled_targets"].measured("en")
    assert all(set(finding.change) == {"y"} for finding in found), "init would change nothing"
    net, Z, _ = regression()
    t = found["unscaled_targets"].change["y"](t[:, None])
    assert not cp.diagnose(net, Z, t, net.fit(Z, t, epochs=100, optimizer=cp.Adam(0.01)))


def test_weights_that_do_not_suit_are_to_blame():
    net, Z, t = regression(init=cp.Normal(5.0))
    found = cp.diagnose(net, Z, t)
    assert found["initial_loss"].change == {"init": "he", "bias_init": "zeros"}
    assert "unscaled_targets" not in found


@pytest.mark.parametrize(("epochs", "batch_size"), [(1, 32), (2, 32), (3, 300)])
def test_a_training_that_was_short_needs_more_epochs(epochs, batch_size):
    net, Z, t = regression()
    found = cp.diagnose(net, Z, t, net.fit(Z, t, epochs=epochs, batch_size=batch_size), batch_size=batch_size)
    assert [finding.illness for finding in found] == ["underfitting"]
    assert found["underfitting"].change == {"epochs": 100}


def test_a_second_fit_of_a_network_that_has_learned_is_healthy():
    net, Z, t = regression()
    net.fit(Z, t, epochs=200, optimizer=cp.Adam(0.01))
    for epochs in (1, 6):
        assert not cp.diagnose(net, Z, t, net.fit(Z, t, epochs=epochs))


def test_a_learning_rate_near_0_is_seen_after_one_epoch():
    net, Z, t = regression()
    history = net.fit(Z, t, epochs=1, optimizer=cp.Adam(1e-7))
    assert "small_learning_rate" in cp.diagnose(net, Z, t, history, optimizer=cp.Adam(1e-7))


def test_a_narrow_linear_layer_is_no_collapse():
    """A linear autoencoder: W1·W2 has rank 2, which no single layer would have by itself."""
    _, Z, _ = regression()
    found = cp.diagnose(cp.Network(5, [cp.Dense(2), cp.Dense(5)], "squared_error"), Z, Z)
    assert "linear_collapse" not in found
    measured = {e.illness: e.measured("en") for e in found.healthy}
    assert "limits the product of the weights to rank 2" in measured["linear_collapse"]
    assert "linear_collapse" in cp.diagnose(cp.Network(5, [cp.Dense(5), cp.Dense(5)], "squared_error"), Z, Z)


@pytest.mark.parametrize("factor", [1e100, 1e200, 1e300])
def test_numbers_beyond_all_bounds_are_findings_without_warnings(factor):
    _, Z, t = regression()
    net = cp.Network(5, [cp.Dense(4, "relu"), cp.Dense(4, "tanh"), cp.Dense(1)], "squared_error", dtype="float64")
    assert "unscaled_inputs" in cp.diagnose(net, factor * Z, t)
    assert "unscaled_targets" in cp.diagnose(net, Z, factor * t)
    for name in list(net.parameters):
        net.parameters[name] = factor * np.sign(net.parameters[name])
    assert cp.diagnose(net, Z, t).to_html()
