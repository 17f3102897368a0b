#!/usr/bin/python3
"""Where stopping rules stop, for tests/server/stopping: python3 make_stopping.py writes stopping_rules.tsv,
stopping_fits.tsv and stopping_races.tsv beside itself. Optuna's pruners decide for `threshold`, `median` and `percentile`; Keras's
EarlyStopping, written out, for `patience` (held against Optuna's PatientPruner where the two mean the same);
scipy's least squares for `convergence`.

A row of rules: the rule with its settings, the direction, the epochs that the trial can have, the completed trials'
curves, the trial's curve, and the epoch behind which it is stopped (0: none).
"""
import json
import math
import os

import numpy as np
import optuna
from optuna.trial import TrialState, create_trial
from scipy.optimize import minimize_scalar

optuna.logging.set_verbosity(optuna.logging.ERROR)
draw = np.random.default_rng(20)
HERE = os.path.dirname(os.path.abspath(__file__))


def curve(epochs, maximize, holes=0.0):
    """A noisy learning curve, better and better or not."""
    x = np.arange(1, epochs + 1)
    y = draw.uniform(0.05, 0.3) + draw.uniform(0.1, 0.6) * x ** -draw.uniform(0.1, 1.5) + draw.normal(0, 0.02, epochs)
    if draw.random() < 0.2:
        y = y + 0.01 * x  # gets worse
    y = 1 - y if maximize else y
    y[draw.random(epochs) < holes] = math.nan
    return [round(float(v), 6) for v in y]


def optuna_stops(pruner, others, values, maximize):
    study = optuna.create_study(direction="maximize" if maximize else "minimize", pruner=pruner)
    for other in others:
        study.add_trial(create_trial(state=TrialState.COMPLETE, value=0.0, intermediate_values=dict(enumerate(other))))
    trial = study.ask()
    for step, value in enumerate(values[:-1]):  # our rules are not asked behind the last epoch
        trial.report(value, step)
        if trial.should_prune():
            return step + 1
    return 0


def keras_stops(epochs, min_delta, values, maximize):
    """keras.callbacks.EarlyStopping(patience=epochs, min_delta=min_delta)."""
    best, wait = (-math.inf if maximize else math.inf), 0
    for epoch, value in enumerate(values[:-1], 1):
        wait += 1
        better = value - min_delta > best if maximize else value + min_delta < best
        if better:
            best, wait = value, 0
            continue
        if wait >= epochs:
            return epoch
    return 0


def fit(values):
    """The best of both families, as curve_fit.h describes them: family, end, scale, shape, squares."""
    y = np.array(values)
    x = np.arange(1, len(y) + 1)
    x, y = x[np.isfinite(y)], y[np.isfinite(y)]
    best = None
    for family, low, high in (("power", 0.05, 4.0), ("exponential", 0.005, 3.0)):
        def line(shape, family=family):
            basis = x ** -shape if family == "power" else np.exp(-shape * x)
            (end, scale), *_ = np.linalg.lstsq(np.stack([np.ones_like(basis), basis], 1), y, rcond=None)
            return end, scale, float(np.sum((y - end - scale * basis) ** 2))
        places = np.linspace(math.log(low), math.log(high), 400)
        squares = [line(math.exp(p))[2] for p in places]
        at = int(np.argmin(squares))
        found = minimize_scalar(lambda p: line(math.exp(p))[2], method="bounded", options={"xatol": 1e-12},
                                bounds=(places[max(at - 1, 0)], places[min(at + 1, 399)]))
        shape = math.exp(found.x if found.fun < squares[at] else places[at])
        end, scale, left = line(shape)
        if best is None or left < best[4]:
            best = (family, end, scale, shape, left)
    return best


def value_at(fitted, epoch):
    family, end, scale, shape, _ = fitted
    return end + scale * (epoch ** -shape if family == "power" else math.exp(-shape * epoch))


