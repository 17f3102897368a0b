#!/usr/bin/python3
"""Random conditional grids under kill -9 of server and workers, by one worker and by two: each point is run once and
no other, and the numbers, points and bytes are the same.

grids.py                  2 grids, for deploy/test
grids.py --full           20; or --grids N
grids.py --seed S         those of an earlier run
"""
import argparse
import json
import os
import random
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from random_grid import Grid  # noqa: E402
from service import Workspace  # noqa: E402
from shaken_file import Shaken  # noqa: E402


def check(grid, trials):
    """Each point once and no other, by the number of its place in the grid."""
    assert [trial["trial"] for trial in trials] == list(range(1, len(grid.points) + 1)), trials
    assert all(trial["reused_from"] is None and trial["round"] == 1 for trial in trials), trials
    assert {trial["state"] for trial in trials} <= {"COMPLETED", "DIVERGED"}, trials
    found = [trial["parameters"] for trial in trials]
    if grid.spread:  # an order of its own
        found, expected = (sorted(points, key=json.dumps) for points in (found, grid.points))
    else:
        expected = grid.points
    assert [list(point.items()) for point in found] == [list(point.items()) for point in expected], \
        f"{grid.text}\n{found}\n{expected}"


def main():
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--full", action="store_true")
    flags.add_argument("--grids", type=int)
    flags.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2 ** 32))
    asked = flags.parse_args()
    wanted, kills_each = asked.grids or (20 if asked.full else 2), 5 if asked.full else 2
    print(f"seed {asked.seed}", flush=True)
    begun, kills, points = time.monotonic(), 0, 0
    for number in range(1, wanted + 1):
        draw = random.Random(f"{asked.seed} {number}")
        grid = Grid(draw, f"grid-{number}")
        ends = []
        for workers in (1, 2):
            with Workspace() as workspace:  # of its own: no checkpoint of the other's helps it
                file = workspace.path("grid.yaml")
                with open(file, "w", encoding="utf-8") as out:
                    out.write(grid.text)
                assert workspace.json("check", file)["trials"] == len(grid.points), grid.text
                shaken = Shaken(workspace, f"grid-{number}", workers, draw, kills_each)
                trials, curves = shaken.run(file)
            check(grid, trials)
            ends.append(([(trial["trial"], trial["round"], trial["parameters"]) for trial in trials], curves))
            kills += shaken.kills
        assert ends[0] == ends[1], f"{grid.text}\n{ends}"
        points += len(grid.points)
        print(f"{number} grids, {points} points, {kills} kills: each point once, the same for 1 and 2 workers; "
              f"{time.monotonic() - begun:.0f} s", flush=True)
    assert kills > 0, "the studies ended before they were shaken"


if __name__ == "__main__":
    main()
