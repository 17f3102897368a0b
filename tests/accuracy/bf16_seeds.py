#!/usr/bin/python3
"""Test errors of bf16 beside f32's: the networks of `bench trainer`, batches of 128, ten seeds each.

    HPSEARCH_BINARY=build/hpsearch tests/accuracy/bf16_seeds.py [--set FOLDER]

Run by hand, on a processor with bf16: about a quarter of an hour. Prints the second table of docs/accuracy.md; exit 1
where the means are 0.3 points apart or more.
"""
import argparse
import statistics
import sys

from trained_error import CNN, MLP, WIDE, trained

SEEDS = 10
# Model, learning rate at the beginning, epochs. It falls to nothing: at the article's rate, held to the end, the errors
# of one precision scatter by two points.
NETWORKS = {"mlp": (MLP, .05, 8), "wide": (WIDE, .05, 3), "cnn": (CNN, .05, 2)}


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--set", default="/usr/share/datasets/fashion-mnist")
    asked = arguments.parse_args()
    apart = False
    print("| network | f32, mean % (sd) | bf16, mean % (sd) | difference |\n|---|---|---|---|")
    for network, (model, rate, epochs) in NETWORKS.items():
        errors = {}
        for precision in ("f32", "bf16"):
            errors[precision] = [100 * trained(asked.set, model, seed=seed, epochs=epochs, batch_size=128, learning_rate=rate,
                                               schedule="polynomial", precision=precision) for seed in range(SEEDS)]
        mean = {precision: statistics.mean(each) for precision, each in errors.items()}
        apart = apart or abs(mean["bf16"] - mean["f32"]) >= .3
        cells = " | ".join(f"{mean[precision]:.2f} ({statistics.stdev(each):.2f})" for precision, each in errors.items())
        print(f"| {network} | {cells} | {mean['bf16'] - mean['f32']:+.2f} |", flush=True)
    return 1 if apart else 0


if __name__ == "__main__":
    sys.exit(main())
