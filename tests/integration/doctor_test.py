#!/usr/bin/python3
"""`hpsearch doctor`: a study as a server leaves it is sound, while it runs and behind it; a flipped value is named."""
import json
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from service import Workspace  # noqa: E402


class Doctor(unittest.TestCase):
    def test_finds_nothing_in_a_running_study_and_what_was_changed_behind_it(self):
        with Workspace() as workspace:
            file, database = workspace.study(epochs=6), workspace.path("studies.db")
            with workspace.server("studies.db") as server, workspace.worker(server.address):
                workspace.run("submit", file, "--server", server.address)
                with workspace.start("watch", "tiny-mlp", "--db", database, "--json") as watch:
                    for count, line in enumerate(watch.lines()):
                        if json.loads(line)["event"] == "epoch" and count % 20 == 0:
                            self.assertIn("sound: 1 studies", workspace.run("doctor", "--db", database))
                workspace.run("wait", "tiny-mlp", "--db", database)
            found = json.loads(workspace.run("doctor", "--db", database, "--json"))
            self.assertTrue(found["sound"])
            self.assertEqual(found["epochs"], int(workspace.query("studies.db", "select count(*) from epoch_curves")))

            workspace.write("studies.db",
                            "update epochs set train_loss = train_loss + 1e-9 where trial = 2 and epoch = 3")
            said = workspace.run_any("doctor", "--db", database)
            self.assertEqual(said.returncode, 1)
            self.assertIn("tiny-mlp/2, epoch 3: its values are not those of its checksum", said.stdout)
            found = json.loads(workspace.run_any("doctor", "--db", database, "--json").stdout)
            self.assertEqual(found["findings"], [{"study": "tiny-mlp", "trial": 2, "epoch": 3,
                                                  "what": "its values are not those of its checksum"}])
            self.assertEqual((found["sound"], found["more"]), (False, 0))

            with open(workspace.path("notes.txt"), "w", encoding="utf-8") as notes:
                notes.write("not a database\n")
            self.assertIn("not a hpsearch database",
                          workspace.run("doctor", "--db", workspace.path("notes.txt"), expect=1))


if __name__ == "__main__":
    unittest.main()
