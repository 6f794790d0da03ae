"""ONNX models, read: the answers of ONNX Runtime, a name for every node that is no layer, and errors for damage."""

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

import clearprop as cp
from brought_in import require_alive
from commands import run

pytestmark = pytest.mark.peers


class Maker:
    """Nodes one behind another, with constants, as an exporter writes them."""

    def __init__(self, n_inputs, dtype=np.float32, opset=20):
        self.n_inputs, self.dtype, self.opset = n_inputs, np.dtype(dtype), opset
        self.nodes, self.constants, self.value = [], [], "X"

    def constant(self, values, dtype=None):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.array(values, dtype or self.dtype), name))
        return name

    def node(self, op, *inputs, **attributes):
        """A node; "@" is the value of the chain. Returns its output."""
        name = f"v{len(self.nodes)}"
        domain = attributes.pop("domain", "")
        names = [self.value if i == "@" else i for i in inputs]
        self.nodes.append(
            helper.make_node(op, names, [name], name=f"{op}_{len(self.nodes)}", domain=domain, **attributes)
        )
        return name

    def then(self, op, *constants, first=True, **attributes):
        names = [c if isinstance(c, str) else self.constant(c) for c in constants]
        self.value = self.node(op, *(("@", *names) if first else (*names, "@")), **attributes)

    def model(self, shape=None, width=None, **properties):
        kind = helper.np_dtype_to_tensor_dtype(self.dtype)
        x = helper.make_tensor_value_info("X", kind, ["N", self.n_inputs] if shape is None else shape)
        y = helper.make_tensor_value_info(self.value, kind, ["N", width])
        graph = helper.make_graph(self.nodes, "g", [x], [y], self.constants)
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=9)
        helper.set_model_props(made, properties)
        return made


def run_by_theirs(model, X):
    return onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"X": X})[0]


def silu(maker):
    maker.then("Mul", maker.node("Sigmoid", "@"))


def mish(maker):
    maker.then("Mul", maker.node("Tanh", maker.node("Softplus", "@")), first=False)


def softsign(maker):
    maker.then("Div", maker.node("Add", maker.node("Abs", "@"), maker.constant(1.0)))


def gelu(maker, form):
    root, one, half = (maker.constant(c) for c in (2**0.5, 1.0, 0.5))
    erf = maker.node("Erf", maker.node("Div", "@", root))
    cdf = maker.node("Add", erf, one)
    if form == 0:
        maker.value = maker.node("Mul", maker.node("Mul", "@", cdf), half)
    elif form == 1:
        maker.value = maker.node("Mul", "@", maker.node("Mul", half, cdf))
    else:
        maker.value = maker.node("Mul", maker.node("Mul", "@", half), cdf)


ACTIVATIONS = (
    *(lambda m, op=op: m.then(op) for op in ("Relu", "Sigmoid", "Tanh", "Softplus", "Softsign", "Selu", "Identity")),
    lambda m: m.then("LeakyRelu", alpha=0.3),
    lambda m: m.then("Elu", alpha=1.7),
    silu,
    mish,
    softsign,
    *(lambda m, form=form: gelu(m, form) for form in range(3)),
    lambda m: m.then("Gelu"),
    lambda m: m.then("Mish"),
)


