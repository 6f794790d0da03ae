"""Names of columns, classes, files, and facts in model files that would act on a screen: every command shows them."""

from __future__ import annotations

import io
import json
from html.parser import HTMLParser

import polars as pl
import pytest

import screens
from clearprop.interop import read_model, write_model
from long import first
from screens import at_terminal, dice_of, hidden, hostile_file, hostile_name, only_seen, whole

LONG = [pytest.param(seed, marks=pytest.mark.long) for seed in range(2, 60)]


class Shown(HTMLParser):
    """Every text and attribute of a page, as a reader gets them: its character references resolved."""

    def __init__(self, page):
        super().__init__()
        self.pieces, self.script = [], False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.script = tag == "script"
        self.pieces += [value or "" for _, value in attrs]

    def handle_data(self, data):
        self.pieces += [] if self.script else [data]


def texts_in(data):
    """Every text in plain data."""
    if isinstance(data, str):
        return [data]
    inner = [*data, *data.values()] if isinstance(data, dict) else data if isinstance(data, list) else []
    return [text for one in inner for text in texts_in(one)]


def a_table(dice, path, classes):
    """A table whose column and class names are hostile; the names."""
    names = [hostile_name(dice) for _ in range(4)]
    labels = [hostile_name(dice) for _ in range(3)]
    levels = [hostile_name(dice) for _ in range(3)]
    rows = range(60)
    columns = {
        names[0]: [dice.gauss(0, 1) for _ in rows],
        names[1]: [levels[i % 3] for i in rows],
        names[2]: [f"{i}{hostile_name(dice)}" for i in rows],  # different in every row: set aside
        names[3]: [labels[i % 3] if classes else i + dice.random() for i in rows],
    }
    content = io.BytesIO()
    pl.DataFrame(columns).write_parquet(content)
    path.write_bytes(content.getvalue())
    return names, labels


@pytest.mark.parametrize("seed", first([0, 1], 1) + LONG)
def test_every_command_shows_what_names_hide(tmp_path, seed):
    dice = dice_of(seed)
    table, model = hostile_file(dice, ".parquet", bytes_too=False), "o/model.clearprop"
    names, _ = a_table(dice, tmp_path / table, classes=seed % 2 == 0)

    def screen(*arguments, code=0):
        got, shown = at_terminal(*arguments, cwd=tmp_path)
        assert got == code, shown[:600]
        assert "Warning" not in shown, shown[:600]
        only_seen(shown)
        lines = shown.replace("\r", "\n").split("\n")  # a bar of progress is drawn again and again on one line
        longest = max(len(screens.RICH.sub("", line)) for line in lines)
        assert longest < 4000 or "--json" in arguments  # no name of ten thousand letters, but for scripts
        return shown

    train = ("train", table, "--target", names[3], "--epochs", "2")
    assert "Columns" in screen(*train, "--out", "o")
    read = json.loads(screen(*train, "--out", "j", "--json"))
    assert read == {**json.loads(whole(tmp_path / "o/summary.json")), "files": read["files"]} | {
        "training": read["training"]
    }
    assert read["target"]["name"] == names[3]  # whole, and letter by letter
    assert {column["name"] for column in read["columns"]} == set(names[:2])
    screen("info", model)
    screen("evaluate", model, table)
    screen("predict", model, table, "--out", "p.csv", "--keep", names[2])
    screen("check", model, table, "--rows", "4")
    screen("check", model, table, "--rows", "4", "--lang", "zh")
    screen("doctor", model, table)
    screen("plan", model)
    screen("profile", model, table, "--steps", "1")
    screen("explain", model, table, "--row", "2", "--detail", "formulas")
    assert json.loads(screen("info", model, "--json"))["target"]["name"] == names[3]
    assert json.loads(screen("evaluate", model, table, "--json"))["table"] == table
    assert json.loads(screen("doctor", model, table, "--json"))["table"] == table
    wrong = hostile_name(dice)
    screen("train", table, "--target", wrong, code=2)
    screen("train", table, "--target", names[3], "--drop", wrong, code=2)
    screen("predict", model, table, "--keep", wrong, "--out", "q.csv", code=2)
    screen("info", hostile_file(dice, ""), code=2)
    screen(f"--{wrong}", code=2)
    screen(wrong.replace("\x00", "") or "x", code=2)

    pages = ["o/report.html", "e.html", "s.html"]
    for out, more in (("e.html", ()), ("s.html", ("--steps",)), ("e.txt", ()), ("e.md", ()), ("e.tex", ())):
        screen("explain", model, table, "--row", "2", "--detail", "formulas", "--out", out, *more)
    for file in (*pages, "e.txt", "e.md", "e.tex", "o/summary.json"):
        assert hidden(whole(tmp_path / file)) == [], file
    for page in pages:
        assert hidden("".join(Shown(whole(tmp_path / page)).pieces), keep="\n\t") == []
    steps = whole(tmp_path / "s.html").partition('id="steps">')[2].partition("</script>")[0]
    assert [text for text in texts_in(json.loads(steps)) if hidden(text)] == []


@pytest.mark.parametrize("seed", [0, *[pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 40)]])
def test_what_a_model_file_says_of_itself(tmp_path, seed):
    dice = dice_of(seed)
    names, _ = a_table(dice, tmp_path / "t.parquet", classes=True)
    code, shown = at_terminal("train", "t.parquet", "--target", names[3], "--epochs", "1", "-q", cwd=tmp_path)
    assert code == 0, shown
    header, arrays = read_model(tmp_path / "clearprop-out/model.clearprop")
    about = header["about"]
    part = next(iter(about["parts"].values()))
    metrics = {name: f"{hostile_name(dice)}" for name in part["scores"]}
    renamed = {key: {metrics[m]: v for m, v in part[key].items()} for key in ("scores", "baseline", "intervals")}
    told = {"clearprop": hostile_name(dice), "parts": {hostile_name(dice): {**part, **renamed}}}
    write_model(tmp_path / "m", {**header, "about": {**about, **told}}, arrays)
    for command in (("info", "m"), ("evaluate", "m", "t.parquet"), ("info", "m", "--json")):
        code, shown = at_terminal(*command, cwd=tmp_path)
        assert code == 0, shown
        only_seen(shown)


def test_markup_in_a_name_stays_text(tmp_path):
    name = "[red]m[/] :smile:"
    frame = pl.DataFrame({name: [float(i) for i in range(40)], "y": ["a", "b"] * 20})
    (tmp_path / "[b]t.csv").write_bytes(frame.write_csv().encode())
    for columns in (100, 60):
        code, shown = at_terminal("train", "[b]t.csv", "--target", "y", "--epochs", "1", cwd=tmp_path, columns=columns)
        assert code == 0
        assert name in screens.RICH.sub("", shown)
        lines = screens.RICH.sub("", shown).partition("Columns")[2].split("\n")
        assert max(map(len, lines[:5])) <= columns
