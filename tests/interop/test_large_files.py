"""Files of 20 GB that call themselves models are refused before their numbers are read."""

from __future__ import annotations

import json
import struct
import tracemalloc

import pytest

import clearprop as cp
from clearprop.errors import ModelFileError

SIZE = 20 * 10**9  # sparse: it takes no room on the disk


@pytest.fixture
def path(tmp_path):
    cp.Network(2, [cp.Dense(1)]).save(tmp_path / "m")
    return tmp_path / "m"


def claiming(content):
    """The same header, in which W1 has five thousand million numbers, and how long the file has to be for that."""
    length = struct.unpack("<Q", content[:8])[0]
    header, end = json.loads(content[8 : 8 + length]), 0
    for name in sorted(header.keys() - {"__metadata__"}):
        count = SIZE // 4 if name == "W1" else 1
        header[name] = {"dtype": "F32", "shape": [count], "data_offsets": [end, end + 4 * count]}
        end += 4 * count
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text, 8 + len(text) + end


@pytest.mark.parametrize("lies", [False, True])
def test_it_is_not_read(lies, path):
    start, size = claiming(path.read_bytes()) if lies else (path.read_bytes(), SIZE)
    with path.open("wb") as file:
        file.write(start)
        file.truncate(size)
    tracemalloc.start()
    with pytest.raises(ModelFileError, match="shape|bytes of numbers"):
        cp.load(path)
    taken = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert taken < 20e6
