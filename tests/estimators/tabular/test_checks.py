"""scikit-learn's own checks of estimators."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

import clearprop as cp

SMALL = {"preset": "fast", "members": 2, "hidden": 8, "epochs": 10, "learning_rate": 0.05, "random_state": 0}

# Those that scikit-learn's histogram boosting fails, too, which draws rows at random as we do for folds and batches.
FAIL = dict.fromkeys(
    ["check_sample_weight_equivalence_on_dense_data", "check_sample_weight_equivalence_on_sparse_data"],
    "a row of weight 2 is one row of a fold and of a batch; two rows are two of them",
)


@pytest.mark.filterwarnings("ignore")
@parametrize_with_checks(
    [cp.TabularClassifier(**SMALL, n_threads=1), cp.TabularRegressor(**SMALL, n_threads=1)],
    expected_failed_checks=lambda estimator: FAIL,
)
def test_checks_of_scikit_learn(estimator, check):
    check(estimator)
