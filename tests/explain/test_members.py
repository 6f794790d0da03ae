"""A network that ends in the mean of several: pictures and diagnoses are of one member, and say so."""

import numpy as np
import pytest

import clearprop as cp

X = np.random.default_rng(0).normal(size=(60, 2))
Y = X[:, 0] * X[:, 1]


@pytest.fixture
def mean():
    layers = [cp.Dense(6, "relu"), cp.Dense(1)]
    return cp.ensemble_of([cp.Network(2, layers, "mean_squared_error", seed=k) for k in range(3)])


def test_a_picture_is_of_one_member(mean):
    assert "2-6-1" in cp.draw(mean).title
    assert "Member 1 of 3" in cp.draw(mean).svg
    assert "第 3 个成员（共 3 个）" in cp.draw(mean, member=2, lang="zh").svg
    one = mean.members[2]
    assert "Member" not in cp.draw(one).svg
    with pytest.raises(cp.InvalidValueError, match="member 3; expected 0 … 2"):
        cp.draw(mean, member=3)


def test_a_diagnosis_is_of_one_member(mean):
    found = cp.diagnose(mean, X, Y, member=1)
    assert found.member == (2, 3)
    assert "Member 2 of 3 was examined" in found.explain()
    assert "第 2 个成员" in found.explain("zh")
    assert found.to_dict() == cp.diagnose(mean.members[1], X, Y).to_dict()
    assert cp.diagnose(mean.members[1], X, Y).member is None
    assert cp.diagnose(mean, X, Y).member == (1, 3)
