#!/usr/bin/python3
"""A study whose parameters hang on each other: with one worker, with two, and by way of a server, the same trials under
the same numbers, each distinct point once, and the same bytes."""
import itertools
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from service import SAME_RUN, Workspace  # noqa: E402

STUDY = """
study: conditional
dataset: tiny
seed: 3
model:
  - repeat:
      times: $layers
      layers:
        - dense: {units: $units, activation: relu, max_norm: $max_norm}
        - {switch: $behind, layer: {dense: {units: 6, activation: tanh, max_norm: $bound}}, none: []}
  - dense: {units: 4, activation: softmax}
training:
  epochs: 2
  batch_size: 32
  optimizer:
    switch: $optimizer
    sgd: {sgd: {learning_rate: $sgd_rate, momentum: 0.9}}
    adam: {adam: {learning_rate: 0.01}}
parameters:
  layers: {values: [0, 1, 2]}
  units: {values: [8, 12], per: layers}
  behind: {values: [none, layer]}
  optimizer: {values: [adam, sgd]}
  bound: {values: [2, 4], when: {layers: {min: 2}, optimizer: [sgd]}}
  sgd_rate: {logspace: {start: -2, stop: -1, num: 2}}
  max_norm: {values: [3], when: {layers: 2}}
search:
  refine: {rounds: 2}
"""
RATES = [0.01, 0.1]


def points():
    """By the contract's words: combinations in the order of the file, without what is absent, each once."""
    seen = []
    axes = [[0, 1, 2], [8, 12], [8, 12], ["none", "layer"], ["adam", "sgd"], [2.0, 4.0], RATES, [3.0]]
    for layers, units_1, units_2, behind, optimizer, bound, sgd_rate, max_norm in itertools.product(*axes):
        point = {"layers": layers}
        if layers >= 1:
            point["units_1"] = units_1
        if layers >= 2:
            point["units_2"] = units_2
        if layers >= 1:
            point["behind"] = behind
        point["optimizer"] = optimizer
        if layers >= 2 and optimizer == "sgd" and behind == "layer":
            point["bound"] = bound
        if optimizer == "sgd":
            point["sgd_rate"] = sgd_rate
        if layers == 2:
            point["max_norm"] = max_norm
        if point not in seen:
            seen.append(point)
    return seen


class Conditional(unittest.TestCase):
    def test_the_same_points_and_numbers_for_any_workers(self):
        with Workspace() as workspace:
            file = workspace.path("conditional.yaml")
            with open(file, "w", encoding="utf-8") as out:
                out.write(STUDY)
            check = workspace.json("check", file)
            expected = points()
            self.assertEqual(check["trials"], len(expected))
            for workers in (1, 2):
                workspace.run("run", file, "--db", workspace.path(f"{workers}.db"), "--workers", str(workers))
            with workspace.server("3.db") as server, workspace.worker(server.address) as worker:
                workspace.run("submit", file, "--server", server.address, "--wait")
                worker.stop()
                server.stop()
            for number in (1, 2, 3):
                database = workspace.path(f"{number}.db")
                trials = workspace.json("trials", "conditional", "--db", database, "--limit", "1000")
                first = [trial["parameters"] for trial in trials if trial["round"] == 1]
                self.assertEqual(first, expected)
                self.assertTrue(all(list(a) == list(b) for a, b in zip(first, expected)), "in the file's order")
                self.assertTrue(all(trial["state"] == "COMPLETED" for trial in trials))
                self.assertLessEqual(len(trials), check["max_trials"])
            bytes_of = [workspace.query(f"{number}.db", SAME_RUN) for number in (1, 2, 3)]
            self.assertEqual(bytes_of[0], bytes_of[1])
            self.assertEqual(bytes_of[0], bytes_of[2])


if __name__ == "__main__":
    unittest.main()
