"""The report: whole, well-formed, harmless whatever a table holds, and with the run's own numbers in it."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import polars as pl
import pytest

import clearprop as cp
from clearprop.app.files import curves_as_png
from clearprop.messages import Message
from clearprop.present.writers import json_of, latex_of, markdown_of, text_of
from clearprop.report import report_of
from clearprop.report.evidence import Evidence
from clearprop.report.page import report_document
from clearprop.report.scores import learning_curves
from clearprop.report.summary import METRICS, score_text, summary_of_fit
from clearprop.table import load_demo
from clearprop.train import History
from clearprop.visible import shown_name
from long import first

SECTIONS = ["verdict", "data", "scores", "curves", "findings", "answers", "inputs", "dependence", "network", "sample"]
VOID = {"meta", "br", "img", "input", "hr", "link"}


class Page(HTMLParser):
    """A page taken apart: its tags, its attributes, and its text; a tag that is not closed is an error."""

    def __init__(self, html):
        super().__init__()
        self.open, self.tags, self.attributes, self.pieces, self.sections = [], Counter(), [], [], {}
        self.feed(html)
        self.close()
        assert self.open == []
        self.text = " ".join("".join(self.pieces).split())

    def handle_starttag(self, tag, attrs):
        self.tags[tag] += 1
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)
        if tag in ("td", "th", "p", "div", "a"):
            self.pieces.append(" ")
        if tag == "section":
            self.sections[dict(attrs)["id"]] = len(self.pieces)

    def handle_startendtag(self, tag, attrs):
        self.tags[tag] += 1
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "script"):
            self.pieces.append(data)


def trained(frame, target, name="table.csv", **options):
    fit = cp.TableModel.train(frame, target, **options)
    return fit, frame, summary_of_fit(name, frame.shape, fit, {})


def checked(html, sections=SECTIONS):
    """The page, if it is well-formed and whole and asks for nothing from elsewhere."""
    page = Page(html)
    assert list(page.sections) == sections
    assert page.tags["script"] == page.tags["img"] == page.tags["link"] == page.tags["iframe"] == 0
    ids = [value for name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    for name, value in page.attributes:
        assert not name.startswith("on")
        if name in ("href", "src"):
            assert value.startswith("#")
            assert value[1:] in ids
    assert "url(" not in html
    assert re.findall(r"(?<!xmlns=\")https?://", html) == []
    assert re.findall(r"\b(nan|inf)\b", page.text + " ".join(value or "" for _, value in page.attributes)) == []
    assert len(html.encode()) < 400_000
    return page


@pytest.fixture(scope="module")
def runs():
    return {
        "binary": trained(load_demo("breast_cancer"), "target", epochs=30),
        "classes": trained(load_demo("wine"), "target", epochs=30),
        "numbers": trained(load_demo("diabetes"), "target", epochs=30),
    }


# --- the whole page


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("kind", ["binary", "classes", "numbers"])
def test_every_score_of_every_part_is_there(runs, kind, lang):
    fit, frame, summary = runs[kind]
    html = report_of(fit, frame, summary, lang)
    page = checked(html)
    assert f'<html lang="{"zh-Hans" if lang == "zh" else "en"}">' in html
    for part in summary["parts"].values():
        for metric, value in part["scores"].items():
            assert METRICS[metric](lang) in page.text
            assert score_text(value) in page.text
    for low, high in summary["parts"]["test"]["intervals"].values():
        assert f"{score_text(low)}–{score_text(high)}" in page.text
    for sentence in fit.verdict_in(lang):
        assert " ".join(sentence.split()) in page.text
    for column in fit.model.encoder.columns:
        assert column.name in page.text


def test_the_chinese_page_speaks_chinese(runs):
    """Outside names and formulas no run of English words is left."""
    for kind, (fit, frame, summary) in runs.items():
        page = checked(report_of(fit, frame, summary, "zh"))
        said = page.text.replace("ROC AUC", "")
        for name in [*frame.columns, "table.csv", "class_0", "class_1", "class_2", "benign", "malignant"]:
            said = said.replace(name, "")
        assert re.findall(r"\b[a-z]{2,}(?: [a-z]{2,}){2,}", said) == [], kind


def test_the_same_run_gives_the_same_bytes(runs):
    fit, frame, summary = runs["classes"]
    again = trained(load_demo("wine"), "target", epochs=30)
    assert report_of(*again, "zh") == report_of(fit, frame, summary, "zh")


def test_counts_of_the_confusion_matrix_and_shares_of_the_target(runs):
    fit, frame, summary = runs["classes"]
    page = checked(report_of(fit, frame, summary))
    for row in fit.last.confusion:
        for n in row:
            assert (f"{n} {n / row.sum():.0%}" if n else " 0 ") in page.text
    for label, share in zip(fit.model.target.classes, fit.model.target.shares, strict=True):
        assert f"{label} {share:.1%}" in page.text


def test_residuals_are_in_the_targets_unit(runs):
    fit, frame, summary = runs["numbers"]
    truth = frame["target"].to_numpy()[fit.split.test]
    off = np.abs(truth - fit.model.predict(frame)[fit.split.test])
    half, most = (f"±{value:.4g}" for value in np.quantile(off, [0.5, 0.9]))
    page = checked(report_of(fit, frame, summary))
    assert half in page.text
    assert most in page.text


def test_the_column_that_made_the_target_is_the_first_of_those_that_matter():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 3))
    frame = pl.DataFrame({"a": x[:, 0], "b": x[:, 1], "c": x[:, 2], "y": ["+" if v > 0 else "-" for v in x[:, 1]]})
    run = trained(frame, "y", epochs=40)
    html = report_of(*run)
    shuffled = html[html.index('id="inputs"') : html.index('class="cards"')]
    assert re.findall(r"<tr><td><bdi>(.)</bdi>", shuffled)[0] == "b"
    cards = html[html.index('class="cards"') :].split('class="card"')[1:]
    assert len(cards) == 3
    assert all(re.findall(r"<tr><td><bdi>(.)</bdi>", card)[0] == "b" for card in cards[:2])


def test_a_column_that_gives_the_target_away_is_a_finding():
    rng = np.random.default_rng(0)
    label = rng.integers(0, 2, 200)
    alive = [["no", "yes"][k] for k in label]
    frame = pl.DataFrame({"noise": rng.normal(size=200), "alive": alive, "survived": label})
    run = trained(frame, "survived", epochs=5)
    for lang, words in (("en", "The column alive gives the target away"), ("zh", "alive 列泄漏了目标")):
        page = checked(report_of(*run, lang))
        assert page.text.count(words) == 2  # beside the score, and among the findings
        assert "--drop alive" in page.text
    honest = trained(load_demo("iris"), "target", epochs=5)
    assert "gives the target away" not in report_of(*honest)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("kind", ["binary", "classes", "numbers"])
def test_how_the_answer_depends_on_the_columns(runs, kind, lang):
    """A picture for each of the six columns whose shuffling costs most, and the curves that the model gives."""
    fit, frame, summary = runs[kind]
    html = report_of(fit, frame, summary, lang)
    section = html[html.index('<section id="dependence"') : html.index('<section id="network"')]
    evidence = Evidence.of(fit, frame, summary)
    names = [name for name, _, _ in evidence.importance.ranked()[:6]]
    assert section.count("<svg") == 6
    assert all(f">{name}</text>" in section for name in names)
    drawn = section.count("<polyline") + section.count("<path")
    assert 6 * 1 < drawn < 6 * (30 + 30)
    assert str(min(200, fit.rows["test"])) in section
    related = {
        other for name in names for other, _ in fit.model.dependence(evidence.judged.frame.to_native(), name).together
    }
    assert (Message("dependence.together", pairs=["|"])(lang).split("|")[1] in section) == bool(related)


# --- tables and runs of every sort


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</td></table></section>",
    "{x} {0} %s &amp; &lt;",
    "a\x00b\x1b[31m",
    "\u202eright to left",
    "😀" * 3,
    "n" * 5000,
    "https://example.com/x.js",
    "价格（元）",
]


@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize("lang", first(["en", "zh"], 1))
def test_hostile_names_and_values_are_only_text(task, lang):
    rng = np.random.default_rng(0)
    columns = {name: rng.normal(size=120) for name in HOSTILE[:6]}
    columns |= {name: [HOSTILE[k] for k in rng.integers(0, len(HOSTILE), 120)] for name in HOSTILE[6:]}
    columns["<b>same</b>"] = ["<i>"] * 120
    target = "<h1>{y}</h1>"
    y = [HOSTILE[k] for k in rng.integers(0, 5, 120)] if task == "classification" else rng.normal(size=120)
    frame = pl.DataFrame({**columns, target: y})
    fit, frame, summary = trained(frame, target, "<table>.csv", epochs=2)
    html = report_of(fit, frame, summary, lang)
    page = checked(html.replace("https://example.com", "").replace(shown_name(HOSTILE[9], 18), ""))
    assert page.tags["h1"] == 1
    assert page.tags["b"] == html.count("</b>")
    assert "<script>alert(1)</script>" in page.text
    assert "<table>.csv" in page.text
    assert "n" * 61 not in page.text
    assert "\x00" not in html
    assert "\x1b" not in html


@pytest.mark.parametrize("rows", first([4, 12, 6, 30], 2))
@pytest.mark.parametrize("task", ["classification", "regression"])
def test_tiny_tables(rows, task):
    y = ["ab"[i % 2] for i in range(rows)] if task == "classification" else [1.5 * i for i in range(rows)]
    frame = pl.DataFrame({"x": [float(i % 5) for i in range(rows)], "y": y})
    checked(report_of(*trained(frame, "y", epochs=2, task=task)))


@pytest.mark.parametrize(("validation", "test"), [(0.0, 0.0), (0.3, 0.0), (0.0, 0.3)])
def test_without_parts_that_are_held_out(validation, test):
    run = trained(load_demo("iris"), "target", epochs=3, validation=validation, test=test)
    page = checked(report_of(*run))
    assert len(run[0].parts) == 1 + bool(validation) + bool(test)
    assert "training rows" in page.text


@pytest.mark.parametrize("epochs", [0, 1, 2])
@pytest.mark.parametrize("lang", first(["en", "zh"], 1))
def test_a_training_that_was_interrupted(runs, epochs, lang):
    fit, frame, _ = runs["classes"]
    columns = {name: values[:epochs] for name, values in fit.history.columns.items()} if epochs else {}
    stopped = replace(fit, history=History(columns, [], epochs or None, "interrupt"))
    page = checked(report_of(stopped, frame, summary_of_fit("t.csv", frame.shape, stopped, {}), lang))
    assert ("drawn at random" in page.text or "随机初始化" in page.text) == (epochs == 0)


def test_very_many_classes_and_columns():
    rng = np.random.default_rng(0)
    label = np.arange(300) % 30
    frame = pl.DataFrame({f"x{j}": rng.normal(size=300) + label * (j == 0) for j in range(150)} | {"y": label})
    fit, frame, summary = trained(frame, "y", epochs=3, task="classification", hidden=8)
    page = checked(report_of(fit, frame, summary))
    wrong = int(fit.last.confusion.sum() - np.trace(fit.last.confusion))
    assert f"{wrong} of the {fit.last.rows} test rows were taken for another class" in page.text
    assert "50 more columns are not shown" in page.text
    assert "Of 150 columns the 50 with the largest gradient × input were shuffled" in page.text
    assert "x0" in page.text[page.text.index("To the score") :]


def test_one_class_only_among_the_test_rows_leaves_scores_undefined():
    frame = pl.DataFrame({"x": [float(i) for i in range(40)], "y": ["a"] * 39 + ["b"]})
    page = checked(report_of(*trained(frame, "y", epochs=2)))
    assert "–" in page.text


@pytest.mark.parametrize("seed", first(range(4), 1))
def test_a_number_that_hardly_varies(seed):
    frame = pl.DataFrame({"x": [float(i % 7) for i in range(40)], "y": [0.0] * 36 + [5.5, 6.0, 7.5, 8.0]})
    checked(report_of(*trained(frame, "y", epochs=2, seed=seed, task="regression")))


def test_gaps_dates_and_columns_set_aside():
    rng = np.random.default_rng(0)
    n = 200
    frame = pl.DataFrame(
        {
            "id": np.arange(n),
            "constant": ["c"] * n,
            "gap": [None if i % 4 == 0 else float(i) for i in range(n)],
            "blank": ["" if i % 10 == 0 else "uvw"[i % 3] for i in range(n)],
            "day": pl.Series(rng.integers(0, 900, n)).cast(pl.Int32).cast(pl.Date),
            "money": [f"${i},000.50" for i in rng.integers(1, 999, n)],
            "y": [None if i % 50 == 0 else float(i % 7) * 3.3 for i in range(n)],
        }
    )
    run = trained(frame, "y", epochs=2, kinds={"money": "number"})
    page = checked(report_of(*run))
    assert "4 rows have no target and were left out" in page.text
    assert "gap number 48 (24%)" in page.text  # of the 196 that have a target
    assert "blank category 16 (8%)" in page.text
    assert "id set aside an identifier" in page.text
    chinese = checked(report_of(*run, "zh"))
    assert "id 未使用 标识符：每行各不相同的整数" in chinese.text
    assert "constant 未使用 每行的值都相同" in chinese.text


# --- words and pictures


def test_every_column_and_every_reason_has_chinese_words():
    n = 120
    frame = pl.DataFrame(
        {
            "number": [None if i % 7 == 0 else float(i % 11) for i in range(n)],
            "money": [f"${i % 13 + 1},000.50" if i % 40 else "unknown" for i in range(n)],
            "category": ["abcdef"[i % 6] if i % 9 else None for i in range(n)],
            "boolean": [i % 2 == 0 for i in range(n)],
            "date": [f"2024-{i % 12 + 1:02}-0{i % 9 + 1}" for i in range(n)],
            "id": list(range(n)),
            "same": ["c"] * n,
            "same date": pl.Series(["2024-01-01"] * n).str.to_date(),
            "empty": pl.Series([None] * n, dtype=pl.String),
            "text": [f"text {i} {i * i}" for i in range(n)],
            "list": [[i] for i in range(n)],
            "mixed": [str(i * 1.5) if i % 9 else "unk" for i in range(n)],
        }
    )
    encoder = cp.TableModel.train(frame.with_columns(y=pl.Series(range(n)) % 2), "y", epochs=1).model.encoder
    assert {column.kind for column in encoder.columns} == {"number", "category", "boolean", "date"}
    for column in encoder.columns:
        assert re.search(r"[\u4e00-\u9fff]", column.describe()("zh"))
    assert len(encoder.ignored) >= 6
    for why in encoder.ignored.values():
        assert re.search(r"[\u4e00-\u9fff]", why("zh")), why


def test_one_document_says_it_in_every_notation(runs):
    for fit, frame, summary in runs.values():
        document = report_document(fit, frame, summary)
        score = next(iter(summary["parts"]["test"]["scores"].values()))
        for text in (text_of(document, "zh", 100), markdown_of(document, "zh"), latex_of(document, "zh")):
            assert score_text(score) in text
        assert json.loads(json.dumps(json_of(document, "zh")))["blocks"][1]["name"] == "verdict"


def test_learning_curves_are_the_history(runs):
    history = runs["classes"][0].history
    train, validation, *_ = learning_curves(history).marks
    assert (train.y, validation.y) == (history["loss"], history["validation_loss"])
    drawn = learning_curves(history).picture("zh").svg
    assert all(words in drawn for words in ("训练集", "验证集", "损失", f"第 {history.best_epoch} 轮"))


def test_without_fonts_for_chinese_the_curves_speak_english(runs, monkeypatch):
    history = runs["classes"][0].history
    latin, chinese = (Message("report.page.title", table=name, target="y") for name in ("t.csv", "表.csv"))
    english = curves_as_png(history, latin, "en")
    assert curves_as_png(history, latin, "en") == english
    monkeypatch.setattr("clearprop.app.files.eastern_fonts", tuple)
    assert curves_as_png(history, latin, "zh") == english
    nameless = curves_as_png(history, chinese, "zh")
    assert nameless == learning_curves(history).picture("en").png()


def test_the_rows_of_the_report_are_those_of_the_split_where_marks_stand_in_the_target():
    x = np.arange(300.0)
    labels = np.where(x % 3 == 0, "NA", np.where(x % 2 == 0, "even", "odd"))
    frame = pl.DataFrame({"x": x, "parity": labels})
    fit = cp.TableModel.train(frame, "parity", epochs=1)
    evidence = Evidence.of(fit, frame, {})
    there = x[labels != "NA"]
    assert evidence.table["x"].to_list() == there.tolist()
    assert evidence.judged.frame["x"].to_list() == there[fit.split.test].tolist()
    assert len(evidence.judged) == fit.parts["test"].rows
