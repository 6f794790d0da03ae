"""Sequences, leaks and order: what is used, what is set aside, and what is said of it."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

import clearprop as cp
from clearprop.errors import DataWarning

RNG = np.random.default_rng(0)
N = 240


def trained(frame, **options):
    with pytest.warns(DataWarning) as caught:
        fit = cp.TableModel.train(frame, "y", **{"epochs": 60, **options})
    said = [str(warning.message) for warning in caught]
    assert fit.verdict[: len(said)] == said
    return fit, " ".join(said)


def test_a_sequence_that_helps_on_blocks_is_used_and_said():
    hours = np.arange(1, N + 1)
    frame = pl.DataFrame({"hours": hours, "group": RNG.choice(["A", "B"], N), "y": 3 * hours + RNG.normal(size=N)})
    fit, said = trained(frame)
    assert "hours" in [column.name for column in fit.model.encoder.columns]
    assert "hours tells the rows apart like an identifier, but says something about values" in said
    assert fit.scores["test"]["r2"] > 0.99


@pytest.mark.parametrize("target", ["classes", "numbers"])
def test_a_row_number_of_sorted_rows_is_not_used_and_said(target):
    y = np.repeat(["a", "b", "c"], N // 3) if target == "classes" else np.sort(RNG.normal(size=N))
    frame = pl.DataFrame({"row": np.arange(N), "noise": RNG.normal(size=N), "y": y})
    fit, said = trained(frame)
    assert [column.name for column in fit.model.encoder.columns] == ["noise"]
    assert "row was set aside as an identifier, though neighbouring values have much the same y" in said
    assert "The rows are sorted by y" in said
    shuffled, said = trained(frame.sample(N, shuffle=True, seed=1))  # the number goes along
    assert [column.name for column in shuffled.model.encoder.columns] == ["noise"]
    assert "row was set aside" in said


def test_a_number_that_says_nothing_is_set_aside_without_a_word(recwarn):
    frame = pl.DataFrame({"row": np.arange(N), "x": RNG.normal(size=N)}).with_columns(y=pl.col("x") * 2)
    frame = frame.with_columns(z=pl.Series(RNG.normal(size=N)), y=pl.col("y") + pl.Series(RNG.normal(size=N)))
    fit = cp.TableModel.train(frame, "y", epochs=5)
    assert set(fit.model.encoder.ignored) == {"row"}
    assert not [w for w in recwarn if w.category is DataWarning]
    assert fit.remarks == ()


def test_a_leak_is_said_in_the_verdict_in_both_languages():
    y = RNG.choice(["no", "yes"], N)
    frame = pl.DataFrame({"alive": np.where(y == "yes", "y", "n"), "x": RNG.normal(size=N), "y": y})
    fit, said = trained(frame)
    assert "alive alone nearly decides y: if it is not known before y is, leave it out: --drop alive" in said
    assert "仅凭 alive 就几乎可以确定 y" in fit.verdict_in("zh")[0]


def test_a_name_that_says_identifier_is_believed():
    number = np.arange(1, N + 1)
    frame = pl.DataFrame({"person_id": number, "x": RNG.normal(size=N), "y": 3 * number + RNG.normal(size=N)})
    shuffled = frame.sample(N, shuffle=True, seed=1)
    fit, said = trained(shuffled)
    assert [column.name for column in fit.model.encoder.columns] == ["x"]
    assert "person_id was set aside as an identifier, though neighbouring values have much the same y" in said
