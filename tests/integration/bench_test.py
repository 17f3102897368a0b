#!/usr/bin/python3
"""`hpsearch bench coordinator`: what it says is a number of each kind, and what it did stands in the file."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from service import Workspace  # noqa: E402

COUNTS = "select study, state, count(*), sum(epochs) from trial_results group by 1, 2 order by 1, 2"


class BenchCoordinator(unittest.TestCase):
    def test_every_trial_is_stored_beside_those_that_were_there(self):
        with Workspace() as workspace:
            said = workspace.json("bench", "coordinator", "--workers", "3", "--trials", "40", "--epochs", "120",
                                  "--preload", "30", "--db", workspace.path("bench.db"))
            self.assertEqual(workspace.query("bench.db", COUNTS), "bench|COMPLETED|40|4800\npreloaded|COMPLETED|30|300\n")
            self.assertEqual(workspace.query("bench.db", "select count(*) from epoch_curves"), "5100\n")
            self.assertEqual(workspace.query("bench.db", "select state from study_summary"), "COMPLETED\nCOMPLETED\n")
            for name in ("trials_per_second", "reports_per_second", "lease_p50_ms", "ack_p99_ms", "sqlite_rows_per_second"):
                self.assertGreater(said[name], 0, name)
            self.assertGreaterEqual(said["lease_p99_ms"], said["lease_p50_ms"])
            self.assertAlmostEqual(said["reports_per_second"] / said["trials_per_second"], 120)
            # Nothing but the file that was asked for stays.
            self.assertEqual([name for name in os.listdir(workspace.folder) if "rows" in name], [])
            refusal = workspace.run("bench", "coordinator", "--trials", "1", "--preload", "1", "--db",
                                    workspace.path("bench.db"), expect=2)
            self.assertIn("has studies already", refusal)


if __name__ == "__main__":
    unittest.main()
