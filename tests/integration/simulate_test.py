#!/usr/bin/python3
"""`simulate` against the study itself: over the table that `export --curves` wrote of a study, the same study finds the
same best for the same epochs, without training."""
import gzip
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from service import Workspace  # noqa: E402


class Simulate(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.workspace = cls.enterClassContext(Workspace())
        cls.database = cls.workspace.path("one.db")
        cls.file = cls.workspace.study(epochs=3)
        cls.result = cls.run_study(cls.file)
        cls.table = cls.export("tiny-mlp")

    @classmethod
    def run_study(cls, file, *more):
        return cls.workspace.json("run", file, "--db", cls.database, "--workers", "1", *more)

    @classmethod
    def export(cls, study):
        path = cls.workspace.path(f"{study}.csv")
        cls.workspace.run("export", study, "--curves", "--out", path, "--db", cls.database)
        return path

    def simulate(self, *arguments):
        return self.workspace.json("simulate", self.file, *arguments)

    def steps_of(self, study, database):
        """What the best was behind each trial, and the epochs that were spent by then."""
        spent, best, steps = 0, None, []
        for trial in self.workspace.json("trials", study, "--limit", "1000", "--db", database):
            if trial["reused_from"]:
                continue
            spent += trial["epochs"]
            if trial["state"] == "COMPLETED" and (best is None or trial["objective"] < best):
                best = trial["objective"]
            steps.append((spent, best))
        return steps

    def test_a_study_over_its_own_table_is_itself(self):
        answer = self.simulate("--table", self.table, "--seeds", "1")
        self.assertEqual((answer["strategy"], answer["seeds"]), ("grid", 1))
        self.assertEqual(answer["best"][0][-1], self.result["best"]["objective"])
        self.assertEqual(list(zip(answer["epochs_spent"], answer["best"][0])), self.steps_of("tiny-mlp", self.database))
        self.assertEqual(answer["trials"], [sum(self.result["trial_counts"].values())])

    def test_gzip_and_text(self):
        packed = self.workspace.path("packed.csv.gz")
        with open(self.table, "rb") as plain, gzip.open(packed, "wb") as out:
            out.write(plain.read())
        self.assertEqual(self.simulate("--table", packed), self.simulate("--table", self.table))
        text = self.workspace.run("simulate", self.file, "--table", packed, "--seeds", "2")
        self.assertIn("2 seeds", text)
        self.assertIn("MEDIAN", text)

    def test_random_search_by_seeds(self):
        search = ["--set", "search={random: {trials: 6}}", "--table", self.table, "--seeds", "4"]
        answer = self.simulate(*search)
        self.assertEqual((answer["strategy"], answer["seeds"], len(answer["best"])), ("random", 4, 4))
        self.assertEqual(answer, self.simulate(*search))
        # The second seed of four is the first behind it.
        self.assertEqual(self.simulate(*search[:-1], "1", "--set", "seed=4")["best"][0][-1], answer["best"][1][-1])
        for best in answer["best"]:
            found = [value for value in best if value is not None]
            self.assertEqual(found, sorted(found, reverse=True))

    def test_what_does_not_suit(self):
        table = self.workspace.path("bad.csv")
        with open(table, "w", encoding="utf-8") as out:
            out.write("learning_rate,dropout,epoch,validation_error\n1,0,1,0.5\n")
        refused = self.workspace.run("simulate", self.file, "--table", table, expect=2)
        self.assertIn("max_norm", refused)
        self.workspace.run("simulate", self.file, "--table", self.workspace.path("no.csv"), expect=1)
        too_long = self.workspace.run("simulate", self.file, "--set", "training.epochs=9", "--table", self.table,
                                      expect=2)
        self.assertIn("training.epochs", too_long)
        self.assertFalse(os.path.exists(self.workspace.path("hpsearch.db")))


if __name__ == "__main__":
    unittest.main()
