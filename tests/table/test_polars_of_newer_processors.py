"""Polars as it comes needs AVX2. On an older processor it warns and then dies: one line and exit code 2 instead."""

from __future__ import annotations

import os
import subprocess
import sys

# What Polars does on such a processor, up from version 1.34.
TOO_NEW = """
import os
import warnings

warnings.warn("Missing required CPU features.\\n\\nThe following were not detected:\\n    avx2", RuntimeWarning)
os._exit(132)
"""


def test_a_polars_that_this_processor_cannot_run_is_one_line(tmp_path):
    (tmp_path / "polars").mkdir()
    (tmp_path / "polars" / "__init__.py").write_text(TOO_NEW)
    (tmp_path / "t.csv").write_text("x,y\n1,2\n2,3\n")
    done = subprocess.run(
        [sys.executable, "-m", "clearprop.app.cli", "train", "t.csv", "--target", "y"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert 'pip install "polars[rtcompat]"' in done.stderr
