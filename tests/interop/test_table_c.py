"""Models of tables in C: compiled without a warning, run under sanitizers, answering as the model does."""

from __future__ import annotations

import os
import random
import re
import subprocess
from datetime import date, datetime
from importlib.util import find_spec

import numpy as np
import polars as pl
import pytest

import clearprop as cp
from any_table import WORDS, any_model
from clearprop.app.exported_tables import TABLE_FORMATS, Answered, answers_of_c, rows_as_json
from clearprop.estimators.made_up import made_up_rows
from clearprop.table.one_row import frame_of
from compiled import CLEAN, GCC, NODE
from long import first
from tables_to_write import models, special_models

pytestmark = [
    pytest.mark.skipif(GCC is None, reason="there is no gcc here"),
    pytest.mark.filterwarnings("ignore::clearprop.errors.DataWarning"),
]
SANE = (*CLEAN, "-O0", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")


def agree(model, ours, theirs):
    """How far numbers are off, of their scale, and the share of the features that differ in a bit.

    Numbers are within 1e-6 of their scale, labels the same where the margin is larger; features within a bit or two of
    float32, in which sines and logarithms of two libraries may differ.
    """
    scale = 1.0 if ours.labels else max(model.target.std, np.abs(ours.numbers).max(initial=0))
    off = np.abs(ours.numbers - theirs.numbers).max(initial=0) / scale
    assert off <= 1e-6
    decision = getattr(model.target, "decision", None)
    if ours.labels:
        scores = np.sort(ours.numbers / (decision.cuts if decision else 1.0))
        sure = scores[:, -1] - scores[:, -2] > 1e-5
        assert not [a for a, b, s in zip(ours.labels, theirs.labels, sure, strict=True) if s and a != b]
    np.testing.assert_allclose(theirs.features, ours.features, rtol=3e-7, atol=1e-9)
    return off, np.mean(theirs.features != ours.features)


def compare(model, frame, flags=SANE):
    content = model.to_c("model").encode()
    return agree(model, Answered.by(model, frame), answers_of_c(content, model, frame, flags))


def frame_with(rows):
    """Rows as a data frame, dates as text."""
    return frame_of(
        {name: [v.isoformat() if isinstance(v := row[name], date) else v for row in rows] for name in rows[0]}
    )


@pytest.mark.long
def test_rows_in_any_spelling_are_answered_as_by_the_model():
    model, rows = next(iter(models(range(1))))
    compare(model, frame_with(rows))


@pytest.mark.long
def test_numbers_many_levels_counted_days_members_logarithms_dates_and_a_rule_for_rare_classes():
    for model, rows in [*models(range(1)), *special_models()]:
        compare(model, frame_with(rows))


@pytest.mark.parametrize("seed", first(range(8), 1))
def test_any_table(seed):
    model, _ = any_model(seed)
    compare(model, made_up_rows(model.encoder, 300, seed))


FLAGS = [SANE, ("-O2", *CLEAN), ("-O0", *CLEAN), ("-O0", *CLEAN)]
LANGUAGES = {"c": ("gcc", GCC), "javascript": ("node", NODE), "numpy": ("", "")}
if find_spec("torch"):
    LANGUAGES["torch"] = ("torch", "")


def written_by(model, to):
    """The model that goes out: to PyTorch, which has no members, one of them."""
    alone = to == "torch" and len(model.members) > 1
    return cp.TableModel(model.encoder, model.target, model.members[0]) if alone else model


def in_this_process(content, model, frame):
    """What a file of Python answers, without a process of its own."""
    space, rows = {}, rows_as_json(model.encoder, frame)
    exec(content.decode(), space)
    if "values" in space:
        return Answered(space["features"](rows), space["values"](rows)[:, None], [])
    return Answered(space["features"](rows), space["probabilities"](rows), list(map(str, space["predict"](rows))))


def answered(to, content, model, rows, flags):
    if to == "c":
        return answers_of_c(content, model, rows, flags)
    return (in_this_process if to in ("numpy", "torch") else TABLE_FORMATS[to].answers)(content, model, rows)


def said(found, to):
    off, differ, n, width = map(np.array, zip(*found, strict=True))
    return (
        f"{to}: {len(found) // 2} models, {n.sum():,} rows; largest difference {off.max():.2g} of the scale; "
        f"{(differ * n * width).sum():,.0f} of {(n * width).sum():,} features differ in a bit or two"
    )


@pytest.mark.long
def test_many_tables_in_every_language():
    """So many models, in C, Node, NumPy, and PyTorch where it is.

    CLEARPROP_TABLES=500 CLEARPROP_SEED=1000 pytest -s tests/interop/test_table_c.py -k many_tables
    """
    count, start = int(os.environ.get("CLEARPROP_TABLES", "20")), int(os.environ.get("CLEARPROP_SEED", "0"))
    told = {to: [] for to, (_, there) in LANGUAGES.items() if there is not None}
    for seed in range(start, start + count):
        model, frame = any_model(seed)
        sent = {to: written_by(model, to) for to in told}
        contents = {to: TABLE_FORMATS[to].written(sent[to], "zh" if seed % 2 else "en") for to in told}
        for k, rows in enumerate((frame, made_up_rows(model.encoder, 300, seed))):
            for to, found in told.items():
                try:
                    ours, theirs = (
                        Answered.by(sent[to], rows),
                        answered(to, contents[to], sent[to], rows, FLAGS[(seed + k) % 4]),
                    )
                    found.append((*agree(sent[to], ours, theirs), *ours.features.shape))
                except Exception as error:
                    raise AssertionError(f"seed {seed}, {to}, table {k}") from error
        if (seed - start) % 50 == 49:
            print("", *(said(found, to) for to, found in told.items()), sep="\n", flush=True)
    print("", *(said(found, to) for to, found in told.items()), sep="\n")


# --- spellings


LEVELS = ["Bern", "bern", "New York", "007", "12", "Straße", "MÜNCHEN", "ﬁne", "-5", "0", "ｘ", "No-One", "a\tb", '"*/']
CHANGES = [str.upper, str.lower, str.title, " {}\t".format, "0{}".format, "{}.0".format, "+{}".format, "{}.".format]
CHANGES += [lambda text: text.replace(" ", "\t "), lambda text: text.replace("e", "E"), "{}x".format, "-{}".format]


def places_in_c(model, texts, folder):
    """The first feature that is not 0, of each text as the only column."""
    cases = ",\n".join('"' + "".join(f"\\{byte:03o}" for byte in text.encode()) + '"' for text in texts)
    main = f"""
#include <stdio.h>
static const char *const texts[] = {{{cases}}};
int main(void)
{{
    for (int i = 0; i < {len(texts)}; ++i) {{
        const struct model_row row = {{texts[i]}};
        float x[MODEL_N_FEATURES];
        int k = 0;
        model_features(&row, x);
        while (k < MODEL_N_FEATURES && x[k] == 0) ++k;
        printf("%d\\n", k);
    }}
    return 0;
}}
"""
    (folder / "model.c").write_text(model.to_c() + main, encoding="utf-8")
    subprocess.run([str(GCC), *SANE, "model.c", "-o", "model", "-lm"], cwd=folder, check=True)
    out = subprocess.run([str(folder / "model")], capture_output=True, text=True, check=True)
    return list(map(int, out.stdout.split()))


OTHERS = [["Yes", "Nein"], ["ja", "Nope", "no", "x"], ["是", "否"], ["0", "1.0"]]


@pytest.mark.parametrize("levels", first([LEVELS, *OTHERS], 1))
def test_texts_of_ascii_are_the_levels_that_python_finds_and_others_are_so_or_new(levels, tmp_path):
    rng = random.Random(0)
    frame = pl.DataFrame({"c": levels * 40, "y": [float(k) for k in range(40 * len(levels))]})
    model = cp.TableModel.train(frame, "y", epochs=1, kinds={"c": "category"}).model

    def changed(text):
        for change in rng.sample(CHANGES, rng.randrange(3)):
            text = change(text)
        return text

    texts = [changed(rng.choice([*levels, *WORDS, "NA", "", "-", "yes", "1", "tRUE"])) for _ in range(1000)]
    X = model.encoder.transform(pl.DataFrame({"c": texts}), "float32")
    wanted = [int(np.argmax(x)) if x.any() else len(x) for x in X]
    found = places_in_c(model, texts, tmp_path)
    assert not [(t, a, b) for t, a, b in zip(texts, found, wanted, strict=True) if t.isascii() and a != b]
    assert not [(t, a, b) for t, a, b in zip(texts, found, wanted, strict=True) if a not in (b, X.shape[1])]


def test_no_value_reaches_beyond_its_arrays(tmp_path):
    """Numbers without bound, dates at the ends of time, texts of any length and of bytes that are no UTF-8."""
    frame = pl.DataFrame(
        {
            "x": [1.5, 2.0, 3.0, None] * 30,
            "heavy": [float(10 ** (k % 7)) for k in range(120)],
            "word": ["Bern", "São Paulo", "007", "x"] * 30,
            "n": [1.5, 2.0, -3.0, 0.1] * 30,
            "at": [datetime(2000 + k % 20, 1, 1 + k % 28, k % 24) for k in range(120)],
            "ok": [True, False] * 60,
            "y": ["a", "b", "c"] * 40,
        }
    )
    model = cp.TableModel.train(frame, "y", epochs=1, kinds={"n": "category"}, scaling="log").model
    assert [column.kind for column in model.encoder.columns] == [
        "number",
        "number",
        "category",
        "category",
        "date",
        "boolean",
    ]
    main = """
#include <float.h>
#include <stdio.h>
int main(void)
{
    static char lengthy[100001];
    const double numbers[] = {NAN, INFINITY, -INFINITY, DBL_MAX, -DBL_MAX, DBL_MIN, -0.0, 5e-324, 1e150};
    const int64_t dates[] = {INT64_MIN, INT64_MIN + 1, INT64_MAX, 0, -1, 1, -62135596800000000};
    const char *texts[] = {NULL, "", "  \t", "\377\376", "0", "-", "+", "+.", ".", "-0.", "000000000000", lengthy};
    for (int k = 0; k < 100000; ++k) lengthy[k] = "0 a."[k % 4];
    for (int i = 0; i < 9; ++i)
        for (int j = 0; j < 7; ++j)
            for (int k = 0; k < 12; ++k) {
                const struct model_row row = {numbers[i], numbers[8 - i], texts[k], numbers[i], dates[j], k - 5};
                float x[MODEL_N_FEATURES], p[MODEL_N_CLASSES];
                model_features(&row, x);
                model_probabilities(&row, p);
                for (int m = 0; m < MODEL_N_FEATURES; ++m)
                    if (!(x[m] == x[m])) return 1;
                if (!(p[0] >= 0 && p[0] <= 1) || model_label(&row) < 0) return 2;
            }
    return 0;
}
"""
    (tmp_path / "model.c").write_text(model.to_c() + main, encoding="utf-8")
    subprocess.run([str(GCC), *SANE, "model.c", "-o", "model", "-lm"], cwd=tmp_path, check=True)
    done = subprocess.run([str(tmp_path / "model")], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


# --- what a reader sees


def test_members_have_the_names_of_columns_and_a_date_is_made_of_its_parts(tmp_path):
    frame = pl.DataFrame(
        {
            "a b": [1.5, None] * 20,
            "double": ["x", "y", "z", "x"] * 10,
            "城市": ["a", "b"] * 20,
            "*/ i\n": [True, False] * 20,
            "day": pl.date_range(pl.date(2024, 1, 1), pl.date(2024, 2, 9), eager=True),
            "y": [True, False, False, False] * 10,
        }
    )
    text = cp.TableModel.train(frame, "y", epochs=1).model.to_c("shop")
    struct = re.search(r"struct shop_row \{(.*?)\n\};", text, re.DOTALL)[1]
    assert re.findall(r"^    (?!/\*| )(.*);", struct, re.MULTILINE) == [
        "double a_b", "const char *double_2", "const char *column1", "int i", "int64_t day",
    ]  # fmt: skip
    assert '"False"' in text
    main = """
#include <stdio.h>
int main(void)
{
    printf("%lld %lld", (long long)shop_date(2024, 2, 29, 23, 59, 59.5), (long long)shop_date(1969, 12, 31, 0, 0, 0));
    return 0;
}
"""
    (tmp_path / "shop.c").write_text(text + main, encoding="utf-8")
    subprocess.run([str(GCC), *SANE, "shop.c", "-o", "shop", "-lm"], cwd=tmp_path, check=True)
    printed = subprocess.run([str(tmp_path / "shop")], capture_output=True, text=True, check=True).stdout
    assert printed == f"{np.datetime64('2024-02-29T23:59:59.500000').astype(int)} {-86_400_000_000}"


@pytest.mark.parametrize(
    ("values", "kind", "said"),
    [
        ([f"${i}.50" for i in range(30)], None, "'price' in C"),
        ([f"{i % 24:02}:30" for i in range(30)], None, "'price' in C"),
        ([2**53 + i % 3 for i in range(30)], "category", "that a double can tell apart"),
        (["a", "b", 5000 * "c"] * 10, "category", "'price' in C; expected levels of 4,095 bytes"),
        (["a", "b", "c\0d"] * 10, "category", "'price' in C; expected levels"),
    ],
)
def test_what_cannot_be_written_is_refused_by_the_name_of_its_column(values, kind, said):
    frame = pl.DataFrame({"price": values, "x": [float(i) for i in range(30)], "y": [float(i) for i in range(30)]})
    model = cp.TableModel.train(frame, "y", epochs=1, kinds={"price": kind} if kind else None).model
    with pytest.raises(cp.errors.InvalidValueError, match=said):
        model.to_c()


def test_of_several_targets_one_is_to_be_named():
    frame = pl.DataFrame({"x": [1.0, 2.0, 3.0] * 9, "y": [1.5, 2.5, 3.0] * 9, "z": ["a", "b", "c"] * 9})
    model = cp.TableModel.train(frame, ["y", "z"], epochs=1).model
    for method in ("to_c", "to_javascript", "to_numpy_source", "to_torch_source"):
        with pytest.raises(cp.errors.InvalidValueError, match=f"{method} of a model of y, z.*model\\['y'\\].{method}"):
            getattr(model, method)()
    compare(model["z"], frame)


@pytest.mark.parametrize("name", ["", "a b", "int", "1st", "é"])
def test_names_that_c_does_not_take_are_refused(name):
    model = cp.TableModel.train(pl.DataFrame({"x": [1.0, 2.0] * 9, "y": [1.5, 2.5] * 9}), "y", epochs=1).model
    with pytest.raises(cp.errors.InvalidValueError, match="letters, digits and _"):
        model.to_c(name)
