#!/usr/bin/python3
"""Writes torch_losses.h: what PyTorch's losses are in 20 steps of plain gradient descent on a fixed batch.

Weights and samples are sines of their index, so that the test can make the same ones: value i of array `a` is
scale * sin(a + 0.7 i) in double, rounded to float; arrays are counted from 1, the samples first, then each layer's
kernel and bias, gamma and beta. Kernels are counted height x width x channels x filters, inputs x units.

    ./torch_losses.py > torch_losses.h; clang-format -i torch_losses.h
"""
import numpy
import torch

nn = torch.nn
ROWS, STEPS, RATE = 12, 20, 0.01


def sines(array, shape, scale):
    count = int(numpy.prod(shape))
    values = scale * numpy.sin(array + 0.7 * numpy.arange(count))
    return torch.tensor(values.astype(numpy.float32).astype(numpy.float64).reshape(shape))


NETWORKS = {  # name: (sample, layers, the same as the study file has them)
    "Mlp": ((20,), lambda: [nn.Linear(20, 24), nn.ReLU(), nn.Linear(24, 16), nn.Tanh(), nn.Linear(16, 3)]),
    "Cnn": ((1, 10, 11), lambda: [
        nn.Conv2d(1, 16, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32, eps=1e-3),
        nn.SiLU(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(128, 16), nn.GELU(), nn.Linear(16, 3)]),
    "OddCnn": ((3, 9, 9), lambda: [
        nn.Conv2d(3, 6, 3, stride=2), nn.ELU(), nn.Conv2d(6, 10, 2, groups=2), nn.LeakyReLU(.2), nn.MaxPool2d(2, 1),
        nn.Flatten(), nn.Linear(40, 5), nn.Softplus(), nn.BatchNorm1d(5, eps=1e-3), nn.Linear(5, 3)]),
}


def losses(sample, layers):
    model = nn.Sequential(*layers).double()
    x = sines(1, (ROWS, *sample), 1.0)
    y = torch.arange(ROWS) % 3
    array = 2
    with torch.no_grad():
        for layer in model:
            if isinstance(layer, nn.Linear):
                layer.weight.copy_(sines(array, tuple(layer.weight.T.shape), .2).T)
                layer.bias.copy_(sines(array + 1, tuple(layer.bias.shape), .1))
            elif isinstance(layer, nn.Conv2d):
                filters, channels, height, width = layer.weight.shape
                layer.weight.copy_(sines(array, (height, width, channels, filters), .2).permute(3, 2, 0, 1))
                layer.bias.copy_(sines(array + 1, tuple(layer.bias.shape), .1))
            elif isinstance(layer, (nn.BatchNorm1d, nn.BatchNorm2d)):
                layer.weight.copy_(1 + sines(array, tuple(layer.weight.shape), .1))
                layer.bias.copy_(sines(array + 1, tuple(layer.bias.shape), .1))
            else:
                continue
            array += 2
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    result = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        result.append(loss.item())
    return result


print("// What PyTorch's losses are; written by torch_losses.py, which says of what.")
print("#pragma once\n\n#include <vector>\n\nnamespace hpsearch::nn {\n")
for name, (sample, layers) in NETWORKS.items():
    values = [f"{value:.15f}" for value in losses(sample, layers())]
    lines = ",\n    ".join(", ".join(values[i:i + 5]) for i in range(0, STEPS, 5))
    print(f"inline const std::vector<double> k{name}Losses = {{\n    {lines}}};")
print("\n}  // namespace hpsearch::nn")
