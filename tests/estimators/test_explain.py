"""A row of a table, explained: what its columns become, the answer, every number on the way."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import polars as pl
import pytest

import clearprop as cp


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    x, c = rng.normal(size=80), rng.choice(["red", "blue"], 80)
    return pl.DataFrame({"x": x.round(3), "c": c, "price": (100 + 5 * x + 3 * (c == "red")).round(2)})


@pytest.fixture(scope="module")
def model(table):
    return cp.TableModel.train(table, "price", epochs=5, hidden=2).model


def test_the_numbers_are_those_of_the_model(table, model):
    found = model.explain(table, row=3)
    shown = str(found)
    row = table[3:4]
    assert str(found.title) == "Row 3 (counted from 0): price"
    assert f"The network answers {model.predict(row)[0]:.6g}; in the table stands {row['price'][0]}." in shown
    assert re.search(rf"^x +{row['x'][0]} ", shown, re.MULTILINE)
    np.testing.assert_array_equal(found.trace.a[0], model.encoder.transform(row, "float32"))
    np.testing.assert_allclose(found.trace.a[2], model.outputs(row), rtol=1e-5)
    assert "∂L/∂W[1]" in shown
    formulas = re.findall(r"\\\[.*?\\\]", model.trace(row).explain().to_latex(), re.DOTALL)
    assert formulas == re.findall(r"\\\[.*?\\\]", found.to_latex(), re.DOTALL)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_as_text_and_as_a_page_in_both_languages(table, model, lang):
    found = model.explain(table, row=3, lang=lang, detail="formulas")
    words = {"en": "What the columns become", "zh": "各列如何变成输入"}[lang]
    assert words in found.to_html()
    assert found.to_html().startswith("<!DOCTYPE html>")
    assert words in found._repr_html_()
    assert "<html" not in found._repr_html_()
    assert {"en": "Row 3 (counted from 0): price", "zh": "第 3 行（从 0 数起）：price"}[lang] in found.to_text(80)
    assert "$$" in found.to_markdown()


def test_every_form_of_a_row(table, model):
    row = table[7:8].drop("price")
    wanted = model.explain(row, detail="formulas").to_text()
    assert "no loss and no backward pass" in wanted
    named = row.row(0, named=True)
    for given in (
        named,
        [named],
        pd.Series(named),
        pd.DataFrame([named]),
        np.array([[named["x"], named["c"]]], object),
    ):
        assert model.explain(given, detail="formulas").to_text() == wanted
    assert str(model.explain([{"x": 0.0, "c": "red"}, named], row=1).title) == "Row 1 (counted from 0): price"


@pytest.mark.parametrize(
    ("change", "options", "words"),
    [
        (lambda f: f, {"row": 80}, r"row 80; expected 0 … 79"),
        (lambda f: f, {"row": -1}, "row -1"),
        (lambda f: f.head(0), {}, "row 0; expected a table with rows"),
        (lambda f: f, {"lang": "fr"}, "unknown language 'fr'"),
        (lambda f: f, {"convention": "rows"}, "convention"),
        (lambda f: f, {"only": "dW9"}, "dW9"),
        (lambda f: f.drop("c"), {}, "the table has no column 'c'"),
        (lambda f: f.with_columns(x=pl.lit("many")), {"row": 3}, "in row 3 "),
    ],
)
def test_mistakes_are_named_at_once(table, model, change, options, words):
    with pytest.raises(cp.ClearpropError, match=words):
        model.explain(change(table), **options)
