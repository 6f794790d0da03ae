"""Models of tables in JavaScript: node answers rows, in whatever spelling, as the model does."""

from __future__ import annotations

import json
import random
import subprocess
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

import clearprop as cp
from clearprop.table.one_row import RowEncoder
from compiled import NODE

pytestmark = pytest.mark.skipif(NODE is None, reason="there is no node here")


def a_table(seed: int, rows: int = 120) -> pl.DataFrame:
    """Numbers with and without gaps and far out, text, codes, truth values, dates, and three targets."""
    rng = random.Random(seed)
    x = [rng.gauss(0, 1) for _ in range(rows)]
    return pl.DataFrame(
        {
            "x": x,
            "gappy": [None if rng.random() < 0.1 else 10 * v + rng.random() for v in x],
            "wild": [rng.lognormvariate(3, 2) * rng.choice([1, -1]) for _ in range(rows)],
            "city": [rng.choice(["Berlin", "München", "北京", "", "São Paulo", 'a "b"</script>']) for _ in range(rows)],
            "zip": [rng.choice(["01234", "00012", "90210"]) for _ in range(rows)],
            "stars": [rng.choice([1.5, 2.0, 3.0]) for _ in range(rows)],
            "rare": [f"level {min(rng.randrange(60), rng.randrange(60))}" for _ in range(rows)],
            "flag": [rng.choice(["yes", "no"]) for _ in range(rows)],
            "bool": [rng.random() < 0.5 for _ in range(rows)],
            "bit": [rng.choice([0, 1]) for _ in range(rows)],
            "day": [date(2019, 1, 1) + timedelta(days=rng.randrange(900)) for _ in range(rows)],
            "at": [(datetime(2020, 1, 1) + timedelta(minutes=rng.randrange(10**6))).isoformat() for _ in range(rows)],
            "class": [("up" if v > 0.5 else "down" if v < -0.5 else "level") for v in x],
            "sign": ["+" if v > 0 else "-" for v in x],
            "amount": [20 * v + rng.random() for v in x],
        }
    )


SPELLINGS = {
    "city": [" berlin ", "ＢＥＲＬＩＮ", "MÜNCHEN", "são  paulo", "Atlantis", None, "NA", "?"],
    "zip": [1234, "1234", "12", 90210, "90210.0", "90210 ", "x"],
    "stars": ["1.5", 1.5, "2.0", 2, "3", "1.50"],
    "flag": ["Y", "ja", "NEIN", "0", "True", "maybe", None, True],
    "bool": [True, False, "true", "no", "1", None],
    "bit": [0, 1, "yes", "no", "1", None, True],
    "x": [1e9, "2.5", " -3e2 ", 0, None, "nan", -0.0, 5e-324],
    "gappy": [None, "", "N/A", "7", 1e-7],
    "day": ["2020-02-29", "1890-12-31", "2400-01-01T12:00:00", None, "", "2021-06-01 10:30"],
    "at": ["2020-02-29", "2020-12-31T23:59:59.123456Z", "2020-12-31T23:59:59+05:30", None],
}


def rows_of(frame, seed):
    """Rows of the table as JSON has them, some of them spelled otherwise."""
    rng = random.Random(seed)
    rows = frame.sample(40, seed=seed).to_dicts()
    for row in rows:
        for name in rng.sample(sorted(SPELLINGS), 4):
            row[name] = rng.choice(SPELLINGS[name])
    return rows


def of_json(row):
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()}


def compare(models_and_rows, folder):
    """Features bit by bit but for sines and logarithms, numbers within 1e-6 of their scale, labels where the margin
    is larger."""
    lines = ["const all = [];"]
    for i, (model, rows) in enumerate(models_and_rows):
        (folder / f"m{i}.mjs").write_text(model.to_javascript(lang="zh" if i % 2 else "en"), encoding="utf-8")
        given = json.dumps([of_json(row) for row in rows])
        lines += [
            f'import * as m{i} from "./m{i}.mjs";',
            f"all.push({given}.map((r) => [m{i}.features(r), m{i}.predict(r), m{i}.probabilities?.(r)]));",
        ]
    (folder / "main.mjs").write_text("\n".join([*lines, "console.log(JSON.stringify(all));"]), encoding="utf-8")
    out = subprocess.run([str(NODE), "main.mjs"], cwd=folder, capture_output=True, text=True)
    assert out.returncode == 0, out.stderr
    for (model, rows), found in zip(models_and_rows, json.loads(out.stdout), strict=True):
        encode = RowEncoder(model.encoder)
        for row, (features, label, p) in zip(rows, found, strict=True):
            np.testing.assert_allclose(features, encode(row)[0], rtol=1e-14, atol=1e-15, err_msg=str(row))
            if p is None:
                (wanted,) = model.predict(row)
                if isinstance(wanted, date):
                    assert label == wanted.isoformat()
                    continue
                assert abs(label - wanted) <= 1e-6 * max(1.0, abs(wanted), model.target.std)
                continue
            (wanted,) = model.predict_proba(row)
            assert np.abs(np.array(p) - wanted).max() <= 1e-6
            if np.diff(np.sort(wanted)[-2:]) > 1e-5:
                assert [label] == model.predict(row)


