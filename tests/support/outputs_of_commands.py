"""What the command line prints and writes, for `every_output.py`: every command, with every option at least once."""

from __future__ import annotations

import json
import re
import struct
from functools import cache, partial
from itertools import product
from pathlib import Path
from unittest import mock

import polars as pl

from commands import run, run_process
from every_output import Made, Outputs
from tables_of_outputs import TABLES

COMMANDS = ("train", "predict", "evaluate", "info", "explain", "check", "doctor", "plan", "profile")
SMALL = ("--hidden", "4", "--epochs", "12")
ODD = ("odd.csv", "--target", "class")
TEXT = {".csv", ".html", ".json", ".md", ".tex", ".txt", ".svg"}

TRAIN: dict[str, tuple[str, ...]] = {
    "iris": ("demo:iris", *SMALL),
    "iris-zh": ("demo:iris", *SMALL, "--lang", "zh"),
    "diabetes": ("demo:diabetes", *SMALL),
    "diabetes-zh": ("demo:diabetes", *SMALL, "--lang", "zh"),
    "breast-cancer": ("demo:breast_cancer", *SMALL),
    "wine-robust": ("demo:wine", *SMALL, "--scaling", "robust", "--optimizer", "adamw", "--patience", "3"),
    "digits": ("demo:digits", "--hidden", "16", "--epochs", "3", "--max-rows", "400"),
    "moons": ("demo:moons", "--hidden", "8,8", "--epochs", "20", "--activation", "tanh", "--optimizer", "sgd"),
    "xor-no-hidden": ("demo:xor", "--hidden", "", "--epochs", "5", "--learning-rate", "0.1", "--l2", "0.01"),
    "spiral-defaults": ("demo:spiral", "--epochs", "5", "--seed", "3", "--batch-size", "50", "--threads", "2"),
    "odd": (*ODD, *SMALL),
    "odd-zh": (*ODD, *SMALL, "--lang", "zh"),
    "odd-random": (*ODD, *SMALL, "--split", "random", "--validation", "0.2", "--test", "0.25"),
    "odd-group": (*ODD, *SMALL, "--group", "shop", "--drop", "note", "--drop", "id"),
    "odd-time": (*ODD, *SMALL, "--time", "sold", "--kind", "zip=category", "--kind", "flag=category"),
    "odd-weights": (*ODD, *SMALL, "--weight", "weight", "--class-weight", "balanced"),
    "odd-class-weights": (*ODD, *SMALL, "--class-weight", "rare=10", "--class-weight", "up=2"),
    "odd-marks": (*ODD, *SMALL, "--na", "unknown", "--keep-na", "NA", "--split", "random"),
    "odd-no-marks": (*ODD, *SMALL, "--no-default-na", "--scaling", "log"),
    "odd-amount": ("odd.csv", "--target", "amount", *SMALL),
    "odd-amount-zh": ("odd.csv", "--target", "amount", *SMALL, "--lang", "zh", "--split", "random"),
    "odd-visits": ("odd.csv", "--target", "visits", *SMALL, "--task", "regression", "--scaling", "standard"),
    "odd-visits-classes": ("odd.csv", "--target", "visits", *SMALL, "--task", "classification"),
    "threshold": ("rare.csv", "--target", "fraud", *SMALL, "--optimize", "f1"),
    "threshold-zh": ("rare.csv", "--target", "fraud", *SMALL, "--optimize", "balanced_accuracy", "--lang", "zh"),
    "no-header": ("bare.csv", "--target", "c3", *SMALL, "--no-header"),
    "german": ("german.csv", "--target", "klasse", *SMALL, "--encoding", "cp1252", "--delimiter", ";", "--skip", "2"),
    "german-found": ("german-utf8.csv", "--target", "klasse", *SMALL),
    "german-not-found": ("german.csv", "--target", "klasse", *SMALL),
    "excel": ("book.xlsx", "--target", "y", *SMALL, "--sheet", "second"),
    "parquet": ("t.parquet", "--target", "y", *SMALL),
    "json-lines": ("t.jsonl", "--target", "y", *SMALL, "--header"),
    "folder": ("parts", "--target", "y", *SMALL),
    "own-tables": ("t.parquet", "--target", "y", *SMALL, "--validation-table", "v.csv", "--test-table", "w.csv"),
    "hopeless": ("noise.csv", "--target", "y", *SMALL),
    "hopeless-zh": ("noise.csv", "--target", "y", *SMALL, "--lang", "zh"),
    "leak": ("leak.csv", "--target", "y", *SMALL),
    "checkpoint": ("demo:iris", *SMALL, "--checkpoint", "--optimizer", "rmsprop"),
    "adagrad": ("demo:iris", *SMALL, "--optimizer", "adagrad"),
    "gradient-descent": ("demo:iris", *SMALL, "--optimizer", "gradient_descent"),
    "json": ("demo:iris", *SMALL, "--json"),
    "json-odd": (*ODD, *SMALL, "--json"),
    "quiet": ("demo:iris", *SMALL, "--quiet"),
}
MODELS = {"iris": "demo:iris", "diabetes": "demo:diabetes", "odd": "odd.csv", "odd-amount": "odd.csv"}
MORE = {"moons": "demo:moons", "breast-cancer": "demo:breast_cancer", "threshold": "rare.csv", "hopeless": "noise.csv"}
ONLY = ("dW2", "dW2[1,1]", "z1", "a1[1,2]", "L", "W1'", "dz1", "b1'[1]", "X", "nothing")


