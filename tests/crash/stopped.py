#!/usr/bin/python3
"""Workers that are stopped past their lease and woken: they are told that it is over, write nothing under it, drop the
work, and train on.

stopped.py                a few, for deploy/test
stopped.py --full         300; or --stops N
stopped.py --seed S       the choices of an earlier run
"""
import argparse
import os
import random
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from service import Workspace  # noqa: E402
from shaken_study import PATIENCE, Service, Studies, calm_bytes, write_study  # noqa: E402

WORKERS = ("one", "two", "three", "four")
AT_A_TIME = 3  # one is left to take over
SIZE = {"trials": 60, "epochs": 40}  # long enough for a trial to be in other hands still when a worker wakes
# In the midst of what is dangerous to wake up in: a report, an outcome or a checkpoint is on its way. None: anywhere.
PLACES = (None, "worker.trial.epoch", "worker.trial.saved", "worker.trial.reported", "worker.trial.trained",
          "worker.session.sending", "worker.session.stored", "worker.checkpoint.half", "worker.checkpoint.rotated")


class Stopping:
    def __init__(self, workspace, draw):
        self.draw = draw
        calm = calm_bytes(workspace, write_study(workspace, "tiny", **SIZE), "tiny")
        self.service = Service(workspace, "stopped.db")
        self.studies = Studies(self.service, calm, **SIZE)
        self.stops = 0
        self.begun = 0
        for name in WORKERS:
            self.service.start_worker(name)

    def stop(self, name):
        """The worker stands still, with a lease or about to have one."""
        place = PLACES[self.begun % len(PLACES)]
        self.begun += 1
        worker = self.service.workers[name]
        if place is None:
            self.await_work(name)
            threading.Event().wait(self.draw.uniform(0, 0.05))  # at a random moment, which nothing announces
            worker.child.send_signal(signal.SIGSTOP)
        else:
            worker.kill()
            worker = self.service.start_worker(name, f"{place}:{self.draw.randint(1, 9)}:stop")
        begun = time.monotonic()
        # Of a child that stops no thread can be told but by waiting for it, which the test's end could not break off.
        while not os.waitid(os.P_PID, worker.child.pid, os.WSTOPPED | os.WEXITED | os.WNOHANG | os.WNOWAIT):
            assert time.monotonic() - begun < PATIENCE, f"{place} was never reached"
            self.studies.watch.over.wait(0.01)
            self.studies.go_on()
        assert worker.child.poll() is None, worker.story()
        return worker

    def await_work(self, name):
        """The worker is told of an epoch after this moment, in this study or the next."""
        worker, ledger = self.service.workers[name], self.service.ledger
        begun = time.monotonic()
        while True:
            ledger.heard.discard(worker)
            ledger.wait(lambda: worker in ledger.heard or self.studies.watch.over.is_set(), 1)
            if worker in ledger.heard:
                return
            assert time.monotonic() - begun < PATIENCE, f"it does not train\n{worker.story()}"
            self.studies.go_on()

    def await_another(self, trial, attempt):
        """A later attempt at the trial is told of an epoch."""
        ledger = self.service.ledger
        taken = ledger.wait(lambda: any(at == trial and by > attempt for _, at, by in ledger.tellings), PATIENCE)
        assert taken, f"trial {trial} is given to nobody"

    def round(self, names):
        ledger = self.service.ledger
        self.studies.go_on()
        stopped, since = {}, {}
        for name in names:
            stopped[name] = self.stop(name)
            since[name] = (self.studies.count, len(ledger.lost))
        study = self.studies.count

        def leases():
            """Those of this study that were lost since their worker stood still."""
            return [lease for at, lease in enumerate(ledger.lost)
                    if lease[0] in names and since[lease[0]] <= (study, at)]

        # The server gives up each, and another worker is told of epochs of the trial.
        ledger.wait(lambda: len({lease[0] for lease in leases()}) == len(names) or self.studies.watch.over.is_set(), 5)
        lost = leases()
        for _, trial, attempt in lost:
            self.await_another(trial, attempt)
        ledger.look()
        for worker in stopped.values():
            worker.child.send_signal(signal.SIGCONT)
        for name, trial, attempt in lost:
            worker = stopped[name]
            assert ledger.wait(lambda: (worker, trial, attempt) in ledger.revoked, PATIENCE), worker.story()
        assert study == self.studies.count
        for name in names:
            self.await_work(name)
        ledger.look()
        self.stops += len(lost)


def main():
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--full", action="store_true")
    flags.add_argument("--stops", type=int)
    flags.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2 ** 32))
    asked = flags.parse_args()
    wanted = asked.stops or (300 if asked.full else 6)
    print(f"seed {asked.seed}", flush=True)
    begun = time.monotonic()
    with Workspace() as workspace:
        stopping = Stopping(workspace, random.Random(asked.seed))
        while stopping.stops < wanted:
            stopping.round(stopping.draw.sample(WORKERS, AT_A_TIME))
            print(f"{stopping.stops} workers stopped past their lease and woken; {time.monotonic() - begun:.0f} s",
                  flush=True)
        stopping.studies.conclude()
        stopping.service.stop()  # none has crashed
    print("0 stale writes, 0 crashes, the same bytes")


if __name__ == "__main__":
    main()
