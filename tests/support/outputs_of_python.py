"""What Python shows, for `every_output.py`: names, explanations, pages, pictures, checks, diagnoses and fits."""

from __future__ import annotations

import inspect
import json
import sys
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from typing import Any

import numpy as np

import clearprop as cp
from every_output import ROOT, Made, Outputs, attempt, numbers
from networks_of_outputs import ACTIVATIONS, LAYERS, LOSSES, OPTIMIZERS, network, samples

LANGUAGES, CONVENTIONS = ("en", "zh"), ("row", "column")
DETAILS, ZOOMS = ("formulas", "values", "elements"), ("layers", "fused", "primitives")
MAIN = ("binary", "classes", "norm", "own-layer")


def names() -> Outputs:
    """The public names."""
    yield "names", lambda: "".join(f"{line}\n" for line in described())


def described() -> Iterator[str]:
    """Each public name with its signature; of a class its public attributes, too."""
    for name in sorted(dir(cp)):
        thing = getattr(cp, name)
        if inspect.ismodule(thing):
            yield f"{name}: {', '.join(sorted(n for n in dir(thing) if n[0].isupper()))}"
            continue
        yield f"{name}{signature(thing)}"
        if isinstance(thing, type):
            fields = {*dir(thing), *getattr(thing, "__dataclass_fields__", ())}
            for attribute in sorted(a for a in fields if not a.startswith("_")):
                yield f"    {name}.{attribute}{signature(getattr(thing, attribute, None))}"


def signature(thing: object) -> str:
    """The arguments that something takes, if it can be called."""
    try:
        return str(inspect.signature(thing)) if callable(thing) else ""
    except ValueError:
        return "(…)"


def outputs() -> Outputs:
    """Name → what makes it."""
    for name in MAIN:
        for lang, convention, detail in product(LANGUAGES, CONVENTIONS if name in MAIN[:2] else ("row",), DETAILS):
            form = f"{lang}-{convention}-{detail}"
            yield f"python/explain/{name}/{form}", partial(explained, name, lang, convention, detail)
        yield f"python/only/{name}", partial(only, name)
        yield f"python/pages/{name}", partial(pages, name)
        yield f"python/network/{name}", partial(of_network, name)
        yield f"python/represent/{name}", partial(representations, name)
        yield f"python/check/{name}", partial(checks, name)
    layers = [name for name in LAYERS if name != "wide"]  # every element of which fills pages
    for kind, each in {"activation": ACTIVATIONS, "layer": layers, "loss": LOSSES}.items():
        for name in each:
            yield f"python/{kind}/{name}", partial(formulas, name)
    for name in OPTIMIZERS:
        yield f"python/optimizer/{name}", partial(update, name)
        yield f"python/fit/{name}", partial(fit, name)
    yield from mistakes()
    yield from illnesses()
    yield from of_tables()
    yield from wrong_calls()


def shown(explanation: Any) -> Made:
    """An explanation in every format."""
    return {
        "text": explanation.to_text(100),
        "page.md": explanation.to_markdown(),
        "page.tex": explanation.to_latex(),
        "page.html": explanation.to_html(),
        "cell.html": explanation._repr_html_(),
        "repr": repr(explanation),
    }


def explained(name: str, lang: str, convention: str, detail: str) -> Made:
    """Two samples in inference, and all of them in training, with another optimizer."""
    net, X, y = network(name)
    of_two = net.trace(X[:2], y[:2]).explain(lang, convention, detail)
    of_all = net.trace(X, y, "training").explain(lang, convention, detail, optimizer="adam", digits=6)
    forward = net.trace(X[0]).explain(lang, convention, detail)
    return {"two": shown(of_two), "all": shown(of_all), "forward": forward.to_text(100)}


def only(name: str) -> Made:
    """Each value of a network by itself, one element of each, and names that are none."""
    net, X, y = network(name)
    trace, made = net.trace(X[:3], y[:3]), {}
    values = [*trace, *(f"{p}'" for p in net.parameters), "X", "y", "nothing", "dW9", "W1[99,1]"]
    for value in [*values, *(f"{v}[1,1]" for v in values[:-3]), *(f"{v}[2]" for v in values[:-3])]:
        made[value] = attempt(lambda value=value: trace.explain(only=value, optimizer="adam").to_text(100))
        made[f"{value}-zh"] = attempt(lambda value=value: trace.explain("zh", "column", only=value).to_latex())
    return "".join(f"=== {value}\n{text}\n" for value, text in made.items())


