"""scikit-learn's own tests of its MLP, run on clearprop's: the text of the installed file with one import changed.

None is left out, those that use private names (`_loss_grad_lbfgs`, `_optimizer.learning_rate`, `_no_improvement_count`)
among them: the estimators have these names, too.
"""

from __future__ import annotations

from pathlib import Path

import pytest

sklearn = pytest.importorskip("sklearn")
if not sklearn.__version__.startswith("1.9."):
    pytest.skip(f"written against scikit-learn 1.9, this is {sklearn.__version__}", allow_module_level=True)

FILE = Path(sklearn.__file__).parent / "neural_network" / "tests" / "test_mlp.py"
if not FILE.exists():
    pytest.skip("scikit-learn was installed without its tests", allow_module_level=True)

THEIRS, OURS = (
    "from sklearn.neural_network import MLPClassifier, MLPRegressor",
    "from clearprop import MLPClassifier, MLPRegressor",
)
text = FILE.read_text(encoding="utf-8")
assert text.count(THEIRS) == 1
exec(compile(text.replace(THEIRS, OURS), str(FILE), "exec"), globals())

pytestmark = [pytest.mark.long, pytest.mark.filterwarnings("ignore")]  # theirs let warnings pass


@pytest.fixture(name="global_random_seed")
def _global_random_seed():
    return 42


def test_all_of_them_are_there():
    ours = globals()
    assert ours["MLPClassifier"].__module__ == "clearprop.estimators.mlp.classifier"
    assert sum(name.startswith("test_") for name in ours) == text.count("\ndef test_") + 1
