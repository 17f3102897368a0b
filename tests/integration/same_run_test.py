#!/usr/bin/python3
"""One study, the same bytes: with one worker, with two, and as three processes over a socket."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from service import FIRST_ROUND, SAME_RUN, Workspace  # noqa: E402


class SameRun(unittest.TestCase):
    def test_one_worker_two_workers_three_processes(self):
        with Workspace() as workspace:
            file = workspace.study()
            for workers in (1, 2):
                workspace.run("run", file, "--db", workspace.path(f"{workers}.db"), "--workers", str(workers))
            with workspace.server("3.db") as server, workspace.worker(server.address) as worker:
                self.assertEqual(workspace.run("submit", file, "--server", server.address, "--wait").strip(), "tiny-mlp")
                best = workspace.json("best", "tiny-mlp", "--server", server.address)
                self.assertEqual(best["state"], "COMPLETED")
                self.assertEqual(best["rounds"], 2)
                # What the server says and what the file says are the same.
                self.assertEqual(best, {**workspace.json("best", "tiny-mlp", "--db", workspace.path("3.db")),
                                        "seconds": best["seconds"]})
                trials = workspace.json("trials", "tiny-mlp", "--server", server.address, "--limit", "1000")
                curve = workspace.json("curve", "tiny-mlp/best", "--server", server.address)
                self.assertEqual(min(epoch["validation_error"] for epoch in curve), best["best"]["objective"])
                worker.stop()
                server.stop()

            bytes_of = [workspace.query(f"{n}.db", SAME_RUN) for n in (1, 2, 3)]
            self.assertEqual(bytes_of[0], bytes_of[1])
            self.assertEqual(bytes_of[0], bytes_of[2])
            self.assertEqual(len(bytes_of[0].splitlines()), 4 * len(trials))
            self.check_each_point_once(trials)

    def check_each_point_once(self, trials):
        self.assertEqual([trial["trial"] for trial in trials], list(range(1, len(trials) + 1)))
        self.assertEqual(sum(trial["round"] == 1 for trial in trials), FIRST_ROUND)
        trained = [tuple(trial["parameters"].values()) for trial in trials if trial["reused_from"] is None]
        self.assertEqual(len(trained), len(set(trained)), "a point was trained twice")
        by_number = {trial["trial"]: trial for trial in trials}
        reused = [trial for trial in trials if trial["reused_from"]]
        self.assertGreater(len(reused), 0, "the fine grid meets the coarse one")
        for trial in reused:
            study, number = trial["reused_from"].split("/")
            first = by_number[int(number)]
            self.assertEqual(study, "tiny-mlp")
            self.assertEqual(first["parameters"], trial["parameters"])
            self.assertEqual(first["objective"], trial["objective"])
            self.assertIsNone(first["reused_from"])

    def test_run_again_goes_on_and_another_study_is_refused(self):
        with Workspace() as workspace:
            file = workspace.study(rounds=1)
            database = workspace.path("again.db")
            workspace.run("run", file, "--db", database)
            first = workspace.query("again.db", SAME_RUN)
            workspace.run("run", file, "--db", database)
            self.assertEqual(workspace.query("again.db", SAME_RUN), first)
            refusal = workspace.run("run", file, "--db", database, "--set", "seed=4", expect=2)
            self.assertIn("--name", refusal)
            workspace.run("run", file, "--db", database, "--set", "seed=4", "--name", "other")
            self.assertNotEqual(workspace.query("again.db", SAME_RUN), first)

    def test_a_second_server_on_the_file_is_refused(self):
        with Workspace() as workspace, workspace.server("one.db") as server:
            refusal = workspace.run("server", "--db", workspace.path("one.db"), "--listen", "127.0.0.1:0", expect=1)
            self.assertIn(str(server.child.pid), refusal)
            self.assertEqual(workspace.json("list", "--server", server.address), [])


if __name__ == "__main__":
    unittest.main()