def pages(name: str) -> Made:
    """Step by step, at every zoom, in both languages and conventions."""
    net, X, y = network(name)
    trace, made = net.trace(X[0], y[:1]), {}
    both = [*product(LANGUAGES, CONVENTIONS)]
    for zoom, lang, convention in [
        *(("layers", *way) for way in both),
        *((z, *w) for z in ZOOMS[1:] for w in both[::3]),
    ]:
        walk = attempt(partial(trace.step_by_step, lang, zoom, "adam", convention=convention))
        made[f"{zoom}-{lang}-{convention}"] = paged(walk)
    made["by-default"] = paged(attempt(lambda: trace.step_by_step(digits=3)))
    made["forward"] = paged(attempt(lambda: net.trace(X[0]).step_by_step(optimizer=cp.SGD(0.1, 0.9, True))))
    return made


def paged(walk: Any) -> Made:
    """A walk as its page, or its error."""
    return (
        walk
        if isinstance(walk, str)
        else {"page.html": walk.to_html(), "repr": repr(walk), "cell": walk._repr_html_()[:200]}
    )


def of_network(name: str) -> Made:
    """What a network, its graphs, its plans and its trace show of themselves."""
    net, X, y = network(name)
    made: dict[str, Made] = {
        "repr": f"{net!r}\n{net.summary()}\n{net.architecture!r}\n{net.hyperparameters!r}\n",
        "header.json": json.dumps(attempt(net.header), indent=1),
        "graph": f"{net.graph()!r}\n{net.graph()}\n",
        "predictions": numbers({"a": net.predict(X), "scores": net.evaluate(X, y)}),
    }
    for optimizer in ("sgd", "adam"):
        made[f"plan-{optimizer}"] = f"{net.plan('train', optimizer)!r}\n{net.plan('train', optimizer)}"
        made[f"step-graph-{optimizer}"] = str(net.step_graph(optimizer))
        passes = net.plan_passes("train", optimizer)
        made[f"passes-{optimizer}"] = "".join(f"--- {key}\n{plan}\n" for key, plan in passes.items())
    made["plan-predict"] = str(net.plan("predict"))
    for mode in ("inference", "training"):
        trace = net.trace(X, y, mode)
        text = f"{trace!r}\n{trace.forward_names}\n{trace.backward_names}\n"
        made[f"trace-{mode}"] = {"text": text, "cell.html": trace._repr_html_(), "numbers": numbers(values(trace))}
    return made


def values(trace: Any) -> dict[str, Any]:
    """Every value of a trace by its name."""
    return {name: trace[name] for name in trace}


def representations(name: str) -> Made:
    """A network as circles, sums and matrices."""
    made = {}
    for lang, convention in product(LANGUAGES, CONVENTIONS):
        found = cp.represent(network(name)[0], lang, convention)
        shown = {"text": found.to_text(), "page.html": found.to_html(), "cell.html": found._repr_html_()}
        made[f"{lang}-{convention}"] = {**shown, "repr": repr(found), "circles.svg": found.circles.svg}
    return made


def checks(name: str) -> Made:
    """The gradient check of a network that is right, and at the finest tolerance."""
    net, X, y = network(name)
    made = {}
    for mode, tolerance, method in (
        ("inference", 1e-6, "auto"),
        ("training", 1e-6, "central"),
        ("inference", 1e-12, "auto"),
    ):
        found = cp.check_gradients(net, X, y, mode=mode, tolerance=tolerance, method=method)
        made[f"{mode}-{tolerance}-{method}.d"] = checked(found)
    return made


def checked(found: cp.GradientCheck) -> Made:
    """A check in every form."""
    made: dict[str, Made] = {"repr": repr(found), "str": str(found), "cell.html": found._repr_html_()}
    for lang in LANGUAGES:
        made[f"text-{lang}"] = (
            f"{found.explain(lang, 100)}\n{found.sentences(lang)}\n{found.reasons(lang)}\n{found.verdict(lang)}\n"
        )
        made[f"{lang}.json"] = json.dumps(found.to_dict(lang), indent=1, ensure_ascii=False, default=repr)
    return made


