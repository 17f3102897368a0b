#!/usr/bin/python3
"""Metrics that a study asks for, and a regression over a CSV, from the study file to the SQL views.

What a metric of given outputs is, numpy and PyTorch say in tests/worker/train; here it is held against what the same
curve says otherwise (mse is rmse squared, r2 is in proportion to it), and every way of reading against every other.
"""
import json
import math
import os
import random
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from service import SAME_RUN, Workspace  # noqa: E402

HOUSES = """
study: {name}
dataset: {{name: houses, target: price, normalize: standardize}}
seed: 5
{objective}
model:
  - dense: {{units: 16, activation: tanh}}
  - dense: {{units: 1}}
training:
  epochs: 6
  batch_size: 32
  metrics: [rmse, mae, r2]
  optimizer: {{sgd: {{learning_rate: $learning_rate, momentum: 0.9}}}}
parameters:
  learning_rate: {{logspace: {{start: -4, stop: -1, num: 4}}}}
search: {{refine: {{rounds: 2}}}}
"""

ROWS = 240


def write_houses(folder):
    """Three numbers and a price, which is no integer."""
    draw = random.Random(11)
    with open(os.path.join(folder, "houses.csv"), "w", encoding="utf-8") as out:
        out.write("area,rooms,age,price\n")
        for _ in range(ROWS):
            area, rooms, age = draw.uniform(30, 200), draw.randrange(1, 8), draw.uniform(0, 80)
            price = 0.02 * area + 0.3 * rooms - 0.01 * age + draw.gauss(0, 0.1)
            out.write(f"{area:.2f},{rooms},{age:.1f},{price:.4f}\n")


def study(workspace, name, objective=""):
    write_houses(workspace.path("data"))
    file = workspace.path(f"{name}.yaml")
    with open(file, "w", encoding="utf-8") as out:
        out.write(HOUSES.format(name=name, objective=objective))
    return file


