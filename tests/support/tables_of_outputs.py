"""Small tables with what tables have, for `every_output.py`: dates, money, marks of missing values, rare classes, …"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from pathlib import Path
from random import Random

import polars as pl


def odd(rows: int = 240, seed: int = 0) -> dict[str, list[str]]:
    """Columns of every sort, some of which say something about the class and the amount."""
    rng = Random(seed)
    days = [date(2021, 1, 1) + timedelta(days=2 * i) for i in range(rows)]
    size = [rng.gauss(0, 1) for _ in range(rows)]
    kind = [rng.randrange(4) for _ in range(rows)]
    score = [size[i] + 0.5 * kind[i] + 0.4 * rng.gauss(0, 1) for i in range(rows)]
    return {
        "id": [f"K{10000 + i}" for i in range(rows)],
        "sold": [day.isoformat() for day in days],
        "price": [f"${1000 * abs(s) + 90:,.2f}" for s in size],
        "share": [f"{50 + 10 * s:.1f} %" for s in size],
        "pressure": [f"{120 + int(9 * s)}/{80 + int(4 * s)}" for s in size],
        "city": ["" if i % 11 == 0 else ("Berlin", "München", "北京", "NA")[kind[i]] for i in range(rows)],
        "flag": ["yes" if s > 0 else "no" for s in score],
        "zip": [f"0{1000 + 111 * k}" for k in kind],
        "shop": [f"shop {i % 12}" for i in range(rows)],
        "length": ["unknown" if i % 17 == 0 else "?" if i % 13 == 0 else f"{s:.3f}" for i, s in enumerate(size)],
        "note": [f"=sum({i}) & said {rng.choice(['much', 'little'])}" for i in range(rows)],
        "same": ["1"] * rows,
        "weight": [f"{1 + i % 3}" for i in range(rows)],
        "visits": [str(max(0, min(5, int(2 + s)))) for s in score],
        "amount": ["" if i % 50 == 7 else f"{100 + 30 * s:.2f}" for i, s in enumerate(score)],
        "class": ["rare" if i % 60 == 5 else "up" if s > 0.8 else "down" for i, s in enumerate(score)],
    }


def plain(rows: int, seed: int) -> dict[str, list[object]]:
    """Two numbers, a word and a class that they decide."""
    rng = Random(seed)
    x1, x2 = ([round(rng.gauss(0, 1), 3) for _ in range(rows)] for _ in range(2))
    return {
        "x1": [*x1],
        "x2": [*x2],
        "word": ["uvw"[i % 3] for i in range(rows)],
        "y": ["ab"[a + b > 0.2 * (i % 3)] for i, (a, b) in enumerate(zip(x1, x2, strict=True))],
    }


def as_csv(columns: dict[str, Iterable[object]], delimiter: str = ",", header: bool = True) -> str:
    """The columns as text, fields with a delimiter in quotes."""
    lines = ([list(columns)] if header else []) + [list(row) for row in zip(*columns.values(), strict=True)]
    shown = ([f'"{field}"' if delimiter in str(field) else str(field) for field in line] for line in lines)
    return "\n".join(delimiter.join(line) for line in shown) + "\n"


def text(columns: dict[str, Iterable[object]]) -> Callable[[Path], object]:
    """Writes the columns as CSV."""
    return lambda path: path.write_text(as_csv(columns), encoding="utf-8")


def rare() -> dict[str, list[object]]:
    """Fraud in one of eight rows."""
    columns = plain(320, 5)
    x1, x2 = columns["x1"], columns["x2"]
    fraud = ["yes" if a + b > 1.6 else "no" for a, b in zip(x1, x2, strict=True)]  # type: ignore[operator]
    return {"x1": x1, "x2": x2, "word": columns["word"], "fraud": [*fraud]}


def noise() -> dict[str, list[object]]:
    """A class that nothing says anything about."""
    rng = Random(9)
    return {"x": [round(rng.gauss(0, 1), 3) for _ in range(150)], "y": [rng.choice("ab") for _ in range(150)]}


def leak() -> dict[str, list[object]]:
    """A column that is the target by another name, and rows that are there twice."""
    columns = plain(100, 6)
    columns = {"answer": [f"is {y}" for y in columns["y"]], **columns}
    return {name: [*values, *values[:40]] for name, values in columns.items()}


def german(path: Path) -> None:
    """Lines above the header, decimal commas, semicolons, and in the name perhaps the encoding."""
    columns = plain(90, 2)
    comma = {f"größe {i}": [str(v).replace(".", ",") for v in columns[f"x{i}"]] for i in (1, 2)}
    comma |= {"straße": ["süd" if word == "u" else word for word in columns["word"]], "klasse": columns["y"]}
    path.write_bytes(("Auszug\n\n" + as_csv(comma, ";")).encode("utf-8" if "utf8" in path.name else "cp1252"))


def unseen(path: Path) -> None:
    """The odd table later: categories that are new, numbers far out, values missing."""
    columns = odd(30, 4)
    columns["city"] = ["Atlantis" if i % 3 == 0 else city for i, city in enumerate(columns["city"])]
    columns["length"] = ["1e6" if i % 7 == 0 else length for i, length in enumerate(columns["length"])]
    columns["sold"] = ["" if i % 5 == 0 else f"2031-0{1 + i % 9}-01" for i in range(30)]
    path.write_text(as_csv(columns), encoding="utf-8")


def workbook(path: Path) -> None:
    """An Excel file of two sheets, the least that one needs."""
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    parts = {"first": {"nothing": [1, 2]}, "second": plain(80, 3)}
    types = "application/vnd.openxmlformats-officedocument.spreadsheetml."
    files = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{types}sheet.main+xml"/>'
        + "".join(f'<Override PartName="/xl/s{i}.xml" ContentType="{types}worksheet+xml"/>' for i in (1, 2))
        + "</Types>",
        "_rels/.rels": relations({"r1": ("xl/workbook.xml", f"{kind}/officeDocument")}),
        "xl/_rels/workbook.xml.rels": relations({f"r{i}": (f"s{i}.xml", f"{kind}/worksheet") for i in (1, 2)}),
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{kind}"><sheets>'
        + "".join(f'<sheet name="{name}" sheetId="{i}" r:id="r{i}"/>' for i, name in enumerate(parts, 1))
        + "</sheets></workbook>",
    }
    for i, columns in enumerate(parts.values(), 1):
        rows = [list(columns), *zip(*columns.values(), strict=True)]
        cells = "".join("<row>" + "".join(map(cell, row)) + "</row>" for row in rows)
        files[f"xl/s{i}.xml"] = f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>'
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), '<?xml version="1.0" encoding="UTF-8"?>' + content)


def relations(of: dict[str, tuple[str, str]]) -> str:
    """The list of the parts that a part of a workbook names."""
    each = "".join(f'<Relationship Id="{key}" Type="{kind}" Target="{name}"/>' for key, (name, kind) in of.items())
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{each}</Relationships>'


def cell(value: object) -> str:
    """A field of a sheet."""
    if isinstance(value, int | float):
        return f"<c><v>{value}</v></c>"
    return f'<c t="inlineStr"><is><t>{value}</t></is></c>'


def parts(path: Path) -> None:
    """A folder of two files of one table."""
    path.mkdir(exist_ok=True)
    for i in (1, 2):
        (path / f"{i}.csv").write_text(as_csv(plain(60, 10 + i)))


TABLES: dict[str, Callable[[Path], object]] = {
    "odd.csv": text(odd()),
    "rare.csv": text(rare()),
    "noise.csv": text(noise()),
    "leak.csv": text(leak()),
    "v.csv": text(plain(40, 7)),
    "w.csv": text(plain(40, 8)),
    "bare.csv": lambda path: path.write_text(as_csv(plain(100, 1), header=False)),
    "german.csv": german,
    "german-utf8.csv": german,
    "unseen.csv": unseen,
    "book.xlsx": workbook,
    "t.parquet": lambda path: pl.DataFrame(plain(100, 1)).write_parquet(path),
    "t.jsonl": lambda path: pl.DataFrame(plain(100, 1)).write_ndjson(path),
    "parts": parts,
}
