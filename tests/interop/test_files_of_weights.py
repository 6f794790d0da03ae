"""Files of safetensors beside an architecture; tests/peers/test_from_torch.py reads those of PyTorch."""

import json

import numpy as np
import pytest

import clearprop as cp


def written(path, arrays, **shapes):
    """A file of safetensors whose header may say other shapes than its arrays have."""
    header, content = {}, b""
    for name, a in arrays.items():
        ends = [len(content), len(content) + a.nbytes]
        header[name] = {"dtype": "F32", "shape": shapes.get(name, list(a.shape)), "data_offsets": ends}
        content += a.tobytes()
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + content)
    return path


@pytest.mark.parametrize("shape", [[0, 2**63], [0, 2**62], [1] * 70])
def test_shapes_that_no_array_can_have_are_refused(tmp_path, shape):
    numbers = 0 if 0 in shape else 1
    path = written(tmp_path / "w", {"a.weight": np.zeros(numbers, np.float32)}, **{"a.weight": shape})
    with pytest.raises(cp.ModelFileError, match=r"a.weight of .* has shape|neither"):
        cp.from_torch(path, architecture=cp.Network(1, [cp.Dense(1)]))


def test_numbers_in_names_are_compared_however_long_they_are(tmp_path):
    numbers = ["0" * 10, "9" * 5000, "1" + "0" * 5000]
    found = {f"m.{n}.{part}": np.full((1, 1) if part == "weight" else 1, float(i), np.float32)
             for i, n in enumerate(numbers) for part in ("bias", "weight")}  # fmt: skip
    net = cp.from_torch(written(tmp_path / "w", found), architecture=cp.Network(1, [cp.Dense(1)] * 3))
    assert [net.parameters[f"W{l}"].item() for l in (1, 2, 3)] == [0.0, 1.0, 2.0]