def outputs() -> Outputs:
    """Name → what makes it."""
    yield "help/clearprop", partial(printed, "--help")
    yield "help/version", partial(printed, "--version")
    yield "help/nothing", partial(printed)
    for command in COMMANDS:
        yield f"help/{command}", partial(printed, command, "--help")
    for name in TRAIN:
        yield f"train/{name}", partial(training, name)
    for name, table in (MODELS | MORE).items():
        yield from of_model(name, table)
    yield from with_reading_options()
    for name in MODELS:
        yield from explanations(name, MODELS[name])
    yield "wrong-input", wrong_input


def of_model(name: str, table: str) -> Outputs:
    """What every command says of one model."""
    model = f"{name}/model.clearprop"
    calls: dict[str, tuple[str, ...]] = {
        "info": ("info", model),
        "info-json": ("info", model, "--json"),
        "evaluate": ("evaluate", model, table),
        "evaluate-json": ("evaluate", model, table, "--json"),
        "check": ("check", model),
        "check-table-zh": ("check", model, table, "--lang", "zh", "--mode", "training", "--rows", "8"),
        "check-json": ("check", model, "--json", "--seed", "3", "--tolerance", "1e-4"),
        "check-strict": ("check", model, table, "--tolerance", "1e-12"),
        "doctor": ("doctor", model, table),
        "doctor-zh": ("doctor", model, table, "--lang", "zh"),
        "doctor-json": ("doctor", model, table, "--json"),
        "doctor-json-zh": ("doctor", model, table, "--json", "--lang", "zh"),
        "plan": ("plan", model),
        "plan-predict": ("plan", model, "--what", "predict"),
        "plan-passes": ("plan", model, "--passes", "--optimizer", "sgd"),
    }
    for call, arguments in calls.items():
        yield f"{arguments[0]}/{name}/{call}", partial(of_trained, name, *arguments)
    yield f"profile/{name}", partial(profile, name, table)
    yield f"predict/{name}", partial(prediction, name, table)


def with_reading_options() -> Outputs:
    """The commands on tables that need options to be read."""
    german = ("german.csv", "--encoding", "cp1252", "--delimiter", ";", "--skip", "2", "--na", "nix")
    excel, bare = ("book.xlsx", "--sheet", "second"), ("bare.csv", "--no-header")
    lines = ("t.jsonl", "--header")
    for name, table in {"german": german, "excel": excel, "no-header": bare, "json-lines": lines}.items():
        model = f"{name}/model.clearprop"
        for command, more in {"evaluate": (), "check": (), "doctor": (), "explain": ("--row", "2")}.items():
            yield f"{command}/{name}/read", partial(of_trained, name, command, model, *table, *more)
        yield f"predict/{name}", partial(prediction, name, *table)
        yield f"profile/{name}-read", partial(profile, name, *table)
    steps = ("--steps", "2", "--batch-size", "16", "--optimizer", "sgd", "--threads", "1")
    yield "profile/german-options", partial(profile, "german", *german, *steps)
    copied = ("odd.csv", "--keep", "note", "--keep", "id", "--safe-csv")
    yield "predict/odd-keep", partial(prediction, "odd", *copied)
    yield "predict/odd-quiet", partial(prediction, "odd", "odd.csv", "--quiet")
    yield "predict/unseen", partial(prediction, "odd", "unseen.csv")
    yield "evaluate/unseen/page", partial(of_trained, "odd", "evaluate", "odd/model.clearprop", "unseen.csv")
    yield "predict/standard-output", standard_output


