#!/usr/bin/python3
"""A second study that shares points with a first one trains only the others, and its results are those of training
all."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from service import SAME_RUN, Workspace  # noqa: E402

TRAINED = "select count(*) from trial_results where study = '{}' and reused_from is null"
RATES = [0.001 * (i + 1) for i in range(10)]


class Reuse(unittest.TestCase):
    def study(self, workspace, name, rates, more="", epochs=2):
        file = workspace.path(f"{name}.yaml")
        with open(file, "w", encoding="utf-8") as out:
            out.write(f"study: shared\ndataset: tiny\nmodel: [{{dense: {{units: 4, activation: softmax}}}}]\n"
                      f"training: {{epochs: {epochs}, optimizer: {{sgd: {{learning_rate: $rate}}}}}}\n"
                      f"parameters: {{rate: {{values: {rates}}}}}\n{more}")
        return file

    def test_a_study_trains_what_no_other_has(self):
        with Workspace() as workspace:
            first = self.study(workspace, "first", RATES[:6])
            second = self.study(workspace, "second", RATES)
            for database, other in (("shared.db", True), ("alone.db", False)):
                if other:
                    workspace.run("run", first, "--name", "first", "--db", workspace.path(database))
                workspace.run("run", second, "--db", workspace.path(database))
            self.assertEqual(workspace.query("shared.db", TRAINED.format("shared")).strip(), "4")
            self.assertEqual(workspace.query("alone.db", TRAINED.format("shared")).strip(), "10")
            same_run = SAME_RUN.replace(" order by", " where study = 'shared' order by")
            self.assertEqual(workspace.query("shared.db", same_run), workspace.query("alone.db", same_run))
            trials = workspace.json("trials", "shared", "--db", workspace.path("shared.db"))
            self.assertEqual([trial["reused_from"] for trial in trials],
                             [f"first/{n}" for n in range(1, 7)] + [None] * 4)
            report = workspace.run("doctor", "--db", workspace.path("shared.db"))
            self.assertIn("sound", report)

    def test_a_study_of_more_epochs_goes_on_where_another_one_ended(self):
        """From its checkpoint, to the bits of a straight run; the first epochs come with the seconds that they took."""
        with Workspace() as workspace:
            short = self.study(workspace, "short", RATES[:3])
            for name, rates, database in (("long", RATES[:4], "shared.db"), ("straight", RATES[:4], "alone.db")):
                if name == "long":
                    workspace.run("run", short, "--name", "short", "--db", workspace.path(database))
                file = self.study(workspace, name, rates, epochs=5)
                workspace.run("run", file, "--name", "long", "--db", workspace.path(database))
            same_run = SAME_RUN.replace(" order by", " where study = 'long' order by")
            self.assertEqual(workspace.query("shared.db", same_run), workspace.query("alone.db", same_run))
            gone_on = ("select count(*) from epoch_curves s join epoch_curves l using (trial, epoch) "
                       "where s.study = 'short' and l.study = 'long' and s.seconds = l.seconds")
            self.assertEqual(workspace.query("shared.db", gone_on).strip(), "6")
            self.assertIn("sound", workspace.run("doctor", "--db", workspace.path("shared.db")))


if __name__ == "__main__":
    unittest.main()
