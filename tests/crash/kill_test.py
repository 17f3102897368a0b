#!/usr/bin/python3
"""kill -9 of worker and server in mid-study, again and again: the study completes, each point once, the same bytes."""
import collections
import json
import os
import random
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from service import SAME_RUN, Workspace  # noqa: E402

KILLS = 10
FINAL = {"COMPLETED", "EARLY_STOPPED", "DIVERGED", "FAILED", "CANCELLED"}


class Kill(unittest.TestCase):
    def setUp(self):
        self.draw = random.Random(11)

    def undisturbed(self, workspace, file):
        workspace.run("run", file, "--db", workspace.path("calm.db"), "--workers", "2")
        return workspace.query("calm.db", SAME_RUN)

    def events(self, workspace, database):
        """What the file tells of the study as it goes on, until it has ended."""
        with workspace.start("watch", "tiny-mlp", "--db", workspace.path(database), "--json") as watch:
            for line in watch.lines():
                yield json.loads(line)

    def kill_in_mid_study(self, kill):
        """Runs the study on a server and a worker, calling kill(server, worker) KILLS times while it runs."""
        with Workspace() as workspace:
            file = workspace.study(epochs=12)
            calm = self.undisturbed(workspace, file)
            server = workspace.server("shaken.db")
            workspace.run("submit", file, "--server", server.address)
            worker = workspace.worker(server.address)
            kills, events, wait_for = 0, 0, 3
            ended = collections.Counter()
            for event in self.events(workspace, "shaken.db"):
                events += 1
                if event["event"] == "trial" and event["value"]["state"] in FINAL:
                    ended[event["value"]["trial"]] += 1
                if kills < KILLS and events >= wait_for:
                    server, worker = kill(workspace, server, worker)
                    kills += 1
                    wait_for = events + self.draw.randint(1, 5)
            self.assertEqual(kills, KILLS, "the study ended before it was shaken enough")
            best = workspace.json("best", "tiny-mlp", "--server", server.address)
            self.assertEqual(best["state"], "COMPLETED")
            trials = workspace.json("trials", "tiny-mlp", "--server", server.address, "--limit", "1000")
            self.assertEqual(ended, {trial["trial"]: 1 for trial in trials}, "the watch tells each end once")
            trained = [tuple(t["parameters"].values()) for t in trials if t["reused_from"] is None]
            self.assertEqual(len(trained), len(set(trained)))
            worker.stop()
            server.stop()
            self.assertEqual(workspace.query("shaken.db", SAME_RUN), calm)
            return trials

    def test_worker(self):
        def kill(workspace, server, worker):
            worker.kill()
            return server, workspace.worker(server.address)

        trials = self.kill_in_mid_study(kill)
        self.assertGreater(max(trial["attempt"] for trial in trials), 1, "a trial was leased again")

    def test_server(self):
        def kill(workspace, server, worker):
            address = server.address
            server.kill()
            return workspace.server("shaken.db", listen=address), worker

        self.kill_in_mid_study(kill)


if __name__ == "__main__":
    unittest.main()
