"""The PyTorch code that the playground exports: run by PyTorch, it comes to the losses that the bench has."""

import numpy as np
import pytest

from clearprop.play.conversation import Conversation
from clearprop.play.presets import PRESETS
from sources import executed

pytestmark = pytest.mark.peers

EVERYTHING_AT_ONCE = {"optimizer": "gradient_descent", "batch_size": 0}


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("steps", [0, 50])
def test_it_has_the_loss_of_now_and_that_of_a_step_of_gradient_descent(name, steps):
    talk = Conversation(PRESETS[name].state(name))
    if steps:
        talk.answer({"do": "step", "steps": steps})
    file, printed = executed(talk.answer({"do": "export", "to": "torch"})["exported"]["text"])
    samples = talk.bench.samples
    np.testing.assert_array_equal(file["X"].numpy(), samples.X[samples.train])
    losses = [talk.bench.losses()[0]]
    talk.answer({"do": "change", "part": "training", "changes": EVERYTHING_AT_ONCE})
    losses.append(talk.answer({"do": "step"})["losses"]["train"])
    assert printed == pytest.approx(losses, rel=1e-6)
