"""Models of tables in JavaScript: node answers rows, in whatever spelling, as the model does."""

from __future__ import annotations

import json
import subprocess
from datetime import date

import numpy as np
import polars as pl
import pytest

import clearprop as cp
from clearprop.table.one_row import RowEncoder
from compiled import NODE
from tables_to_write import models, special_models

pytestmark = pytest.mark.skipif(NODE is None, reason="there is no node here")


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


@pytest.mark.filterwarnings("ignore::clearprop.errors.DataWarning")
def test_many_levels_counted_days_members_logarithms_dates_and_a_rule_for_rare_classes(tmp_path):
    cases = special_models()
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


def test_labels_that_a_number_of_javascript_cannot_hold_are_text():
    labels = [2**53 + 1, 2**53 + 3]
    model = cp.TableModel.train(
        pl.DataFrame({"x": [1.0, 2.0] * 20, "y": labels * 20}), "y", epochs=1, task="classification"
    ).model
    assert 'classes = ["9007199254740993", "9007199254740995"];' in model.to_javascript()


@pytest.mark.filterwarnings("ignore::clearprop.errors.DataWarning")
def test_blanks_are_those_of_python(tmp_path):
    levels = pl.DataFrame({"c": ["x", "y z", "w"] * 20, "y": ["a", "b"] * 30})
    numbers = pl.DataFrame({"c": [float(k % 7) for k in range(60)], "y": ["a", "b"] * 30})
    names, figures = (cp.TableModel.train(frame, "y", epochs=1).model for frame in (levels, numbers))
    blanks = "\t\v\x1c\x1f \x85\xa0\u1680\u2003\u2028\u3000"
    texts = [*(f"{b}x{b}" for b in (*blanks, "\ufeff")), *(f"y{b}z" for b in blanks), "\ufeffNA", "\x85NA"]
    compare([(names, [{"c": text} for text in texts]), (figures, [{"c": f"{b}1{b}"} for b in blanks])], tmp_path)
