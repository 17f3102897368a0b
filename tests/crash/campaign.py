#!/usr/bin/python3
"""kill -9 of workers and server at random moments, over studies of about 200 cheap trials.

campaign.py               20 kills, for deploy/test
campaign.py --full        1,000 kills; or --kills N
campaign.py --seed S      the choices of victims and moments of an earlier run; where the processes are by then, the
                          machine decides
"""
import argparse
import os
import random
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from service import Workspace  # noqa: E402
from shaken_study import PATIENCE, Service, calm_bytes, died, write_study  # noqa: E402

KILLS_OF_A_STUDY = 25
WORKERS = ("one", "two")


class Shaking:
    def __init__(self, workspace, draw):
        self.draw = draw
        self.service = Service(workspace, "shaken.db")
        self.watch = None
        self.survived = dict.fromkeys(WORKERS, 0)  # servers

    def await_moment(self):
        """Some acknowledgements on, and then at a random moment that nothing in the processes announces: a delay is
        what is wanted here, not a wait for something. False: the study has ended."""
        ledger, more = self.service.ledger, self.draw.randint(0, 6)
        wanted = len(ledger.tellings) + more
        ledger.wait(lambda: len(ledger.tellings) >= wanted or self.watch.over.is_set(), PATIENCE)
        return not self.watch.over.wait(self.draw.uniform(0, 0.05))

    def kill_server(self):
        service = self.service
        service.server.kill()
        service.ledger.look()
        if self.draw.random() < 0.3:  # again, as it starts
            service.start_server(failpoint=f"server.apply.study:{10 ** 9}")  # never reached: doomed, not awaited
            self.watch.over.wait(self.draw.uniform(0, 0.06))
            service.server.kill()
        service.start_server()

    def kill_worker(self, name):
        self.service.workers[name].kill()
        self.service.start_worker(name)
        self.service.ledger.look()
        self.survived[name] = 0

    def kill_one(self):
        victims = self.draw.choices(["server", "one", "two", "all"], [4, 3, 3, 1])[0]
        if victims in WORKERS:
            return self.kill_worker(victims)
        if victims == "all":
            for name in WORKERS:
                self.service.workers[name].kill()
        self.kill_server()
        for name in WORKERS:
            self.survived[name] += 1
            # Who lives through server after server takes its time to come back: it is another one's turn.
            if victims == "all" or self.survived[name] > 1:
                self.kill_worker(name)

    def run(self, calm, most):
        """One study, with so many kills at most; how many there were."""
        before = len(self.service.workspace.processes)
        self.watch = self.service.submit("tiny")
        for name in WORKERS:
            self.service.start_worker(name)
        kills = lambda: sum(p.child.returncode == -9 for p in self.service.workspace.processes[before:])  # noqa: E731
        while kills() < most and self.await_moment():
            self.kill_one()
        self.service.check(self.watch, "tiny", calm)
        self.service.stop()
        return kills()


def main():
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--full", action="store_true")
    flags.add_argument("--kills", type=int)
    flags.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2 ** 32))
    asked = flags.parse_args()
    wanted = asked.kills or (1000 if asked.full else 20)
    print(f"seed {asked.seed}", flush=True)
    draw = random.Random(asked.seed)
    begun, kills, studies, epochs = time.monotonic(), 0, 0, 0
    with Workspace() as workspace:
        calm = calm_bytes(workspace, write_study(workspace, "tiny"), "tiny")
    while kills < wanted:
        with Workspace() as workspace:
            shaking = Shaking(workspace, draw)
            of_this = shaking.run(calm, min(KILLS_OF_A_STUDY, wanted - kills))
            assert of_this > 0, "the study ended before it was shaken"
            kills, studies, epochs = kills + of_this, studies + 1, epochs + sum(shaking.service.ledger.told.values())
        print(f"{kills} kills in {studies} studies, {epochs} acknowledged epochs: none lost, none twice, the same "
              f"bytes; {time.monotonic() - begun:.0f} s", flush=True)


if __name__ == "__main__":
    main()
