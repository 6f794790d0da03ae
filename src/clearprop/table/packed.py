"""Packed files, by gzip, bzip2, xz, zip or zstd: found by their first bytes, and unpacked within bounds."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import BinaryIO, cast

from clearprop.errors import FileError, MissingDependencyError, TableError, listed

_MAGIC = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"PK\x03\x04": "zip",
    b"\x28\xb5\x2f\xfd": "zstd",
}
_LEAST, _RATIO = 2**30, 200  # bytes that a file may always unpack to, and the most by its own size
_NOT_UNPACKED = (EOFError, OSError, lzma.LZMAError, zipfile.BadZipFile, RuntimeError, NotImplementedError, ValueError)
_OTHERS = {
    b"SQLite format 3\x00": "an SQLite database",
    b"\xd0\xcf\x11\xe0": "an old Excel file (.xls)",
    b"%PDF": "a PDF",
    b"\x89HDF": "an HDF5 file",
    b"<!DOCTYPE": "a web page",
    b"<html": "a web page",
    b"\x80\x04": "a pickle, which could run anything",
}


def packing(head: bytes) -> str:
    """How a file is packed by its first bytes: "gzip", "zip", … or ""."""
    return next((name for magic, name in _MAGIC.items() if head.startswith(magic)), "")


def refuse_others(path: Path, head: bytes) -> None:
    """Check that a file is none of those that people take for tables.

    Raises:
        TableError: naming what it is.
    """
    for magic, name in _OTHERS.items():
        if head.startswith(magic):
            raise TableError(f"{path} is {name}", "CSV, TSV or Parquet", "save the table as CSV")


def unpacked(path: Path, file: BinaryIO) -> BinaryIO:
    """What a file holds, unpacked while it is read if it is packed.

    Raises:
        TableError: for an archive of several files, or what is no table.
        MissingDependencyError: for zstd where nothing unpacks it.
    """
    head = file.read(16)
    file.seek(0)
    refuse_others(path, head)
    how = packing(head)
    if not how:
        return file
    size = max(_LEAST, _RATIO * path.stat().st_size)
    opener = {"gzip": gzip.open, "bzip2": bz2.open, "xz": lzma.open, "zip": _from_zip, "zstd": _from_zstd}[how]
    try:
        opened = cast(Callable[[BinaryIO], BinaryIO], opener)(file)
    except _NOT_UNPACKED as error:
        raise _damaged(path, how, error) from None
    return cast(BinaryIO, io.BufferedReader(_Bounded(path, how, opened, size)))


def is_excel(file: BinaryIO) -> bool:
    """Whether an archive is an Excel file."""
    try:
        return "xl/workbook.xml" in zipfile.ZipFile(file).namelist()
    except zipfile.BadZipFile:
        return False


def _from_zip(file: BinaryIO) -> BinaryIO:
    archive = zipfile.ZipFile(file)
    names = [info.filename for info in archive.infolist() if not info.is_dir()]
    tables = [name for name in names if not name.startswith("__MACOSX/")]
    if len(tables) != 1:
        raise TableError(
            f"an archive of {len(tables)} files: {listed(tables, 5)}", "one table", "unpack it, and name one"
        )
    return cast(BinaryIO, archive.open(tables[0]))


def _from_zstd(file: BinaryIO) -> BinaryIO:
    try:
        return cast(BinaryIO, import_module("compression.zstd").open(file))  # from Python 3.14 on
    except ImportError:
        pass
    try:
        return cast(BinaryIO, import_module("zstandard").ZstdDecompressor().stream_reader(file))
    except ImportError:
        raise MissingDependencyError("nothing here unpacks zstd", "zstandard", "pip install zstandard") from None


class _Bounded(io.RawIOBase):
    """What is unpacked, up to a size."""

    def __init__(self, path: Path, how: str, inner: BinaryIO, most: int) -> None:
        super().__init__()
        self._path, self._how, self._inner, self._left = path, how, inner, most
        self._most = most

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        try:
            content = self._inner.read(len(buffer))
        except _NOT_UNPACKED as error:
            raise _damaged(self._path, self._how, error) from None
        self._left -= len(content)
        if self._left < 0:
            raise TableError(
                f"{self._path} unpacks to more than {self._most >> 20:,} MB, {_RATIO} times its size",
                "a table",
                "unpack it first if that is right",
            )
        buffer[: len(content)] = content
        return len(content)

    def close(self) -> None:
        self._inner.close()
        super().close()


def _damaged(path: Path, how: str, error: BaseException) -> Exception:
    if isinstance(error, FileError):
        return error
    return TableError(
        f"{path} is damaged: {how} cannot be unpacked ({str(error) or type(error).__name__})", "a whole file"
    )
