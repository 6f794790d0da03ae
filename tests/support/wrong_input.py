"""Wrong input of every sort, and what the command line answers. As a script it prints docs/wrong-input.md:

python tests/support/wrong_input.py > docs/wrong-input.md
"""

from __future__ import annotations

import gzip
import io
import json
import struct
import tempfile
import zipfile
from pathlib import Path
from typing import NamedTuple

import polars as pl

import clearprop as cp
from commands import run

ROWS = [f"{i},{i * 0.37 % 1:.2f},{'uvw'[i % 3]},{'ab'[i % 2]}" for i in range(40)]
GOOD = "id,x,c,y\n" + "\n".join(ROWS) + "\n"
TRAIN = ("train", "t.csv", "--target", "y", "--out", "out", "--epochs", "2", "--quiet")
PREDICT = ("predict", "m.clearprop", "t.csv", "--out", "p.csv", "--quiet")
EVALUATE = ("evaluate", "m.clearprop", "t.csv")


class Case(NamedTuple):
    title: str
    arguments: tuple[str, ...]
    table: str | bytes = GOOD


def train(*more):
    return (*TRAIN, *more)


def column(name, values):
    """The good table with other values in a column."""
    rows = [dict(zip(("id", "x", "c", "y"), row.split(","), strict=True)) for row in ROWS]
    names = list(rows[0])
    for row, value in zip(rows, values, strict=True):
        row[name] = value
    return ",".join(names) + "\n" + "\n".join(",".join(row[n] for n in names) for row in rows) + "\n"