class Metrics(unittest.TestCase):
    def test_a_regression_from_the_file_to_the_views(self):
        with Workspace() as workspace:
            database = workspace.path("one.db")
            result = json.loads(workspace.run("run", study(workspace, "houses"), "--db", database, "--workers", "1",
                                              "--json"))
            self.assertEqual(result["state"], "COMPLETED")
            self.assertEqual((result["metric"], result["direction"]), ("validation_loss", "minimize"))
            self.assertEqual(set(result["trial_counts"]), {"COMPLETED"}, "no error is no divergence")
            curve = workspace.json("curve", "houses/best", "--db", database)
            self.check_curve(curve, result["best"])
            self.check_views(workspace, curve, result["best"]["trial"])
            self.check_reused(workspace, database)
            self.check_reads(workspace, database)

    def check_curve(self, curve, best):
        self.assertEqual(min(epoch["validation_loss"] for epoch in curve), best["objective"])
        for epoch in curve:
            self.assertIsNone(epoch["train_error"])
            self.assertIsNone(epoch["validation_error"])
            # Mean squared error is the square of rmse; no penalty is in it.
            for part in ("train", "validation"):
                self.assertAlmostEqual(epoch[f"{part}_loss"], epoch[f"{part}_rmse"] ** 2, delta=1e-12)
                self.assertLessEqual(epoch[f"{part}_mae"], epoch[f"{part}_rmse"])
            self.assertGreater(epoch["samples_per_second"], 0)
            self.assertGreater(epoch["gradient_norm"], 0)
        # 1 - r2 is in proportion to the loss: of a part the spread of the targets is always the same.
        for part in ("train", "validation"):
            spreads = [epoch[f"{part}_loss"] / (1 - epoch[f"{part}_r2"]) for epoch in curve]
            for spread in spreads:
                self.assertAlmostEqual(spread, spreads[0], delta=1e-9 * spreads[0])
        self.assertGreater(curve[-1]["validation_r2"], 0.5, "it has learnt")

    def check_views(self, workspace, curve, trial):
        rows = workspace.query("one.db", "select epoch, metric, quote(value) from epoch_metrics where study = 'houses' "
                                         f"and trial = {trial}").splitlines()
        long_form = {}
        for row in rows:
            epoch, metric, value = row.split("|")
            long_form[int(epoch), metric] = None if value == "NULL" else float(value)
        names = ["train_loss", "train_error", "validation_loss", "validation_error", "learning_rate", "gradient_norm",
                 "weight_norm", "samples_per_second"]
        names += [f"{part}_{metric}" for part in ("train", "validation") for metric in ("mae", "r2", "rmse")]
        self.assertEqual(set(long_form), {(epoch["epoch"], name) for epoch in curve for name in names})
        for epoch in curve:
            for name in names:
                self.assertEqual(long_form[epoch["epoch"], name], epoch[name], name)
        self.assertEqual(workspace.query("one.db", "select count(*) from epoch_curves where train_error is not null"),
                         "0\n")

    def check_reused(self, workspace, database):
        trials = workspace.json("trials", "houses", "--db", database, "--limit", "100")
        reused = [trial for trial in trials if trial["reused_from"]]
        self.assertGreater(len(reused), 0, "the fine grid meets the coarse one")
        for trial in reused:
            first = trial["reused_from"].split("/")[1]
            self.assertEqual(workspace.json("curve", f"houses/{trial['trial']}", "--db", database),
                             workspace.json("curve", f"houses/{first}", "--db", database))

    def check_reads(self, workspace, database):
        by_mae = workspace.json("trials", "houses", "--db", database, "--sort", "validation_mae")
        maes = []
        for trial in by_mae:
            curve = workspace.json("curve", f"houses/{trial['trial']}", "--db", database)
            maes.append(curve[trial["best_epoch"] - 1]["validation_mae"])
        self.assertEqual(maes, sorted(maes))
        self.assertIn("loss, 6 of 6 epochs", workspace.run("curve", "houses/best", "--db", database))
        self.assertIn("r2, 6 of 6", workspace.run("curve", "houses/best", "--db", database, "--metric", "r2"))
        self.assertIn("there are: loss, error, mae, r2, rmse",
                      workspace.run("curve", "houses/best", "--db", database, "--metric", "nosuch", expect=2))

    def test_a_metric_is_the_objective_over_a_socket_and_after_a_kill(self):
        with Workspace() as workspace:
            objective = "objective: {metric: validation_r2, direction: maximize}"
            file = study(workspace, "houses", objective)
            workspace.run("run", file, "--db", workspace.path("one.db"), "--workers", "2")
            with workspace.server("two.db") as server:
                workspace.run("submit", file, "--server", server.address)
                watch = workspace.start("watch", "houses", "--server", server.address, "--json")
                first = workspace.worker(server.address, slots=1)
                for line in watch.lines():
                    if json.loads(line)["event"] == "epoch":
                        break
                first.kill()
                with workspace.worker(server.address):
                    workspace.run("wait", "houses", "--server", server.address)
                watch.kill()
                best = workspace.json("best", "houses", "--server", server.address)
                curve = workspace.json("curve", "houses/best", "--server", server.address)
                self.assertEqual(best["best"]["objective"], max(epoch["validation_r2"] for epoch in curve))
                self.assertEqual(curve, workspace.json("curve", "houses/best", "--db", workspace.path("two.db")))
                server.stop()
            everything = ("select study, trial, epoch, metric, quote(value) from epoch_metrics "
                          "where metric <> 'samples_per_second' order by 1, 2, 3, 4")
            for sql in (SAME_RUN, everything):
                self.assertEqual(workspace.query("one.db", sql), workspace.query("two.db", sql))

    def test_what_does_not_fit_is_said_with_its_line(self):
        with Workspace() as workspace:
            file = study(workspace, "houses")
            refused = workspace.run("check", file, "--set", "objective=validation_error", expect=2)
            self.assertIn("objective.metric: the training yields no validation_error", refused)
            refused = workspace.run("check", file, "--set", "objective=validation_r2", expect=2)
            self.assertIn("direction: maximize", refused)
            refused = workspace.run("check", file, "--set", "training.metrics=[accuracy]", expect=2)
            self.assertIn("training.metrics: 'accuracy' is of a classification", refused)
            refused = workspace.run("check", file, "--set", "dataset=tiny", expect=2)
            self.assertIn("the data set's targets are 4 classes", refused)
            classes = workspace.study(rounds=1)
            refused = workspace.run("check", classes, "--set", "dataset={name: houses}", expect=2)
            self.assertIn("the data set's targets are numbers, no classes", refused)

    def test_classification_metrics(self):
        with Workspace() as workspace:
            file = workspace.study(rounds=1)
            database = workspace.path("c.db")
            result = json.loads(workspace.run(
                "run", file, "--db", database, "--json", "--set", "training.metrics=[accuracy]", "--set",
                "objective={metric: validation_accuracy, direction: maximize}"))
            curve = workspace.json("curve", "tiny-mlp/best", "--db", database)
            self.assertEqual(result["best"]["objective"], max(epoch["validation_accuracy"] for epoch in curve))
            for epoch in curve:
                for part in ("train", "validation"):
                    self.assertTrue(math.isclose(epoch[f"{part}_accuracy"], 1 - epoch[f"{part}_error"], abs_tol=1e-15))


if __name__ == "__main__":
    unittest.main()