@pytest.mark.filterwarnings("ignore::clearprop.errors.DataWarning")
def test_rows_in_any_spelling_are_answered_as_by_the_model(tmp_path):
    compare([*models(range(1))], tmp_path)


@pytest.mark.long
@pytest.mark.filterwarnings("ignore::clearprop.errors.DataWarning")
def test_many_models_and_rows_in_any_spelling(tmp_path):
    compare([*models(range(25))], tmp_path)


def models(seeds):
    for seed in seeds:
        frame = a_table(seed)
        for target in ("class", "sign", "amount"):
            others = [name for name in ("class", "sign", "amount") if name != target]
            model = cp.TableModel.train(frame.drop(others), target, epochs=2, seed=seed).model
            yield model, rows_of(frame.drop([*others, target]), seed)


@pytest.mark.filterwarnings("ignore::clearprop.errors.DataWarning")
def test_many_levels_counted_days_members_logarithms_dates_and_a_rule_for_rare_classes(tmp_path):
    rng = random.Random(0)
    n = 3000
    frame = pl.DataFrame(
        {
            "who": [f"Person {rng.randrange(400)}" for _ in range(n)],
            "x": [rng.gauss(0, 1) for _ in range(n)],
            "timestamp": [1.5e9 + 1e4 * rng.randrange(10**4) for _ in range(n)],
            "digits": [
                int(f"20{rng.randrange(10, 24)}{rng.randrange(1, 13):02}{rng.randrange(1, 29):02}") for _ in range(n)
            ],
        }
    )
    x = frame["x"].to_list()
    targets = {
        "price": [float(np.exp(2 * v + rng.random())) for v in x],
        "due": [date(2020, 1, 1) + timedelta(days=round(100 * v)) for v in x],
        "ill": ["ill" if v > 1.5 else "well" for v in x],
    }
    cases = []
    for name, values in targets.items():
        options = {"optimize": "f1"} if name == "ill" else {"members": 2}
        made = cp.TableModel.train(frame.with_columns(pl.Series(name, values)), name, epochs=1, **options).model
        rows = frame.sample(20, seed=1).to_dicts()
        rows[0]["who"], rows[1]["who"], rows[2]["who"] = "PERSON 7", "nobody", None
        cases.append((made, rows))
    assert [column.kind for column in cases[0][0].encoder.columns] == ["codes", "number", "date", "date"]
    assert cases[0][0].target.log_unit is not None
    assert cases[2][0].target.decision is not None
    compare(cases, tmp_path)


def test_what_a_row_must_have_and_hold(tmp_path):
    model = cp.TableModel.train(pl.DataFrame({"n": [1.5, 2.5, 3.5] * 9, "y": [1.0, 2.0, 3.0] * 9}), "y", epochs=1).model
    (tmp_path / "m.mjs").write_text(model.to_javascript(), encoding="utf-8")
    for row, said in (("{}", 'no column "n"'), ('{n: "many"}', 'column "n" holds many, expected a number')):
        (tmp_path / "main.mjs").write_text(f'import {{ predict }} from "./m.mjs"; predict({row});')
        out = subprocess.run([str(NODE), "main.mjs"], cwd=tmp_path, capture_output=True, text=True)
        assert out.returncode
        assert said in out.stderr


def test_text_that_reads_as_numbers_is_refused_by_the_name_of_its_column():
    frame = pl.DataFrame({"price": [f"${i}.50" for i in range(30)], "y": [float(i) for i in range(30)]})
    model = cp.TableModel.train(frame, "y", epochs=1).model
    with pytest.raises(cp.errors.InvalidValueError, match="'price'"):
        model.to_javascript()
