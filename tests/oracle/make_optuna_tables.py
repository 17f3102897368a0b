#!/usr/bin/python3
"""Writes optuna_tables.csv beside itself: what Optuna 3.1 finds on the recorded tables, 30 seeds each.

HPSEARCH_TABLES names their folder (../shared/data/tables). Its TPE as it comes, alone and with its
SuccessiveHalvingPruner and HyperbandPruner, which see each recorded epoch. What counts is the best validation error of
any epoch that was trained within the budget; a trial that the budget ends is trained no further. The table is committed;
run this again only to change the problems.

Columns: problem,method,seed,best at a quarter, a half and all of the budget.
"""
import os
import pathlib
import sys
import warnings

import optuna
from optuna.pruners import HyperbandPruner, NopPruner, SuccessiveHalvingPruner

from recorded_tables import FACTOR, PROBLEMS, NearestRow

SEEDS = 30
SHARES = (0.25, 0.5, 1)


def pruner(method, problem):
    least, most = problem["min_epochs"], problem["epochs"]
    return {"tpe": NopPruner(),
            "asha": SuccessiveHalvingPruner(min_resource=least, reduction_factor=FACTOR),
            "hyperband": HyperbandPruner(min_resource=least, max_resource=most, reduction_factor=FACTOR)}[method]


def suggest(trial, problem):
    point = {name: trial.suggest_categorical(name, words) for name, words in problem["words"].items()}
    for name, (low, high, scale) in problem["ranges"].items():
        point[name] = trial.suggest_float(name, low, high, log=scale == "log")
    for name, (low, high) in problem["integers"].items():
        point[name] = trial.suggest_int(name, low, high)
    return point


def search(problem, nearest, method, seed):
    """The best by epochs spent, a step an epoch that is recorded."""
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed), pruner=pruner(method, problem))
    spent, best, steps = 0, None, []
    while spent < problem["budget"]:
        trial = study.ask()
        curve = nearest.curve(suggest(trial, problem), seed)
        before, least, pruned = 0, None, False
        for epoch, value in sorted(curve.items()):
            if epoch > problem["epochs"] or pruned:
                break
            spent += epoch - before
            before = epoch
            least = value if least is None else min(least, value)
            if spent <= problem["budget"]:
                best = least if best is None else min(best, least)
                steps.append((spent, best))
            trial.report(value, epoch)
            pruned = method != "tpe" and epoch < problem["epochs"] and trial.should_prune()
        study.tell(trial, state=optuna.trial.TrialState.PRUNED) if pruned else study.tell(trial, least)
    return steps


def main():
    if not optuna.__version__.startswith("3.1."):
        raise SystemExit(f"optuna {optuna.__version__}: the table is optuna 3.1's")
    warnings.filterwarnings("ignore")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    rows = []
    for name, problem in PROBLEMS.items():
        nearest = NearestRow(problem, os.environ["HPSEARCH_TABLES"])
        for method in ("tpe", "asha", "hyperband"):
            for seed in range(SEEDS):
                steps = search(problem, nearest, method, seed)
                at = [min(best for spent, best in steps if spent <= share * problem["budget"]) for share in SHARES]
                rows.append(f"{name},{method},{seed},{','.join(map(str, at))}")
            print(name, method, file=sys.stderr, flush=True)
    path = pathlib.Path(__file__).with_name("optuna_tables.csv")
    path.write_text("problem,method,seed,quarter,half,all\n" + "\n".join(rows) + "\n", encoding="ascii")
    print(f"{len(rows)} rows, {path.stat().st_size} bytes: {path.name}")


if __name__ == "__main__":
    main()
