#!/usr/bin/python3
"""hpsearch beside Optuna over the recorded tables: `simulate` with the same spaces, budgets and seeds as
make_optuna_tables.py, held against what that wrote.

HPSEARCH_TABLES names the tables' folder (../shared/data/tables), HPSEARCH_BINARY the binary. Prints a table in
Markdown: the median best of both behind a quarter, a half and all of the budget; whether ours is worse by a paired
Wilcoxon test over the seeds (one-sided: a p below 0.05 says that it is), and the effect size (rank-biserial: 1 where
ours is better for every seed, -1 where it is worse). Differences are pooled over the problems in units of the spread
that Optuna's own results have on each. A method that this hpsearch does not have is left out.
"""
import csv
import json
import os
import pathlib
import statistics
import subprocess
import sys

import numpy
from scipy.stats import rankdata, wilcoxon

from make_optuna_tables import SEEDS, SHARES
from recorded_tables import FACTOR, PROBLEMS, temporary_folder, write_study

BINARY = os.environ.get("HPSEARCH_BINARY") or str(pathlib.Path(__file__).parents[2] / "build" / "hpsearch")


def methods(problem):
    """Ours, by the method of Optuna's that it stands beside: search and stopping. Enough trials for the budget."""
    full, least = problem["budget"] // problem["epochs"], problem["min_epochs"]
    many = problem["budget"] // least // 2
    keys = f"{{min_epochs: {least}, reduction_factor: {FACTOR}}}"
    return {"tpe": (f"{{tpe: {{trials: {full}}}}}", None),
            "asha": (f"{{tpe: {{trials: {many}}}}}", f"[asha: {keys}]"),
            "hyperband": (f"{{tpe: {{trials: {many}}}}}", f"[hyperband: {keys}]")}


def ours(problem, name, search, stopping):
    """Of each seed the best at each share of the budget; None: this hpsearch does not have it."""
    with temporary_folder() as folder:
        study, table = write_study(problem, name, search, stopping, folder)
        result = subprocess.run([BINARY, "simulate", study, "--table", table, "--seeds", str(SEEDS), "--json"],
                                capture_output=True, text=True, check=False)
    if result.returncode == 2:
        print(f"{name}: {result.stderr.strip()}", file=sys.stderr)
        return None
    if result.returncode != 0:
        raise SystemExit(result.stderr)
    answer = json.loads(result.stdout)
    spent = numpy.array(answer["epochs_spent"])
    ends = [int((spent <= share * problem["budget"]).sum()) - 1 for share in SHARES]
    return numpy.array([[best[end] for end in ends] for best in answer["best"]], dtype=float)


def theirs(problem, method):
    path = pathlib.Path(__file__).with_name("optuna_tables.csv")
    with open(path, encoding="ascii") as file:
        rows = [row for row in csv.DictReader(file) if (row["problem"], row["method"]) == (problem, method)]
    rows.sort(key=lambda row: int(row["seed"]))
    return numpy.array([[float(row[share]) for share in ("quarter", "half", "all")] for row in rows])


def verdict(differences):
    """p that ours is worse, and the effect size; equal pairs say nothing."""
    apart = differences[differences != 0]
    if apart.size == 0:
        return 1.0, 0.0
    ranks = rankdata(abs(apart))
    effect = float((ranks[apart < 0].sum() - ranks[apart > 0].sum()) / ranks.sum())
    return float(wilcoxon(apart, alternative="greater").pvalue), effect


def main():
    print("| problem | method | ours at ¼, ½, 1 | Optuna's | p that ours is worse | effect |")
    print("|---|---|---|---|---|---|")
    for method in ("tpe", "asha", "hyperband"):
        pooled = []
        for name, problem in PROBLEMS.items():
            mine = ours(problem, f"{name}-{method}", *methods(problem)[method])
            if mine is None:
                break
            other = theirs(name, method)
            differences = mine[:, -1] - other[:, -1]
            pooled.append(differences / (statistics.pstdev(other[:, -1]) or 1.0))
            p, effect = verdict(differences)
            medians = [", ".join(f"{value:.4f}" for value in numpy.median(each, axis=0)) for each in (mine, other)]
            print(f"| {name} | {method} | {medians[0]} | {medians[1]} | {p:.3f} | {effect:+.2f} |", flush=True)
        else:
            p, effect = verdict(numpy.concatenate(pooled))
            print(f"| all | {method} | | | {p:.3f} | {effect:+.2f} |", flush=True)


if __name__ == "__main__":
    main()
