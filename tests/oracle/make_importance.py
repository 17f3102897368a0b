#!/usr/bin/python3
"""Writes importance.csv beside itself: trials of standard functions, and how Optuna's fANOVA ranks their parameters.

Optuna 3.1's FanovaImportanceEvaluator, with five forests of different seeds over the same trials: a parameter ranks
above another where each of the five says so. The table is committed; run this again only to change the cases.

Rows: trial,FUNCTION,COORDINATES,OBJECTIVE (coordinates in the unit cube, apart by spaces) and
above,FUNCTION,PARAMETER OTHER, the difference of their mean importances.
"""
import itertools
import math
import pathlib
import sys
import warnings

import numpy
import optuna
from optuna.distributions import FloatDistribution
from optuna.importance import FanovaImportanceEvaluator
from optuna.trial import create_trial

TRIALS = 120
FORESTS = 5

HARTMANN_WEIGHTS = numpy.array([1.0, 1.2, 3.0, 3.2])
HARTMANN = {
    3: ([[3, 10, 30], [0.1, 10, 35], [3, 10, 30], [0.1, 10, 35]],
        [[3689, 1170, 2673], [4699, 4387, 7470], [1091, 8732, 5547], [381, 5743, 8828]]),
    6: ([[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]],
        [[1312, 1696, 5569, 124, 8283, 5886], [2329, 4135, 8307, 3736, 1004, 9991],
         [2348, 1451, 3522, 2883, 3047, 6650], [4047, 8828, 8732, 5743, 1091, 381]]),
}


def branin(x):
    a, b = 15 * x[0] - 5, 15 * x[1]
    return ((b - 5.1 / (4 * math.pi ** 2) * a * a + 5 / math.pi * a - 6) ** 2
            + 10 * (1 - 1 / (8 * math.pi)) * math.cos(a) + 10)


def hartmann(x):
    steepness, places = (numpy.array(table) for table in HARTMANN[len(x)])
    return -float(HARTMANN_WEIGHTS @ numpy.exp(-(steepness * (x - places * 1e-4) ** 2).sum(axis=1)))


def rosenbrock(x):
    x = 15 * x - 5
    return float((100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum())


def ackley(x):
    x = 65.536 * x - 32.768
    return float(-20 * numpy.exp(-0.2 * numpy.sqrt((x * x).mean())) - numpy.exp(numpy.cos(2 * numpy.pi * x).mean())
                 + 20 + numpy.e)


FUNCTIONS = {"branin": (branin, 2), "hartmann3": (hartmann, 3), "hartmann6": (hartmann, 6),
             "rosenbrock5": (rosenbrock, 5), "ackley8": (ackley, 8)}


def main():
    if not optuna.__version__.startswith("3.1."):
        raise SystemExit(f"optuna {optuna.__version__}: the table is optuna 3.1's")
    warnings.filterwarnings("ignore")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    draw = numpy.random.default_rng(20261127)
    rows = []
    for name, (function, dimensions) in FUNCTIONS.items():
        distributions = {f"x{i}": FloatDistribution(0, 1) for i in range(dimensions)}
        study = optuna.create_study()
        for _ in range(TRIALS):
            at = [float(f"{value:.4f}") for value in draw.uniform(size=dimensions)]
            objective = float(f"{function(numpy.array(at)):.6g}")
            study.add_trial(create_trial(params={f"x{i}": value for i, value in enumerate(at)},
                                         distributions=distributions, value=objective))
            rows.append(f"trial,{name},{' '.join(map(str, at))},{objective}")
        forests = [FanovaImportanceEvaluator(seed=seed).evaluate(study) for seed in range(FORESTS)]
        for i, j in itertools.permutations(range(dimensions), 2):
            apart = [forest[f"x{i}"] - forest[f"x{j}"] for forest in forests]
            if min(apart) > 0:
                rows.append(f"above,{name},{i} {j},{sum(apart) / FORESTS:.4f}")
        print(name, file=sys.stderr, flush=True)
    path = pathlib.Path(__file__).with_name("importance.csv")
    path.write_text("kind,function,at,value\n" + "\n".join(rows) + "\n", encoding="ascii")
    print(f"{len(rows)} rows, {path.stat().st_size} bytes: {path.name}")


if __name__ == "__main__":
    main()
