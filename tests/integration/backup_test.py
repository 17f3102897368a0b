#!/usr/bin/python3
"""`hpsearch backup` of a database that a server is writing: a study goes on from the copy, to the same bits."""
import json
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from service import SAME_RUN, Workspace  # noqa: E402

ACKNOWLEDGED = 40


class Backup(unittest.TestCase):
    def test_a_study_goes_on_from_a_copy_made_in_its_middle(self):
        with Workspace() as workspace:
            file = workspace.study(epochs=12, lease_seconds=2)  # the copy waits for those that are lost
            workspace.run("run", file, "--db", workspace.path("calm.db"), "--workers", "2")
            copy = workspace.path("copy.db")
            with workspace.server("served.db") as server, workspace.worker(server.address) as worker:
                workspace.run("submit", file, "--server", server.address)
                epochs = 0
                with workspace.start("watch", "tiny-mlp", "--db", workspace.path("served.db"), "--json") as watch:
                    for line in watch.lines():
                        epochs += json.loads(line)["event"] == "epoch"
                        if epochs == ACKNOWLEDGED:
                            break
                said = workspace.run("backup", "--db", workspace.path("served.db"), "--out", copy)
                self.assertIn("copy.db: ", said)
                refusal = workspace.run("backup", "--db", workspace.path("served.db"), "--out", copy, expect=2)
                self.assertIn("left as it is", refusal)
                worker.kill()
                server.kill()
            # What was acknowledged before is in it, and it is whole.
            self.assertGreaterEqual(int(workspace.query("copy.db", "select count(*) from epoch_curves")), ACKNOWLEDGED)
            self.assertEqual(workspace.query("copy.db", "select state from study_summary"), "RUNNING\n")
            self.assertEqual(workspace.query("copy.db", "pragma integrity_check; pragma foreign_key_check"), "ok\n")
            workspace.run("run", file, "--db", copy, "--workers", "2")
            self.assertEqual(workspace.query("copy.db", SAME_RUN), workspace.query("calm.db", SAME_RUN))


if __name__ == "__main__":
    unittest.main()
