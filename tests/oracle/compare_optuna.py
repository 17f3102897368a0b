#!/usr/bin/python3
"""Our strategies beside Optuna's TPE (Debian's python3-optuna, 3.1) on standard functions; prints the tables of
docs/strategies.md. By hand: Optuna takes a quarter of an hour of a core, so its runs are kept in a file.

    ninja -C build strategy_driver
    compare_optuna.py --optuna RUNS.json [--driver build/tests/strategy_driver] [--seeds 30] [--trials 100] [STRATEGY ...]

A run is so many trials, one after the other, with a seed of 1, 2, ...; its result is its regret, the distance of its
best value from the function's minimum. Runs are paired by function and seed. What is compared is the logarithm of
regrets, since the functions' scales have nothing to do with each other: Wilcoxon's signed-rank test over all pairs.
"""
import argparse
import json
import os
import subprocess
import sys

# One core's work, so that two of them can be measured side by side.
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np  # noqa: E402: after the environment
from scipy import stats  # noqa: E402

from standard_functions import FUNCTIONS  # noqa: E402

OPTUNA = {"optuna tpe": {}, "optuna tpe, multivariate": {"multivariate": True}}
LEAST = 1e-12  # regret: what is closer is rounding


def run_optuna(options, function, seed, trials):
    """The best value after each trial."""
    import warnings
    import optuna
    warnings.simplefilter("ignore")  # multivariate is experimental
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed, **options))

    def objective(trial):
        return function.value([trial.suggest_float(f"x{i}", low, high) for i, (low, high) in enumerate(function.bounds)])
    study.optimize(objective, n_trials=trials)
    return np.minimum.accumulate([trial.value for trial in study.trials]).tolist()


def optuna_runs(path, seeds, trials):
    """{sampler: {function: the best value after each trial, a row a seed}}, from the file and into it."""
    kept = {}
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            kept = json.load(file)
    for sampler, options in OPTUNA.items():
        for name, function in FUNCTIONS.items():
            runs = kept.setdefault(sampler, {}).setdefault(name, {})
            missing = [seed for seed in range(1, seeds + 1) if len(runs.get(str(seed), [])) < trials]
            for seed in missing:
                runs[str(seed)] = run_optuna(options, function, seed, trials)
            if missing:
                with open(path + ".new", "w", encoding="utf-8") as file:
                    json.dump(kept, file)
                os.replace(path + ".new", path)
                print(f"{sampler}: {name}", file=sys.stderr)
    return {sampler: {name: [runs[str(seed)][:trials] for seed in range(1, seeds + 1)]
                      for name, runs in kept[sampler].items()} for sampler in OPTUNA}


def check_functions(driver):
    """The driver's functions and those of this folder, which were written apart, are the same."""
    draw = np.random.default_rng(0)
    for name, function in FUNCTIONS.items():
        points = draw.random((50, len(function.bounds)))
        said = subprocess.run([driver, "evaluate", name], input="\n".join(" ".join(map(repr, x)) for x in points.tolist()) + "\n",
                              capture_output=True, text=True, check=True).stdout.split()
        np.testing.assert_allclose([float(value) for value in said], [function.at(x) for x in points.tolist()],
                                   rtol=1e-10, atol=1e-12, err_msg=name)


def our_runs(driver, strategy, seeds, trials):
    runs = {}
    for name in FUNCTIONS:
        said = subprocess.run([driver, strategy, name, f"1:{seeds}", str(trials)], capture_output=True, text=True, check=True)
        runs[name] = [json.loads(line)["best"] for line in said.stdout.splitlines()]
        print(f"{strategy}: {name}", file=sys.stderr)
    return runs


def log_regrets(runs, trials):
    """Of each function, after so many trials: one of each seed."""
    return {name: np.log10(np.maximum(np.array(runs[name])[:, trials - 1] - function.minimum, LEAST))
            for name, function in FUNCTIONS.items()}


def compare(ours, theirs):
    """The difference of log10 regrets' median, the rank-biserial correlation, p of ours being better and worse."""
    differences = np.concatenate([ours[name] - theirs[name] for name in FUNCTIONS])
    differences = differences[differences != 0]
    ranks = stats.rankdata(np.abs(differences))
    effect = (ranks[differences < 0].sum() - ranks[differences > 0].sum()) / ranks.sum()
    better, worse = (stats.wilcoxon(differences, alternative=side).pvalue for side in ("less", "greater"))
    return np.median(differences), effect, better, worse


def row(cells):
    return "| " + " | ".join(cells) + " |"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("strategies", nargs="*", default=["random", "sobol", "tpe", "gp"], metavar="STRATEGY")
    parser.add_argument("--optuna", required=True, metavar="RUNS.json", help="where Optuna's runs are kept")
    parser.add_argument("--driver", default="build/tests/strategy_driver")
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--trials", type=int, default=100)
    arguments = parser.parse_args()
    check_functions(arguments.driver)
    runs = {strategy: our_runs(arguments.driver, strategy, arguments.seeds, arguments.trials)
            for strategy in arguments.strategies}
    runs |= optuna_runs(arguments.optuna, arguments.seeds, arguments.trials)
    regrets = {who: log_regrets(of, arguments.trials) for who, of in runs.items()}

    print(row(["geometric mean of regrets", *FUNCTIONS]))
    print(row(["---"] * (1 + len(FUNCTIONS))))
    for who, of in regrets.items():
        print(row([who, *(f"{10**np.mean(of[name]):.2g}" for name in FUNCTIONS)]))
    print()
    print(row(["ours", "theirs", "log10 regret, median difference", "rank-biserial", "p better", "p worse"]))
    print(row(["---"] * 6))
    for ours in arguments.strategies:
        for theirs in OPTUNA:
            difference, effect, better, worse = compare(regrets[ours], regrets[theirs])
            print(row([ours, theirs, f"{difference:+.2f}", f"{effect:+.2f}", f"{better:.2g}", f"{worse:.2g}"]))


if __name__ == "__main__":
    main()
