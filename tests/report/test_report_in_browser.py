"""report.html in a real browser: nothing is asked for from elsewhere, nothing sticks out, everything opens."""

from __future__ import annotations

import polars as pl
import pytest

import clearprop as cp
from browser import Browser, needs_browser
from clearprop.report import report_of
from clearprop.report.summary import summary_of_fit

pytestmark = needs_browser

TABLES = {"penguins": ("penguins.csv", "species"), "california": ("california_housing.csv", "median_house_value")}
# What sticks out to the right, but for what scrolls by itself.
STICKS_OUT = """[...document.querySelectorAll('body *')].filter((e) => e.checkVisibility()
    && !e.closest('.wide, figure, details, .equations, svg')
    && e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.outerHTML.slice(0, 80))"""


@pytest.fixture(scope="module")
def browser():
    with Browser() as started:
        yield started


@pytest.fixture(scope="module")
def reports(data):
    made = {}
    for name, (file, target) in TABLES.items():
        frame = pl.read_csv(data / file, null_values=["NA"])
        fit = cp.TableModel.train(frame, target)
        made[name] = (report_of(fit, frame, summary_of_fit(file, frame.shape, fit, {}), "zh"), fit)
    return made


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("width", [1200, 390])
def test_a_report_of_a_real_table(reports, browser, name, width):
    html, fit = reports[name]
    assert len(html.encode()) < 2_000_000
    page = browser.open(html, width=width)
    assert page.evaluate("[...document.querySelectorAll('h2')].length") == 10
    score = fit.last.scores["accuracy" if name == "penguins" else "r2"]
    assert f"{score:.3f}" in page.evaluate("document.querySelector('.score').textContent")
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1")
    assert page.evaluate(STICKS_OUT) == []
    assert page.requests == []
    assert page.complaints == []