def formulas(name: str) -> Made:
    """What is said, drawn and walked of one activation, layer or loss."""
    net, X, y = network(name)
    made: dict[str, Made] = {"graph": str(net.graph()), "numbers": numbers(values(net.trace(X, y, "training")))}
    trace = net.trace(X[:2], y[:2], "training")
    for lang, convention in (("en", "row"), ("zh", "column")):
        for detail in DETAILS:
            found = trace.explain(lang, convention, detail)
            made[f"{lang}-{detail}"] = found.to_text(100)
            made[f"{lang}-{detail}.tex"] = found.to_latex()
        made[f"check-{lang}"] = cp.check_gradients(net, X, y, entries=4).explain(lang, 100)
    for lang, zoom in (("en", "layers"), ("zh", "fused"), ("en", "primitives")):
        made[f"steps-{lang}-{zoom}"] = paged(attempt(partial(net.trace(X[0], y[:1]).step_by_step, lang, zoom)))
    return made


def update(name: str) -> Made:
    """What is said of one optimizer."""
    net, X, y = network("binary")
    trace, optimizer = net.trace(X[:2], y[:2]), OPTIMIZERS[name]
    made: dict[str, Made] = {"repr": repr(optimizer), "step-graph": str(net.step_graph(optimizer))}
    for lang, detail in product(LANGUAGES, DETAILS):
        made[f"{lang}-{detail}"] = shown(
            trace.explain(lang, "row" if lang == "en" else "column", detail, optimizer=optimizer)
        )
    for lang in LANGUAGES:
        made[f"steps-{lang}.html"] = trace.sample(0).step_by_step(lang, "fused", optimizer).to_html()
    made["plan"] = str(net.plan("train", optimizer))
    return made


def fit(name: str) -> Made:
    """A short training by one optimizer."""
    made = {}
    for kind, dtype in product(("binary", "classes", "norm"), ("float32", "float64")):
        architecture = network(kind)[0].architecture
        net = cp.Network(
            architecture.n_inputs, list(architecture.layers), architecture.loss, seed=2, dtype=dtype, l2=0.01
        )
        X, y = samples(net, 40)
        stop, weights = cp.EarlyStopping(patience=2), np.linspace(0.5, 1.5, 40)
        options = {"validation": 0.25, "early_stopping": stop, "sample_weight": weights} if dtype == "float32" else {}
        history = net.fit(X, y, optimizer=OPTIMIZERS[name], epochs=5, batch_size=8, **options)
        history.columns.pop("seconds", None)
        text = f"{history!r}\n{json.dumps(history.to_dict(), indent=1)}\n{numbers(net.parameters)}"
        made[f"{kind}-{dtype}"] = text
    return made


def mistakes() -> Outputs:
    """The gradient check of each mistake that the course plants."""
    yield "python/mistakes/table", lambda: {lang: planted().table(lang) for lang in LANGUAGES}
    yield "python/mistakes/checks", planted_checks


def planted() -> Any:
    """docs/learn/planted.py."""
    sys.path.insert(0, str(ROOT / "docs" / "learn"))
    import planted

    return planted


def planted_checks() -> Made:
    """Each mistake's check in every form."""
    made = {}
    for i, mistake in enumerate(planted().PLANTED):
        found = attempt(mistake.run)
        made[f"{i:02}-{mistake.id}"] = found if isinstance(found, str) else checked(found)
    return made


def illnesses() -> Outputs:
    """The doctor on each illness made on purpose."""
    import illnesses

    for i, case in enumerate(illnesses.CASES):
        yield f"python/doctor/{i:02}-{case.illness}", partial(diagnosed, case)


def diagnosed(case: Any) -> Made:
    """A diagnosis in every form."""
    from illnesses import tried

    ill = tried(case.recipe)
    found, made = ill.diagnosis, {"repr": f"{ill.diagnosis!r}\n", "cell.html": ill.diagnosis._repr_html_()}
    for lang in LANGUAGES:
        made[f"text-{lang}"] = f"{found.summary(lang)}\n{found.explain(lang)}\n"
        made[f"{lang}.json"] = json.dumps(found.to_dict(lang), indent=1, ensure_ascii=False, default=repr)
        made[f"{lang}.html"] = found.to_html(lang)
    return made


def of_tables() -> Outputs:
    """Models of tables in Python."""
    for name, target in {"iris": "target", "diabetes": "target", "odd": "class"}.items():
        yield f"python/table/{name}", partial(table_model, name, target)


