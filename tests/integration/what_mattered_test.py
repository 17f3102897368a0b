#!/usr/bin/python3
"""`importance` and `compare` over studies that were trained, against sums over what `trials` says."""
import itertools
import os
import statistics
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from service import Workspace  # noqa: E402


def shares(trials):
    """Of each parameter alone: the variance of the means over everything else, of that of all."""
    objectives = [trial["objective"] for trial in trials]
    alone = {}
    for name in trials[0]["parameters"]:
        means = []
        for value in sorted({trial["parameters"][name] for trial in trials}):
            means.append(statistics.fmean(trial["objective"] for trial in trials
                                          if trial["parameters"][name] == value))
        alone[name] = statistics.pvariance(means) / statistics.pvariance(objectives)
    return alone


class WhatMattered(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.workspace = cls.enterClassContext(Workspace())
        cls.database = cls.workspace.path("one.db")
        cls.run_study("tiny-mlp")
        cls.run_study("longer", "--set", "training.epochs=4", "--set", "search={}")

    @classmethod
    def run_study(cls, name, *more):
        cls.workspace.run("run", cls.workspace.study(epochs=2), "--name", name, "--db", cls.database, "--workers", "2",
                          *more)

    @classmethod
    def read(cls, *arguments):
        return cls.workspace.json(*arguments, "--db", cls.database)

    def check_form(self, answer, study):
        self.assertEqual((answer["study"], answer["metric"]), (study, "validation_error"))
        names = ["learning_rate", "dropout", "max_norm"]
        pairs = [tuple(effect["parameters"]) for effect in answer["effects"]]
        self.assertEqual(sorted(pairs), sorted([(name,) for name in names] + list(itertools.combinations(names, 2))))
        importances = [effect["importance"] for effect in answer["effects"]]
        self.assertEqual(importances, sorted(importances, reverse=True))
        for effect in answer["effects"]:
            self.assertLessEqual(effect["low"], effect["importance"])
            self.assertLessEqual(effect["importance"], effect["high"])
        self.assertLess(sum(importances), 1 + 1e-9)

    def test_a_full_grid_is_analysed_exactly(self):
        trials = [trial for trial in self.read("trials", "tiny-mlp", "--limit", "1000") if trial["round"] == 1]
        answer = self.read("importance", "tiny-mlp", "--round", "1")
        self.assertEqual((answer["method"], answer["trials"]), ("anova", len(trials)))
        self.check_form(answer, "tiny-mlp")
        for name, share in shares(trials).items():
            effect = next(effect for effect in answer["effects"] if effect["parameters"] == [name])
            self.assertAlmostEqual(effect["importance"], share, delta=1e-12)

    def test_anything_else_by_a_forest(self):
        answer = self.read("importance", "tiny-mlp")
        trials = self.read("trials", "tiny-mlp", "--limit", "1000")
        self.assertEqual(answer["method"], "fanova")
        self.assertEqual(answer["trials"], sum(1 for trial in trials if not trial["reused_from"]))
        self.check_form(answer, "tiny-mlp")
        self.assertEqual(answer["effects"][0]["parameters"], ["learning_rate"])
        self.assertEqual(answer, self.read("importance", "tiny-mlp"), "the same again")
        self.check_form(self.read("importance", "longer", "--method", "fanova"), "longer")
        refused = self.workspace.run("importance", "tiny-mlp", "--method", "anova", "--db", self.database, expect=1)
        self.assertIn("--round 1", refused)

    def test_studies_side_by_side(self):
        answer = self.read("compare", "tiny-mlp", "longer")
        for compared in answer["studies"]:
            study = self.read("best", compared["study"])
            self.assertEqual({key: compared[key] for key in study}, study)
            trials = self.read("trials", compared["study"], "--limit", "1000")
            self.assertEqual(compared["trials"], len(trials))
            self.assertEqual(compared["epochs"], sum(trial["epochs"] for trial in trials if not trial["reused_from"]))
        bests = [study["best"]["parameters"] for study in answer["studies"]]
        self.assertEqual(answer["differ"], {name: [best[name] for best in bests] for name in bests[0]
                                            if bests[0][name] != bests[1][name]})
        text = self.workspace.run("compare", "tiny-mlp", "longer", "--db", self.database)
        for word in ("tiny-mlp", "longer", "learning_rate", "epochs"):
            self.assertIn(word, text)
        self.assertEqual(self.read("compare", "longer", "longer")["differ"], {})
        self.workspace.run("compare", "tiny-mlp", "nobody", "--db", self.database, expect=1)

    def test_a_server_says_the_same(self):
        server = self.workspace.server("one.db")
        for arguments in (["importance", "tiny-mlp"], ["compare", "tiny-mlp", "longer"]):
            served = self.workspace.json(*arguments, "--server", server.address)
            straight = self.read(*arguments)
            self.assertEqual(served, straight)
        server.stop()

    def test_nothing_to_tell(self):
        self.run_study("one", "--set", "parameters={learning_rate: 0.01, dropout: 0.1, max_norm: 1}", "--set",
                       "search={}")
        refused = self.workspace.run("importance", "one", "--db", self.database, expect=1)
        self.assertIn("one trial with a result", refused)
        self.workspace.run("importance", "nobody", "--db", self.database, expect=1)


if __name__ == "__main__":
    unittest.main()
