"""What public tables hold where a person reads numbers: each column beside the values that were worked out by hand."""

from __future__ import annotations

import contextlib
import json

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import clearprop as cp
from clearprop.errors import TableError
from clearprop.table.encoder import TableEncoder
from clearprop.table.finder import find_format
from clearprop.table.plain import record
from clearprop.table.several import SeveralColumn
from clearprop.table.spans import seconds_of
from clearprop.table.spelling import spelled
from clearprop.table.written import NumberFormat

DAY, YEAR = 86_400, 365.25 * 86_400
MONTH = YEAR / 12

KINDS = {
    # money: footballers, houses, cars, jobs
    "k and M, one case or another": (["$1.5m", "$350K", "$2 Bn", "$80k"], [1.5e6, 350e3, 2e9, 80e3]),
    "a million in words": (["€2 million", "€750 thousand", "€1.2 billion"], [2e6, 750e3, 1.2e9]),
    "lakh and crore": (["₹45 L", "₹1.2 Cr", "₹80 Lac"], [45e5, 1.2e7, 80e5]),
    "wan and yi": (["350万元", "1.2亿元", "5千元", "80元"], [3.5e6, 1.2e8, 5e3, 80]),
    "wan, yi, qian": (["350万", "1.2亿", "5千"], [3.5e6, 1.2e8, 5e3]),
    "a currency before some": (["$1,200", "950", "$3"], [1200, 950, 3]),
    "a currency behind": (["12 €", "9.50 €", "1,200 €"], [12, 9.5, 1200]),
    "reais": (["R$ 1.234,50", "R$ 80,00"], [1234.5, 80]),
    "rupiah": (
        ["Rp 950", "Rp 1.500", "Rp 2.250", "Rp 3.125", "Rp 10.000", "Rp 7.125"],
        [950, 1500, 2250, 3125, 10000, 7125],
    ),
    "kilometres with points": (
        ["40.000 km", "53.000 km", "1.500 km", "33.600 km", "24.000 km"],
        [40e3, 53e3, 1500, 33600, 24e3],
    ),
    "metres with points are decimal": (
        ["1.234 m", "0.500 m", "2.750 m", "3.125 m", "2.875 m", "1.5 m"],
        [1.234, 0.5, 2.75, 3.125, 2.875, 1.5],
    ),
    "dirham, zloty": (["AED 1,200", "AED 95"], [1200, 95]),
    "kronor": (["1 250 kr", "95 kr"], [1250, 95]),
    "no cents": (["CHF 1'234.-", "CHF 95.-", "CHF 7.50"], [1234, 95, 7.5]),
    "no cents in Germany": (["1.299,- €", "12,- €", "7,50 €"], [1299, 12, 7.5]),
    "dollars in brackets": (["$(1,234)", "($5)", "$7"], [-1234, -5, 7]),
    "minus behind": (["1,234-", "12", "7.5-"], [-1234, 12, -7.5]),
    "minus before the currency": (["-$5", "$7", "$-3"], [-5, 7, -3]),
    # grouping
    "Indian": (["12,34,567", "1,00,000", "950"], [1234567, 100000, 950]),
    "Swiss": (["1'234'567", "950.25", "1’000"], [1234567, 950.25, 1000]),
    "Chinese groups of four": (["1,2345", "12,3456,7890"], [12345, 1234567890]),
    "blanks": (["1 234,5", "12 345,6", "7,0"], [1234.5, 12345.6, 7]),
    "narrow blanks": (["1\u2009234", "12\u202f345", "7\u00a0000"], [1234, 12345, 7000]),
    # characters
    "full width": (["１２３％", "４，５６７％", "８．５％"], [123, 4567, 8.5]),
    "full width digits": (["１２３", "４５．５"], [123, 45.5]),
    "Arabic digits": (["٣٥", "١٢٫٥"], [35, 12.5]),
    "a minus and a hyphen": (["−5", "‐3", "7"], [-5, -3, 7]),
    "triangles": (["▲3.5%", "▼1.2%"], [3.5, -1.2]),
    "powers of ten": (["3.2×10⁴", "1.5×10^3", "2 x 10^-2"], [32e3, 1500, 0.02]),
    "exponents": (["1.2e3 Pa", "5E+2 Pa", "7.5E-1 Pa"], [1200, 500, 0.75]),
    "decimal comma and exponent": (["1,2E+3", "5,0E-1"], [1200, 0.5]),
    "halves": (["9½", "7", "10¼"], [9.5, 7, 10.25]),
    "inches": (["1 1/2", "3/4", "2", "2-3/8"], [1.5, 0.75, 2, 2.375]),
    # doubt
    "about": (["~12", "≈13", "ca. 14", "about 15", "16"], [12, 13, 14, 15, 16]),
    "limits": (["<0.01", "0.5", ">=5", "≤3"], [0.01, 0.5, 5, 3]),
    "years of work": (["10+ years", "< 1 year", "3 years"], [10, 1, 3]),
    "footnotes": (["12[1]", "13*", "14", "15†", "16", "17", "18"], [12, 13, 14, 15, 16, 17, 18]),
    "estimates": (["12 (est.)", "13", "14"], [12, 13, 14]),
    "a range among numbers": (["1200", "1000 - 1200", "850"], [1200, 1100, 850]),
    "a unit for both ends": (["$10-20K", "$95K", "$1.2M"], [15e3, 95e3, 1.2e6]),
    "salaries": ([f"${k}K-${k + 10}K (Glassdoor est.)" for k in range(40, 60)], [(k + 5) * 1e3 for k in range(40, 60)]),
    "monthly pay": (
        ["1-1.5万/月", "8-9千/月"] + [f"{k}-{k + 1}万/月" for k in range(1, 12)],
        [12500, 8500] + [k * 1e4 + 5e3 for k in range(1, 12)],
    ),
    "percent beside shares": (["5%", "0.05", "12.5%", "0"], [0.05, 0.05, 0.125, 0]),
    "percent beside percent": (["5%", "7", "12.5%"], [5, 7, 12.5]),
    # units
    "a bare 0": (["74 bhp", "0", "88.5 bhp"], [74, 0, 88.5]),
    "disks": (["128GB", "1TB", "512GB"], [128, 1000, 512]),
    "weights": (["159lbs", "72kg", "170lbs"], [159, 72 / 0.45359237, 170]),
    "lengths": (["170cm", "1.8m", "165cm"], [170, 180, 165]),
    "heights": (["170cm", "5'11\"", "165cm", "6'0\""], [170, 71 * 2.54, 165, 72 * 2.54]),
    "before and after": (["44 BC", "14 AD", "753 BC"], [-44, 14, -753]),
    "before": (["-44", "1066", "300"], [-44, 1066, 300]),
    "square feet": (["1,056 sq.ft", "2,100 sq.ft"], [1056, 2100]),
    "metres squared": (["85 m²", "120 m²"], [85, 120]),
    # lengths of time
    "ages of animals": (["2 years", "3 weeks", "1 month", "5 days"], [2 * YEAR, 21 * DAY, MONTH, 5 * DAY]),
    "years and months": (["2 years 3 months", "1 yr", "11 mos"], [2 * YEAR + 3 * MONTH, YEAR, 11 * MONTH]),
    "flights": (["2h 50m", "19h", "45m"], [10200, 68400, 2700]),
    "videos": (["1:02:30", "12:45", "0:59"], [3750, 765, 59]),
    "laps": (["1:23.456", "2:03.100"], [83.456, 123.1]),
    "ISO": (["PT1H30M", "P1DT2H", "PT45S"], [5400, 93600, 45]),
    "timedelta as text": (["0 days 01:00:00", "2 days 00:30:00"], [3600, 2 * DAY + 1800]),
    "Chinese": (["1小时20分钟", "45分钟", "2天"], [4800, 2700, 2 * DAY]),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_people_write(kind):
    written, values = KINDS[kind]
    found = find_format(written)
    assert found is not None
    np.testing.assert_allclose([found.parse(text) for text in written], values, rtol=1e-12)
    again = record(NumberFormat, json.loads(json.dumps(found.__dict__)))
    assert again == found
    assert found.is_plain == all(text.isascii() for text in written) * (kind == "before")


@pytest.mark.parametrize(
    "written",
    [
        [f"{i % 5}-{i % 3}" for i in range(40)],  # scores
        ["2019-20", "2020-21", "2021-22"] * 5,  # seasons
        [f"{i % 7}.{i % 5}.{i % 3}" for i in range(40)],  # versions
        [f"{i}E{i % 9}" for i in range(10, 50)],  # codes
        [f"A{i}" for i in range(40)],
        [f"{i:05d}" for i in range(500, 540)],  # postcodes
        [f"{i} (US)" if i % 2 else f"{i} (UK)" for i in range(36, 46)],  # sizes
        ["12 kg", "3 pcs", "5 boxes", "7 m"],
        ["2024年1月5日", "2023年12月31日"],
    ],
)
def test_what_is_no_number(written):
    assert find_format(written) is None


def test_a_few_numbers_of_other_quantities_count_as_missing():
    areas = [f"{k}" for k in range(500, 900)] + ["34.46Sq. Meter", "4125Perch", "2Acres", "15Guntha", "3.0M"]
    found = find_format(areas)
    assert found is not None
    assert np.isnan([found.parse(text) for text in areas[-5:]]).all()
    assert found.rows == 5
    assert found.parse("700") == 700


def test_what_was_done_is_said():
    said = {
        "1 TB is 1000 GB": ["128GB", "1TB", "512GB"],
        "5% is 0.05, as in rows without %": ["5%", "0.05", "12%"],
        "a mark or remark behind a number is left out": ["12*", "13", "14"],
        "'.' groups thousands": [f"{k}.500 km" for k in range(1, 9)],
        "in seconds, 1:30 is a minute and a half": ["1:02:30", "12:45"],
        "(5) and 5- are −5": ["5-", "7"],
        "'€' beside '$': not converted, a flag each": ["$5", "€6", "$7"],
        "3/4 is 0.75": ["1 1/2", "3/4"],
    }
    for words, written in said.items():
        found = find_format(written)
        assert found is not None
        assert words in map(str, found.describe())


def test_words_among_numbers_count_as_missing_as_far_as_the_column_lets_them():
    numbers = [f"{k}.5" for k in range(80)]
    four = ["n.d.", "TBD", "unknown", "none given"] * 5
    found = find_format(numbers + four)
    assert found is not None
    assert (sorted(found.marks), found.rows) == (sorted(set(four)), 20)
    assert "… counted as missing (20 rows)" in str(found.describe()[-1])
    words = [f"word {chr(97 + k % 26)}{chr(97 + k // 26)}" for k in range(40)]  # as many words as half of the numbers
    assert find_format(numbers + words) is None
    assert find_format(numbers + [f"see {k}" for k in range(10)]) is None


@pytest.mark.parametrize(
    ("written", "numbers"),
    [
        ([f"{4 + k % 3} ft {k % 12} in" for k in range(40)], [(4 + k % 3, k % 12) for k in range(40)]),
        ([f"{k % 50 / 10} out of 5" for k in range(40)], [(k % 50 / 10, 5) for k in range(40)]),
        ([f"{60 + k}+{k % 4}" for k in range(40)], [(60 + k, k % 4) for k in range(40)]),
    ],
)
def test_two_numbers_in_a_text(written, numbers):
    frame = pl.DataFrame({"s": written})
    encoder = TableEncoder.fit(frame)
    assert isinstance(encoder.columns[0], SeveralColumn)
    plain = pl.DataFrame(numbers, orient="row", schema={"s 1": pl.Float64, "s 2": pl.Float64})
    for k, part in enumerate(encoder.columns[0].parts):
        assert part.median == np.median(plain[f"s {k + 1}"])


def test_spelling_changes_no_plain_text():
    for text in ("12", "-3.5e-7", "1,234.5", "abc", "12/83", "2024-01-05", "10.0.0.1", "A-12", "x10 speed", "5'11"):
        assert spelled(text) == text
    assert seconds_of("12") is None


def test_a_clock_is_a_length_of_time_where_the_column_is_called_so():
    clocks = [f"0:{k % 60:02d}" for k in range(100)] + [f"1:{k % 60:02d}" for k in range(100)]
    (column,) = TableEncoder.fit(pl.DataFrame({"Duration": clocks})).columns
    assert column.kind == "number"
    assert column.median == np.median([60 * (60 * int(t[0]) + int(t[2:])) for t in clocks])
    assert TableEncoder.fit(pl.DataFrame({"start": clocks})).columns[0].kind == "date"
    assert TableEncoder.fit(pl.DataFrame({"start": clocks}), kinds={"start": "number"}).columns[0].kind == "number"


ALPHABET = "0123456789" * 3 + ".,-–~$€%KMkgcmhdxe'\"()/[]* :½²万年月to"


@given(st.lists(st.text(ALPHABET, min_size=1, max_size=8), min_size=1, max_size=12), st.booleans(), st.booleans())
def test_what_is_found_is_read_whatever_stands_there(written, marks, spans):
    found = find_format(written, marks, spans)
    if found is not None:
        values = np.array([found.parse(text) for text in written if text.strip()])
        assert (np.isfinite(values) | np.isin([text.strip() for text in written if text.strip()], found.marks)).all()
        assert record(NumberFormat, json.loads(json.dumps(found.__dict__))) == found
        assert all(found.unit(text) <= len(found.flagged) for text in written)
        found.describe()


@given(st.text(max_size=20))
def test_other_text_is_refused_by_one_kind_of_error(text):
    found = find_format(["$1,234", "$(5)", "$10 - 20K", "1 1/2", "7*"])
    assert found is not None
    with contextlib.suppress(ValueError):
        found.parse(text)


# --- targets


def test_a_target_in_k_and_m():
    rng = np.random.default_rng(0)
    v = np.round(np.exp(rng.normal(13, 1, 1000)), -4).clip(10_000)
    written = [f"€{a / 1e6:.1f}M" if a >= 1e6 else f"€{a / 1e3:.0f}K" for a in v]
    frame = pl.DataFrame({"skill": np.log(v) + rng.normal(0, 0.1, 1000), "value": written})
    fit = cp.TableModel.train(frame, "value", epochs=40)
    assert fit.model.target.task == "regression"
    truth = np.array([float(t[1:-1]) * {"M": 1e6, "K": 1e3}[t[-1]] for t in written])
    answers = fit.model.predict(frame)[fit.split.test]
    assert 1 - np.mean((answers - truth[fit.split.test]) ** 2) / np.var(truth[fit.split.test]) > 0.9
    assert fit.scores["test"]["r2"] > 0.9


def test_the_message_for_regression_names_what_is_no_number_and_its_row():
    rows = [f"€{k}K" for k in range(30)] + ["on request"] * 9 + ["sold"] * 9
    frame = pl.DataFrame({"x": range(48), "value": rows})
    with pytest.raises(
        TableError, match="target 'value' holds 'on request' in row 30.*; expected numbers, for regression"
    ):
        cp.TableModel.train(frame, "value", task="regression")
    frame = pl.DataFrame({"x": range(61), "value": [f"€{k}K" for k in range(60)] + ["TBD"]})
    with pytest.raises(TableError, match="target 'value' holds 'TBD' in row 60.*na='TBD'"):
        cp.TableModel.train(frame, "value", task="regression")
