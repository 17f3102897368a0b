#!/usr/bin/python3
"""Studies whose trials race, under kill -9 of server and two workers: what is stored of each trial are the straight
curve's bits up to the rung that it came to, and no acknowledged epoch is lost or trained again.

races.py                  asha alone, with 4 kills, for deploy/test
races.py --full           each race 5 times, with 25 kills; or --times N
races.py --seed S         the moments of an earlier run
"""
import argparse
import os
import random
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from service import FIRST_ROUND, Workspace  # noqa: E402
from shaken_file import Shaken  # noqa: E402
from shaken_study import bytes_of  # noqa: E402

RUNGS = (1, 3, 9)


def study(workspace, race):
    file = workspace.study(name="race", epochs=RUNGS[-1], rounds=1, lease_seconds=1)
    if race:
        with open(file, "a", encoding="utf-8") as out:
            out.write(f"stopping: [{race}]\n")
    return file


def undisturbed(race):
    with Workspace() as workspace:
        workspace.run("run", study(workspace, race), "--db", workspace.path("calm.db"), "--workers", "2")
        return bytes_of(workspace, "calm.db", "race")


def by_trial(curves):
    found = {}
    for line in curves.splitlines():
        found.setdefault(int(line.split("|")[1]), []).append(line)
    return found


def check(trials, curves, straight):
    assert [trial["trial"] for trial in trials] == list(range(1, FIRST_ROUND + 1)), trials
    stored, whole = by_trial(curves), by_trial(straight)
    for trial in trials:
        number, epochs = trial["trial"], trial["epochs"]
        assert epochs in RUNGS, trial
        assert stored[number] == whole[number][:epochs], f"{trial}\n{stored[number]}\n{whole[number]}"
        assert trial["state"] == ("COMPLETED" if epochs == RUNGS[-1] else "EARLY_STOPPED"), trial
    assert {trial["epochs"] for trial in trials} == set(RUNGS), "none went on"


def main():
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--full", action="store_true")
    flags.add_argument("--times", type=int)
    flags.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2 ** 32))
    asked = flags.parse_args()
    print(f"seed {asked.seed}", flush=True)
    draw, begun, kills = random.Random(asked.seed), time.monotonic(), 0
    straight = undisturbed(None)
    for race in ("asha", "successive_halving", "hyperband") if asked.full else ("asha",):
        # Who goes on in asha depends on who comes first.
        calm = None if race == "asha" else undisturbed(race)
        for _ in range(asked.times or (5 if asked.full else 1)):
            with Workspace() as workspace:
                shaken = Shaken(workspace, "race", 2, draw, 25 if asked.full else 4)
                trials, curves = shaken.run(study(workspace, race), apart=4)
            check(trials, curves, straight)
            assert calm in (None, curves), "the bytes are others"
            assert shaken.kills > 0, "the study ended before it was shaken"
            kills += shaken.kills
            print(f"{race}: {kills} kills: no epoch lost, none twice, the straight curves' bits; "
                  f"{time.monotonic() - begun:.0f} s", flush=True)


if __name__ == "__main__":
    main()