def random_model(seed, dtype=np.float32, simple=False):
    """A model of everything that is known, and its number of inputs."""
    rng = np.random.default_rng(seed)

    def numbers(*shape):
        return rng.normal(0, 0.7, shape)

    n_inputs = width = int(rng.integers(1, 6))
    maker = Maker(n_inputs, dtype)
    if rng.random() < 0.3:
        maker.then("Sub", numbers(width))
        maker.then("Div", rng.uniform(0.5, 2, (1, width)))
    if rng.random() < 0.2:
        maker.then("Flatten")
    if rng.random() < 0.2:
        maker.then("Reshape", maker.constant([[-1, width], [0, -1], [-1, width]][rng.integers(3)], np.int64))
    for _ in range(rng.integers(1, 4)):
        units = int(rng.integers(1, 6))
        W, b = numbers(width, units), numbers(units)
        match int(rng.integers(4)):
            case 0:
                maker.then("Gemm", W, b)
            case 1:
                maker.then("Gemm", W.T, b[None], transB=1, alpha=0.5, beta=2.0)
            case 2:
                maker.then("MatMul", W)
            case 3:
                maker.then("MatMul", maker.node("Transpose", maker.constant(W.T), perm=[1, 0]))
                maker.then("Add", b, first=bool(rng.random() < 0.5))
        width = units
        if rng.random() < 0.3:
            states = (numbers(width), numbers(width), numbers(width), rng.uniform(0.3, 2, width))
            maker.then("BatchNormalization", *states, epsilon=1e-3, momentum=0.8)
        if rng.random() < 0.3 and width > 1:
            maker.then("LayerNormalization", numbers(width), *([numbers(width)] if rng.random() < 0.7 else []), axis=-1)
        last = 7 if simple else len(ACTIVATIONS)
        ACTIVATIONS[rng.integers(last)](maker)
        if rng.random() < 0.2:
            maker.then("Dropout", maker.constant(0.25, np.float32))
    if rng.random() < 0.4:
        maker.then("Softmax", axis=int(rng.choice([-1, 1])))
    return maker.model(width=width), n_inputs


@given(st.integers(0, 2**31))
def test_a_chain_answers_what_onnx_runtime_answers(seed):
    model, n_inputs = random_model(seed)
    X = np.random.default_rng(seed).normal(size=(6, n_inputs)).astype(np.float32)
    theirs = run_by_theirs(model, X)
    net = cp.from_onnx(model)
    assert net.dtype == "f32"
    scale = max(1, np.abs(theirs).max())
    np.testing.assert_allclose(net.predict(X), theirs, rtol=0, atol=3e-6 * scale)
    again = cp.from_onnx(model.SerializeToString())
    assert np.array_equal(net.predict(X), again.predict(X))


@given(st.integers(0, 2**31))
def test_a_chain_of_doubles_answers_what_the_reference_of_onnx_answers(seed):
    model, n_inputs = random_model(seed, np.float64, simple=True)
    X = np.random.default_rng(seed).normal(size=(6, n_inputs))
    theirs = ReferenceEvaluator(model).run(None, {"X": X})[0]
    net = cp.from_onnx(model)
    assert net.dtype == "f64"
    np.testing.assert_allclose(net.predict(X), theirs, rtol=0, atol=1e-6 * max(1, np.abs(theirs).max()))


def residual_model(seed, dtype=np.float32):
    """A model of residual sums, with shortcuts of their own and within one another, and its number of inputs."""
    rng = np.random.default_rng(seed)
    n_inputs = int(rng.integers(1, 5))
    maker = Maker(n_inputs, dtype)

    def dense(width, units):
        W, b = rng.normal(0, 0.5, (width, units)), rng.normal(0, 0.5, units)
        if rng.random() < 0.5:
            maker.then("Gemm", W, b)
        else:
            maker.then("MatMul", maker.node("Transpose", maker.constant(W.T), perm=[1, 0]))
            maker.then("Add", b)

    def block(width, depth):
        before = maker.value
        if rng.random() < 0.3:
            maker.then("BatchNormalization", *(rng.uniform(0.5, 2, width) for _ in range(4)))
        units, out = int(rng.integers(1, 5)), width if rng.random() < 0.6 else int(rng.integers(1, 5))
        dense(width, units)
        ACTIVATIONS[rng.integers(len(ACTIVATIONS))](maker)
        if depth < 2 and rng.random() < 0.4:
            units = block(units, depth + 1)
        dense(units, out)
        made, maker.value = maker.value, before
        if out != width or rng.random() < 0.2:
            dense(width, out)
        ends = [made, maker.value] if rng.random() < 0.5 else [maker.value, made]
        maker.value = maker.node("Add", *ends)
        return out

    width = n_inputs
    for _ in range(rng.integers(1, 4)):
        width = block(width, 0)
        if rng.random() < 0.7:
            ACTIVATIONS[rng.integers(len(ACTIVATIONS))](maker)
    if rng.random() < 0.5:
        dense(width, 2)
        width = 2
    return maker.model(width=width), n_inputs


