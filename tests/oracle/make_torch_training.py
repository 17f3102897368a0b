#!/usr/bin/python3
"""Writes torch_optimizers.csv and torch_schedules.csv beside itself: what PyTorch's update rules and schedulers make.

The tables are committed; run this again only to change the cases. Only what PyTorch defines as Keras does: the rules
with epsilon 0, where Keras has it in another place; its plateau with patience and cooldown one less than Keras's,
which count the epoch itself. All in float64; gradients are exact in float32.

torch_optimizers.csv: case,step,gradient,value; torch_schedules.csv: case,step,rate. Floats as float.hex() writes
them; several of a row apart by spaces. Step 0 of an optimizer is its start.
"""

import math
import pathlib

import numpy
import torch

if not torch.__version__.startswith("1.13."):
    raise SystemExit(f"torch {torch.__version__}: the tables are torch 1.13's")

HERE = pathlib.Path(__file__).parent
STEPS = 12
WEIGHTS = 7

RULES = {
    "sgd": lambda w: torch.optim.SGD(w, lr=0.05),
    "sgd_momentum": lambda w: torch.optim.SGD(w, lr=0.05, momentum=0.9),
    "sgd_nesterov": lambda w: torch.optim.SGD(w, lr=0.05, momentum=0.9, nesterov=True),
    "adam": lambda w: torch.optim.Adam(w, lr=0.01, betas=(0.8, 0.95), eps=0),
    "adamw": lambda w: torch.optim.AdamW(w, lr=0.01, eps=0, weight_decay=0.5),
    "adadelta": lambda w: torch.optim.Adadelta(w, lr=2.0, rho=0.9, eps=1e-3),
    "rmsprop": lambda w: torch.optim.RMSprop(w, lr=0.01, alpha=0.8, eps=0),
    "rmsprop_momentum": lambda w: torch.optim.RMSprop(w, lr=0.01, alpha=0.8, eps=0, momentum=0.7),
    "rmsprop_centered": lambda w: torch.optim.RMSprop(w, lr=0.01, alpha=0.8, eps=0, centered=True),
    "rmsprop_centered_momentum": lambda w: torch.optim.RMSprop(
        w, lr=0.01, alpha=0.8, eps=0, momentum=0.7, centered=True),
}


def hexes(values):
    return " ".join(float(value).hex() for value in values)


def gradient(step):
    exact = [math.sin(1.7 * i + 0.9 * step) * 4.0 ** -(i % 4) for i in range(WEIGHTS)]
    return numpy.asarray(exact, dtype=numpy.float32).astype(numpy.float64)


def optimizers():
    yield "case,step,gradient,value"
    start = numpy.linspace(-1, 1, WEIGHTS).astype(numpy.float32).astype(numpy.float64)
    for name, make in RULES.items():
        weights = torch.tensor(start, requires_grad=True)
        rule = make([weights])
        yield f"{name},0,,{hexes(weights.tolist())}"
        for step in range(1, STEPS + 1):
            weights.grad = torch.tensor(gradient(step))
            rule.step()
            yield f"{name},{step},{hexes(weights.grad.tolist())},{hexes(weights.tolist())}"


def epoch_rates(name, make, metrics=None, epochs=20):
    """Rates of epochs 0, 1, ... of a scheduler that steps by epoch."""
    rule = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5)
    schedule = make(rule)
    for epoch in range(len(metrics) if metrics else epochs):
        rate = rule.param_groups[0]["lr"]
        yield f"{name},{epoch},{float(rate).hex()}"
        rule.step()
        schedule.step(*([metrics[epoch]] if metrics else []))


def step_rates(name, rates):
    for step, rate in enumerate(rates):
        yield f"{name},{step},{float(rate).hex()}"


# What a plateau is told: falls, small falls, rises.
PLATEAU = [3, 2, 1.9995, 1.9992, 2.5, 1.9, 1.95, 1.89995, 2, 2, 2, 2, 1.2, 1.3, 1.3, 1.3, 1.3, 1.3, 1.3, 1.3, 0.5,
           0.6, 0.6, 0.6, 0.6]


def plateau(rule, patience, cooldown):
    return torch.optim.lr_scheduler.ReduceLROnPlateau(
        rule, factor=0.5, patience=patience - 1, threshold=1e-3, threshold_mode="abs", cooldown=max(cooldown - 1, 0),
        min_lr=0.05, eps=0)


def schedules():
    lr = torch.optim.lr_scheduler
    t = numpy.arange(40, dtype=numpy.float64)
    yield "case,step,rate"
    yield from epoch_rates("step", lambda rule: lr.StepLR(rule, 3, 0.4))
    yield from step_rates("exponential", 0.5 * 0.9 ** (t / 4))
    yield from step_rates("staircase", 0.5 * 0.9 ** numpy.floor(t / 4))
    x = numpy.minimum(t / 30, 1)  # 6 epochs of 5 steps
    yield from step_rates("polynomial", (0.5 - 0.05) * (1 - x) ** 2 + 0.05)
    yield from step_rates("cosine", 0.5 * ((1 - 0.1) * 0.5 * (1 + numpy.cos(numpy.pi * x)) + 0.1))
    y = numpy.minimum((t - 10) / 20, 1)
    yield from step_rates("warmup", numpy.where(t < 10, 0.5 * t / 10, 0.5 * 0.5 * (1 + numpy.cos(numpy.pi * y))))
    yield from epoch_rates("plateau_2_0", lambda rule: plateau(rule, 2, 0), PLATEAU)
    yield from epoch_rates("plateau_1_3", lambda rule: plateau(rule, 1, 3), PLATEAU)
    yield from epoch_rates("plateau_3_2", lambda rule: plateau(rule, 3, 2), PLATEAU)
    yield from step_rates("monitored", PLATEAU)


for file, rows in (("torch_optimizers.csv", optimizers()), ("torch_schedules.csv", schedules())):
    (HERE / file).write_text("\n".join(rows) + "\n")