def zipped(*names):
    """An archive of the good table under several names."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(zipfile.ZipInfo(name), GOOD)
    return file.getvalue()


TABLES = [
    Case("a file that is not there", ("train", "none.csv", "--target", "y")),
    Case("a folder without a file", ("train", "folder", "--target", "y")),
    Case("a folder of files that are several tables", ("train", "several", "--target", "y")),
    Case("a pattern that no file has", ("train", "no*.csv", "--target", "y")),
    Case("an address", ("train", "https://example.com/t.csv", "--target", "y")),
    Case("an empty file", TRAIN, ""),
    Case("nothing but blank lines", TRAIN, "\n \n\n"),
    Case("a header only", TRAIN, "id,x,c,y\n"),
    Case("a line with too few fields", TRAIN, GOOD + "1,2\n"),
    Case("a line with too many fields", TRAIN, GOOD + "1,2,u,a,5\n"),
    Case("a first line that may be data, with a name twice", train("--drop", "id"), "0,0,c,y\n" + "\n".join(ROWS)),
    Case("something with fields above the header", TRAIN, "Station:,Berlin\n" + GOOD),
    Case("a delimiter that is not found", TRAIN, GOOD.replace(",", ":")),
    Case("a delimiter of two characters", train("--delimiter", "::")),
    Case("more lines to skip than there are", train("--skip", "99")),
    Case("a sheet of a file that has none", train("--sheet", "2024")),
    Case("quotes that do not pair", TRAIN, GOOD.replace("u", '"u', 1)),
    Case("another encoding", TRAIN, GOOD.replace("u", "ü").encode("cp1252")),
    Case("an encoding that does not exist", train("--encoding", "klingon")),
    Case("a damaged archive", TRAIN, b"PK\x03\x04" + bytes(100)),
    Case("an archive of several files", TRAIN, zipped("a.csv", "b.csv")),
    Case("an archive in an archive", TRAIN, gzip.compress(zipped("a.csv"), mtime=0)),
    Case("a packed file that is cut off", TRAIN, gzip.compress(GOOD.encode(), mtime=0)[:-20]),
    Case("a binary file", TRAIN, b"MZ\x03\x04\x00\x00a,b\n\x00"),
    Case("a web page", TRAIN, "<!DOCTYPE html>\n<p>404</p>\n"),
    Case("a database", TRAIN, b"SQLite format 3\x00" + bytes(90)),
    Case("JSON without names of columns", TRAIN, "[[1, 2], [3, 4]]"),
    Case("JSON that is cut off", TRAIN, '[{"x": 1, "y": "a"}, {"x": 2, '),
    Case("text named .parquet", ("train", "t.parquet", "--target", "y")),
    Case("a truncated Parquet file", ("train", "cut.parquet", "--target", "y")),
    Case("an unknown demo", ("train", "demo:iriss")),
    Case("a number that is infinite", TRAIN, column("x", ["inf"] + ["1"] * 39)),
    Case("only a constant column to learn from", train("--drop", "id", "--drop", "x"), column("c", ["u"] * 40)),
    Case("columns without a value", train("--drop", "id", "--drop", "c"), column("x", [""] * 40)),
    Case("column to drop that is not there", train("--drop", "w")),
    Case("a kind for the target", train("--kind", "y=category")),
    Case("an unknown kind of column", train("--kind", "x=numbr")),
    Case("a kind without a column", train("--kind", "number")),
    Case("text read as a number", train("--kind", "c=number")),
    Case("text read as a date", train("--kind", "c=date")),
    Case("an unknown scaling", train("--scaling", "max")),
]
TARGETS = [
    Case("no target named", ("train", "t.csv")),
    Case("a target that is not there", ("train", "t.csv", "--target", "Y")),
    Case("a target with one class", TRAIN, column("y", ["a"] * 40)),
    Case("a target that is missing in every row", TRAIN, column("y", ["?"] * 40)),
    Case("a target that is the same number in every row", train("--task", "regression"), column("y", ["5"] * 40)),
    Case("a target of names, each its own class", TRAIN, column("y", [f"name{i}" for i in range(40)])),
    Case("numbers with a word among them as the target", TRAIN, column("y", [*(f"{i}.5" for i in range(39)), "ask"])),
    Case("words as a target for regression", train("--task", "regression")),
    Case("an unknown task", train("--task", "clustering")),
]
OPTIONS = [
    Case("an option that does not exist", train("--epoch", "3")),
    Case("a command that does not exist", ("tran", "t.csv")),
    Case("a word for a number", train("--epochs", "many")),
    Case("no epochs", train("--epochs", "0")),
    Case("a search for no time", train("--search", "0")),
    Case("a search without rows that judge", train("--preset", "single", "--trials", "3", "--validation", "0")),
    Case("layers that are no numbers", train("--hidden", "64;64")),
    Case("a layer without units", train("--hidden", "0")),
    Case("a column of weights that is not there", train("--weight", "w")),
    Case("a weight below 0", train("--weight", "x"), column("x", ["-1", *["1"] * 39])),
    Case("a weight of a class that is none", train("--class-weight", "up=2")),
    Case("a weight that is no number", train("--class-weight", "a=heavy")),
    Case("a threshold for an unknown score", train("--optimize", "auc")),
    Case("a threshold of numbers", ("train", "t.csv", "--target", "x", "--task", "regression", "--optimize", "f1")),
    Case("a quantile of classes", train("--quantile", "0.9")),
    Case("a quantile that is none", train("--quantile", "90")),
    Case("a quantile of several targets", train("--target", "x", "--quantile", "0.9")),
    Case("a target twice", train("--target", "y")),
    Case("weights of classes with several targets", train("--target", "x", "--class-weight", "balanced")),
    Case("more units than memory", train("--hidden", "100000000000000")),
    Case("an unknown activation", train("--activation", "rleu")),
    Case("an unknown optimizer", train("--optimizer", "adm")),
    Case("a negative learning rate", train("--learning-rate", "-1")),
    Case("a learning rate that diverges", train("--optimizer", "sgd", "--learning-rate", "1e30", "--epochs", "9")),
    Case("a negative seed", train("--seed", "-1")),
    Case("shares that leave nothing to train on", train("--validation", "0.6", "--test", "0.5")),
]
OUTPUTS = [
    Case("a file where the folder should be", train("--out", "t.csv")),
    Case("a stream where the folder should be", train("--out", "-")),
    Case("a place where nothing can be written", train("--out", "/proc/out")),
    Case("predictions into a folder that is not there", ("predict", "m.clearprop", "t.csv", "--out", "none/p.csv")),
    Case("predictions onto a folder", ("predict", "m.clearprop", "t.csv", "--out", "folder")),
    Case("a full disk", ("predict", "m.clearprop", "t.csv", "--out", "/dev/full", "--quiet")),
]
MODELS = [
    Case("a model that is not there", ("predict", "none.clearprop", "t.csv", "--out", "p.csv")),
    Case("a table in place of the model", ("predict", "t.csv", "t.csv", "--out", "p.csv")),
    Case("a truncated model", ("predict", "cut.clearprop", "t.csv", "--out", "p.csv")),
    Case("a model with a damaged description", ("info", "damaged.clearprop")),
    Case("a model of a newer version", ("info", "newer.clearprop")),
    Case("a bare network where a model of a table is needed", ("predict", "bare.clearprop", "t.csv", "--out", "p.csv")),
    Case("a model description that names code", ("info", "hostile.clearprop")),
]
LATER = [
    Case("a table without a column of the model", PREDICT, "id,c\n1,u\n"),
    Case("a word in a number column", PREDICT, "x,c\n1,u\nred,v\n"),
    Case("a date in a number column", PREDICT, "x,c\n2024-01-31,u\n"),
    Case("a column to keep that is not there", (*PREDICT, "--keep", "name")),
    Case("a class that the model does not know", EVALUATE, "x,c,y\n1,u,z\n"),
    Case("a table without the target to score", EVALUATE, "x,c\n1,u\n"),
    Case("only rows without a target to score", EVALUATE, "x,c,y\n1,u,\n"),
]
EXPLAIN = ("explain", "m.clearprop", "t.csv", "--row")
LOOKING = [
    Case("a row that the table does not have", (*EXPLAIN, "41")),
    Case("a row that is no number", (*EXPLAIN, "first")),
    Case("an unknown language", (*EXPLAIN, "1", "--lang", "fr")),
    Case("an unknown convention", (*EXPLAIN, "1", "--convention", "diagonal")),
    Case("a value that the network does not have", (*EXPLAIN, "1", "--only", "dW9")),
    Case("an element that the value does not have", (*EXPLAIN, "1", "--only", "db1[999]")),
    Case("a page of an unknown kind", (*EXPLAIN, "1", "--out", "row.pdf")),
    Case("a page into a folder that is not there", (*EXPLAIN, "1", "--out", "none/row.html")),
    Case("a doctor for a bare network, and columns that do not fit", ("doctor", "bare.clearprop", "t.csv")),
    Case("a doctor without the target", ("doctor", "m.clearprop", "t.csv"), "x,c\n1,u\n"),
    Case("a check of a network without a loss", ("check", "bare.clearprop")),
]
GROUPS = {
    "Tables": TABLES,
    "Targets": TARGETS,
    "Options": OPTIONS,
    "Places to write to": OUTPUTS,
    "Model files": MODELS,
    "Tables for a model that is there": LATER,
    "Explaining, checking, diagnosing": LOOKING,
}


def prepare(folder):
    """Files that several cases use."""
    folder = Path(folder)
    (folder / "t.csv").write_text(GOOD)
    (folder / "t.parquet").write_text(GOOD)
    (folder / "folder").mkdir(exist_ok=True)
    (folder / "several").mkdir(exist_ok=True)
    (folder / "several" / "a.csv").write_text(GOOD)
    (folder / "several" / "b.csv").write_text(GOOD.replace("x,", "z,"))
    stream = io.BytesIO()
    pl.DataFrame({"x": range(1000), "y": ["a", "b"] * 500}).write_parquet(stream)
    (folder / "cut.parquet").write_bytes(stream.getvalue()[:-200])
    frame = pl.read_csv(io.StringIO(GOOD))
    cp.TableModel.train(frame, "y", drop="id", epochs=2).model.save(folder / "m.clearprop")
    cp.Network(2, [cp.Dense(1)]).save(folder / "bare.clearprop")
    model = (folder / "m.clearprop").read_bytes()
    (folder / "cut.clearprop").write_bytes(model[: len(model) // 2])
    (folder / "damaged.clearprop").write_bytes(model.replace(b"center", b"centre"))
    (folder / "newer.clearprop").write_bytes(model.replace(b'{\\"format\\": 1', b'{\\"format\\": 7'))
    length = struct.unpack("<Q", model[:8])[0]
    outer = json.loads(model[8 : 8 + length])
    inner = json.loads(outer["__metadata__"]["clearprop"])
    inner["network"]["architecture"]["layers"][0] = {"class": "os.system", "command": "true"}
    outer["__metadata__"]["clearprop"] = json.dumps(inner)
    text = json.dumps(outer).encode()
    (folder / "hostile.clearprop").write_bytes(struct.pack("<Q", len(text)) + text + model[8 + length :])


def answer(case, folder):
    """Exit code, and what was printed as results and as errors."""
    table = case.table.encode() if isinstance(case.table, str) else case.table
    (Path(folder) / "t.csv").write_bytes(table)
    return run(*case.arguments, cwd=folder, bare=True)


def document(answer_of=None):
    """The page for people: what each wrong input is answered with; `answer_of` gives a case's answer if it is known."""
    lines = [
        "# Wrong input, and what it is answered with",
        "",
        "Every answer is one line on the error stream, with exit code 2, and nothing is left half-written. In Python",
        "the same words come as a `ClearpropError`, which is also a `ValueError`, `TypeError` or `OSError`, as fits.",
        "This page is made by `python tests/support/wrong_input.py`; a test holds it to what the command line says.",
    ]
    with tempfile.TemporaryDirectory() as folder:
        prepare(folder)
        answer_of = answer_of or (lambda case: answer(case, folder))
        for group, cases in GROUPS.items():
            lines += ["", f"## {group}", "", "| what is wrong | the answer |", "|---|---|"]
            for case in cases:
                _, _, err = answer_of(case)
                shown = err.strip().removeprefix("Error: ").replace("|", "\\|")
                lines.append(f"| {case.title} | {shown} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(document(), end="")
