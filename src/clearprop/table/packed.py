"""Packed files, by gzip, bzip2, xz, zip or zstd: found by their first bytes, and unpacked within bounds."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import zipfile
from collections.abc import Callable
from functools import partial
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
_BZIP2_BLOCKS = (b"1AY&SY", b"\x17rE8P\x90")  # follow its first bytes, with which a text may begin, too
LEAST, RATIO = 2**30, 200  # bytes that a file may always unpack to, and the most by its own size
_ENCRYPTED = 1  # a bit among the flags of a file in an archive
_NOT_UNPACKED = (EOFError, OSError, lzma.LZMAError, zipfile.BadZipFile, RuntimeError, NotImplementedError, ValueError)
_OTHERS = {  # text, in lower case, and what no text begins with
    b"sqlite format 3\x00": "an SQLite database",
    b"%pdf": "a PDF",
    b"\x89hdf": "an HDF5 file",
    b"<!doctype": "a web page",
    b"<html": "a web page",
    b"<table": "a web page",
    b"<?xml": "XML",
    b"{\\rtf": "a text with a layout (RTF)",
    **dict.fromkeys((b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"), "a pickle, which could run anything"),
    b"\x93numpy": "an array of NumPy",
    b"$fl2": "an SPSS file",
    b"<stata_dta>": "a Stata file",
    b"obj\x01": "an Avro file",
    b"@relation": "an ARFF file",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"rar!\x1a": "a RAR archive",
    b"\x04\x22\x4d\x18": "packed by lz4",
    b"version https://git-lfs": "a pointer of Git LFS, and not the file itself",
}
_BINARY_OTHERS = {b"ORC": "an ORC file", b"FEA1": "a Feather file of the first version", b"RDX": "an R workspace"}
_TAR = slice(257, 262)  # where an archive of tar says so


def packing(head: bytes) -> str:
    """How a file is packed by its first bytes: "gzip", "zip", … or ""."""
    found = next((name for magic, name in _MAGIC.items() if head.startswith(magic)), "")
    return "" if found == "bzip2" and head[4:10] not in _BZIP2_BLOCKS else found


def is_binary(head: bytes) -> bool:
    """Whether the first bytes of a file are no text: a column may be called PAR1."""
    return min(head, default=9) < 9


def packing_of(path: Path) -> str:
    """How a file is packed; see `packing`."""
    with path.open("rb") as file:
        return packing(file.read(16))


def refuse_others(path: Path, head: bytes) -> None:
    """Check that a file is none of those that people take for tables."""
    begin = head.lstrip(codecs.BOM_UTF8 + b" \t\r\n").lower()
    found = next((name for magic, name in _OTHERS.items() if begin.startswith(magic)), "")
    if is_binary(head):
        found = next((name for magic, name in _BINARY_OTHERS.items() if head.startswith(magic)), found)
    if head[_TAR] == b"ustar":
        found = "a tar archive"
    if found:
        raise TableError(f"{path} is {found}", "CSV, Parquet, Excel, JSON, …", "save the table as CSV")


def unpacked(path: Path, file: BinaryIO) -> BinaryIO:
    """What a file holds, unpacked while it is read if it is packed.

    Raises:
        TableError: for an archive of several files, or what is no table.
        MissingDependencyError: for zstd where nothing unpacks it.
    """
    head = file.read(512)
    file.seek(0)
    refuse_others(path, head)
    how = packing(head)
    if not how:
        return file
    size = max(LEAST, RATIO * path.stat().st_size)
    zipped = partial(_from_zip, path)
    openers = {"gzip": gzip.open, "bzip2": bz2.open, "xz": lzma.open, "zip": zipped, "zstd": _from_zstd}
    try:
        opened = cast(Callable[[BinaryIO], BinaryIO], openers[how])(file)
    except (TableError, MissingDependencyError):
        raise
    except _NOT_UNPACKED as error:
        raise _damaged(path, how, error) from None
    inner = io.BufferedReader(_Bounded(path, how, opened, size))
    begin = inner.peek(512)
    refuse_others(path, begin)
    if packing(begin):
        raise TableError(f"{path} holds another packed file ({packing(begin)} in {how})", "a table", "unpack it first")
    return cast(BinaryIO, inner)


def _from_zip(path: Path, file: BinaryIO) -> BinaryIO:
    archive = zipfile.ZipFile(file)
    names = [info.filename for info in archive.infolist() if not info.is_dir()]
    tables = [name for name in names if not name.startswith("__MACOSX/")]
    if len(tables) != 1:
        raise TableError(
            f"{path} is an archive of {len(tables)} files: {listed(tables, 5)}", "one table", "unpack it, and name one"
        )
    if archive.getinfo(tables[0]).flag_bits & _ENCRYPTED:
        raise TableError(f"{path} is an encrypted archive", "one without a password", "unpack it first")
    return cast(BinaryIO, archive.open(tables[0]))


def _from_zstd(file: BinaryIO) -> BinaryIO:
    try:
        return cast(BinaryIO, import_module("compression.zstd").open(file))  # from Python 3.14 on
    except ImportError:
        pass
    try:
        return cast(BinaryIO, import_module("zstandard").ZstdDecompressor().stream_reader(file))
    except ImportError:
        raise MissingDependencyError(
            "nothing here unpacks zstd", "zstandard", 'pip install "clearprop[files]"'
        ) from None


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
                f"{self._path} unpacks to more than {self._most >> 20:,} MB, {RATIO} times its size",
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