@given(st.integers(0, 2**31))
def test_residual_sums_answer_what_onnx_runtime_answers(seed):
    model, n_inputs = residual_model(seed)
    X = np.random.default_rng(seed).normal(size=(6, n_inputs)).astype(np.float32)
    theirs = run_by_theirs(model, X)
    net = cp.from_onnx(model)
    assert any(isinstance(layer, cp.Residual) for layer in net.architecture.layers)
    np.testing.assert_allclose(net.predict(X), theirs, rtol=0, atol=5e-6 * max(1, np.abs(theirs).max()))


def test_a_residual_network_is_alive_and_goes_out_again():
    rng = np.random.default_rng(0)
    model, n_inputs = residual_model(4)
    net = cp.from_onnx(model)
    X = rng.normal(size=(64, n_inputs))
    require_alive(net, X, rng.normal(size=(64, net.architecture.n_outputs)), optimizer="adam")
    back = cp.from_onnx(net.to_onnx())
    assert back.architecture == net.architecture
    assert np.array_equal(back.predict(X), net.predict(X))
    plain = net.to_onnx()
    del plain.metadata_props[:]
    np.testing.assert_allclose(cp.from_onnx(plain).predict(X), net.predict(X), atol=1e-5)


def test_a_file_is_checked_explained_and_trained_on(tmp_path):
    rng = np.random.default_rng(0)
    maker = Maker(4)
    maker.then("Sub", [1.0, 2, 3, 4])
    maker.then("Div", [1.0, 2, 1, 1])
    maker.then("Gemm", rng.normal(size=(4, 8)), rng.normal(size=8))
    maker.then("Relu")
    maker.then("Gemm", rng.normal(size=(8, 3)), rng.normal(size=3))
    maker.then("Softmax", axis=1)
    onnx.save(maker.model(width=3), tmp_path / "model.onnx")
    net = cp.from_onnx(tmp_path / "model.onnx")
    X, y = rng.normal(size=(64, 4)), rng.integers(0, 3, 64)
    assert net.architecture.loss == cp.CrossEntropy()
    require_alive(net, X, y, frozen=("W1", "b1", "s1"))  # the scaling


def test_pictures_that_are_flattened():
    maker = Maker(12)
    maker.then("Flatten")
    maker.then("MatMul", np.ones((12, 2)))
    net = cp.from_onnx(maker.model(shape=["N", 1, 3, 4], width=2))
    assert net.predict(np.ones((1, 12))).tolist() == [[12.0, 12.0]]
    maker = Maker(12)
    maker.then("MatMul", np.ones((12, 2)))
    with pytest.raises(cp.ClearpropError, match="MatMul_0.*not flattened"):
        cp.from_onnx(maker.model(shape=["N", 1, 12], width=2))


@pytest.mark.parametrize("mean", [(), (1,), (1, 3), (2, 1), (1, 2, 3)])
def test_pictures_whose_mean_is_subtracted_before_they_are_flattened(mean):
    rng = np.random.default_rng(0)
    maker = Maker(6)
    maker.then("Sub", rng.normal(size=mean))
    maker.then("Div", np.float32(0.5))
    maker.then("Flatten", axis=1)
    maker.then("Gemm", rng.normal(size=(6, 4)), rng.normal(size=4))
    X = rng.normal(size=(1, 2, 3)).astype(np.float32)
    model = maker.model(shape=[1, 2, 3], width=4)
    assert cp.from_onnx(model).predict(X.reshape(1, 6)) == pytest.approx(run_by_theirs(model, X), abs=1e-5)


