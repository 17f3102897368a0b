#!/usr/bin/python3
"""Stopping rules through real processes: which epochs stand depends on curves alone, and what stands are straight
curves' bits."""
import json
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from service import FIRST_ROUND, SAME_RUN, Workspace  # noqa: E402

EPOCHS = 12


def patient(errors, patience):
    """Epochs that stand of a straight curve: keras.callbacks.EarlyStopping(patience=patience)."""
    best, wait = float("inf"), 0
    for epoch, error in enumerate(errors, 1):
        wait = 0 if error < best else wait + 1
        best = min(best, error)
        if wait >= patience:
            return epoch
    return len(errors)


class Stopping(unittest.TestCase):
    def study(self, workspace, stopping, epochs=EPOCHS, name="tiny-mlp"):
        file = workspace.study(name=name, epochs=epochs, rounds=1)
        if stopping:
            with open(file, "a", encoding="utf-8") as out:
                out.write(f"stopping: {json.dumps(stopping)}\n")
        return file

    def curves(self, workspace, database):
        """Of each trial its epochs as the contract's query has them."""
        curves = {}
        for line in workspace.query(database, SAME_RUN).splitlines():
            curves.setdefault(int(line.split("|")[1]), []).append(line)
        return curves

    def test_patience_is_the_same_for_any_number_of_workers(self):
        with Workspace() as workspace:
            workspace.run("run", self.study(workspace, None), "--db", workspace.path("straight.db"), "--workers", "2")
            file = self.study(workspace, [{"patience": 2}])
            for workers in (1, 2):
                workspace.run("run", file, "--db", workspace.path(f"{workers}.db"), "--workers", str(workers))
            with workspace.server("3.db") as server, workspace.worker(server.address) as worker:
                workspace.run("submit", file, "--server", server.address, "--wait")
                worker.stop()
                server.stop()
            bytes_of = [workspace.query(f"{n}.db", SAME_RUN) for n in (1, 2, 3)]
            self.assertEqual(bytes_of[0], bytes_of[1])
            self.assertEqual(bytes_of[0], bytes_of[2])

            straight, stopped = (self.curves(workspace, name) for name in ("straight.db", "1.db"))
            trials = workspace.json("trials", "tiny-mlp", "--db", workspace.path("1.db"), "--limit", "100")
            self.assertEqual(len(trials), FIRST_ROUND)
            early = 0
            for trial in trials:
                whole = straight[trial["trial"]]
                errors = [float(line.split("|")[-1]) for line in whole]
                stands = patient(errors, 2)
                self.assertEqual(stopped[trial["trial"]], whole[:stands])
                self.assertEqual(trial["epochs"], stands)
                self.assertEqual(trial["objective"], min(errors[:stands]))
                self.assertEqual(trial["state"], "EARLY_STOPPED" if stands < EPOCHS else "COMPLETED")
                if stands < EPOCHS:
                    self.assertIn("patience: validation_error has not improved for 2 epochs", trial["reason"])
                    early += 1
            self.assertGreater(early, 2)
            self.assertLess(early, FIRST_ROUND)
            self.assertIn("sound: 1 studies", workspace.run("doctor", "--db", workspace.path("2.db")))

    def check_race(self, workspace, database, straight, rungs):
        """Each trial stopped at a rung, with the straight run's bits, and went on there from its checkpoint."""
        stopped = self.curves(workspace, database)
        trials = workspace.json("trials", "tiny-mlp", "--db", workspace.path(database), "--limit", "100")
        self.assertEqual(len(trials), FIRST_ROUND)
        for trial in trials:
            epochs = trial["epochs"]
            self.assertIn(epochs, rungs)
            self.assertEqual(stopped[trial["trial"]], straight[trial["trial"]][:epochs])
            if trial["state"] == "EARLY_STOPPED":
                self.assertRegex(trial["reason"], r": (not among the best \d+|\d+) of \d+ .*at \d+ epochs")
            else:
                self.assertEqual((trial["state"], epochs), ("COMPLETED", rungs[-1]))
        done = [trial["epochs"] for trial in trials]
        self.assertEqual({epochs for epochs in done}, set(rungs))
        self.assertIn("sound: 1 studies", workspace.run("doctor", "--db", workspace.path(database)))
        return sum(done)

    def test_asha_with_one_worker_is_the_same_again(self):
        with Workspace() as workspace:
            workspace.run("run", self.study(workspace, None, epochs=9), "--db", workspace.path("straight.db"))
            straight = self.curves(workspace, "straight.db")
            file = self.study(workspace, ["asha"], epochs=9)
            workspace.environment["HPSEARCH_LOG"] = "info"
            for name in ("one.db", "again.db"):
                said = workspace.run_any("run", file, "--db", workspace.path(name), "--workers", "1")
                self.assertEqual(said.returncode, 0, said.stderr)
                self.assertIn("goes on behind epoch 3", said.stderr, "from its checkpoint")
            self.assertEqual(workspace.query("one.db", SAME_RUN), workspace.query("again.db", SAME_RUN))
            spent = self.check_race(workspace, "one.db", straight, (1, 3, 9))
            self.assertLess(spent, FIRST_ROUND * 9 / 2)
            # With two it is another race over the same curves.
            workspace.run("run", file, "--db", workspace.path("two.db"), "--workers", "2")
            self.check_race(workspace, "two.db", straight, (1, 3, 9))

    def test_races_that_wait_are_the_same_for_any_number_of_workers(self):
        """Also where a trial goes on in another worker than the one that paused it, with no disk in common."""
        with Workspace() as workspace:
            workspace.run("run", self.study(workspace, None, epochs=8), "--db", workspace.path("straight.db"))
            straight = self.curves(workspace, "straight.db")
            for race in ("successive_halving", "hyperband"):
                file = self.study(workspace, [{race: {"reduction_factor": 2}}], epochs=8)
                for workers in (1, 2):
                    workspace.run("run", file, "--db", workspace.path(f"{race}-{workers}.db"), "--workers", str(workers))
                with workspace.server(f"{race}-3.db") as server:
                    pair = [workspace.worker(server.address, name=name, slots=1,
                                             environment={"XDG_STATE_HOME": workspace.path(name),
                                                          "HPSEARCH_LOG": "info"}) for name in ("a", "b")]
                    workspace.run("submit", file, "--server", server.address, "--wait")
                    for worker in pair:
                        worker.stop()
                    server.stop()
                self.assertIn("goes on behind epoch", "".join(pair[0].log))
                self.assertIn("from the coordinator's checkpoint", "".join(pair[0].log + pair[1].log))
                bytes_of = [workspace.query(f"{race}-{n}.db", SAME_RUN) for n in (1, 2, 3)]
                self.assertEqual(bytes_of[0], bytes_of[1])
                self.assertEqual(bytes_of[0], bytes_of[2])
                self.check_race(workspace, f"{race}-3.db", straight, (1, 2, 4, 8))

    def test_a_killed_server_knows_who_waits_where(self):
        with Workspace() as workspace:
            file = self.study(workspace, [{"hyperband": {"min_epochs": 9}}], epochs=81)
            workspace.run("run", file, "--db", workspace.path("calm.db"))
            server = workspace.server("shaken.db")
            worker = workspace.worker(server.address)
            workspace.run("submit", file, "--server", server.address)
            kills = 0
            with workspace.start("watch", "tiny-mlp", "--db", workspace.path("shaken.db"), "--json") as watch:
                for events, _ in enumerate(watch.lines(), 1):
                    if kills < 5 and events >= 60 * (kills + 1):
                        server.kill()
                        server = workspace.server("shaken.db", listen=server.address)
                        kills += 1
            self.assertEqual(kills, 5)
            worker.stop()
            server.stop()
            self.assertEqual(workspace.query("shaken.db", SAME_RUN), workspace.query("calm.db", SAME_RUN))


if __name__ == "__main__":
    unittest.main()
