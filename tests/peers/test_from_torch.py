"""Networks from PyTorch and back: the same answers, the same bits, and a name for what cannot be read."""

import contextlib
import zipfile

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save_file
from torch import nn

import clearprop as cp
from brought_in import require_alive
from networks_to_write import random_case

pytestmark = pytest.mark.peers

_PLAIN = (nn.ReLU, nn.Tanh, nn.Sigmoid, nn.GELU, nn.SiLU, nn.SELU, nn.Mish, nn.Softplus, nn.Softsign, nn.Identity)


def random_module(seed: int) -> tuple[nn.Sequential, int]:
    """A trained-looking module with every layer that is known, in evaluation, and its number of inputs."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    n_inputs = width = int(rng.integers(1, 6))
    modules: list[nn.Module] = [nn.Flatten()] if rng.random() < 0.3 else []
    for _ in range(rng.integers(1, 5)):
        units = int(rng.integers(1, 7))
        part: list[nn.Module] = [nn.Linear(width, units, bias=bool(rng.random() < 0.7))]
        kinds = rng.random(4)
        if kinds[0] < 0.3:
            part.append(nn.BatchNorm1d(units, eps=1e-4, momentum=0.2, affine=bool(rng.random() < 0.8)))
        if kinds[1] < 0.3:
            part.append(nn.LayerNorm(units, eps=1e-3, elementwise_affine=bool(rng.random() < 0.8)))
        given_ones = (nn.LeakyReLU(0.3), nn.ELU(1.7))
        choice = int(rng.integers(len(_PLAIN) + 2))
        part.append(_PLAIN[choice]() if choice < len(_PLAIN) else given_ones[choice - len(_PLAIN)])
        if kinds[2] < 0.3:
            part.append(nn.Dropout(0.25))
        modules += [nn.Sequential(*part)] if kinds[3] < 0.4 else part
        width = units
    if rng.random() < 0.4:
        modules.append(nn.Softmax(dim=int(rng.choice([1, -1]))))
    module = nn.Sequential(*modules)
    with torch.no_grad():
        for each in module.modules():
            for name, low, high in (("running_mean", -1, 1), ("running_var", 0.3, 2)):
                if hasattr(each, name):
                    getattr(each, name).uniform_(low, high)
    return module.eval(), n_inputs


@given(st.integers(0, 2**31))
def test_a_module_answers_the_same(seed):
    module, n_inputs = random_module(seed)
    X = torch.randn(7, n_inputs)
    net = cp.from_torch(module)
    theirs = module(X).detach().numpy()
    np.testing.assert_allclose(net.predict(X.numpy()), theirs, rtol=0, atol=1e-6 * max(1, np.abs(theirs).max()))
    double = cp.from_torch(module.double())
    theirs = module(X.double()).detach().numpy()
    scale = max(1, np.abs(theirs).max())
    np.testing.assert_allclose(double.predict(X.double().numpy()), theirs, rtol=0, atol=3e-9 * scale)  # of Softplus


@given(st.integers(0, 2**31), st.sampled_from(["float32", "float64"]))
def test_there_and_back_to_the_same_bits(seed, dtype):
    case = random_case(seed, dtype, own=False, tables=False)
    module = case.net.to_torch()
    back = cp.from_torch(module, loss=case.net.architecture.loss)
    assert back.dtype == case.net.dtype
    assert np.array_equal(back.predict(case.X), case.net.predict(case.X), equal_nan=True)
    for name, values in case.net.arrays().items():
        assert np.array_equal(back.arrays()[name], values)
        assert back.architecture.parameters[name].trainable == case.net.architecture.parameters[name].trainable
    theirs = module(torch.tensor(case.X)).detach().numpy()
    scale = max(1.0, float(np.abs(theirs).max()))
    np.testing.assert_allclose(
        case.net.predict(case.X), theirs, rtol=0, atol=(1e-6 if dtype == "float32" else 1e-12) * scale
    )


def test_a_classifier_of_logits_is_checked_explained_and_trained_on():
    torch.manual_seed(0)
    X = torch.randn(60, 4)
    y = (X[:, 0] > 0).long() + (X[:, 1] > 0.5).long()
    module = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Dropout(0.1), nn.Linear(16, 3))
    optimizer, loss = torch.optim.Adam(module.parameters(), lr=1e-2), nn.CrossEntropyLoss()
    for _ in range(30):
        optimizer.zero_grad()
        loss(module(X), y).backward()
        optimizer.step()
    module.eval()
    with pytest.warns(cp.errors.DataWarning, match="softmax was added"):
        net = cp.from_torch(module, loss=loss)
    probabilities = torch.softmax(module(X), 1).detach().numpy()
    np.testing.assert_allclose(net.predict(X.numpy()), probabilities, atol=1e-6)
    assert net.evaluate(X.numpy(), y.numpy())["loss"] == pytest.approx(loss(module(X), y).item(), rel=1e-5)
    require_alive(net, X.numpy(), y.numpy(), optimizer="adam")


def test_the_log_of_a_softmax_is_left_to_the_loss():
    module = nn.Sequential(nn.Linear(2, 3), nn.LogSoftmax(dim=1))
    with pytest.warns(cp.errors.DataWarning, match="probabilities"):
        net = cp.from_torch(module, loss=nn.NLLLoss())
    X = torch.randn(4, 2)
    np.testing.assert_allclose(net.predict(X.numpy()), module(X).exp().detach().numpy(), atol=1e-6)
    y = torch.tensor([0, 2, 1, 1])
    assert net.evaluate(X.numpy(), y.numpy())["loss"] == pytest.approx(nn.NLLLoss()(module(X), y).item(), rel=1e-5)


@pytest.mark.parametrize(
    ("loss", "end"),
    [
        (None, nn.Softmax(1)),
        (None, nn.Sigmoid()),
        (None, nn.Identity()),
        ("huber", nn.Tanh()),
        (nn.L1Loss(), nn.ReLU()),
    ],
)
def test_without_a_loss_the_last_activation_tells(loss, end):
    net = cp.from_torch(nn.Sequential(nn.Linear(2, 2), end), loss=loss)
    wanted = {"Softmax": cp.CrossEntropy, "Sigmoid": cp.BinaryCrossEntropy, "Identity": cp.MeanSquaredError}
    wanted |= {"Tanh": cp.Huber, "ReLU": cp.MeanAbsoluteError}
    assert type(net.architecture.loss) is wanted[type(end).__name__]


def test_what_only_looks_like_a_probability_gets_the_squared_error():
    for end in ([nn.Linear(2, 1), nn.Softmax(1)], [nn.Linear(2, 2), nn.Softmax(1), nn.Dropout(0.5)]):
        net = cp.from_torch(nn.Sequential(*end))
        assert net.architecture.loss == cp.MeanSquaredError()
        assert np.isfinite(net.fit(np.eye(2), np.eye(2)[:, : net.architecture.n_outputs], epochs=1)["loss"]).all()


def test_what_needs_no_gradient_is_frozen():
    module = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.Linear(2, 1))
    module[0].weight.requires_grad_(False)
    module[1].bias.requires_grad_(False)
    parameters = cp.from_torch(module).architecture.parameters
    assert [n for n, p in parameters.items() if p.is_frozen] == ["W1", "beta1"]


class Residual(nn.Module):
    def forward(self, x):
        return x + x


def _hooked():
    module = nn.Linear(2, 2)
    module.register_forward_hook(lambda module, given, made: made * 2)
    return module


@pytest.mark.parametrize(
    ("module", "says"),
    [
        (Residual(), r"module\.1\.0 is a Residual"),
        (nn.Conv1d(1, 1, 1), r"module\.1\.0 is a Conv1d"),
        (nn.GELU(approximate="tanh"), "approximate='tanh'"),
        (nn.Softmax(dim=0), "dim=0"),
        (nn.Softplus(beta=2.0), "Softplus with beta=1"),
        (nn.BatchNorm1d(2, track_running_stats=False), "running statistics"),
        (nn.BatchNorm1d(2, momentum=None), "momentum"),
        (nn.LayerNorm((2, 2)), "normalized_shape"),
        (nn.Dropout(1.0), "p=1"),
        (nn.Linear(3, 2), "takes 3 values"),
        (nn.Linear(2, 2, device="meta"), "meta"),
        (_hooked(), "hooks"),
        (nn.utils.parametrizations.weight_norm(nn.Linear(2, 2)), "ParametrizedLinear"),
        (nn.PReLU(), "PReLU"),
    ],
)
def test_what_is_not_known_is_refused_by_name_and_place(module, says):
    with pytest.raises(cp.ClearpropError, match=says):
        cp.from_torch(nn.Sequential(nn.Linear(2, 2), nn.Sequential(module)))


def test_half_precision_is_widened_and_that_is_said(tmp_path):
    module = nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 1))
    for dtype, says in ((torch.float16, "float16"), (torch.bfloat16, "bfloat16")):
        half = nn.Sequential(*module).to(dtype)
        with pytest.warns(cp.errors.DataWarning, match=says):
            net = cp.from_torch(half)
        save_file(half.state_dict(), tmp_path / "half.safetensors")
        with pytest.warns(cp.errors.DataWarning, match=says):
            again = cp.from_torch(tmp_path / "half.safetensors", architecture=net)
        assert all(np.array_equal(a, net.arrays()[name]) for name, a in again.arrays().items())
        assert np.array_equal(net.parameters["W1"].T, half[0].weight.detach().float().numpy())


@given(st.integers(0, 2**31))
def test_files_of_weights_beside_an_architecture(tmp_path_factory, seed):
    module, n_inputs = random_module(seed)
    net = cp.from_torch(module)
    if len(net.parameters) != len([*module.parameters()]):  # a normalisation without γ and β has none in the file
        return
    folder = tmp_path_factory.mktemp("weights")
    torch.save(module.state_dict(), folder / "weights.pt")
    save_file({name: t.contiguous() for name, t in module.state_dict().items()}, folder / "weights.safetensors")
    start = cp.Network(n_inputs, net.architecture.layers, seed=1)
    for path in folder.iterdir():
        for given_as in (start, start.architecture.layers):
            found = cp.from_torch(str(path), n_inputs, architecture=given_as)
            if path.suffix == ".pt":
                assert all(np.array_equal(a, net.arrays()[name]) for name, a in found.arrays().items())
            else:
                assert found.arrays().keys() == net.arrays().keys()


def test_files_of_weights_that_do_not_match_say_which(tmp_path):
    layers = [cp.Dense(3, "relu"), cp.Dense(3, "relu"), cp.Dense(3)]

    def refused(says, tensors, layers=layers, save=save_file):
        save(tensors, tmp_path / "w")
        with pytest.raises(cp.ClearpropError, match=says):
            cp.from_torch(tmp_path / "w", 3, architecture=layers)

    def linear(name):
        return {f"{name}.weight": torch.randn(3, 3), f"{name}.bias": torch.randn(3)}

    first, hidden, out = linear("first"), linear("hidden"), linear("out")
    refused("order of the modules", first | hidden | out)
    refused("order of the modules", linear("fc1") | linear("fc1b") | linear("fc2"))
    refused("left are nothing", first | hidden, save=torch.save)
    refused("no layer for", first | hidden | out | linear("more"), save=torch.save)
    refused("left are", linear("fc1") | linear("fc2") | {"fc3.weight": torch.randn(2, 3), "fc3.bias": torch.randn(2)})
    refused("'scale'", linear("fc1") | linear("fc2") | linear("fc3") | {"scale": torch.ones(3)})
    refused("state_dict", {"model": first, "optimizer": {}}, save=torch.save)
    refused("NaN", {k: v * torch.nan for k, v in (linear("0") | linear("2") | linear("4")).items()})
    refused("bytes", {"a": torch.zeros(2**23)})
    (tmp_path / "w").write_bytes(b"PK\x03\x04 no archive")
    with pytest.raises(cp.ModelFileError, match="no state_dict"):
        cp.from_torch(tmp_path / "w", 3, architecture=layers)
    torch.save(nn.Linear(3, 3), tmp_path / "w")  # a pickled object: its code would be run
    with pytest.raises(cp.ModelFileError, match="no state_dict"):
        cp.from_torch(tmp_path / "w", 3, architecture=layers)


def test_a_file_of_weights_takes_a_loss_as_a_module_does(tmp_path):
    module = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 3))
    save_file(module.state_dict(), tmp_path / "w")
    layers = [cp.Dense(4, "tanh"), cp.Dense(3)]
    start = cp.Network(2, layers)
    assert cp.from_torch(tmp_path / "w", 2, architecture=layers).architecture.loss == cp.MeanSquaredError()
    for what in (layers, start):
        for loss in (nn.MSELoss(), nn.L1Loss(), "huber", nn.CrossEntropyLoss()):
            with contextlib.nullcontext() if type(loss) is not nn.CrossEntropyLoss else pytest.warns(match="softmax"):
                net = cp.from_torch(tmp_path / "w", 2, loss, architecture=what)
                assert net.architecture == cp.from_torch(module, loss=loss).architecture
    with pytest.raises(cp.ClearpropError, match="n_inputs=5"):
        cp.from_torch(tmp_path / "w", 5, architecture=start)
    with pytest.raises(cp.ClearpropError, match="unweighted"):
        cp.from_torch(tmp_path / "w", 2, nn.CrossEntropyLoss(weight=torch.ones(3)), architecture=start)


def test_a_file_of_weights_is_bounded_by_the_architecture_before_it_is_unpacked(tmp_path):
    net, path = cp.Network(2, [cp.Dense(1)]), tmp_path / "w.pt"
    torch.save({"weight": torch.zeros(1, dtype=torch.float32).expand(100_000, 100_000)}, path)
    with pytest.raises(cp.ModelFileError, match="40,000,000,000 bytes of tensors"):
        cp.from_torch(path, architecture=net)
    torch.save({"weight": torch.zeros(1, 2), "bias": torch.zeros(1)}, path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data/2", bytes(2**25))
    with pytest.raises(cp.ModelFileError, match="bytes in the archive"):
        cp.from_torch(path, architecture=net)


@pytest.mark.parametrize("length", [0x80, 0x4B50])  # whose bytes are those of a pickle, and of an archive
def test_a_file_of_safetensors_is_told_from_a_state_dict_whatever_its_length(tmp_path, length):
    net = cp.Network(3, [cp.Dense(3)])
    tensors = {name: torch.tensor(a) for name, a in net.arrays().items()}
    save_file(tensors, tmp_path / "w", {"note": ""})
    least = int.from_bytes((tmp_path / "w").read_bytes()[:8], "little")
    save_file(tensors, tmp_path / "w", {"note": "x" * ((length - least) % (256 if length < 256 else 2**16))})
    assert (tmp_path / "w").read_bytes()[: 1 if length < 256 else 2] == length.to_bytes(2, "little").rstrip(b"\0")
    again = cp.from_torch(tmp_path / "w", architecture=net)
    assert all(np.array_equal(a, net.arrays()[name]) for name, a in again.arrays().items())


def test_numbers_in_names_tell_their_order_and_our_names_are_known(tmp_path):
    module = nn.Sequential(*(nn.Linear(2, 2) for _ in range(12)))
    net = cp.from_torch(module)
    save_file(module.state_dict(), tmp_path / "w.safetensors")  # keeps them in the order of their letters: 0, 1, 10, 11
    again = cp.from_torch(tmp_path / "w.safetensors", architecture=net)
    assert all(np.array_equal(a, net.arrays()[name]) for name, a in again.arrays().items())
    save_file({name: torch.tensor(a) for name, a in net.arrays().items()}, tmp_path / "ours.safetensors")
    again = cp.from_torch(tmp_path / "ours.safetensors", architecture=net)
    assert all(np.array_equal(a, net.arrays()[name]) for name, a in again.arrays().items())
    with pytest.raises(cp.ClearpropError, match="architecture="):
        cp.from_torch(tmp_path / "w.safetensors")
    with pytest.raises(cp.ClearpropError, match="beside a module"):
        cp.from_torch(module, architecture=net)


@given(st.integers(0, 2**31))
def test_damaged_files_of_weights_make_one_clear_error(tmp_path_factory, seed):
    rng = np.random.default_rng(seed)
    module = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    path = tmp_path_factory.mktemp("damaged") / "w.safetensors"
    save_file(module.state_dict(), path)
    content = bytearray(path.read_bytes())
    for _ in range(20):
        damaged = bytearray(content)
        for at in rng.integers(len(damaged), size=rng.integers(1, 4)):
            damaged[at] = rng.integers(256)
        path.write_bytes(damaged[: len(damaged) if rng.random() < 0.7 else rng.integers(len(damaged))])
        with contextlib.suppress(cp.ClearpropError):
            net = cp.from_torch(path, 2, architecture=[cp.Dense(3, "tanh"), cp.Dense(1)])
            assert np.isfinite(net.parameters["W1"]).all()