def test_the_log_of_a_softmax_is_left_to_the_loss():
    maker = Maker(2)
    maker.then("Gemm", np.eye(2), np.ones(2))
    maker.then("LogSoftmax")
    with pytest.warns(cp.errors.DataWarning, match="probabilities"):
        net = cp.from_onnx(maker.model(width=2))
    X = np.array([[0.5, -1.0]], np.float32)
    np.testing.assert_allclose(np.log(net.predict(X)), run_by_theirs(maker.model(width=2), X), atol=1e-6)


def test_half_precision_is_widened_and_that_is_said():
    maker = Maker(2, np.float16)
    maker.then("Gemm", np.array([[0.5, 1], [2, 3]]), np.ones(2))
    with pytest.warns(cp.errors.DataWarning, match="half precision"):
        net = cp.from_onnx(maker.model(width=2))
    assert net.predict([[1.0, 1.0]]).tolist() == [[3.5, 5.0]]


def test_a_cast_to_half_precision_within_is_said():
    maker = Maker(2)
    maker.then("Gemm", np.eye(2), np.ones(2))
    maker.then("Cast", to=TensorProto.FLOAT16)
    maker.then("Cast", to=TensorProto.FLOAT)
    with pytest.warns(cp.errors.DataWarning, match="'Cast_1' rounds to half precision"):
        net = cp.from_onnx(maker.model(width=2))
    assert net.predict([[1.0, 2.0]]).tolist() == [[2.0, 3.0]]


def test_truth_values_are_read_and_what_nothing_uses_is_passed_by():
    maker = Maker(2)
    maker.then("MatMul", np.eye(2))
    off = maker.constant(False, np.bool_)
    maker.then("Dropout", maker.constant(0.25, np.float32), off)
    maker.node("Constant", value=helper.make_tensor("t", TensorProto.STRING, [1], [b"text"]))
    maker.constants.append(helper.make_tensor("labels", TensorProto.STRING, [2], [b"no", b"yes"]))
    maker.constants.append(numpy_helper.from_array(np.ones(2, np.float16), "unused"))
    assert cp.from_onnx(maker.model(width=2)).architecture.layers[1] == cp.Dropout(0.25)
    maker.constants[1].CopyFrom(helper.make_tensor(off, TensorProto.BOOL, [], [True]))
    with pytest.raises(cp.ClearpropError, match="training_mode=False"):
        cp.from_onnx(maker.model(width=2))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_clearprop_wrote_comes_back_to_the_same_bits(dtype):
    layers = [cp.Periodic(2, 3), cp.Dense(4, "gelu"), cp.BatchNorm(), cp.Dropout(0.1), cp.Dense(2, "softmax")]
    net = cp.Network(3, layers, "cross_entropy", dtype=dtype, seed=3, l2=0.1)
    back = cp.from_onnx(net.to_onnx())
    X = np.random.default_rng(0).normal(size=(5, 3))
    assert (back.dtype, back.architecture) == (net.dtype, net.architecture)
    assert np.array_equal(back.predict(X), net.predict(X))
    assert cp.from_onnx(net.to_onnx(), loss="squared_error").architecture.loss == cp.SquaredError()


def test_a_model_of_ours_that_was_changed_is_read_by_its_nodes():
    net = cp.Network(2, [cp.Dense(3, "relu"), cp.Dense(2)], seed=1, l2=0.1)
    X = np.random.default_rng(0).normal(size=(5, 2)).astype(np.float32)
    model = net.to_onnx()
    times = helper.make_node("Mul", [model.graph.output[0].name, "ten"], ["more"])
    model.graph.node.append(times)
    model.graph.initializer.append(numpy_helper.from_array(np.float32(10), "ten"))
    model.graph.output[0].name = "more"
    with pytest.warns(cp.errors.DataWarning, match="not as clearprop wrote it"):
        found = cp.from_onnx(model)
    np.testing.assert_allclose(found.predict(X), run_by_theirs(model, X), rtol=1e-5)
    model = net.to_onnx()
    model.graph.output[0].name = model.graph.node[0].output[0]  # as a tool does that cuts off what stands behind
    with pytest.warns(cp.errors.DataWarning, match="not as clearprop wrote it"):
        assert cp.from_onnx(model).architecture.n_outputs == 3


