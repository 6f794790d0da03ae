"""A kernel machine beside the networks of a model: when it answers, how much, and what is said of it."""

import numpy as np
import polars as pl
import pytest

import clearprop as cp
from clearprop.errors import ModelFileError
from clearprop.estimators import kernel as kernels
from clearprop.interop import read_model, write_model
from clearprop.report.card import card_of

RECIPE = {"members": 4, "kernel": True, "epochs": 20, "pieces": None, "schedule": "cosine"}


def board(n=500, kind="class", seed=0):
    """Squares of a checkerboard: what is near is alike, what is far tells nothing."""
    draw = np.random.default_rng(seed)
    a, b = draw.uniform(0, 4, (2, n))
    black = (np.floor(a) + np.floor(b)) % 2
    y = np.where(black, "black", "white") if kind == "class" else black * 3 + 0.1 * draw.normal(size=n) + a
    return pl.DataFrame({"a": a, "b": b, "noise": draw.normal(size=n), "y": y})


@pytest.fixture(scope="module")
def fits():
    return {kind: cp.TableModel.train(board(kind=kind), "y", **RECIPE) for kind in ("class", "number")}


@pytest.mark.parametrize("kind", ["class", "number"])
def test_it_answers_where_that_is_better(fits, kind):
    fit = fits[kind]
    found = fit.model.about["kernel"]
    members, _own, both = found["losses"]
    assert 0 < found["share"] <= 0.5
    assert found["why"] is None
    assert found["rows"] == fit.rows["train"]
    assert both < members
    name = "log_loss" if kind == "class" else "rmse"
    plain = cp.TableModel.train(board(kind=kind), "y", **{**RECIPE, "kernel": False})
    assert fit.scores["validation"][name] < plain.scores["validation"][name]
    assert fit.scores["test"][name] < plain.scores["test"][name]  # rows that nobody held


@pytest.mark.parametrize("kind", ["class", "number"])
def test_the_answer_is_the_mean_by_weights(fits, kind):
    model = fits[kind].model
    members, share = model.members, model.about["kernel"]["share"]
    assert len(members) == 5
    assert isinstance(members[-1].architecture.layers[-1], cp.Radial)
    assert model.network.shares == pytest.approx([(1 - share) / 4] * 4 + [share])
    X = model.encoder.transform(board(60, kind, seed=1), "float32")
    each = np.stack([member.predict(X) for member in members])
    expected = np.average(each, axis=0, weights=model.network.shares)
    np.testing.assert_allclose(model.predictor.predict(X), expected, rtol=0, atol=1e-6)
    off = np.average((each - expected) ** 2, axis=0, weights=model.network.shares) ** 0.5
    spread = model.spread(board(60, kind, seed=1))
    found = spread[:, 1:] if kind == "class" else spread[:, None] / model.target.usual[1]
    np.testing.assert_allclose(found, off, rtol=1e-3, atol=1e-6)


def test_what_was_held_out_was_held_out_by_the_machine_too():
    """Rows of a group are all alike: a machine that had seen others of the group would be right about them."""
    draw = np.random.default_rng(1)
    place, truth = draw.normal(size=(60, 3)), draw.integers(0, 2, 60)
    group = np.repeat(np.arange(60), 6)
    table = pl.DataFrame({f"x{j}": place[group, j] for j in range(3)} | {"who": group, "y": truth[group].astype(str)})
    fit = cp.TableModel.train(table, "y", group="who", test=0.0, **RECIPE)
    found = fit.model.about["kernel"]
    own = found["losses"][1]
    assert own > 0.5  # chance is 0.69; by the groups' own rows it would be next to nothing
    assert fit.scores["validation"]["log_loss"] > 0.5


@pytest.mark.parametrize(
    ("changes", "table", "why"),
    [
        ({"quantile": 0.9}, board(200, "number"), "quantile"),
        ({"members": 1}, board(200), "held_out"),
        ({}, board(3), "held_out"),
        (
            {"epochs": 2},
            board(1600).with_columns(c=pl.Series([f"level {i % 320}" for i in range(1600)])),
            "codes",
        ),
    ],
)
def test_why_there_is_none(changes, table, why):
    fit = cp.TableModel.train(table, "y", **{**RECIPE, **changes})
    assert fit.model.about["kernel"]["why"] == why
    assert not any(isinstance(n.architecture.layers[-1], cp.Radial) for n in fit.model.members)
    assert "no kernel machine" in card_of(fit.model)
    assert "没有核机器" in card_of(fit.model, "zh")


def test_there_is_none_that_makes_nothing_better(monkeypatch):
    monkeypatch.setattr(kernels, "_SHARES", np.zeros(1))
    fit = cp.TableModel.train(board(), "y", **RECIPE)
    assert fit.model.about["kernel"]["why"] == "worse"
    assert len(fit.model.members) == 4
    assert "does not make the answers to held-out rows clearly better" in card_of(fit.model)


def test_there_is_none_of_too_many_rows(monkeypatch):
    monkeypatch.setattr(kernels, "MOST_ROWS", 100)
    fit = cp.TableModel.train(board(), "y", **RECIPE)
    assert fit.model.about["kernel"]["why"] == "rows"


def test_there_is_none_of_too_many_classes():
    table = board(1206).with_columns(y=pl.Series([f"class {i % 201}" for i in range(1206)]))
    fit = cp.TableModel.train(table, "y", **{**RECIPE, "epochs": 1})
    assert fit.model.about["kernel"]["why"] == "classes"
    assert "more than 200 classes" in card_of(fit.model)


