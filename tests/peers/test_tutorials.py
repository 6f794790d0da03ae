"""What the tutorials of scikit-learn and PyTorch train, brought in: the same answers, checked, explained, trained on.

They follow scikit-learn's "Column Transformer with Mixed Types", with an MLPClassifier at the end and generated
passengers, and PyTorch's "Quickstart", with the digits of scikit-learn in place of FashionMNIST: nothing is downloaded.
"""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.datasets import load_digits
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import clearprop as cp
from commands import run

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")]


# --- scikit-learn: numbers imputed and scaled, categories imputed and encoded, chosen by names or by types


def passengers(n=500):
    """Passengers like those of the Titanic, with gaps; and who survived."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame(
        {
            "pclass": rng.integers(1, 4, n),
            "name": [f"passenger {i}" for i in range(n)],
            "sex": pd.Categorical(rng.choice(["female", "male"], n, p=[0.35, 0.65])),
            "age": rng.normal(30, 14, n).clip(1).round(),
            "fare": rng.lognormal(3, 1, n).round(2),
            "embarked": pd.Categorical(rng.choice(["S", "C", "Q"], n, p=[0.7, 0.2, 0.1])),
        }
    )
    odds = 2.2 * (X["sex"] == "female") - 0.8 * X["pclass"] - 0.02 * X["age"] + 1
    y = np.where(rng.random(n) < 1 / (1 + np.exp(-odds)), "yes", "no")
    X.loc[rng.random(n) < 0.2, "age"] = np.nan
    X.loc[rng.random(n) < 0.05, "embarked"] = None
    return X, y


def by_names():
    return ["age", "fare"], ["embarked", "sex", "pclass"]


def by_types():
    return make_column_selector(dtype_include=float), make_column_selector(dtype_include="category")


@pytest.mark.parametrize("chosen", [by_names, by_types])
def test_the_mixed_types_of_scikit_learn(chosen, tmp_path):
    numbers, categories = chosen()
    numeric = Pipeline([("imputer", SimpleImputer(strategy="median")), ("scaler", StandardScaler())])
    fills = SimpleImputer(strategy="constant", fill_value="missing")
    categorical = Pipeline([("imputer", fills), ("onehot", OneHotEncoder(handle_unknown="ignore"))])
    preprocessor = ColumnTransformer([("num", numeric, numbers), ("cat", categorical, categories)])
    mlp = MLPClassifier((16,), max_iter=60, random_state=0)
    pipeline = Pipeline([("preprocessor", preprocessor), ("classifier", mlp)])
    X, y = passengers()
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=0)
    pipeline.fit(X_train, y_train)

    model = cp.TableModel.from_sklearn(pipeline, "survived")
    np.testing.assert_allclose(model.predict_proba(X_test), pipeline.predict_proba(X_test), rtol=0, atol=1e-12)
    assert model.predict(X_test) == pipeline.predict(X_test).tolist()
    test = X_test.assign(survived=y_test)
    assert model.score(test)["accuracy"] == pipeline.score(X_test, y_test)
    assert set(model.encoder.ignored) >= {"name"}
    require_right(model.network, *model.arrays(X_train.assign(survived=y_train)))
    for lang in ("en", "zh"):
        page = model.explain(test, row=3, lang=lang).to_html()
        assert all(name in page for name in ("embarked", "sex", "age", "survived"))
    model.save(tmp_path / "titanic.clearprop")
    test.to_csv(tmp_path / "test.csv", index=False)
    done = run("explain", "titanic.clearprop", "test.csv", "--row", "4", "--shapley", cwd=tmp_path)
    assert "sex" in done.stdout


def require_right(net, X, y):
    """The gradients are right, and an epoch of training on lowers the loss."""
    assert cp.check_gradients(net, X[:8], y[:8]).ok
    before = net.evaluate(X, y)["loss"]
    net.fit(X, y, epochs=1, optimizer="adam", learning_rate=1e-3)
    assert net.evaluate(X, y)["loss"] < before


# --- PyTorch: a module of one's own around a stack, trained by a loop over batches, saved as a state_dict


class NeuralNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        self.flatten = nn.Flatten()
        self.linear_relu_stack = nn.Sequential(
            nn.Linear(8 * 8, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 10)
        )

    def forward(self, x):
        return self.linear_relu_stack(self.flatten(x))


@pytest.fixture(scope="module")
def trained():
    """The module after some epochs, its loss, and images it did not learn from."""
    torch.manual_seed(0)
    images, labels = load_digits(return_X_y=True)
    images = torch.tensor(images / 16, dtype=torch.float32).reshape(-1, 1, 8, 8)
    data = TensorDataset(images, torch.tensor(labels))
    train, test = torch.utils.data.random_split(data, [1400, len(data) - 1400])
    model, loss_fn = NeuralNetwork(), nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    model.train()
    for _ in range(5):
        for X, y in DataLoader(train, batch_size=64):
            optimizer.zero_grad()
            loss_fn(model(X), y).backward()
            optimizer.step()
    model.eval()
    X, y = next(iter(DataLoader(test, batch_size=len(test))))
    return model, loss_fn, X, y


def test_the_quickstart_of_pytorch(trained, tmp_path):
    model, loss_fn, X, y = trained
    with pytest.raises(cp.ClearpropError, match="is a NeuralNetwork"):
        cp.from_torch(model)
    with pytest.warns(cp.errors.DataWarning, match="softmax was added"):
        net = cp.from_torch(model.linear_relu_stack, loss=loss_fn)
    pixels = X.reshape(len(X), 64).numpy()
    with torch.no_grad():
        logits = model(X)
    np.testing.assert_allclose(net.predict(pixels), torch.softmax(logits, 1).numpy(), rtol=0, atol=1e-6)
    assert np.array_equal(net.predict(pixels).argmax(1), logits.argmax(1).numpy())
    assert net.evaluate(pixels, y.numpy())["loss"] == pytest.approx(loss_fn(logits, y).item(), rel=1e-5)

    torch.save(model.state_dict(), tmp_path / "model.pth")
    layers = [cp.Dense(32, "relu"), cp.Dense(32, "relu"), cp.Dense(10, "softmax")]
    again = cp.from_torch(tmp_path / "model.pth", 64, loss="cross_entropy", architecture=layers)
    assert np.array_equal(again.predict(pixels), net.predict(pixels))

    for lang in ("en", "zh"):
        page = net.trace(pixels[:1], y[:1].numpy()).explain(lang).to_html()
        assert "∂" in page
    pd.DataFrame(pixels).assign(digit=y.numpy()).to_csv(tmp_path / "digits.csv", index=False)
    net.save(tmp_path / "digits.clearprop")
    done = run("explain", "digits.clearprop", "digits.csv", "--row", "1", "--target", "digit", cwd=tmp_path)
    assert f"The network answers {int(logits[0].argmax())}" in done.stdout
    require_right(net, pixels, y.numpy())