def test_a_model_of_ours_that_onnx_runtime_saved_again_is_read(tmp_path):
    net = cp.Network(2, [cp.Dense(3), cp.BatchNorm(), cp.Activation("relu"), cp.Dense(2, "softmax")], seed=1)
    net.running["running_mean1"] = [1.0, 2.0, 3.0]
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(tmp_path / "again.onnx")
    onnxruntime.InferenceSession(net.to_onnx().SerializeToString(), options)
    with pytest.warns(cp.errors.DataWarning, match="not as clearprop wrote it"):
        found = cp.from_onnx(tmp_path / "again.onnx")
    X = np.random.default_rng(0).normal(size=(5, 2))
    np.testing.assert_allclose(found.predict(X), net.predict(X), atol=1e-6)


def test_an_output_or_a_number_of_inputs_that_a_model_of_ours_has_not_is_refused():
    net = cp.Network(2, [cp.Dense(3)])
    model = net.to_onnx()
    assert cp.from_onnx(model, n_inputs=2, output=model.graph.output[0].name).architecture == net.architecture
    with pytest.raises(cp.ClearpropError, match="n_inputs=3"):
        cp.from_onnx(model, n_inputs=3)
    with pytest.raises(cp.ClearpropError, match="output 'nobody'"):
        cp.from_onnx(model, output="nobody")


def folding(maker):
    maker.then("Gemm", np.eye(2))
    maker.then("Add", maker.node("Exp", maker.constant(np.ones(2))))


def folding_behind(maker):
    maker.then("Conv", np.ones((1, 1, 1)))
    folding(maker)


def gated(maker):
    before = maker.value
    maker.then("MatMul", np.eye(2))
    maker.then("Mul", before)


def doubled(maker):
    maker.then("Add", maker.value)


def crossed(maker):
    left, right = maker.node("MatMul", "@", maker.constant(np.eye(2))), maker.node("Relu", "@")
    first, second = maker.node("Add", left, right), maker.node("Add", left, maker.value)
    maker.value = maker.node("Add", first, second)


def narrowed(maker):
    before = maker.value
    maker.then("MatMul", np.ones((2, 1)))  # which ONNX repeats along the columns
    maker.then("Add", before)


def logged(maker):
    before = maker.value
    maker.then("Gemm", np.eye(2), np.ones(2))
    maker.then("LogSoftmax")
    maker.then("Add", before)


def nested(maker, times=60):
    for depth in range(times):
        maker.then("Relu")
        maker.nodes[-1].name = f"relu_{depth}"
    for value in [f"v{i}" for i in range(times - 2, -1, -1)]:
        maker.value = maker.node("Add", value, maker.value)


def elsewhere(maker):
    maker.then("MatMul", np.eye(2))
    tensor = maker.constants[-1]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")


def too_large(maker):
    maker.then("MatMul", np.eye(2))
    maker.constants[-1].dims[:] = [2**40, 2**20]


