"""The verdict of the page, the doctor's, the report's and that of `evaluate` on the same fits: they agree."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

import clearprop as cp
from clearprop.app.doctor import examine
from clearprop.explain.doctor import Judgement, Measure
from clearprop.messages import Message
from clearprop.report.evidence import Evidence

SAID = {"chance": "No better than chance", "overfitting": "Overfitting"}


def table(kind: str) -> pl.DataFrame:
    rng = np.random.default_rng(0)
    n = 6000 if kind == "imbalanced" else 400
    x = rng.normal(size=(n, 4))
    frame = pl.DataFrame({f"x{i}": x[:, i] for i in range(4)})
    if kind in ("chance", "held back"):
        return frame.with_columns(y=pl.Series(rng.choice(["a", "b"], n)))
    if kind == "imbalanced":
        return frame.with_columns(
            y=pl.Series(np.where(rng.random(n) < 1 / (1 + np.exp(4.6 - 1.2 * x[:, 0])), "b", "a"))
        )
    if kind in ("regression", "late"):
        return frame.with_columns(y=pl.Series(x[:, 0] + 0.1 * rng.normal(size=n)))
    noise = 0.05 if kind == "healthy" else 1.5
    return frame.with_columns(y=pl.Series(np.where(x[:, 0] + noise * rng.normal(size=n) > 0, "a", "b")))


KINDS = {
    "healthy": {},
    "overfitted": {"hidden": [128, 128], "l2": 0, "epochs": 150, "validation": 0.0},
    "overfitted regression": {"hidden": [128, 128], "l2": 0, "epochs": 150, "validation": 0.0},
    "chance": {"epochs": 40},
    "held back": {"l2": 10.0},
    "imbalanced": {},
    "imbalanced balanced": {"class_weight": "balanced"},
    "imbalanced f1": {"optimize": "f1"},
    "regression": {},
    "no validation": {"validation": 0.0},
}


@pytest.fixture(scope="module", params=list(KINDS))
def fitted(request):
    kind = request.param
    data = table(kind.split()[0] if kind.startswith("imbalanced") else kind.replace("no validation", "healthy"))
    if kind == "overfitted regression":
        rng = np.random.default_rng(1)
        data = table("regression").with_columns(y=pl.col("y") + pl.Series(3 * rng.normal(size=400)))
    return kind, data, cp.TableModel.train(data, "y", **KINDS[kind])


def said(lines: list[str]) -> set[str]:
    return {what for what, words in SAID.items() if any(words in line for line in lines)}


def test_all_say_the_same(fitted, tmp_path):
    kind, data, fit = fitted
    fit.model.save(tmp_path / "m.clearprop")
    verdict = said(fit.verdict)
    doctor = examine(cp.load(tmp_path / "m.clearprop"), data)
    assert doctor.is_own
    assert {f.illness for f in doctor.diagnosis} & SAID.keys() == verdict
    report = Evidence.of(fit, data, {}).diagnosis
    assert {f.illness for f in report} & SAID.keys() == verdict
    test = data[fit.split.test]
    assert said(fit.model.verdict(fit.model.evaluate(test))) == verdict
    expected = {"chance": {"chance"}, "held back": {"chance"}, "overfitted": {"overfitting"}}
    expected["overfitted regression"] = {"overfitting", "chance"}
    assert verdict >= expected.get(kind, set())
    assert kind in expected or not verdict


def test_where_nearly_all_rows_are_of_one_class_accuracy_says_nothing():
    fit = cp.TableModel.train(table("imbalanced"), "y")
    (line,) = (line for line in fit.verdict if "Accuracy says nothing here" in line)
    assert "as 97.9% of the rows are a" in line
    assert "ROC AUC 0." in line
    assert "--optimize f1, or --class-weight balanced" in line
    chosen = cp.TableModel.train(table("imbalanced"), "y", optimize="f1")
    assert not any("--optimize" in line for line in chosen.verdict), "what was done already is not advised"


def test_weights_of_classes_are_no_illness():
    """The loss of weighted rows is not what a constant reaches on rows that all count alike."""
    data = table("imbalanced")
    fit = cp.TableModel.train(data, "y", class_weight="balanced")
    assert examine(fit.model, data).diagnosis.findings == ()


def test_rows_of_one_class_say_nothing():
    data = table("imbalanced")
    few = pl.concat([data.filter(pl.col("y") == "a").head(60), data.filter(pl.col("y") == "b").head(2)])
    fit = cp.TableModel.train(few, "y", epochs=5)
    assert fit.verdict == ["Too few test rows to tell: accuracy is not defined on them."]
    diagnosis = examine(fit.model, few).diagnosis
    assert {"overfitting", "chance"} <= {e.illness for e in diagnosis.skipped}


def few(n: int, kind: str) -> pl.DataFrame:
    """Rows of which a model is sure and right."""
    x = np.where(np.arange(n) % 2, 1.0, -1.0) + np.linspace(-0.1, 0.1, n)
    return pl.DataFrame({"x": x, "y": x * 2 if kind == "numbers" else np.where(x > 0, "a", "b")})


@pytest.mark.parametrize("kind", ["numbers", "classes"])
@pytest.mark.parametrize(("rows", "judged"), [(1, False), (2, False), (5, False), (6, True), (12, True)])
def test_a_handful_of_rows_judges_nothing(kind, rows, judged):
    frame = few(200, kind)
    fit = cp.TableModel.train(frame, "y", test=few(rows, kind), epochs=40, learning_rate=0.05, hidden=[8])
    is_few = f"{rows} test row" in fit.verdict[-1] and "too few to judge by" in fit.verdict[-1]
    assert is_few is not judged
    assert any(np.isfinite(bounds).all() for bounds in fit.last.intervals.values()) is judged
    assert [line for line in fit.verdict if "Better than chance" in line or "No better" in line] == [
        line for line in fit.verdict if judged
    ]
    evaluated = fit.model.verdict(fit.model.evaluate(few(rows, kind)), "zh")
    assert (f"只有 {rows} 行" in evaluated[-1]) is not judged


def test_the_doctor_of_a_network_judges_nothing_by_a_handful_of_rows():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 2))
    y, net = X[:, :1], cp.Network(2, [cp.Dense(8, "tanh"), cp.Dense(1)], loss="mean_squared_error", seed=0)
    history = net.fit(X, y, epochs=30, optimizer=cp.Adam(0.02))
    for rows, skipped in ((5, True), (6, False)):
        found = cp.diagnose(net, X, y, history, validation=(X[:rows], y[:rows]))
        why = {e.illness: str(e.measured) for e in found.skipped}
        for illness in ("chance", "overfitting"):
            assert ("too few for a 95% interval" in why.get(illness, "")) is skipped


def test_a_score_that_many_samples_do_not_define_has_no_interval():
    """Of forty rows one is of the class: a resample in three has none, and no area under the ROC curve."""
    frame = few(200, "classes")
    one = few(40, "classes").with_columns(y=pl.Series(["a", *["b"] * 39]))
    found = cp.TableModel.train(frame, "y", epochs=5).model.evaluate(one)
    assert np.isnan(found.intervals["auc"]).all()
    assert np.isfinite(found.intervals["accuracy"]).all()


# --- the rules, by hand


def measure(value, low, high, baseline=0.5, perfect=1.0):
    return Measure(Message("verdict.names.accuracy"), value, low, high, baseline, perfect)


def test_better_than_chance_by_hand():
    accuracy, auc, loss = measure(0.98, 0.97, 0.99, 0.98), measure(0.7, 0.6, 0.8), measure(0.1, 0.08, 0.12, 0.13, 0.0)
    assert Judgement({}, {"accuracy": accuracy, "auc": auc}).better_than_chance is auc
    assert Judgement({}, {"accuracy": accuracy, "log_loss": loss}).better_than_chance is loss
    assert Judgement({}, {"log_loss": measure(0.1, 0.08, 0.14, 0.13, 0.0)}).better_than_chance is None
    assert Judgement({}, {"auc": measure(0.7, 0.49, 0.9)}).better_than_chance is None


@pytest.mark.parametrize(
    ("seen", "unseen", "is_over"),
    [
        ((1.0, 1.0, 1.0), (0.7, 0.6, 0.8), True),  # 0.6 of what there is to learn is lost
        ((1.0, 1.0, 1.0), (0.92, 0.88, 0.95), False),  # 0.16 is lost
        ((0.9, 0.9, 0.9), (0.78, 0.7, 0.85), False),  # 0.24 is lost, but the error may be less than twice as large
        ((0.9, 0.9, 0.9), (0.72, 0.68, 0.75), True),
    ],
)
def test_overfitting_by_hand(seen, unseen, is_over):
    judged = Judgement({"accuracy": measure(*seen)}, {"accuracy": measure(*unseen)})
    assert (judged.overfitting is not None) is is_over


def test_what_is_lost_later_is_no_overfitting():
    seen, late, within = measure(1.0, 1.0, 1.0), measure(0.7, 0.65, 0.75), measure(0.97, 0.97, 0.97)
    assert Judgement({"r2": seen}, {"r2": late}).overfitting is not None
    assert Judgement({"r2": seen}, {"r2": late}, {"r2": within}).overfitting is None