def explanations(name: str, table: str) -> Outputs:
    """`clearprop explain` in every form."""
    start = ("explain", f"{name}/model.clearprop", table, "--row", "3")
    ways = [*product(("en", "zh"), ("row", "column"))]
    for lang, convention in ways if name == "iris" else ways[::3]:
        for detail in ("formulas", "values", "elements"):
            options = ("--lang", lang, "--convention", convention, "--detail", detail)
            yield f"explain/{name}/{lang}-{convention}-{detail}", partial(explained, name, *start, *options)
        options = ("--lang", lang, "--convention", convention, "--steps", "--out", "page.html")
        yield f"explain/{name}/{lang}-{convention}-steps", partial(page, name, *start, *options)
    for value in ONLY:
        yield f"explain/{name}/only-{value}", partial(of_trained, name, *start, "--only", value)
    yield f"explain/{name}/open", partial(opened, name, *start, "--open")


def printed(*arguments: str) -> Made:
    """What a command prints, with its exit code."""
    done = run(*arguments)
    return f"$ clearprop {' '.join(arguments)}\n{done.stdout}--- errors\n{done.stderr}--- exit {done.returncode}\n"


@cache
def prepared() -> None:
    """The tables, in the folder where we are."""
    for name, write in TABLES.items():
        write(Path(name))


@cache
def training(name: str) -> Made:
    """Train a model; what is printed, and every file."""
    prepared()
    page = printed("train", *TRAIN[name], "--out", name)
    files = sorted(Path(name).iterdir()) if Path(name).is_dir() else ()
    return {"page": page, **{path.name: contents(path) for path in files}}


def of_trained(name: str, *arguments: str) -> Made:
    """What a command says of a model."""
    training(name)
    return printed(*arguments)


def explained(name: str, *arguments: str) -> Made:
    """An explanation on the terminal and in every format of a file."""
    training(name)
    files = {}
    for ending in ("html", "md", "tex", "txt"):
        run(*arguments, "--out", f"row.{ending}")
        files[f"row.{ending}"] = contents(Path(f"row.{ending}"))
    return {"page": printed(*arguments), **files}


def page(name: str, *arguments: str) -> Made:
    """What a command prints, and its page."""
    training(name)
    return {"page": printed(*arguments), "page.html": contents(Path("page.html"))}


def opened(name: str, *arguments: str) -> Made:
    """The page that a browser is asked to show."""
    training(name)
    with mock.patch("webbrowser.open") as shown, mock.patch("tempfile.mkdtemp", return_value="."):
        said = printed(*arguments)
    return said + f"--- opened {Path(shown.call_args.args[0]).name}\n"


def prediction(name: str, *arguments: str) -> Made:
    """Predictions, and what is said of them."""
    training(name)
    said = printed("predict", f"{name}/model.clearprop", *arguments, "--out", "predictions.csv")
    return {"page": said, "predictions.csv": contents(Path("predictions.csv"))}


def standard_output() -> Made:
    """Predictions on the standard output, of a table that comes by the standard input, in a process of its own."""
    training("iris")
    done = run_process("predict", "iris/model.clearprop", "demo:iris", "--out", "-")
    return f"{done.stdout}--- errors\n{done.stderr}"


def profile(name: str, *arguments: str) -> Made:
    """A profile without its numbers."""
    training(name)
    more = () if "--steps" in arguments else ("--steps", "2")
    said = printed("profile", f"{name}/model.clearprop", *arguments, *more)
    return re.sub(r"[ \d.,]+", " ", said)


def wrong_input() -> Made:
    """The answers to wrong input of every sort."""
    from wrong_input import document

    return {"page.md": document()}


def contents(path: Path) -> Made:
    """A file as it is compared: texts as they are, of a model the header, of all else size and hash."""
    if not path.exists():
        return "no file\n"
    data = path.read_bytes()
    if path.suffix == ".clearprop":
        length = struct.unpack("<Q", data[:8])[0]
        return {
            "header.json": json.dumps(unfolded(json.loads(data[8 : 8 + length])), indent=1),
            "data": data[8 + length :],
        }
    if path.name == "history.csv":
        return pl.read_csv(data).with_columns(seconds=pl.lit("#")).write_csv()
    if path.suffix in TEXT:
        return data.decode()
    return data


def unfolded(value: object) -> object:
    """JSON in which texts that hold JSON are JSON, too."""
    if isinstance(value, dict):
        return {key: unfolded(part) for key, part in value.items()}
    if isinstance(value, str) and value.startswith("{"):
        return json.loads(value)
    return value