def convergence_stops(min_gain, min_epochs, values, maximize):
    """Beside the epoch: how near any decision came to the bound, so that doubtful rows are left out."""
    nearest = math.inf
    for epoch in range(min_epochs, len(values)):
        fitted = fit(values[:epoch])
        gain = value_at(fitted, epoch) - value_at(fitted, len(values))
        gain = -gain if maximize else gain
        nearest = min(nearest, abs(gain - min_gain))
        if gain < min_gain:
            return epoch, nearest
    return 0, nearest


def told(values):
    return " ".join(repr(float(v)) for v in values)


rows = []


def add(rule, settings, maximize, others, values, stop):
    rows.append([json.dumps({rule: settings}), "maximize" if maximize else "minimize", str(len(values)),
                 ";".join(told(o) for o in others), told(values), str(stop)])


for case in range(24):
    maximize = case % 2 == 1
    checks = {"warmup_epochs": int(draw.integers(0, 4)), "interval": int(draw.integers(1, 4))}
    steps = {"n_warmup_steps": checks["warmup_epochs"], "interval_steps": checks["interval"]}
    values = curve(12, maximize, holes=0.05)

    low, high = sorted(draw.choice([v for v in values if not math.isnan(v)], 2, replace=False) + draw.normal(0, 0.01, 2))
    low, high = round(low, 6), round(high, 6)
    reached, worse = (high, low) if maximize else (low, high)
    # A value that is not finite is pruned by Optuna whatever the bounds; here it is worse than any.
    add("threshold", {"reached": reached, "worse_than": worse, **checks}, maximize, [], values,
        optuna_stops(optuna.pruners.ThresholdPruner(lower=low, upper=high, **steps), [], values, maximize))

    others = [curve(int(draw.integers(6, 13)), maximize, holes=0.05) for _ in range(int(draw.integers(3, 9)))]
    startup, least = int(draw.integers(0, 5)), int(draw.integers(1, 5))
    # Optuna counts what is not finite among the trials at an epoch, ours does not: whole curves where it matters.
    whole = [[v if not math.isnan(v) else 0.5 for v in o] for o in others] if least > 1 else others
    common = {"n_startup_trials": startup, "n_min_trials": least, **steps}
    ours = {"startup_trials": startup, "min_trials": least, **checks}
    add("median", ours, maximize, whole, values,
        optuna_stops(optuna.pruners.MedianPruner(**common), whole, values, maximize))
    percentile = float(draw.choice([0, 10, 25, 50, 66.6, 80, 100]))
    add("percentile", {"percentile": percentile, **ours}, maximize, whole, values,
        optuna_stops(optuna.pruners.PercentilePruner(percentile, **common), whole, values, maximize))

    epochs, delta = int(draw.integers(1, 5)), float(draw.choice([0, 0.01, 0.05]))
    stop = keras_stops(epochs, delta, values, maximize)
    add("patience", {"epochs": epochs, "min_delta": delta}, maximize, [], values, stop)
    whole_curve = [v if not math.isnan(v) else 0.77 + i * 1e-6 for i, v in enumerate(values)]
    patient = optuna_stops(optuna.pruners.PatientPruner(None, epochs - 1), [], whole_curve, maximize)
    assert patient == keras_stops(epochs, 0, whole_curve, maximize), (patient, whole_curve)

while sum('"convergence"' in row[0] for row in rows) < 16:
    maximize = len(rows) % 2 == 1
    values = curve(24, maximize, holes=0.03)
    min_gain, min_epochs = float(draw.choice([0.001, 0.005, 0.02])), int(draw.integers(4, 9))
    stop, nearest = convergence_stops(min_gain, min_epochs, values, maximize)
    if nearest > 1e-5:
        add("convergence", {"min_gain": min_gain, "min_epochs": min_epochs}, maximize, [], values, stop)

with open(os.path.join(HERE, "stopping_rules.tsv"), "w", encoding="utf-8") as out:
    out.write("".join("\t".join(row) + "\n" for row in rows))