def table_model(name: str, target: str) -> Made:
    """A model of a table: what it says of itself, its answers, its judgement, what it goes by, and a row explained."""
    import polars as pl

    from clearprop.table import load_demo
    from tables_of_outputs import odd

    frame = pl.DataFrame(odd()) if name == "odd" else load_demo(name)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        fitted = cp.TableModel.train(frame, target, hidden=4, epochs=8, seed=1)
    model = fitted.model
    found = model.evaluate(frame)
    made: dict[str, Made] = {
        "repr": f"{model!r}\n{repr(fitted)[:2000]}\n{model.encoder!r}\n{model.target!r}\n",
        "warnings": "".join(f"{w.category.__name__}: {w.message}\n" for w in warned),
        "evaluation.json": json.dumps(found.to_dict(), indent=1, ensure_ascii=False, default=repr),
        "verdict": "".join(f"{lang}: {model.verdict(found, lang)}\n" for lang in LANGUAGES),
        "answers": f"{list(model.predict(frame[:20]))}\n{numbers({'outputs': model.outputs(frame[:20])})}",
        "scores": f"{model.score(frame)}\n",
        "trace": repr(model.trace(frame[:3])),
        "row": {lang: shown(model.trace(frame[:1]).explain(lang)) for lang in LANGUAGES},
        "header.json": json.dumps(model.network.header(), indent=1),
    }
    by_shuffling = cp.permutation_importance(model, frame, n_repeats=2)
    by_slope = cp.gradient_times_input(model, frame[:5])
    made["importance"] = f"{by_shuffling!r}\n{by_shuffling}\n{by_shuffling.ranked()}\n{numbers({'slope': by_slope})}"
    X, y = model.arrays(frame)
    diagnosis = cp.diagnose(model.network, X, y, fitted.history)
    made["doctor"] = {lang: f"{diagnosis.summary(lang)}\n{diagnosis.explain(lang)}" for lang in LANGUAGES}
    return made


def wrong_calls() -> Outputs:
    """Calls of Python with a wrong argument."""
    yield "python/wrong-calls", lambda: "".join(f"{name}: {attempt(call)}\n" for name, call in wrong().items())


def wrong() -> dict[str, Callable[[], Any]]:
    """Name → the call."""
    net, X, y = network("binary")
    trace = net.trace(X, y)
    return {
        "no layers": lambda: cp.Network(2, []),
        "no such activation": lambda: cp.Dense(2, "rleu") and cp.Network(2, [cp.Dense(2, "rleu")]),
        "no such loss": lambda: cp.Network(2, [cp.Dense(1)], "squared"),
        "no such initialiser": lambda: cp.Network(2, [cp.Dense(1, init="hee")]),
        "no units": lambda: cp.Network(2, [cp.Dense(0)]),
        "no such element type": lambda: cp.Network(2, [cp.Dense(1)], dtype="float16"),
        "negative l2": lambda: cp.Network(2, [cp.Dense(1)], l2=-1),
        "a rate of dropout": lambda: cp.Dropout(1.5),
        "a learning rate": lambda: cp.Adam(-1),
        "a momentum": lambda: cp.SGD(momentum=2),
        "no such optimizer": lambda: net.fit(X, y, optimizer="adm"),
        "columns": lambda: net.predict(X[:, :2]),
        "rows": lambda: net.fit(X, y[:3]),
        "not a number": lambda: net.predict([[float("nan")] * 3]),
        "classes": lambda: net.fit(X, y + 5),
        "epochs": lambda: net.fit(X, y, epochs=-1),
        "batch size": lambda: net.fit(X, y, batch_size=0),
        "no such language": lambda: trace.explain("fr"),
        "no such convention": lambda: trace.explain(convention="diagonal"),
        "no such detail": lambda: trace.explain(detail="all"),
        "no such value": lambda: trace["W9"],
        "digits": lambda: trace.explain(digits=0),
        "several samples": lambda: trace.step_by_step(),
        "no such zoom": lambda: trace.sample(0).step_by_step(zoom="near"),
        "no such mode": lambda: net.trace(X, y, "testing"),
        "no such sample": lambda: trace.sample(99),
        "no such view": lambda: cp.draw(net, view="square"),
        "two outputs": lambda: cp.draw(net.step_graph("sgd")),
        "no such plan": lambda: net.plan("judge"),
        "no such file": lambda: cp.load("none.clearprop"),
        "nothing to draw": lambda: cp.draw(3),
        "no value": lambda: cp.evaluate(cp.variable("x") + 1.0, {}),
        "shapes": lambda: cp.variable("A", (2, 3)) @ cp.variable("B", (2, 3)),
        "a check without a loss": lambda: cp.check_gradients(cp.Network(2, [cp.Dense(1)]), X[:, :2], y),
        "no such target": lambda: cp.TableModel.train({"x": [1, 2], "y": [1, 2]}, "z"),
        "a picture's file": lambda: cp.draw(net).save("picture.gif"),
        "an explanation's file": lambda: trace.explain().save("row.pdf"),
    }
