"""Bytes to text: a file that is opened and unpacked, and the encoding that its text is in."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from clearprop.errors import FileError, TableError
from clearprop.files import require_a_name
from clearprop.table.packed import unpacked

FILES = "a file of a table: CSV, Parquet, …"
_ADDRESS = re.compile(r"(?i)(https?|ftps?|sftp|s3a?|gs|gcs|az|abfss?|hdfs|hf|file):/")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def open_binary(path: Path) -> BinaryIO:
    """The file, open to be read."""
    if _ADDRESS.match(str(path)):
        address, hint = str(path).replace(":/", "://", 1), "download it first: nothing is fetched from a network here"
        raise FileError(f"{address} is an address", "a file", hint)
    try:
        require_a_name(path)
        if path.exists() and not path.is_file() and not path.is_dir():
            raise FileError(f"{path} is no ordinary file", FILES, "save a pipe to a file first")
        return path.open("rb")
    except FileError:
        raise
    except OSError as error:
        reason = error.strerror or error.__class__.__name__
        raise FileError(f"cannot read {path}: {reason}", FILES) from None


@dataclass(frozen=True)
class Text:
    """Where delimited text comes from: a file, packed or not; or what a sheet of one holds, as CSV."""

    path: Path  # of the file
    content: bytes | None = None  # of the sheet

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """The bytes of the text, from the start."""
        if self.content is not None:
            yield io.BytesIO(self.content)
            return
        with open_binary(self.path) as packed, unpacked(self.path, packed) as file:
            yield file


def find_encoding(head: bytes) -> str:
    """By its mark at the start; UTF-16 by the zeros of plain letters; else UTF-8."""
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name
    even, odd = head[:4096:2].count(0), head[1:4096:2].count(0)
    if len(head) >= 4 and max(even, odd) > len(head[:4096]) / 8 and min(even, odd) == 0:
        return "utf-16-le" if odd else "utf-16-be"
    return "utf-8"


def checked_encoding(name: str) -> str:
    """A codec's name."""
    try:
        if not codecs.lookup(name)._is_text_encoding:
            raise LookupError
    except (LookupError, ValueError):  # such as a name that is no text
        raise TableError(f"unknown encoding {name!r}", "a codec of Python's: utf-8, gb18030, cp1252, …") from None
    return name


def decoded(
    path: Path, file: BinaryIO, encoding: str, size: int, final: bool = True, seen: Callable[[int], None] | None = None
) -> Iterator[str]:
    """Text in pieces of at most `size` bytes; lines may end as on any system and end in \\n here."""
    decoder = codecs.getincrementaldecoder(encoding)()
    read, held = 0, ""
    while True:
        try:
            content = file.read(size)
        except OSError as error:
            raise FileError(f"cannot read {path}: {error.strerror}", FILES) from None
        try:
            text = held + decoder.decode(content, final and not content)
        except UnicodeError as error:
            known = encoding.upper().replace("-SIG", "")
            raise TableError(
                f"{path} is not {known} (byte {read + getattr(error, 'start', 0)})",
                f"{known} text",
                "name its encoding: --encoding gb18030 (Chinese), cp1252 (Western European), … or encoding=… in Python",
            ) from None
        if not read:
            text = text.removeprefix("\ufeff")  # the mark, where the encoding was given without it
        read += len(content)
        if seen is not None:
            seen(read)
        held = "\r" if content and text.endswith("\r") else ""  # half of a line's end, perhaps
        yield text[: len(text) - len(held)].replace("\r\n", "\n").replace("\r", "\n")
        if not content:
            return
