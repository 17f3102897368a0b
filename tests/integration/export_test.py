#!/usr/bin/python3
"""`export` against the reads: Python's csv and json read back what `trials` and `curve` say, to the bit."""
import csv
import json
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from service import Workspace  # noqa: E402


def cell(value):
    """A read's value as a cell: its own text, and nothing for null."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def numbers_alike(test, text, value, where):
    if isinstance(value, float):
        test.assertEqual(float(text).hex(), value.hex(), where)
    else:
        test.assertEqual(text, cell(value), where)


class Export(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.workspace = cls.enterClassContext(Workspace())
        cls.database = cls.workspace.path("one.db")
        # A learning rate that diverges: curves with nulls.
        cls.workspace.run("run", cls.workspace.study(epochs=3), "--db", cls.database, "--workers", "2", "--set",
                          "parameters.learning_rate={values: [0.01, 0.1, 1.0e+38]}")
        cls.trials = cls.read("trials", "tiny-mlp", "--limit", "1000")

    @classmethod
    def read(cls, *arguments):
        return cls.workspace.json(*arguments, "--db", cls.database)

    def export(self, *arguments, name="out"):
        path = self.workspace.path(name)
        self.workspace.run("export", "tiny-mlp", "--db", self.database, "--out", path, *arguments)
        with open(path, encoding="utf-8", newline="") as file:
            return file.read()

    def test_trials(self):
        rows = list(csv.DictReader(self.export("--format", "csv").splitlines()))
        self.assertEqual(len(rows), len(self.trials))
        for row, trial in zip(rows, self.trials):
            values = {**{key: value for key, value in trial.items() if key != "parameters"}, **trial["parameters"]}
            self.assertEqual(set(row), set(values))
            for key, value in values.items():
                numbers_alike(self, row[key], value, key)
        self.assertTrue(any(trial["state"] == "DIVERGED" for trial in self.trials))
        self.assertTrue(any(trial["reused_from"] for trial in self.trials))

    def test_curves(self):
        rows = list(csv.DictReader(self.export("--curves").splitlines()))
        expected = []
        for trial in self.trials:
            for epoch in self.read("curve", f"tiny-mlp/{trial['trial']}"):
                epoch["epoch_learning_rate"] = epoch.pop("learning_rate")
                expected.append({"trial": trial["trial"], **trial["parameters"], "seed": trial["seed"],
                                 "run": trial["replicate"], **epoch})
        self.assertEqual(len(rows), len(expected))
        for row, values in zip(rows, expected):
            self.assertEqual(set(row), set(values))
            for key, value in values.items():
                numbers_alike(self, row[key], value, key)

    def test_json(self):
        study = self.read("show", "tiny-mlp")
        document = json.loads(self.export("--format", "json"))
        self.assertEqual(document.pop("trials"), self.trials)
        self.assertEqual(document, study)
        document = json.loads(self.export("--format", "json", "--curves"))
        for trial in document["trials"]:
            self.assertEqual(trial["curve"], self.read("curve", f"tiny-mlp/{trial['trial']}"))

    def test_a_server_exports_the_same(self):
        server = self.workspace.server("one.db")
        for arguments in ([], ["--curves"], ["--format", "json", "--curves"]):
            straight = self.export(*arguments)
            path = self.workspace.path("served")
            self.workspace.run("export", "tiny-mlp", "--server", server.address, "--out", path, *arguments)
            with open(path, encoding="utf-8", newline="") as file:
                self.assertEqual(file.read(), straight)
        server.stop()

    def test_standard_output_and_faults(self):
        straight = self.export("--curves")
        to_stdout = self.workspace.run("export", "tiny-mlp", "--db", self.database, "--curves", "--out", "-")
        self.assertEqual(to_stdout, straight)
        later = self.workspace.run("export", "tiny-mlp", "--db", self.database, "--format", "tensorboard", expect=2)
        self.assertIn("tensorboard", later)
        path = self.workspace.path("kept.csv")
        with open(path, "w", encoding="utf-8") as file:
            file.write("kept")
        self.workspace.run("export", "nobody", "--db", self.database, "--out", path, expect=1)
        with open(path, encoding="utf-8") as file:
            self.assertEqual(file.read(), "kept")
        nowhere = self.workspace.run("export", "tiny-mlp", "--db", self.database, "--out",
                                     self.workspace.path("no/such/x.csv"), expect=1)
        self.assertIn("no/such/x.csv", nowhere)


if __name__ == "__main__":
    unittest.main()