def too_large_for_numpy_and_empty(maker):
    maker.then("MatMul", np.zeros((0, 2)))
    maker.constants[-1].dims[:] = [2**40, 2**40, 0]


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (lambda m: m.then("Conv", np.ones((1, 1, 1))), "node 'Conv_0' is a Conv; expected one of"),
        (lambda m: m.then("Gelu", domain="com.microsoft"), "com.microsoft.Gelu"),
        (folding, "node 'Exp_1' is an Exp; expected Constant, .* of constants alone"),
        (folding_behind, "node 'Conv_0'"),
        (gated, "node 'MatMul_0' is a MatMul.*or in a residual sum"),
        (doubled, "node 'Add_0' is an Add.*or in a residual sum"),
        (crossed, "node 'MatMul_0' is a MatMul.*or in a residual sum"),
        (narrowed, "node 'Add_1' adds 1 value to 2"),
        (logged, "log of a softmax"),
        (nested, "at most 50 deep"),
        (elsewhere, "another file"),
        (too_large, "as many as its shape says"),
        (too_large_for_numpy_and_empty, "as many as its shape says"),
        (lambda m: m.then("Gelu", approximate="tanh"), "approximate='tanh'"),
        (lambda m: m.then("Softmax", axis=0), "axis=0"),
        (lambda m: m.then("Gemm", np.eye(2), transA=1), "transA=0"),
        (lambda m: m.then("Gemm", np.eye(3)), "takes 3 values"),
        (lambda m: m.then("Div", [1.0, 0.0]), "divide by"),
        (lambda m: m.then("Div", 1.0, first=False), "divided by numbers"),
        (lambda m: m.then("MatMul", np.eye(2), first=False), "as its first input"),
        (lambda m: m.then("Cast", to=TensorProto.INT64), "casts to"),
        (lambda m: m.then("Reshape", m.constant([-1], np.int64)), "a row of each sample"),
        (lambda m: m.then("Selu", alpha=2.0), "alpha=2"),
        (lambda m: m.then("MatMul", np.full((2, 2), np.nan)), "NaN"),
        (lambda m: m.then("MatMul", m.constant(np.eye(2), np.int64)), "int64"),
        (lambda m: m.then("Identity"), "without layers"),
        (lambda m: m.then("Add", "nobody"), "nothing makes"),
    ],
)
def test_what_is_not_known_is_refused_by_op_and_name(build, says):
    maker = Maker(2)
    build(maker)
    with pytest.raises(cp.ClearpropError, match=says):
        cp.from_onnx(maker.model(width=2))


def test_of_several_outputs_one_is_chosen():
    maker = Maker(2)
    maker.then("Gemm", np.eye(2), np.ones(2))
    maker.then("Softmax")
    probabilities = maker.value
    maker.then("ArgMax", axis=1)
    model = maker.model(width=2)
    model.graph.output.append(helper.make_tensor_value_info(probabilities, 1, ["N", 2]))
    with pytest.raises(cp.ClearpropError, match="2 outputs.*say which"):
        cp.from_onnx(model)
    with pytest.raises(cp.ClearpropError, match="ArgMax_2"):
        cp.from_onnx(model, output=maker.value)
    with pytest.raises(cp.ClearpropError, match="'nobody'"):
        cp.from_onnx(model, output="nobody")
    net = cp.from_onnx(model, output=probabilities)
    assert net.predict([[3.0, 3.0]]).tolist() == [[0.5, 0.5]]


def test_the_scaler_of_skl2onnx():
    maker = Maker(2)
    node = helper.make_node("Scaler", ["X"], ["s"], domain="ai.onnx.ml", offset=[1.0, 2.0], scale=[0.5, 4.0])
    maker.nodes.append(node)
    maker.value = "s"
    maker.then("MatMul", np.eye(2))
    assert cp.from_onnx(maker.model(width=2)).predict([[3.0, 3.0]]).tolist() == [[1.0, 4.0]]


def test_two_inputs_and_no_model_are_refused(tmp_path):
    maker = Maker(2)
    maker.then("Relu")
    model = maker.model(width=2)
    model.graph.input.append(helper.make_tensor_value_info("Z", 1, ["N", 2]))
    with pytest.raises(cp.ClearpropError, match="2 inputs"):
        cp.from_onnx(model)
    with pytest.raises(cp.FileError, match="cannot read"):
        cp.from_onnx(tmp_path / "none.onnx")
    (tmp_path / "text.onnx").write_text("no model at all")
    for source in (tmp_path / "text.onnx", b"", 7):
        with pytest.raises(cp.ClearpropError):
            cp.from_onnx(source)


def test_many_shifts_of_many_columns_are_refused_before_they_are_matrices():
    maker = Maker(2048)
    for _ in range(20):
        maker.then("Add", np.ones(2048))
        maker.then("Relu")
    with pytest.raises(cp.ClearpropError, match="shifts of columns in the ONNX model that make 37,748,736"):
        cp.from_onnx(maker.model(width=2048))


