"""Every check that scikit-learn has for estimators; none is expected to fail."""

from __future__ import annotations

import pytest

pytest.importorskip("sklearn", minversion="1.6")

from sklearn.utils.estimator_checks import parametrize_with_checks

import clearprop as cp

pytestmark = pytest.mark.filterwarnings("ignore")  # that something has not converged


@parametrize_with_checks([cp.MLPClassifier(max_iter=100), cp.MLPRegressor(max_iter=100)])
def test_check(estimator, check):
    check(estimator)
