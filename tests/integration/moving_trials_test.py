#!/usr/bin/python3
"""Trials move by checkpoint between two machines that share no disk, and come to the bits of a run that never moved.

A machine is a folder for data and one for checkpoints. Its worker is ended by SIGTERM in mid-trial, again and again,
and the trials go on with the other machine's. `--full`: 200 trials, each of which is moved.
"""
import json
import os
import re
import shutil
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from service import SAME_RUN, Workspace  # noqa: E402

FULL = "--full" in sys.argv
TRIALS, SLOTS = (200, 8) if FULL else (4, 2)
EPOCHS, EACH = 24, 5  # in all; and of each slot between two SIGTERMs

# An epoch takes some tens of milliseconds: far more than a signal takes to arrive.
STUDY = f"""
study: moving
dataset: tiny
seed: 5
model:
  - dropout: {{rate: 0.1}}
  - dense: {{units: 64, activation: relu}}
  - batch_normalization
  - dense: {{units: 4, activation: softmax}}
training:
  epochs: {EPOCHS}
  batch_size: 2
  optimizer: {{adam: {{learning_rate: $learning_rate}}}}
parameters:
  learning_rate: {{logspace: {{start: -4, stop: -2, num: {TRIALS}}}}}
limits: {{max_parallel_trials: {SLOTS}}}
"""
MOVED = re.compile(r"moving/(\d+) goes on behind epoch (\d+), from the coordinator's checkpoint")


class Machine:
    """What a worker's computer has of its own."""

    def __init__(self, workspace, name):
        self.workspace, self.name, self.lives = workspace, name, 0
        self.environment = {"HPSEARCH_DATA": workspace.path(f"{name}/data"),
                            "XDG_STATE_HOME": workspace.path(f"{name}/state"), "HPSEARCH_LOG": "info"}
        shutil.copytree(workspace.path("data"), self.environment["HPSEARCH_DATA"])

    def worker(self, address):
        self.lives += 1
        return self.workspace.worker(address, f"{self.name}-{self.lives}", SLOTS, environment=self.environment)


class MovingTrials(unittest.TestCase):
    def test_moved_trials_come_to_the_same_bits(self):
        with Workspace() as workspace:
            file = workspace.path("moving.yaml")
            with open(file, "w", encoding="utf-8") as study:
                study.write(STUDY)
            workspace.run("run", file, "--db", workspace.path("calm.db"))
            server = workspace.server("shaken.db")
            workspace.run("submit", file, "--server", server.address)
            moves = self.shake(workspace, server)
            workspace.run("wait", "moving", "--server", server.address)
            server.stop()
            self.assertEqual(workspace.query("shaken.db", SAME_RUN), workspace.query("calm.db", SAME_RUN))
            self.assertEqual(workspace.query("shaken.db", "select count(*) from trial_results where state = 'COMPLETED'"),
                             f"{TRIALS}\n")
            # Nobody has use for one any more.
            self.assertEqual(os.listdir(workspace.path("shaken.db.checkpoints/travelling")), [])
            self.assertEqual(set(moves), set(range(1, TRIALS + 1)), "not every trial was moved")
            if FULL:
                print(f"{TRIALS} trials, {sum(map(len, moves.values()))} moves, at least "
                      f"{min(map(len, moves.values()))} of each", file=sys.stderr)

    def shake(self, workspace, server):
        """Until the study's end. The epochs behind which each trial went on elsewhere."""
        machines = [Machine(workspace, "north"), Machine(workspace, "south")]
        working = machines[0].worker(server.address)
        workers = [working]
        known = {}  # of each trial, the epochs that were stored when the worker took over
        with workspace.start("watch", "moving", "--server", server.address, "--json") as watch:
            epochs = 0
            for line in watch.lines():
                event = json.loads(line)
                value = event["value"]
                epochs += event["event"] == "epoch" and value["epoch"] > known.get(value["trial"], 0)
                if epochs < EACH * SLOTS:
                    continue
                epochs = 0
                machines.reverse()
                other = machines[0].worker(server.address)  # it waits: so many trials run side by side
                working.stop()
                working = other
                workers.append(working)
                stored = workspace.query("shaken.db", "select trial, epochs from trial_results").split()
                known = {int(trial): int(count) for trial, count in (row.split("|") for row in stored)}
        working.stop()
        moves = {}
        for worker in workers:
            for trial, epoch in MOVED.findall("".join(worker.log)):
                moves.setdefault(int(trial), []).append(int(epoch))
        for epochs in moves.values():
            self.assertEqual(epochs, sorted(epochs))
        return moves


if __name__ == "__main__":
    unittest.main(argv=[argument for argument in sys.argv if argument != "--full"])
