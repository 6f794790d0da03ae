"""What the name of a table stands for: a file, the files of a folder, or those of a pattern such as data/*.csv."""

from __future__ import annotations

import glob
import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from clearprop.errors import FileError, TableError
from clearprop.files import checked_path

_LAKES = {"_delta_log": "Delta Lake", ".hoodie": "Hudi"}  # rows that were deleted stand in their files, too
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
_PATTERN = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class Part:
    """A file of a table.

    Attributes:
        path: of the file.
        partition: column → value of all its rows, by the names of the folders that it lies in: year=2024.
    """

    path: Path
    partition: dict[str, str | None]


def files_of_table(name: str | os.PathLike[str] | bytes) -> tuple[Part, ...]:
    """The files of a table, in the order of their names with numbers by their size; a plain name is one file.

    Files in folders of the folder belong to it; those whose name begins with a point or a low line do not.

    Raises:
        FileError: if a folder holds no file, or no file has such a name.
        TableError: for a folder of a format that keeps files with rows that are no more.
    """
    text = checked_path(name)
    path = Path(text)
    try:
        is_pattern = bool(_PATTERN.search(text)) and not path.exists()
        is_folder = path.is_dir()
    except (OSError, ValueError):  # no such name is possible; whoever opens it says so
        return (Part(path, {}),)
    if is_folder:
        return _parts(path, _within(path), f"the folder {text} holds no file of a table")
    if is_pattern:
        root = Path(*_before_pattern(path))
        found = [Path(one) for one in glob.glob(text, recursive=True)]  # noqa: PTH207, a pattern may be absolute
        files = [file for one in found for file in (_within(one) if one.is_dir() else [one])]
        return _parts(root, files, f"no file is called {text}")
    return (Part(path, {}),)


def _before_pattern(path: Path) -> list[str]:
    parts = list(path.parts)
    return parts[: next(i for i, part in enumerate(parts) if _PATTERN.search(part))]


def _within(folder: Path) -> list[Path]:
    for name, lake in _LAKES.items():
        if (folder / name).exists():
            raise TableError(
                f"{folder} is a table of {lake}, whose files hold deleted rows, too", "files of Parquet", "export it"
            )
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in files if not any(p.startswith((".", "_")) for p in path.relative_to(folder).parts)]


def _parts(root: Path, files: list[Path], none: str) -> tuple[Part, ...]:
    if not files:
        raise FileError(none, "files of a table: CSV, Parquet, …")
    ordered = sorted(set(files), key=_natural)
    parts = tuple(Part(path, _partition(path.relative_to(root).parts[:-1])) for path in ordered)
    other = next((part for part in parts if part.partition.keys() != parts[0].partition.keys()), None)
    if other is not None:
        raise TableError(
            f"{other.path} lies in folders of other names than {parts[0].path}", "column=value in the same places"
        )
    return parts


def _natural(path: Path) -> list[tuple[int, int | str]]:
    """part-2 before part-10."""
    return [(0, int(word)) if word.isdecimal() else (1, word) for word in re.split(r"(\d+)", str(path)) if word]


def _partition(folders: tuple[str, ...]) -> dict[str, str | None]:
    pairs = [folder.partition("=") for folder in folders if re.match(r"[^=]+=.", folder)]
    return {unquote(name): None if value == _NO_VALUE else unquote(value) for name, _, value in pairs}
