#!/usr/bin/python3
"""Points that are trained several times: other numbers each time, one result, whatever the number of workers; sqlite3's
shell says which point is the best."""
import csv
import json
import os
import statistics
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from service import SAME_RUN, Workspace  # noqa: E402

STUDY = """
study: {name}
dataset: tiny
seed: 5
model:
  - dropout: 0.1
  - dense: {{units: 12, activation: relu}}
  - dropout: 0.2
  - dense: {{units: 4, activation: softmax}}
training:
  epochs: 2
  batch_size: 32
  optimizer: {{sgd: {{learning_rate: $learning_rate, momentum: $momentum}}}}
  {replicates}
parameters:
  learning_rate: {{logspace: {{start: -2, stop: 0, num: 3}}}}
  momentum: {{values: [0.5, 0.9]}}
search:
  refine: {{rounds: {rounds}}}
"""
# The points whose three trials have results of their own, the best first.
POINTS = """select trial - replicate, round, avg(objective), group_concat(quote(objective)), parameters from trial_results
  where study = 'noisy' and reused_from is null and state = 'COMPLETED' group by 1 having count(*) = 3
  order by 3, 1"""


class Replicates(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.workspace = cls.enterClassContext(Workspace())
        cls.file = cls.write("noisy", "replicates: 3")
        cls.database = cls.workspace.path("one.db")
        cls.result = cls.workspace.json("run", cls.file, "--db", cls.database, "--workers", "1")

    @classmethod
    def write(cls, name, replicates, rounds=2):
        file = cls.workspace.path(f"{name}.yaml")
        with open(file, "w", encoding="utf-8") as out:
            out.write(STUDY.format(name=name, replicates=replicates, rounds=rounds))
        return file

    def points(self):
        rows = [line.split("|") for line in self.workspace.query("one.db", POINTS).splitlines()]
        return [(int(first), int(round_), float(mean), [float(one) for one in objectives.split(",")], parameters)
                for first, round_, mean, objectives, parameters in rows]

    def curves(self, trial, database="one.db", study="noisy"):
        return self.workspace.query(database, SAME_RUN.replace("study, trial, ", "").replace(
            "order by 1, 2, 3", f"where study = '{study}' and trial = {trial} order by epoch"))

    def test_each_replicate_has_its_own_numbers_and_the_first_those_of_one(self):
        self.workspace.run("run", self.write("single", "", rounds=1), "--db", self.workspace.path("single.db"))
        for point in range(6):
            of_point = [self.curves(3 * point + 1 + replicate) for replicate in range(3)]
            self.assertEqual(len(set(of_point)), 3, f"point {point}")
            self.assertEqual(of_point[0], self.curves(point + 1, "single.db", "single"))

    def test_two_workers_make_the_same_run(self):
        two = self.workspace.json("run", self.file, "--db", self.workspace.path("two.db"), "--workers", "2")
        self.assertEqual(self.workspace.query("one.db", SAME_RUN), self.workspace.query("two.db", SAME_RUN))
        self.assertEqual(two["best"], self.result["best"])

    def test_the_best_is_the_best_mean(self):
        best, points = self.result["best"], self.points()
        first, round_, mean, objectives, parameters = points[0]
        self.assertEqual((best["trial"], best["round"], best["replicates"]), (first, round_, 3))
        self.assertEqual(best["parameters"], json.loads(parameters))
        self.assertEqual(best["objective"], best["mean"])
        self.assertAlmostEqual(best["mean"], mean, delta=1e-12)
        self.assertAlmostEqual(best["standard_deviation"], statistics.stdev(objectives), delta=1e-12)
        self.assertAlmostEqual(best["standard_error"], statistics.stdev(objectives) / 3 ** 0.5, delta=1e-12)
        error = (statistics.variance(objectives) / 3 + statistics.variance(points[1][3]) / 3) ** 0.5
        close = points[1][2] - mean <= 2 * error
        self.assertEqual(best["indistinguishable_from"], points[1][0] if close else None)

    def test_the_second_round_is_about_the_best_mean_of_the_first(self):
        centres = json.loads(self.workspace.query("one.db", "select centres from rounds where number = 2"))
        self.assertEqual(centres, [next(first for first, round_, *_ in self.points() if round_ == 1)])
        reused = self.workspace.query("one.db", "select count(*), count(distinct t.parameters) from trials t join trials o "
                                      "on o.number = t.reused_from and o.replicate = t.replicate "
                                      "and o.parameters = t.parameters and o.study = t.study")
        taken = self.workspace.query("one.db", "select count(*) from trials where reused_from is not null")
        trials, points = map(int, reused.split("|"))
        self.assertEqual((trials, int(taken)), (3 * points, 3 * points))
        self.assertGreater(points, 0)

    def test_a_server_says_what_the_file_says(self):
        best = self.workspace.json("best", "noisy", "--db", self.database)
        text = self.workspace.run("best", "noisy", "--db", self.database)
        self.assertEqual(best["best"], self.result["best"])
        self.assertIn(" over 3 replicates, standard deviation ", text)
        self.assertEqual("cannot be told apart from trial" in text, best["best"]["indistinguishable_from"] is not None)
        compared = self.workspace.json("compare", "noisy", "--db", self.database)
        self.assertEqual(compared["studies"][0]["best"], best["best"])
        self.assertEqual(self.workspace.json("list", "--db", self.database)[0]["best"], best["best"])
        self.assertIn("sound", self.workspace.run("doctor", "--db", self.database))
        server = self.workspace.server("one.db")
        for verb in ("best", "show"):
            self.assertEqual(self.workspace.json(verb, "noisy", "--server", server.address)["best"], best["best"])
        told = self.workspace.run("best", "noisy", "--server", server.address)
        self.assertEqual(told.split("Curves:")[0], text.split("Curves:")[0])
        server.stop()

    def test_check_counts_trials(self):
        self.assertIn("6 points x 3 replicates: 18 trials of 2 epochs in round 1",
                      self.workspace.run("check", self.file))
        plan = self.workspace.json("check", self.file)
        self.assertEqual((plan["trials"], plan["max_trials"], plan["replicates"]), (18, 18 + 15, 3))
        fault = self.workspace.run("check", self.write("race", "replicates: 3\nstopping: [{asha: {}}]"), expect=2)
        self.assertIn("stopping", fault)

    def test_importance_is_that_of_the_means(self):
        answer = self.workspace.json("importance", "noisy", "--round", "1", "--db", self.database)
        self.assertEqual((answer["method"], answer["trials"]), ("anova", 6))
        means = {(p["learning_rate"], p["momentum"]): mean
                 for p, mean in ((json.loads(parameters), mean) for _, round_, mean, _, parameters in self.points()
                                 if round_ == 1)}
        self.assertEqual(len(means), 6)
        total = statistics.pvariance(means.values())
        for name, index in (("learning_rate", 0), ("momentum", 1)):
            levels = {point[index] for point in means}
            main = statistics.pvariance([statistics.mean(mean for point, mean in means.items() if point[index] == level)
                                         for level in levels])
            told = next(e["importance"] for e in answer["effects"] if e["parameters"] == [name])
            self.assertAlmostEqual(told, main / total, places=9)

    def test_simulated_over_its_own_table_it_is_itself(self):
        table = self.workspace.path("noisy.csv")
        self.workspace.run("export", "noisy", "--curves", "--out", table, "--db", self.database)
        with open(table, encoding="utf-8") as rows:
            self.assertEqual({row["run"] for row in csv.DictReader(rows)}, {"0", "1", "2"})
        answer = self.workspace.json("simulate", self.file, "--table", table, "--seeds", "1")
        self.assertEqual(answer["best"][0][-1], self.result["best"]["mean"])
        self.assertIsNone(answer["best"][0][1], "no point has all of its replicates")
        self.assertIsNotNone(answer["best"][0][2])

    def test_extended_together(self):
        database = self.workspace.path("longer.db")
        self.workspace.run("run", self.write("longer", "replicates: 3", rounds=1), "--db", database)
        self.workspace.run("extend", "longer", "--best", "1", "--epochs", "4", "--db", database)
        longer = self.workspace.query("longer.db", "select count(*), max(trial) - min(trial) from trial_results "
                                      "where epochs = 4")
        self.assertEqual(longer.strip(), "3|2")
        best = self.workspace.json("best", "longer", "--db", database)["best"]
        mean = self.workspace.query("longer.db", "select avg(objective) from trial_results group by trial - replicate "
                                    "order by 1 limit 1")
        self.assertAlmostEqual(best["mean"], float(mean), delta=1e-12)


if __name__ == "__main__":
    unittest.main()
