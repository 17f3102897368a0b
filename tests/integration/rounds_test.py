#!/usr/bin/python3
"""What coarse-to-fine did, through real processes: `show` tells each round's boxes, why they are there, and what was
taken over; from the file and from a server alike."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from service import FIRST_ROUND, Workspace  # noqa: E402

ROUNDS = 3


def rank(row):
    """Of the best first: only what was trained to its end has an objective here."""
    return (row["objective"] is None, row["objective"], row["trial"])


class Rounds(unittest.TestCase):
    def check_round(self, shown, rows, earlier):
        """One round as `show` has it, beside the trials that the file has."""
        number = shown["round"]
        own = [row for row in rows if row["round"] == number]
        self.assertEqual(shown["trials"], len(own))
        self.assertEqual(shown["first_trial"], own[0]["trial"])
        self.assertEqual(shown["reused"], sum(row["reused_from"] is not None for row in own))
        self.assertEqual(shown["trained"] + shown["reused"], len(own))
        best = min(own, key=rank)
        self.assertEqual(shown["best"], {"trial": best["trial"], "objective": best["objective"]})
        self.assertEqual(len(shown["boxes"]), 1)
        box = shown["boxes"][0]
        if number == 1:
            self.assertNotIn("trial", box)
        else:
            centre = min(earlier, key=rank)
            self.assertEqual((box["trial"], box["objective"]), (centre["trial"], centre["objective"]))
            self.assertEqual(box["centre"], centre["parameters"])
        for name, axis in box["axes"].items():
            values = {row["parameters"][name] for row in own}
            self.assertEqual(axis, {"low": min(values), "high": max(values), "num": len(values)}, name)
        self.assertEqual(list(box["axes"]), ["learning_rate", "dropout", "max_norm"])

    def test_show_tells_what_each_round_covered_and_took_over(self):
        with Workspace() as workspace:
            file = workspace.study(epochs=2, rounds=ROUNDS)
            with workspace.server("a.db") as server, workspace.worker(server.address):
                workspace.run("submit", file, "--server", server.address, "--wait")
                from_server = ("--server", server.address)
                from_file = ("--db", workspace.path("a.db"))
                for flags in (("--json",), ()):
                    texts = [workspace.run("show", "tiny-mlp", *flags, *where) for where in (from_server, from_file)]
                    if not flags:  # the last lines name what was read
                        texts = [text[:text.index("Curves:")] for text in texts]
                    self.assertEqual(*texts)
            rows = workspace.json("trials", "tiny-mlp", *from_file)
            shown = workspace.json("show", "tiny-mlp", *from_file)
            self.assertEqual([each["round"] for each in shown["rounds_opened"]], list(range(1, ROUNDS + 1)))
            self.assertEqual(shown["rounds_opened"][0]["trials"], FIRST_ROUND)
            for each in shown["rounds_opened"]:
                self.check_round(each, rows, [row for row in rows if row["round"] < each["round"]])
            self.assertGreater(sum(each["reused"] for each in shown["rounds_opened"][1:]), 5)

            table = workspace.run("show", "tiny-mlp", *from_file).splitlines()
            head = next(i for i, line in enumerate(table) if line.startswith("ROUND"))
            self.assertRegex(table[head], r"^ROUND +WHY +learning_rate +dropout +max_norm +TRIALS +TRAINED +REUSED +"
                                          r"EPOCHS +BEST$")
            self.assertRegex(table[head + 1], rf"^ +1 +the grid +0\.001\.\.1 \(4\) .* {FIRST_ROUND} ")
            second = shown["rounds_opened"][1]
            self.assertIn(f"round trial {second['boxes'][0]['trial']} at ", table[head + 2])
            self.assertRegex(table[head + 2], rf" {second['trials']} +{second['trained']} +{second['reused']} +2 ")

    def test_a_study_without_refinement_has_no_table_and_one_round(self):
        with Workspace() as workspace:
            workspace.run("run", workspace.study(epochs=1, rounds=1), "--db", workspace.path("a.db"))
            where = ("--db", workspace.path("a.db"))
            self.assertNotIn("ROUND", workspace.run("show", "tiny-mlp", *where))
            rounds = workspace.json("show", "tiny-mlp", *where)["rounds_opened"]
            self.assertEqual([(each["round"], each["trained"]) for each in rounds], [(1, FIRST_ROUND)])


if __name__ == "__main__":
    unittest.main()