# A row of fits: the curve, the family, and what is foreseen at its last epoch, at ten times that, and in the end.
with open(os.path.join(HERE, "stopping_fits.tsv"), "w", encoding="utf-8") as out:
    for _ in range(24):
        values = curve(int(draw.integers(5, 40)), draw.random() < 0.5, holes=0.03)
        fitted = fit(values)
        foreseen = [value_at(fitted, len(values)), value_at(fitted, 10 * len(values)), fitted[1], fitted[4]]
        out.write(f"{told(values)}\t{fitted[0]}\t{told(foreseen)}\n")


def geometric(least, factor, most):
    """Rungs below the top, and the top."""
    rungs = []
    while least * factor <= most:
        rungs.append(least)
        least *= factor
    return rungs + [most]


def asha(values, rungs, factor, trials):
    """Li et al. 2018, Algorithm 2, one worker: the jobs (trial, rung) in their order. values[trial][rung]."""
    done = [{} for _ in rungs]  # by trial, its loss
    promoted = [set() for _ in rungs]
    jobs, fresh = [], 0

    def get_job():
        nonlocal fresh
        for k in reversed(range(len(rungs) - 1)):
            top = sorted(done[k], key=lambda t, k=k: (done[k][t], t))[:len(done[k]) // factor]
            candidates = [t for t in top if t not in promoted[k]]
            if candidates:
                promoted[k].add(candidates[0])
                return candidates[0], k + 1
        if fresh == trials:
            return None
        fresh += 1
        return fresh - 1, 0

    while (job := get_job()) is not None:
        jobs.append(job)
        done[job[1]][job[0]] = values[job[0]][job[1]]
    return jobs


def halving(values, rungs, factor, trials, first=0):
    """Jamieson and Talwalkar 2016; at least one goes on. The jobs, rung by rung, in the trials' order."""
    jobs = []
    for k in range(first, len(rungs)):
        jobs += [(t, k) for t in sorted(trials)]
        trials = sorted(trials, key=lambda t: (values[t][k], t))[:max(1, len(trials) // factor)]
    return jobs


def hyperband(values, rungs, factor, trials):
    """Li et al. 2017, with Optuna's numbers of trials a bracket; dealt by number, as often as it takes."""
    pruner = optuna.pruners.HyperbandPruner(min_resource=1, max_resource=factor ** (len(rungs) - 1), reduction_factor=factor)
    pruner._n_brackets = len(rungs)
    sizes = [pruner._calculate_trial_allocation_budget(i) for i in range(len(rungs))]
    jobs, begin = [], 0
    while begin < trials:
        for first, size in enumerate(sizes):
            mine = list(range(begin, min(begin + size, trials)))
            if mine:
                jobs += halving(values, rungs, factor, mine, first)
            begin += size
    return jobs


# A row of races: the rule with its settings, epochs, losses (a trial a part, a rung a number), the jobs as trial:rung.
# Of the last two kinds the order of jobs is no part of it.
with open(os.path.join(HERE, "stopping_races.tsv"), "w", encoding="utf-8") as out:
    for case in range(18):
        run = (asha, halving, hyperband)[case % 3]
        name = ("asha", "successive_halving", "hyperband")[case % 3]
        least, factor, epochs = [(1, 3, 27), (1, 2, 9), (2, 4, 40)][(case // 3) % 3]
        rungs, trials = geometric(least, factor, epochs), int(draw.integers(5, 40))
        start = draw.uniform(0, 1, trials)
        # Two decimals: some are equal.
        values = [[round(float(s + draw.normal(0, 0.2)), 2) for _ in rungs] for s in start]
        jobs = run(values, rungs, factor, list(range(trials)) if run is halving else trials)
        out.write("\t".join([json.dumps({name: {"min_epochs": least, "reduction_factor": factor}}), str(epochs),
                             ";".join(told(v) for v in values), " ".join(f"{t}:{k}" for t, k in jobs)]) + "\n")
print({rule: [row[5] for row in rows if f'"{rule}"' in row[0]]
       for rule in ("patience", "threshold", "median", "percentile", "convergence")})
