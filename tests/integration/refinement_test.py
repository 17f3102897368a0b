#!/usr/bin/python3
"""Rounds with epochs of their own, and rounds by hand, through real processes."""
import json
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from service import SAME_RUN, Workspace  # noqa: E402

VALUES = ("select epoch, quote(train_loss), quote(train_error), quote(validation_loss), quote(validation_error) "
          "from epoch_curves where study = '{}' and trial = {} order by 1")


class Refinement(unittest.TestCase):
    def study(self, workspace, name, parameters, search, epochs=6):
        file = workspace.path(f"{name}.yaml")
        with open(file, "w", encoding="utf-8") as out:
            out.write(f"study: {name}\ndataset: tiny\nseed: 3\n"
                      f"model: [{{dropout: {{rate: $drop}}}}, {{dense: {{units: 8, activation: relu}}}}, "
                      f"{{dense: {{units: 4, activation: softmax}}}}]\n"
                      f"training: {{epochs: {epochs}, optimizer: {{sgd: {{learning_rate: $rate, momentum: 0.9}}}}, "
                      f"schedule: {{cosine: {{}}}}}}\n"
                      f"parameters: {json.dumps(parameters)}\nsearch: {json.dumps(search)}\nreuse: false\n"
                      f"limits: {{max_attempts: 100}}\n")
        return file

    GRID = {"rate": {"logspace": {"start": -2, "stop": 0, "num": 3}}, "drop": {"linspace": {"start": 0, "stop": 0.4, "num": 3}}}

    def trials(self, workspace, study, database):
        return workspace.json("trials", study, "--db", workspace.path(database), "--limit", "1000")

    def check_sound(self, workspace, database):
        self.assertIn("sound: 1 studies", workspace.run("doctor", "--db", workspace.path(database)))

    def test_what_goes_on_is_straight(self):
        """Also with server and worker killed on the way, and no disk in common."""
        with Workspace() as workspace:
            file = self.study(workspace, "rounds", self.GRID, {"refine": {"rounds": 3, "epochs": [2, 4, 6]}})
            workspace.run("run", file, "--db", workspace.path("calm.db"))
            trials = self.trials(workspace, "rounds", "calm.db")
            grown = [trial for trial in trials if trial["reused_from"] and trial["attempt"] > 0]
            self.assertGreater(len(grown), 6)
            by_number = {f"rounds/{trial['trial']}": trial for trial in trials}
            for trial in trials:
                self.assertEqual(trial["epochs"], 2 * trial["round"])
            for trial in grown:
                self.assertEqual(trial["parameters"], by_number[trial["reused_from"]]["parameters"])
                self.assertLess(by_number[trial["reused_from"]]["epochs"], trial["epochs"])
            self.check_sound(workspace, "calm.db")

            for i, trial in enumerate((grown[0], grown[-1])):
                straight = self.study(workspace, f"straight-{i}", trial["parameters"], {"grid": {}})
                workspace.run("run", straight, "--db", workspace.path("straight.db"))
                curve = workspace.query("straight.db", VALUES.format(f"straight-{i}", 1)).splitlines()
                self.assertEqual(workspace.query("calm.db", VALUES.format("rounds", trial["trial"])).splitlines(),
                                 curve[:trial["epochs"]])

            lives = 1
            server = workspace.server("shaken.db")
            worker = workspace.worker(server.address, environment={"XDG_STATE_HOME": workspace.path("life-1")})
            workspace.run("submit", file, "--server", server.address)
            with workspace.start("watch", "rounds", "--db", workspace.path("shaken.db"), "--json") as watch:
                for events, _ in enumerate(watch.lines(), 1):
                    if lives < 5 and events >= 40 * lives:
                        lives += 1
                        server.kill()
                        worker.kill()
                        server = workspace.server("shaken.db", listen=server.address)
                        worker = workspace.worker(server.address,
                                                  environment={"XDG_STATE_HOME": workspace.path(f"life-{lives}")})
            self.assertEqual(lives, 5)
            worker.stop()
            server.stop()
            self.assertEqual(workspace.query("shaken.db", SAME_RUN), workspace.query("calm.db", SAME_RUN))
            self.check_sound(workspace, "shaken.db")

    def test_a_round_that_gains_too_little_is_the_last(self):
        with Workspace() as workspace:
            file = self.study(workspace, "gains", self.GRID, {"refine": {"rounds": 9, "min_gain": 0.9}}, epochs=2)
            result = workspace.json("run", file, "--db", workspace.path("gains.db"))
            self.assertEqual((result["state"], result["rounds"]), ("COMPLETED", 2))
            self.assertRegex(workspace.query("gains.db", "select reason from study_summary"),
                             r"^round 2 gained \S+, less than refine.min_gain \(0.9\)$")

    def test_a_round_by_hand(self):
        with Workspace() as workspace:
            file = self.study(workspace, "hand", self.GRID, {"grid": {}}, epochs=2)
            database = workspace.path("hand.db")
            workspace.run("run", file, "--db", database)
            result = workspace.json("refine", "hand", "--db", database)
            self.assertEqual((result["state"], result["rounds"]), ("COMPLETED", 2))
            trials = self.trials(workspace, "hand", "hand.db")
            best = min(trials[:9], key=lambda trial: (trial["objective"], trial["trial"]))
            taken = [trial for trial in trials if trial["reused_from"]]
            self.assertEqual(result["trial_counts"], {"COMPLETED": len(trials)})
            self.assertEqual({trial["round"] for trial in trials[9:]}, {2})
            self.assertIn(f"hand/{best['trial']}", {trial["reused_from"] for trial in taken})
            for trial in taken:
                of = trials[int(trial["reused_from"].split("/")[1]) - 1]
                self.assertEqual((trial["parameters"], trial["objective"]), (of["parameters"], of["objective"]))
            # The file is the study's own all the same.
            self.assertEqual(workspace.json("run", file, "--db", database)["rounds"], 2)
            self.assertIn("2 of 2, at most", workspace.run("show", "hand", "--db", database))
            for wrong, why, code in ((("--around", "999"), "has no trial 999", 1),
                                     (("--at", "rate=-1"), "not within its bounds", 2),
                                     (("--at", "rte=0.1"), "did you mean 'rate'?", 2),
                                     (("--at", "rate"), "NAME=VALUE is wanted", 2),
                                     (("--num", "4"), "an odd number", 2)):
                self.assertIn(why, workspace.run("refine", "hand", *wrong, "--db", database, expect=code))
            self.check_sound(workspace, "hand.db")

    def test_a_round_by_hand_survives_its_server(self):
        with Workspace() as workspace:
            file = self.study(workspace, "hand", self.GRID, {"grid": {}}, epochs=2)
            server = workspace.server("hand.db")
            workspace.run("submit", file, "--server", server.address)
            with workspace.worker(server.address) as worker:
                workspace.run("wait", "hand", "--server", server.address)
                worker.stop()
            # With nobody to train it, it stands there when the server is killed.
            self.assertEqual(workspace.run("refine", "hand", "--at", "rate=0.05,drop=0.1", "--num", "7", "--server",
                                           server.address), "hand: RUNNING\n")
            refusal = workspace.run("refine", "hand", "--server", server.address, expect=1)
            self.assertIn("study hand is RUNNING", refusal)
            server.kill()
            server = workspace.server("hand.db", listen=server.address)
            with workspace.worker(server.address) as worker:
                workspace.run("wait", "hand", "--server", server.address)
                worker.stop()
            server.stop()
            trials = self.trials(workspace, "hand", "hand.db")
            boxes = json.loads(workspace.query("hand.db", "select boxes from rounds where number = 2"))
            # The nearest places of the grid.
            self.assertEqual(boxes[0]["centre"], {"rate": 0.1, "drop": 0.2})
            self.assertEqual(boxes[0]["axes"]["rate"]["num"], 7)
            self.assertEqual({trial["state"] for trial in trials}, {"COMPLETED"})
            self.assertEqual(len(trials), 9 + 7 * boxes[0]["axes"]["drop"]["num"])
            self.assertEqual(workspace.query("hand.db", "select by_hand, num from rounds where number = 2"), "1|7\n")
            self.check_sound(workspace, "hand.db")


if __name__ == "__main__":
    unittest.main()
