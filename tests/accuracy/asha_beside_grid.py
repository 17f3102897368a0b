#!/usr/bin/python3
"""What stopping early costs and saves: `asha` beside the full grid on client/studies/fashion-cnn.yaml.

    HPSEARCH_BINARY=build/hpsearch tests/accuracy/asha_beside_grid.py [--workers N] [--set KEY=VALUE ...]

Run by hand: the grid's 216 epochs and those of asha take about 20 minutes on two cores. Both are the study's network,
data and schedule over the same 24 points of learning rate and dropout, 9 epochs each, in an order that is spread over
the grid; each from nothing, in a database of its own. `--set` is handed on to both, for a trial run of the script.
Prints a table; exit 1 where asha's best validation error is worse than the grid's by more than 0.3 points, a binomial
standard error at 10,000 images, or asha spent more than a third of its epochs.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
STUDY = HERE.parents[1] / "client" / "studies" / "fashion-cnn.yaml"
BINARY = os.environ.get("HPSEARCH_BINARY") or str(HERE.parents[1] / "build" / "hpsearch")
LARGER = ("training.epochs=9", "parameters.learning_rate={logspace: {start: -3, stop: -0.5, num: 6}}",
          "parameters.dropout={values: [0.1, 0.25, 0.4, 0.5]}", "search={grid: {order: spread}}", "reuse=false")
# `hpsearch simulate` over the grid's exported curves chose it: with a factor of 3 the best point, whose rate is high while
# the schedule begins, is left behind at 3 epochs (docs/stopping.md).
ASHA = "stopping=[asha: {min_epochs: 1, reduction_factor: 2}]"
WITHIN, SHARE = 0.003, 1 / 3


def searched(folder, name, workers, settings):
    """What `run` says in the end, and the epochs that were trained."""
    database = os.path.join(folder, f"{name}.db")
    environment = {**os.environ, "XDG_STATE_HOME": os.path.join(folder, name)}  # no other run's checkpoint helps
    sets = [part for setting in settings for part in ("--set", setting)]

    def said(*arguments):
        ran = subprocess.run([BINARY, *arguments, "--db", database, "--json"], env=environment, stdout=subprocess.PIPE,
                             text=True, check=True)
        return json.loads(ran.stdout)

    result = said("run", str(STUDY), "--name", name, "--workers", str(workers), *sets)
    trials = said("trials", name, "--limit", "1000000")
    assert all(trial["reused_from"] is None for trial in trials), "a curve was not trained here"
    return result, sum(trial["epochs"] for trial in trials)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--workers", type=int, default=2)
    arguments.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    asked = arguments.parse_args()
    found = {}
    print("| search | trials | epochs | best validation error | learning rate | dropout | epoch | seconds |\n"
          "|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name, more in (("grid", []), ("asha", [ASHA])):
            said, epochs = searched(folder, name, asked.workers, [*LARGER, *more, *asked.set])
            best = said["best"]
            found[name] = best["objective"], epochs
            point = best["parameters"]
            print(f"| {name} | {sum(said['trial_counts'].values())} | {epochs} | {best['objective']:.4f} | "
                  f"{point['learning_rate']:.4g} | {point['dropout']:g} | {best['epoch']} | {said['seconds']:.0f} |",
                  flush=True)
    (full, all_epochs), (asha, its_epochs) = found["grid"], found["asha"]
    near, few = asha - full <= WITHIN, its_epochs <= SHARE * all_epochs
    print(f"\nasha: {100 * (asha - full):+.2f} points for {its_epochs / all_epochs:.3f} of the epochs: "
          f"{'holds' if near and few else 'does not hold'}")
    return 0 if near and few else 1


if __name__ == "__main__":
    sys.exit(main())
