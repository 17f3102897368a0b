#!/usr/bin/python3
"""Workers and a client behind a proxy that delays, cuts, spoils and repeats their connections: the same bytes.

proxied.py                each kind of fault twice, for deploy/test
proxied.py --full         300 faults; or --faults N
proxied.py --seed S       the choices of an earlier run
"""
import argparse
import os
import random
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from proxy import Proxy  # noqa: E402
from service import Workspace  # noqa: E402
from shaken_study import Service, Studies, Watch, calm_bytes, write_study  # noqa: E402

WORKERS = ("one", "two", "three")
WITHIN = 60  # seconds, for a fault to come about
LEASE_SECONDS = 2


class Disturbing:
    def __init__(self, workspace, proxy, service, draw):
        self.workspace, self.proxy, self.service, self.draw = workspace, proxy, service, draw
        calm = calm_bytes(workspace, write_study(workspace, "tiny"), "tiny")
        self.studies = Studies(service, calm, self.calm_down)
        self.far = None  # a watch through the proxy
        for name in WORKERS:
            service.start_worker(name)

    def calm_down(self):
        self.proxy.slow(0)
        if self.far:
            self.far.await_end()
            self.far = None

    def go_on(self):
        self.studies.go_on()
        if not self.far:
            self.far = Watch(self.workspace, self.studies.name, "--server", self.proxy.address)

    def fault(self, kind):
        """Some acknowledgements on; returns when it has come about."""
        self.go_on()
        ledger = self.service.ledger
        wanted = len(ledger.tellings) + self.draw.randint(0, 20)
        ledger.wait(lambda: len(ledger.tellings) >= wanted or self.studies.watch.over.is_set(), 5)
        done, begun = self.proxy.done[kind], time.monotonic()
        while self.proxy.done[kind] == done:
            assert time.monotonic() - begun < WITHIN, f"{kind} does not come about"
            self.go_on()
            if kind == "delay":
                self.proxy.slow(self.draw.choice([0, 0.002, 0.02]))
            elif kind == "partition":  # sometimes longer than a lease
                self.proxy.partition(self.draw.choice([0.2, 1, LEASE_SECONDS + 1]))
            elif alive := self.proxy.alive():
                getattr(self.proxy, kind)(self.draw.choice(alive))
                self.studies.watch.over.wait(0.2)  # a cut waits for what comes next through the connection
            ledger.look()


def main():
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--full", action="store_true")
    flags.add_argument("--faults", type=int)
    flags.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2 ** 32))
    asked = flags.parse_args()
    wanted = asked.faults or (300 if asked.full else 2 * len(Proxy.KINDS))
    print(f"seed {asked.seed}", flush=True)
    begun, draw = time.monotonic(), random.Random(asked.seed)
    with Workspace() as workspace:
        service = Service(workspace, "proxied.db", LEASE_SECONDS)
        with Proxy(service.address, asked.seed) as proxy:
            service.worker_address = proxy.address
            disturbing = Disturbing(workspace, proxy, service, draw)
            for number in range(wanted):
                disturbing.fault(Proxy.KINDS[number % len(Proxy.KINDS)])
                if (number + 1) % 10 == 0:
                    print(f"{proxy.done}, {disturbing.studies.count} studies; {time.monotonic() - begun:.0f} s", flush=True)
            disturbing.studies.conclude()
            service.stop()
    print("nothing lost, nothing wrong stored, the same bytes")


if __name__ == "__main__":
    main()
