#!/usr/bin/python3
"""Writes torch_losses.h: what PyTorch's losses are in 20 steps of gradient descent with momentum on a fixed batch.

Weights and samples are sines of their index, so that the test can make the same ones: value i of array `a` is
scale * sin(a + 0.7 i) in double, rounded to float; arrays are counted from 1, the samples first, then each layer's
kernel and bias (without one: the kernel alone, and no number for the other), gamma and beta. Kernels are counted
height x width x channels x filters, inputs x units.

    ./torch_losses.py > torch_losses.h; clang-format -i torch_losses.h
"""
import numpy
import torch

nn = torch.nn
ROWS, STEPS, RATE, MOMENTUM = 12, 20, 0.005, 0.9


def sines(array, shape, scale):
    count = int(numpy.prod(shape))
    values = scale * numpy.sin(array + 0.7 * numpy.arange(count))
    return torch.tensor(values.astype(numpy.float32).astype(numpy.float64).reshape(shape))


class Residual(nn.Module):
    """A block with a projection, strides of 2: TensorFlow's `same` adds its one row and column of zeros behind."""

    def __init__(self):
        super().__init__()
        self.stem, self.stem_norm = nn.Conv2d(1, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16, eps=1e-3)
        self.first, self.first_norm = nn.Conv2d(16, 32, 3, stride=2, bias=False), nn.BatchNorm2d(32, eps=1e-3)
        self.second, self.second_norm = nn.Conv2d(32, 32, 3, padding=1, bias=False), nn.BatchNorm2d(32, eps=1e-3)
        self.shortcut, self.shortcut_norm = nn.Conv2d(16, 32, 1, stride=2, bias=False), nn.BatchNorm2d(32, eps=1e-3)
        self.output = nn.Linear(32, 3)

    def forward(self, x):
        x = torch.relu(self.stem_norm(self.stem(x)))
        branch = torch.relu(self.first_norm(self.first(nn.functional.pad(x, (0, 1, 0, 1)))))
        branch = self.second_norm(self.second(branch))
        x = torch.relu(branch + self.shortcut_norm(self.shortcut(x)))
        return self.output(x.mean(dim=(2, 3)))


class Inception(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.a = nn.Conv2d(3, width, 1)
        self.b1, self.b = nn.Conv2d(3, width, 1), nn.Conv2d(width, 2 * width, 3, padding=1)
        self.c1, self.c = nn.Conv2d(3, width, 1), nn.Conv2d(width, width, 5, padding=2)
        self.d = nn.Conv2d(3, width, 1)
        self.output = nn.Linear(5 * width * 12, 3)

    def forward(self, x):
        r = torch.relu
        pooled = nn.functional.max_pool2d(x, 3, 1, 1)
        x = torch.cat([r(self.a(x)), r(self.b(r(self.b1(x)))), r(self.c(r(self.c1(x)))), r(self.d(pooled))], dim=1)
        return self.output(nn.functional.max_pool2d(x, 2).flatten(1))


NETWORKS = {  # name: (sample, network, the same as the study file has them)
    "Mlp": ((20,), lambda: nn.Sequential(
        nn.Linear(20, 24), nn.ReLU(), nn.Linear(24, 16), nn.Tanh(), nn.Linear(16, 3))),
    "Cnn": ((1, 10, 11), lambda: nn.Sequential(
        nn.Conv2d(1, 16, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32, eps=1e-3),
        nn.SiLU(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(128, 16), nn.GELU(), nn.Linear(16, 3))),
    "OddCnn": ((3, 9, 9), lambda: nn.Sequential(
        nn.Conv2d(3, 6, 3, stride=2), nn.ELU(), nn.Conv2d(6, 10, 2, groups=2), nn.LeakyReLU(.2), nn.MaxPool2d(2, 1),
        nn.Flatten(), nn.Linear(40, 5), nn.Softplus(), nn.BatchNorm1d(5, eps=1e-3), nn.Linear(5, 3))),
    "Residual": ((1, 8, 8), Residual),
    "Inception": ((3, 7, 8), lambda: Inception(16)),
    "OddInception": ((3, 7, 8), lambda: Inception(5)),
}


def losses(sample, network):
    model = network().double()
    x = sines(1, (ROWS, *sample), 1.0)
    y = torch.arange(ROWS) % 3
    array = 2
    with torch.no_grad():
        for layer in model.modules():
            if isinstance(layer, nn.Linear):
                layer.weight.copy_(sines(array, tuple(layer.weight.T.shape), .2).T)
            elif isinstance(layer, nn.Conv2d):
                filters, channels, height, width = layer.weight.shape
                layer.weight.copy_(sines(array, (height, width, channels, filters), .2).permute(3, 2, 0, 1))
            elif isinstance(layer, (nn.BatchNorm1d, nn.BatchNorm2d)):
                layer.weight.copy_(1 + sines(array, tuple(layer.weight.shape), .1))
            else:
                continue
            array += 1
            if layer.bias is not None:
                layer.bias.copy_(sines(array, tuple(layer.bias.shape), .1))
                array += 1
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE, momentum=MOMENTUM)
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
for name, (sample, network) in NETWORKS.items():
    values = [f"{value:.15f}" for value in losses(sample, network)]
    lines = ",\n    ".join(", ".join(values[i:i + 5]) for i in range(0, STEPS, 5))
    print(f"inline const std::vector<double> k{name}Losses = {{\n    {lines}}};")
print("\n}  // namespace hpsearch::nn")
