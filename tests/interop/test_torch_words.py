"""Activations in the words of PyTorch."""

import pytest

import clearprop as cp
from clearprop.interop.torch_words import torch_word


def leaky_relu(z):
    return z * z


def elu(z):
    return z + z


@pytest.mark.parametrize("own", [leaky_relu, elu])
def test_a_function_of_ones_own_is_not_the_one_that_has_its_name(own):
    with pytest.raises(cp.ClearpropError, match=f"the activation {own.__name__}"):
        torch_word(own)
    assert torch_word(own.__name__) in (("LeakyReLU", {"negative_slope": 0.01}), ("ELU", {"alpha": 1.0}))