def test_an_operator_with_any_name_is_refused_in_one_line():
    made = random_model(3)[0]
    made.graph.node[-1].op_type = "Soft\nmax\x1b[2J" + "x" * 5000
    with pytest.raises(cp.ClearpropError, match=r"Soft\\nmax") as refused:
        cp.from_onnx(made)
    assert len(str(refused.value)) < 1000
    assert str(refused.value).isprintable()


def damaged(rng, content):
    """The bytes with some of them changed, removed or repeated."""
    found = bytearray(content)
    match int(rng.integers(4)):
        case 0 | 1:
            for at in rng.integers(len(found), size=rng.integers(1, 6)):
                found[at] = rng.integers(256)
        case 2:
            del found[rng.integers(len(found)) :]
        case 3:
            start, stop = sorted(rng.integers(len(found), size=2))
            found[start:stop] = found[start:stop] * 2 if rng.random() < 0.5 else b""
    return bytes(found)


def survives(rng, content):
    """Whether a damaged file is read after all; whatever else is raised than one clear error ends the test."""
    try:
        net = cp.from_onnx(damaged(rng, content))
    except cp.ClearpropError:
        return False
    assert all(np.isfinite(a).all() for a in net.arrays().values())
    return True


def test_damaged_models_make_one_clear_error_each():
    rng = np.random.default_rng(0)
    layers = [cp.Dense(3, "tanh"), cp.LayerNorm(), cp.Dense(2, "softmax")]
    models = [random_model(seed)[0] for seed in range(8)] + [cp.Network(2, layers, "cross_entropy").to_onnx()]
    contents = [model.SerializeToString() for model in models]
    read = sum(survives(rng, contents[i % len(contents)]) for i in range(2000))
    assert 0 < read < 2000


def test_the_command_line_explains_a_file_and_calls_the_doctor(tmp_path):
    rng = np.random.default_rng(0)
    maker = Maker(2)
    maker.then("Gemm", rng.normal(size=(2, 4)), rng.normal(size=4))
    maker.then("Relu")
    maker.then("Gemm", rng.normal(size=(4, 3)), rng.normal(size=3))
    onnx.save(maker.model(width=3), tmp_path / "net.onnx")
    rows = "\n".join(f"{a},{b},{i % 3}" for i, (a, b) in enumerate(rng.normal(size=(30, 2)).round(3)))
    (tmp_path / "t.csv").write_text(f"a,b,kind\n{rows}\n")
    arguments = ("net.onnx", "t.csv", "--target", "kind")
    done = run("explain", *arguments, "--row", "2", "--loss", "cross_entropy", cwd=tmp_path)
    (z,) = run_by_theirs(
        maker.model(width=3), np.loadtxt(tmp_path / "t.csv", np.float32, delimiter=",", skiprows=1)[1:2, :2]
    )
    assert f"The network answers {z.argmax()}" in done.stdout
    assert run("explain", *arguments, "--row", "2", cwd=tmp_path).stderr.count("--loss cross_entropy") == 1
    assert run("doctor", *arguments, "--loss", "cross_entropy", cwd=tmp_path).returncode == 0
    assert "--loss for" in run("explain", "x.clearprop", "t.csv", "--row", "1", "--loss", "mse", cwd=tmp_path).stderr


def test_inputs_and_weights_of_two_types_are_said():
    """As files of a benchmark of verifiers have them; ONNX Runtime refuses these."""
    maker, rng = Maker(3, np.float64), np.random.default_rng(0)
    weights = maker.constant(rng.normal(size=(3, 2)), np.float32)
    maker.then("Gemm", weights, maker.constant(rng.normal(size=2), np.float32))
    with pytest.warns(cp.errors.DataWarning, match="X is float64 and the weights are float32, against ONNX's rules"):
        net = cp.from_onnx(maker.model())
    assert net.dtype == "f32"
    maker = Maker(3, np.float64)
    maker.then("Cast", to=TensorProto.FLOAT)
    maker.then("Gemm", maker.constant(rng.normal(size=(3, 2)), np.float32))
    cp.from_onnx(maker.model())  # a warning is an error: here the types are right
