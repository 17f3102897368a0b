#!/usr/bin/python3
"""Checkpoints, replay, extend and evaluate, through real processes: the same bits on every way."""
import glob
import json
import os
import random
import shutil
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from service import FIRST_ROUND, SAME_RUN, Workspace  # noqa: E402

KILLS = 20
CORRUPTIONS = 25


class Checkpoints(unittest.TestCase):
    def setUp(self):
        self.draw = random.Random(17)

    def test_killed_workers_go_on_to_the_same_bits(self):
        """20 kills of a worker's process in mid-trial; every trial goes on from its checkpoint."""
        with Workspace() as workspace:
            file = workspace.study(epochs=60, rounds=1)
            workspace.run("run", file, "--db", workspace.path("calm.db"), "--workers", "2")
            server = workspace.server("shaken.db")
            workspace.run("submit", file, "--server", server.address)
            worker = workspace.worker(server.address)
            kills, epochs = 0, 0
            with workspace.start("watch", "tiny-mlp", "--db", workspace.path("shaken.db"), "--json") as watch:
                for line in watch.lines():
                    epochs += json.loads(line)["event"] == "epoch"
                    if kills < KILLS and epochs >= 10 + 60 * kills:
                        worker.kill()
                        worker = workspace.worker(server.address)
                        kills += 1
            self.assertEqual(kills, KILLS)
            worker.stop()
            server.stop()
            self.assertEqual(workspace.query("shaken.db", SAME_RUN), workspace.query("calm.db", SAME_RUN))

    def test_extended_is_straight(self):
        with Workspace() as workspace:
            short = workspace.study(epochs=4, rounds=1)
            database = workspace.path("short.db")
            workspace.run("run", short, "--db", database)
            result = workspace.json("extend", "tiny-mlp", "--epochs", "8", "--db", database)
            self.assertEqual(result["state"], "COMPLETED")
            self.assertEqual(result["trial_counts"], {"COMPLETED": FIRST_ROUND})
            long = workspace.study(epochs=8, rounds=1)
            workspace.run("run", long, "--db", workspace.path("long.db"))
            self.assertEqual(workspace.query("short.db", SAME_RUN), workspace.query("long.db", SAME_RUN))
            self.assertEqual(result["best"], workspace.json("best", "tiny-mlp", "--db", workspace.path("long.db"))["best"])
            # The file that the study came from is still its own.
            again = workspace.json("run", workspace.study(epochs=4, rounds=1), "--db", database)
            self.assertEqual(again["state"], "COMPLETED")
            refusal = workspace.run("extend", "tiny-mlp", "--epochs", "8", "--db", database, expect=1)
            self.assertIn("fewer than 8 epochs", refusal)

    def test_extended_through_a_server(self):
        """Its worker goes on from its own checkpoints; the best alone have more epochs, and the bits of a straight run."""
        with Workspace() as workspace:
            file = workspace.study(epochs=3, rounds=1)
            with workspace.server("served.db") as server, workspace.worker(server.address) as worker:
                workspace.run("submit", file, "--server", server.address, "--wait")
                self.assertEqual(workspace.run("extend", "tiny-mlp", "--best", "2", "--epochs", "6", "--server",
                                               server.address), "tiny-mlp: RUNNING\n")
                workspace.run("wait", "tiny-mlp", "--server", server.address)
                trials = workspace.json("trials", "tiny-mlp", "--server", server.address, "--limit", "1000")
                refusal = workspace.run("extend", "tiny-mlp/1", "--best", "2", "--epochs", "6", "--server",
                                        server.address, expect=2)
                self.assertIn("--best takes a study", refusal)
                worker.stop()
                server.stop()
            extended = [trial["trial"] for trial in trials if trial["epochs"] == 6]
            self.assertEqual(len(extended), 2)
            self.assertEqual({trial["state"] for trial in trials}, {"COMPLETED"})
            long = workspace.study(epochs=6, rounds=1)
            workspace.run("run", long, "--db", workspace.path("long.db"))
            of_both = f"{SAME_RUN.split(' order by')[0]} where trial in {tuple(extended)} order by 1, 2, 3"
            self.assertEqual(workspace.query("served.db", of_both), workspace.query("long.db", of_both))

    def test_replay_compares_bits(self):
        with Workspace() as workspace:
            database = workspace.path("one.db")
            workspace.run("run", workspace.study(rounds=2), "--db", database)
            for trial in ("1", "best", "30"):
                self.assertIn("4 epochs trained again, the same to the bit",
                              workspace.run("replay", f"tiny-mlp/{trial}", "--db", database))
            self.assertEqual(workspace.json("replay", "tiny-mlp/2", "--db", database),
                             {"study": "tiny-mlp", "trial": 2, "epochs": 4, "same": True, "first_difference": None})
            # One bit of one epoch.
            workspace.write("one.db", "update epochs set validation_loss = validation_loss * (1 + 3e-16) "
                                      "where trial = 2 and epoch = 3")
            told = workspace.run_any("replay", "tiny-mlp/2", "--db", database)
            self.assertEqual(told.returncode, 1)
            self.assertIn("epoch 3 differs: validation_loss is", told.stdout)
            # Trained by workers of another arithmetic: told before anything is trained.
            workspace.write("one.db", "update studies set numerics_digest = 'another'")
            shutil.rmtree(database + ".checkpoints")
            for verb in ("replay", "evaluate"):
                told = workspace.run(verb, "tiny-mlp/1", "--db", database, expect=1)
                self.assertIn("bits are promised within one digest alone", told)

    def test_evaluate_is_the_same_kept_or_trained_again(self):
        with Workspace() as workspace:
            database = workspace.path("one.db")
            best = workspace.json("run", workspace.study(rounds=1), "--db", database)["best"]
            kept = glob.glob(os.path.join(database + ".checkpoints", "tiny-mlp-*", "*.last"))
            self.assertEqual(len(kept), 5)
            said = workspace.run_any("evaluate", "tiny-mlp/best", "--db", database, "--json")
            self.assertEqual(said.returncode, 0, said.stderr)
            self.assertNotIn("training again", said.stderr)
            from_checkpoint = json.loads(said.stdout)
            self.assertEqual(from_checkpoint["epoch"], best["epoch"])
            for path in kept + glob.glob(os.path.join(database + ".checkpoints", "tiny-mlp-*", "*.best")):
                self.corrupt(path)
            said = workspace.run_any("evaluate", "tiny-mlp/best", "--db", database, "--json")
            self.assertEqual(said.returncode, 0, said.stderr)
            self.assertIn("training again", said.stderr)
            self.assertEqual(json.loads(said.stdout), from_checkpoint)
            rows = sum(map(sum, from_checkpoint["confusion"]))
            right = sum(row[i] for i, row in enumerate(from_checkpoint["confusion"]))
            self.assertEqual(rows, 150)
            self.assertAlmostEqual(from_checkpoint["test_error"], 1 - right / rows)
            self.assertEqual(from_checkpoint["classes"], [0, 1, 2, 3])
            last = workspace.json("evaluate", "tiny-mlp/best", "--epoch", "last", "--db", database)
            self.assertEqual(last["epoch"], 4)
            self.assertIn("precision %", workspace.run("evaluate", "tiny-mlp/1", "--db", database))

    def test_evaluate_names_the_classes_of_a_table(self):
        with Workspace() as workspace:
            with open(workspace.path("data/fruit.csv"), "w", encoding="utf-8") as table:
                table.write("x,y,kind\n")
                for row in range(120):
                    table.write(f"{row % 5},{row % 7},{('pear', 'apple', 'plum')[row % 3]}\n")
            file = workspace.path("fruit.yaml")
            with open(file, "w", encoding="utf-8") as study:
                study.write("study: fruit\ndataset: {name: fruit, target: kind, test_fraction: 0.25}\n"
                            "model: [{dense: {units: 3, activation: softmax}}]\n"
                            "training: {epochs: 2, optimizer: sgd}\n")
            database = workspace.path("fruit.db")
            workspace.run("run", file, "--db", database)
            evaluated = workspace.json("evaluate", "fruit/1", "--db", database)
            self.assertEqual(sorted(evaluated["classes"]), ["apple", "pear", "plum"])
            self.assertEqual(sum(map(sum, evaluated["confusion"])), 30)
            self.assertIn("plum", workspace.run("evaluate", "fruit/1", "--db", database))

    def test_corrupted_checkpoints_cost_no_bit(self):
        """Finished trials are extended over checkpoints that were flipped, cut short or swapped for another's."""
        with Workspace() as workspace:
            long = workspace.study(epochs=5, rounds=1)
            workspace.run("run", long, "--db", workspace.path("calm.db"))
            calm = workspace.query("calm.db", SAME_RUN)
            file = workspace.study(epochs=2, rounds=1)
            database = workspace.path("shaken.db")
            workspace.run("run", file, "--db", database, "--set", f"checkpoints.keep={FIRST_ROUND}")
            corrupted = 0
            for epochs in (3, 4, 5):
                files = sorted(glob.glob(os.path.join(database + ".checkpoints", "tiny-mlp-*", "*.last")))
                self.assertEqual(len(files), FIRST_ROUND)
                for path in self.draw.sample(files, CORRUPTIONS // 3):
                    self.corrupt(path, self.draw.choice(files))
                    corrupted += 1
                workspace.run("extend", "tiny-mlp", "--epochs", str(epochs), "--db", database)
            self.assertEqual(corrupted, CORRUPTIONS // 3 * 3)
            self.assertEqual(workspace.query("shaken.db", SAME_RUN), calm)

    def corrupt(self, path, other=None):
        """Never in place: two names may stand for one file."""
        with open(path, "rb") as file:
            data = bytearray(file.read())
        kind = self.draw.choice(("flip", "cut", "swap" if other and other != path else "flip"))
        if kind == "flip":
            data[self.draw.randrange(len(data))] ^= 1 << self.draw.randrange(8)
        elif kind == "cut":
            del data[self.draw.randrange(len(data)):]
        else:
            with open(other, "rb") as file:
                data = bytearray(file.read())
        os.remove(path)
        with open(path, "wb") as file:
            file.write(data)


if __name__ == "__main__":
    unittest.main()
