"""Excel files, made by hand so that they may be hostile: the sheet, what stands above, one line for what is wrong."""

from __future__ import annotations

import importlib
import io
import zipfile

import pytest

from clearprop.errors import MissingDependencyError, TableError
from clearprop.table import packed, read_batches, read_table
from clearprop.table.look import how_it_is_written
from clearprop.table.options import ReadOptions

pytest.importorskip("fastexcel")

ROWS = [["a", "b", "y"], *([i % 7 + 0.5, i % 5, "uv"[i % 2]] for i in range(12))]
_TYPES = "http://schemas.openxmlformats.org"


def cell(value, place):
    if value is None:
        return ""
    if isinstance(value, str):
        return f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'
    return f'<c r="{place}"><v>{value}</v></c>'


def sheet(rows):
    lines = "".join(
        f'<row r="{i}">' + "".join(cell(value, f"{chr(65 + j)}{i}") for j, value in enumerate(row)) + "</row>"
        for i, row in enumerate(rows, 1)
    )
    return f'<worksheet xmlns="{_TYPES}/spreadsheetml/2006/main"><sheetData>{lines}</sheetData></worksheet>'


def workbook(**sheets):
    """A workbook of sheets: rows, or XML."""
    file, office = io.BytesIO(), f"{_TYPES}/officeDocument/2006/relationships"
    names = list(sheets)
    named = "".join(f'<sheet name="{n}" sheetId="{k}" r:id="rId{k}"/>' for k, n in enumerate(names, 1))
    linked = "".join(
        f'<Relationship Id="rId{k}" Type="{office}/worksheet" Target="worksheets/sheet{k}.xml"/>'
        for k in range(1, len(names) + 1)
    )
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        main = f'xmlns="{_TYPES}/spreadsheetml/2006/main" xmlns:r="{office}"'
        archive.writestr("[Content_Types].xml", f'<Types xmlns="{_TYPES}/package/2006/content-types"/>')
        first = f'<Relationship Id="rId1" Type="{office}/officeDocument" Target="xl/workbook.xml"/>'
        relations = f'<Relationships xmlns="{_TYPES}/package/2006/relationships">'
        archive.writestr("_rels/.rels", f"{relations}{first}</Relationships>")
        archive.writestr("xl/workbook.xml", f"<workbook {main}><sheets>{named}</sheets></workbook>")
        archive.writestr("xl/_rels/workbook.xml.rels", f"{relations}{linked}</Relationships>")
        for k, content in enumerate(sheets.values(), 1):
            archive.writestr(f"xl/worksheets/sheet{k}.xml", content if isinstance(content, str) else sheet(content))
    return file.getvalue()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "t.csv"  # what it is follows from its first bytes


def test_the_first_sheet_that_holds_something(path):
    path.write_bytes(workbook(Empty=[], Data=ROWS, Other=[["x"], [1]]))
    assert read_table(path).rows() == [tuple(row) for row in ROWS[1:]]
    assert [batch.height for batch in read_batches(path)] == [12]
    found = how_it_is_written(path, ReadOptions())
    assert (found["kind"], found["sheet"], found["other_sheets"]) == ("Excel", "Data", ["Other"])


@pytest.mark.parametrize("wanted", ["Other", "3"])
def test_a_sheet_by_name_or_number(path, wanted):
    path.write_bytes(workbook(Empty=[], Data=ROWS, Other=[["x"], [1], [2]]))
    assert read_table(path, sheet=wanted).to_dict(as_series=False) == {"x": [1, 2]}
    with pytest.raises(TableError, match="has no sheet '9'; expected one of: Empty, Data, Other"):
        read_table(path, sheet="9")
    with pytest.raises(TableError, match="sheet 'Empty' of .* is empty.*sheets: Empty, Data, Other"):
        read_table(path, sheet="Empty")


def test_what_stands_above_is_skipped_as_in_text(path):
    path.write_bytes(workbook(Data=[["Sales, 2024"], [], *ROWS]))
    assert read_table(path).rows() == read_table(path, skip=2).rows() == [tuple(row) for row in ROWS[1:]]
    assert how_it_is_written(path, ReadOptions())["above"] == "Sales, 2024".join('""')
    assert read_table(path, skip=3, header=False).rows() == [tuple(row) for row in ROWS[1:]]


def test_text_gaps_and_names_twice(path):
    rows = [["s", "s", None], ['a, "b"', None, 1], ["x\ny", 2, 3]]
    rows[1][0] = "a, &quot;b&quot;"
    path.write_bytes(workbook(A=rows))
    expected = {"s": ['a, "b"', "x\ny"], "s.1": [None, 2], "unnamed 2": [1, 3]}
    assert read_table(path).to_dict(as_series=False) == expected


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (workbook(A=[], B=[]), "is empty; expected a table"),
        (workbook(A=[["a", "b"]]), "has no rows"),
        (
            workbook(A=sheet([]).replace("<sheetData>", '<sheetData><row><c r="XFD1048576"><v>1</v></c></row>')),
            "1,048,576 rows",
        ),
        (workbook(A=sheet([]).replace("<sheetData>", "<sheetData><row><c s='1' r='ZZ900000'/></row>")), "900,000 rows"),
        (workbook(A=ROWS)[:-30], "is damaged: zip cannot be unpacked"),
        (workbook(A="<worksheet><oops"), "is no Excel file that can be read"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(900), "is no Excel file that can be read"),
    ],
    ids=map(str, range(7)),  # an archive has the moment in its bytes
)
def test_what_is_no_sheet_is_a_line(path, content, words):
    path.write_bytes(content)
    with pytest.raises(TableError, match=words) as caught:
        read_table(path)
    assert "\n" not in str(caught.value)


def test_a_workbook_that_unpacks_to_too_much(path, monkeypatch):
    from clearprop.table import excel

    path.write_bytes(workbook(A=sheet(ROWS) + " " * 1_000_000))
    monkeypatch.setattr(excel, "LEAST", packed.LEAST // 2**16)
    with pytest.raises(TableError, match="unpacks to more than"):
        read_table(path)


def test_without_fastexcel_a_line_names_it(path, monkeypatch):
    def importing(name, *given, **named):
        if name == "fastexcel":
            raise ImportError(name)
        return original(name, *given, **named)

    original = importlib.import_module
    monkeypatch.setattr("clearprop.table.excel.import_module", importing)
    path.write_bytes(workbook(A=ROWS))
    with pytest.raises(MissingDependencyError, match=r'pip install "clearprop\[files\]"'):
        read_table(path)
