#!/usr/bin/python3
"""Test errors beside PyTorch's: the same network, hyperparameters, rows and epochs from ten seeds on each side.

    HPSEARCH_BINARY=build/hpsearch tests/accuracy/ten_seeds.py [--networks mlp cnn resnet] [--sets FOLDER ...]

Run by hand: it takes Debian's python3-torch and, of all three networks on two sets, about half an hour. Prints the
table of docs/accuracy.md. Weights are drawn by the same rule on both sides but from each side's own generator; a
difference counts as none below max(0.3 points, two standard errors). Exit 1 where one does not.
"""
import argparse
import gzip
import math
import os
import statistics
import sys

for variable in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(variable, None)  # before numpy and torch load it
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy  # noqa: E402
import torch  # noqa: E402

from trained_error import CNN, MLP, RESNET, ROWS, trained  # noqa: E402

nn = torch.nn
SEEDS = 10
BATCH = 64


class Residual(nn.Module):
    def __init__(self):
        super().__init__()

        def norm():
            return nn.BatchNorm2d(16, eps=1e-3, momentum=0.1)

        def same():
            return nn.Conv2d(16, 16, 3, padding=1, bias=False)

        # Keras pads an even image at stride 2 below and to the right alone.
        self.stem = nn.Sequential(nn.ZeroPad2d((0, 1, 0, 1)), nn.Conv2d(1, 16, 3, stride=2, bias=False), norm(), nn.ReLU())
        self.branch = nn.Sequential(same(), norm(), nn.ReLU(), same(), norm())
        self.out = nn.Linear(16, 10)

    def forward(self, x):
        stem = self.stem(x)
        return self.out(torch.relu(stem + self.branch(stem)).mean(dim=(2, 3)))


def mlp():
    return nn.Sequential(nn.Flatten(), nn.Dropout(.2), nn.Linear(784, 128), nn.ReLU(), nn.Dropout(.5), nn.Linear(128, 128),
                         nn.Tanh(), nn.Dropout(.5), nn.Linear(128, 10))


def cnn():
    return nn.Sequential(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(),
                         nn.MaxPool2d(2), nn.Dropout(.25), nn.Flatten(), nn.Linear(1600, 128), nn.ReLU(),
                         nn.Dropout(.5), nn.Linear(128, 10))


NETWORKS = {  # name: (ours, PyTorch's, its initial weights, max-norm, learning rate, epochs, down to 0)
    "mlp": (MLP, mlp, lambda w: nn.init.normal_(w, std=.05), 5., .01, 8, False),
    "cnn": (CNN, cnn, nn.init.xavier_uniform_, 5., .02, 3, False),
    "resnet": (RESNET, Residual, nn.init.xavier_uniform_, None, .05, 5, True),
}


def read(folder, name, offset):
    for path, opened in ((f"{folder}/{name}.gz", gzip.open), (f"{folder}/{name}", open)):
        if os.path.exists(path):
            with opened(path, "rb") as file:
                return numpy.frombuffer(file.read(), numpy.uint8, offset=offset)
    sys.exit(f"{folder}: no {name}")


def images(folder, part):
    pixels = read(folder, f"{part}-images-idx3-ubyte", 16).reshape(-1, 1, 28, 28)
    return torch.tensor(pixels / numpy.float32(255))


def labels(folder, part):
    return torch.tensor(read(folder, f"{part}-labels-idx1-ubyte", 8).astype(numpy.int64))


def hold(layers, limit):
    """Keras's max-norm, on kernels of all layers but the last."""
    with torch.no_grad():
        for layer in layers[:-1]:
            w = layer.weight.view(layer.weight.shape[0], -1)
            norm = w.norm(dim=1, keepdim=True)
            w *= norm.clamp(max=limit) / (norm + 1e-7)


def torch_error(folder, network, seed):
    _, make, initialize, limit, rate, epochs, falls = NETWORKS[network]
    torch.manual_seed(seed)
    model = make()
    layers = [module for module in model.modules() if isinstance(module, (nn.Linear, nn.Conv2d))]
    for layer in layers:
        initialize(layer.weight)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
    optimizer = torch.optim.SGD(model.parameters(), lr=rate, momentum=.9)
    x, y = images(folder, "train")[:ROWS], labels(folder, "train")[:ROWS]
    batches = math.ceil(ROWS / BATCH)
    for epoch in range(epochs):
        model.train()
        for step, batch in enumerate(torch.randperm(ROWS).split(BATCH), epoch * batches):
            optimizer.param_groups[0]["lr"] = rate * (1 - step / (epochs * batches) if falls else 1)
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x[batch]), y[batch]).backward()
            optimizer.step()
            if limit is not None:
                hold(layers, limit)
    model.eval()
    with torch.no_grad():
        guesses = torch.cat([model(part).argmax(1) for part in images(folder, "t10k").split(1000)])
    return (guesses != labels(folder, "t10k")).double().mean().item()


def our_error(folder, network, seed):
    model, _, _, _, rate, epochs, falls = NETWORKS[network]
    return trained(folder, model, seed=seed, epochs=epochs, batch_size=BATCH, learning_rate=rate,
                   schedule="polynomial" if falls else "constant")


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    arguments.add_argument("--sets", nargs="+", default=["/usr/share/datasets/fashion-mnist"])
    asked = arguments.parse_args()
    torch.set_num_threads(1)
    apart = False
    print("| set | network | hpsearch, mean % (sd) | PyTorch, mean % (sd) | difference | two standard errors |\n"
          "|---|---|---|---|---|---|")
    for folder in map(os.path.abspath, asked.sets):
        for network in asked.networks:
            ours = [100 * our_error(folder, network, seed) for seed in range(SEEDS)]
            theirs = [100 * torch_error(folder, network, seed) for seed in range(SEEDS)]
            difference = statistics.mean(ours) - statistics.mean(theirs)
            bound = 2 * math.sqrt((statistics.variance(ours) + statistics.variance(theirs)) / SEEDS)
            apart = apart or abs(difference) >= max(.3, bound)
            print(f"| {os.path.basename(folder)} | {network} | {statistics.mean(ours):.2f} ({statistics.stdev(ours):.2f}) | "
                  f"{statistics.mean(theirs):.2f} ({statistics.stdev(theirs):.2f}) | {difference:+.2f} | {bound:.2f} |",
                  flush=True)
    return 1 if apart else 0


if __name__ == "__main__":
    sys.exit(main())
