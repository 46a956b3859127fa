"""What section 2 says of two nets or two ways of training, over seeds."""

from __future__ import annotations

import random

from ..engine import section_namespace
from . import SEEDS

_made = section_namespace("02_mlp", "engine", "Net", "data", "train")
Net, train, evaluate = _made["Net"], _made["train"], _made["evaluate"]
TRAIN, HELD_OUT = _made["TRAIN"], _made["HELD_OUT"]


def _held_out(seed, act="tanh", steps=200, factor=1.0, hidden_only=False, batch=16, lr=0.05, nh=16):
    """The held-out error after training from weights multiplied by factor."""
    net = Net(2, 1, nh, act, rng=random.Random(seed))
    for neuron in net.h if hidden_only else net.h + net.out:
        for weight in neuron.w:
            weight.data *= factor
    train(net, TRAIN, steps, lr, batch, rng=random.Random(seed))
    return evaluate(net, HELD_OUT)


def many_cheap_steps():
    """For the same work many steps of 8 points leave a smaller error than few steps of 128."""
    few, many = ({"steps": 1920 // size, "batch": size, "lr": 0.1, "nh": 8} for size in (128, 8))
    return [_held_out(s, **few) - _held_out(s, **many) for s in SEEDS]


def relu_begins():
    """After 40 steps relu is better than tanh."""
    return [_held_out(s, steps=40) - _held_out(s, "relu", steps=40) for s in SEEDS]


def tanh_ends():
    """After 200 steps tanh is better than relu."""
    return [_held_out(s, "relu") - _held_out(s) for s in SEEDS]


def tanh_ends_fairly():
    """After 200 steps tanh is better than relu with a starting spread of its own."""
    return [_held_out(s, "relu", factor=2**0.5) - _held_out(s) for s in SEEDS]


def stiff():
    """Hidden weights five times larger leave a larger error after 100 steps."""
    return [_held_out(s, steps=100, factor=5.0, hidden_only=True) - _held_out(s, steps=100) for s in SEEDS]
