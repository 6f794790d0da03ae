"""Many levels of few rows each: as much is learned of them as one-hot with ridge learns, and noise is not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from clearprop import TableModel


@pytest.mark.parametrize("effect", [2.0, 0.0])
def test_300_shops_of_20_rows(effect):
    rng = np.random.default_rng(0)
    shop, x = rng.integers(0, 300, 7500), rng.normal(size=7500)
    y = effect * rng.normal(size=300)[shop] + x + rng.normal(size=7500) * 0.3
    frame = pd.DataFrame({"shop": [f"s{i:03}" for i in shop], "x": x, "y": y})
    train, later = frame[:6000], frame[6000:]
    one_hot = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["shop"]), remainder="passthrough")
    ridge = make_pipeline(one_hot, Ridge()).fit(train[["shop", "x"]], train.y).score(later[["shop", "x"]], later.y)
    ours = TableModel.train(train, "y", test=0.0).model.score(later)["r2"]
    assert ours > ridge - 0.01