@pytest.mark.parametrize(("error", "why"), [(KeyboardInterrupt, "stopped"), (MemoryError, "memory")])
def test_the_networks_answer_where_the_machine_is_not_solved(monkeypatch, error, why):
    def unsolved(*_):
        raise error

    monkeypatch.setattr(kernels, "machine_on", unsolved)
    fit = cp.TableModel.train(board(), "y", **RECIPE)
    assert fit.model.about["kernel"]["why"] == why
    plain = cp.TableModel.train(board(), "y", **{**RECIPE, "kernel": False})
    assert np.array_equal(fit.model.predict_proba(board()[:50]), plain.model.predict_proba(board()[:50]))


def test_several_targets_have_none():
    table = board().with_columns(z=pl.col("a") * 2)
    model = cp.TableModel.train(table, ["y", "z"], **RECIPE).model
    assert all(one.about["kernel"]["why"] == "targets" for one in model.models.values())


@pytest.mark.parametrize("kind", ["class", "number"])
def test_it_is_saved_and_read(fits, kind, tmp_path):
    model = fits[kind].model
    model.save(tmp_path / "m")
    read = cp.load(tmp_path / "m")
    assert read == model
    assert read.about["kernel"] == model.about["kernel"]
    assert np.array_equal(read.predict(board(kind=kind)), model.predict(board(kind=kind)))


@pytest.mark.parametrize(
    "kernel",
    [
        {"rows": None},
        {"losses": None},
        {"share": 2.0},
        {"share": 0.5, "why": "worse"},
        {"share": 0.0, "why": None},
        {"share": 0.0, "why": "so"},
        3,
    ],
)
def test_a_damaged_record_is_refused(fits, kernel, tmp_path):
    fits["class"].model.save(tmp_path / "m")
    header, arrays = read_model(tmp_path / "m")
    header["about"]["kernel"] = {**header["about"]["kernel"], **kernel} if isinstance(kernel, dict) else kernel
    write_model(tmp_path / "m", header, arrays)
    with pytest.raises(ModelFileError, match="what it says of 'kernel'"):
        cp.load(tmp_path / "m")


def test_the_same_bits_on_any_number_of_threads(fits):
    again = cp.TableModel.train(board(), "y", n_threads=2, **RECIPE).model
    assert again == fits["class"].model


def test_rows_that_count_for_nothing_are_not_held():
    table = board(300).with_columns(w=pl.Series(np.arange(300) % 3 > 0).cast(pl.Float64))
    model = cp.TableModel.train(table, "y", weight="w", test=0.0, seed=2, **RECIPE).model
    assert model.about["kernel"]["rows"] == len(model.members[-1].parameters["C1"]) == 200


def test_a_gain_that_may_be_chance_takes_no_rows():
    draw = np.random.default_rng(3)
    table = pl.DataFrame({"x": draw.normal(size=150), "y": draw.integers(0, 2, 150).astype(str)})
    shares = [cp.TableModel.train(table, "y", **{**RECIPE, "seed": k}).model.about["kernel"] for k in range(4)]
    assert sum(found["share"] == 0 for found in shares) >= 2


def test_held_out_rows_are_judged_by_what_answered_them(tmp_path):
    """Without test rows the report goes by the held-out ones: by the answers that its scores are of."""
    from clearprop.estimators.scores import scores_of
    from clearprop.report.evidence import Evidence

    table = board(kind="number")
    fit = cp.TableModel.train(table, "y", test=0.0, **RECIPE)
    judged = Evidence.of(fit, table, {}).judged
    assert scores_of(fit.model.target, judged.y, judged.a)["r2"] == pytest.approx(fit.last.scores["r2"], abs=1e-6)


def test_rows_count_by_their_weights():
    table = board(300).with_columns(w=pl.Series(np.random.default_rng(0).uniform(0, 3, 300)))
    fit = cp.TableModel.train(table, "y", weight="w", **RECIPE)
    assert fit.model.about["kernel"]["share"] > 0


def test_scores_of_rows_that_it_holds_are_no_sign_of_overfitting(fits):
    """The machine has the training rows by heart, so the verdict goes by others and says so."""
    fit = fits["class"]
    assert fit.judgement.overfitting is None
    assert fit.judgement.remembered
    assert not fit.judgement.seen
    assert any("holds the training rows" in words for words in fit.verdict)
    assert any("核机器" in words for words in fit.verdict_in("zh"))
    found = fit.model.evaluate(board(200, seed=3))
    assert any("holds the training rows" in words for words in fit.model.verdict(found))


def test_the_card_says_that_the_file_holds_the_rows(fits):
    assert "holds the training rows, scaled" in card_of(fits["class"].model)
    assert "训练行" in card_of(fits["class"].model, "zh")


def test_the_doctor_says_what_a_machine_is_not(fits):
    from clearprop.app.doctor import examine

    model = fits["class"].model
    assert examine(model, board(), 4).machine
    assert not examine(model, board(), 0).machine


def test_members_and_machine_are_counted_apart(fits):
    assert "the weighted mean of 4 networks" in card_of(fits["class"].model)
    assert "4 个网络与一个核机器的加权平均" in card_of(fits["class"].model, "zh")


def test_a_row_is_explained_as_a_weighted_mean(fits):
    model = fits["number"].model
    words = model.explain(board(kind="number"), row=2).answer
    assert "of which the last, a kernel machine, counts" in words
    assert "what is near" in str(model.explain(board(kind="number"), row=2, member=4))


def test_it_goes_out_as_source(fits, tmp_path):
    model, rows = fits["class"].model, board(40, seed=5).drop("y")
    scope: dict = {}
    exec(model.to_numpy_source(), scope)
    answered = scope["predict"]({name: rows[name].to_list() for name in rows.columns})
    assert list(answered) == model.predict(rows)
    assert "(double)" in model.to_c()
