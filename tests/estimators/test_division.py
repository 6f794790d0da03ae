"""Which rows judge: the last ones where a date orders them, whole groups, rows of another table; and what is said."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

import clearprop as cp
from clearprop.errors import InvalidValueError, TableError, UnknownNameError

RNG = np.random.default_rng(0)
N = 400
DAYS = [date(2022, 1, 1) + timedelta(days=i) for i in range(N)]


def table(**columns):
    x = RNG.normal(size=N)
    return pl.DataFrame({**columns, "x": x, "y": 2 * x + RNG.normal(size=N)})


def trained(frame, **options):
    return cp.TableModel.train(frame, "y", **{"epochs": 5, **options})


def told(fit, lang="en"):
    return " ".join(word(lang) for word in fit.division.said)


@pytest.mark.parametrize(
    "days",
    [
        DAYS,
        DAYS[::-1],
        [f"{d:%d.%m.%Y}" for d in DAYS],
        sorted(RNG.choice(DAYS, N)),
        [DAYS[i] for i in np.argsort(np.arange(N) + RNG.normal(scale=5, size=N))],  # nearly sorted
        list(RNG.permutation(DAYS)),  # one row per day
        [date(1990 + i // 12, 1 + i % 12, 28) for i in range(N)],  # months are of several lengths
    ],
)
def test_a_date_that_orders_the_rows_splits_them(days):
    fit = trained(table(day=days))
    assert fit.division.how == "time"
    day = np.array([date.fromisoformat("-".join(reversed(d.split(".")))) if isinstance(d, str) else d for d in days])
    assert day[fit.split.test].min() > day[np.r_[fit.split.train, fit.split.validation]].max() - timedelta(days=1)
    assert abs(len(fit.split.test) - 0.15 * N) <= 3
    assert "--split random" in told(fit)
    first = fit.split.test[np.argmin(day[fit.split.test])]
    assert f"from {days[first]} on" in told(fit)


@pytest.mark.parametrize(
    "days",
    [
        list(RNG.choice(DAYS, N)),  # birth dates
        [DAYS[i % 20] for i in range(N)],  # a date in each of many shops, one behind the other
        [f"{i % 24:02}:00" for i in range(N)],  # times of day
    ],
)
def test_a_date_that_orders_nothing_gets_a_word(days):
    fit = trained(table(day=days))
    assert fit.division.how == "random"
    assert ("--time day" in told(fit)) == (":" not in str(days[0]))


def test_what_is_asked_for_is_done():
    frame = table(day=list(RNG.choice(DAYS, N)), year=RNG.integers(1990, 2020, N))
    assert trained(frame, split="random").division.how == "random"
    for fit in (trained(frame, time="day"), trained(frame, split="time")):
        day = frame["day"].to_numpy()
        assert day[fit.split.test].min() > day[fit.split.train].max()
    fit = trained(frame, time="year")
    year = frame["year"].to_numpy()
    assert year[fit.split.test].min() > max(year[fit.split.train].max(), year[fit.split.validation].max())
    assert fit.model.about["split"] == {"how": "time", "column": "year", "own": [], "folds": 0}


def test_groups_stay_whole_and_are_no_input():
    patient = np.repeat(np.arange(40), 10)
    y = (RNG.normal(size=40) > 0)[patient]
    frame = pl.DataFrame({"patient": [f"p{i}" for i in patient], "x": patient + RNG.normal(size=N), "y": y})
    fit = trained(frame, group="patient")
    parts = [set(patient[rows]) for rows in (fit.split.train, fit.split.validation, fit.split.test)]
    assert all(parts)
    assert sum(map(len, parts)) == len(set.union(*parts))
    assert [column.name for column in fit.model.encoder.columns] == ["x"]
    assert "No patient is in two parts: the 40 groups" in told(fit)
    low, high = fit.last.intervals["accuracy"]
    alone = cp.TableModel.train(frame, "y", epochs=5, drop="patient").last.intervals["accuracy"]
    assert high - low > 1.5 * (alone[1] - alone[0])  # ten rows of one patient say no more than one


def test_own_rows_judge():
    frame, others = table(), table()
    fit = trained(frame, validation=others.head(50), test=others.tail(80).to_pandas())
    assert fit.rows == {"train": N, "validation": 50, "test": 80}
    assert fit.scores["test"] == pytest.approx(fit.model.score(others.tail(80)))
    assert "The validation rows are 50 rows of their own." in told(fit)
    with pytest.raises(TableError, match="the validation table: the table has no column 'x'"):
        trained(frame, validation=others.drop("x"))


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"split": "times"}, "unknown split 'times'"),
        ({"split": "time"}, "a split by time of a table without dates"),
        ({"split": "group"}, "a split by group"),
        ({"time": "x", "group": "x"}, "one of the two"),
        ({"time": "x", "split": "random"}, "split 'random' with a column for time"),
        ({"time": "z"}, "unknown column of times 'z'"),
        ({"group": "z"}, "unknown column of groups 'z'"),
        ({"time": "word"}, "holds no dates and no numbers"),
        ({"time": "same"}, "rows of one time"),
        ({"group": "same"}, "1 group for 3 parts"),
        ({"validation": "x"}, "a data frame"),
    ],
)
def test_what_cannot_be_split_is_said(options, error):
    frame = table(word=["a", "b"] * (N // 2), same=[1] * N)
    with pytest.raises((InvalidValueError, TableError, UnknownNameError), match=error):
        trained(frame, **options)


def trend(slope, years=3, seed=0):
    """A season, a cycle that no calendar knows, and a trend."""
    rng = np.random.default_rng(seed)
    day = np.arange(365 * years)
    temp = 12 + 10 * np.sin(2 * np.pi * (day - 100) / 365) + rng.normal(0, 3, len(day))
    y = 50 + 2 * temp + 8 * np.sin(2 * np.pi * day / 150) + slope * day / 365 + rng.normal(0, 3, len(day))
    days = [date(2021, 1, 1) + timedelta(days=int(i)) for i in day]
    return pl.DataFrame({"day": days, "temp": temp, "y": y})


@pytest.mark.parametrize(("slope", "kept"), [(0, False), (30, True)])
def test_a_trend_is_used_where_it_holds_on_times_not_seen(slope, kept):
    frame = trend(slope)
    past, future = frame[:730], frame[730:]
    if kept:
        fit = cp.TableModel.train(past, "y")
    else:
        with pytest.warns(cp.errors.DataWarning, match="The trend in day, its year, is not used"):
            fit = cp.TableModel.train(past, "y")
    assert ("day year" in fit.model.encoder.feature_names) == kept
    low, high = fit.last.intervals["r2"]
    assert low <= fit.model.score(future)["r2"] <= high
    later = future.with_columns(pl.col("day").dt.offset_by("10y"))
    assert np.abs(fit.model.predict(later) - past["y"].mean()).max() < 4 * (past["y"].max() - past["y"].min())


def test_a_trend_is_judged_beside_a_column_called_as_it():
    frame = trend(30)[:730]
    called = frame.with_columns(pl.Series("day year", np.arange(730) % 13 / 3))
    fit = cp.TableModel.train(called, "y", epochs=3, time="day")
    assert {"'day' year", "'day year'"} <= {*fit.model.encoder.feature_names}


def test_both_scores_are_told_where_they_differ():
    frame = trend(0)[:730]
    fit = cp.TableModel.train(frame, "y", kinds={"day": "date"})  # with the trend learned by heart
    assert fit.scores["validation"]["r2"] > fit.scores["test"]["r2"] + 0.2
    words = next(word for word in fit.verdict if word.startswith("What held then holds otherwise later"))
    assert f"{fit.scores['validation']['r2']:.3f}" in words
    assert f"{fit.scores['test']['r2']:.3f}" in words


def test_the_table_that_was_learned_is_recognised():
    frame = table()
    model = trained(frame).model
    assert model.evaluate(frame).learned
    assert model.evaluate([frame[:100], frame[100:]]).learned
    assert not model.evaluate(frame[:399]).learned
    assert not model.evaluate(table()).learned


def test_dates_of_another_time_are_counted_and_said():
    frame = trend(30)[:730]
    model = cp.TableModel.train(frame, "y", epochs=3).model
    later = frame.tail(9).with_columns(pl.col("day").dt.offset_by("3y"))
    for rows in (later, later.to_pandas(), later.rows(named=True)[:1]):
        with pytest.warns(
            cp.errors.DataWarning, match="of day lies? far outside of the time that was learned, 2021-01-01"
        ):
            model.predict(rows)
    found = model.evaluate(frame.with_columns(pl.col("day").dt.offset_by("30d")))
    assert not found.unseen
    with pytest.warns(cp.errors.DataWarning, match="9 values of day"):
        found = model.evaluate([later, frame.tail(9)])
    assert found.to_dict()["unseen"]["day"]["rows"] == 9
    assert found.to_dict()["unseen"]["day"]["examples"] == ["2025-12-23", "2025-12-31"]


@pytest.mark.parametrize("form", ["%Y%m%d", "seconds"])
def test_dates_in_numbers_order_rows_too(form):
    days = [int(f"{d:%Y%m%d}") if form == "%Y%m%d" else 86_400 * (d - date(1970, 1, 1)).days for d in DAYS]
    fit = trained(table(timestamp=days))
    assert fit.division.how == "time"
    assert fit.split.test.min() > fit.split.train.max()


def test_classes_that_come_later_are_named():
    y = np.where(RNG.random(N) > 0.5, "a", "b").tolist()
    frame = pl.DataFrame({"day": DAYS, "x": RNG.normal(size=N), "y": y[:-40] + ["new"] * 40})
    with pytest.warns(cp.errors.DataWarning, match="No training row is 'new', of y, but 40 others are"):
        trained(frame)
    with pytest.raises(TableError, match="target 'y' is 'a' in every training row"):
        trained(frame.with_columns(y=pl.Series(["a"] * (N - 40) + ["b"] * 40)))


def test_copies_of_training_rows_are_told():
    noise = pl.DataFrame({"x": RNG.normal(size=60), "z": RNG.normal(size=60), "y": RNG.normal(size=60)})
    with pytest.warns(cp.errors.DataWarning, match="of the test rows stand among the training rows, too"):
        trained(pl.concat([noise] * 8))
    with pytest.warns(cp.errors.DataWarning, match="85% of the test rows"):
        trained(noise, test=noise)
    few = pl.DataFrame({"c": RNG.choice(["a", "b", "c"], N), "y": RNG.choice(["p", "q"], N)})
    assert not [word for word in trained(few).remarks if "stand among" in word("en")]


def test_what_is_said_of_the_split_is_what_was_done():
    frame = table(day=DAYS)
    own = told(trained(frame, validation=table(day=DAYS)))
    assert "validation rows were drawn" not in own
    both = told(trained(frame, validation=table(day=DAYS), test=table(day=DAYS)))
    assert "random" not in both
    assert "--time" not in both
    with pytest.raises(InvalidValueError, match="a split by time without test rows"):
        trained(frame, split="time", test=0.0)
    for options in ({"time": "y"}, {"group": "y"}):
        with pytest.raises(TableError, match="in the target 'y'"):
            trained(frame, **options)


def test_the_measured_score_lies_in_its_interval():
    frame = trend(30)[:400]
    fit = cp.TableModel.train(frame, "y", epochs=20, kinds={"day": "date"})
    for metric, (low, high) in fit.last.intervals.items():
        assert low <= fit.scores["test"][metric] <= high
