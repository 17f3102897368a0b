#!/usr/bin/python3
"""Workers behind a proxy that delays, cuts, spoils and repeats their connections, and a watch behind another: the same
bytes, and each end told once.

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
from shaken_study import PATIENCE, Service, Studies, Watch, calm_bytes, write_study  # noqa: E402

WORKERS = ("one", "two", "three")
LEASE_SECONDS = 2


class Disturbing:
    def __init__(self, workspace, near, far, service, draw):
        self.workspace, self.proxies, self.far, self.service, self.draw = workspace, (near, far), far, service, draw
        calm = calm_bytes(workspace, write_study(workspace, "tiny"), "tiny")
        self.studies = Studies(service, calm, self.calm_down)
        self.watch = None  # through the far proxy
        for name in WORKERS:
            service.start_worker(name)

    def calm_down(self):
        for proxy in self.proxies:
            proxy.slow(0)
        if self.watch:
            self.watch.await_end()
            self.watch = None

    def go_on(self):
        self.studies.go_on()
        if not self.watch:
            self.watch = Watch(self.workspace, self.studies.name, "--server", self.far.address)
            assert self.watch.begun.wait(PATIENCE), "it tells nothing"

    def fault(self, kind, proxy):
        """Some acknowledgements on; returns when it has come about."""
        self.go_on()
        ledger = self.service.ledger
        wanted = len(ledger.tellings) + self.draw.randint(0, 20)
        ledger.wait(lambda: len(ledger.tellings) >= wanted or self.studies.watch.over.is_set(), 5)
        done, begun = proxy.done[kind], time.monotonic()
        while proxy.done[kind] == done:
            assert time.monotonic() - begun < PATIENCE, f"{kind} does not come about"
            self.go_on()
            if kind == "delay":
                proxy.slow(self.draw.choice([0, 0.002, 0.02]))
            elif kind == "partition":  # sometimes longer than a lease
                proxy.partition(self.draw.choice([0.2, 1, LEASE_SECONDS + 1]))
            elif alive := proxy.alive():
                getattr(proxy, kind)(self.draw.choice(alive))
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
        with Proxy(service.address, asked.seed) as near, Proxy(service.address, asked.seed + 1) as far:
            service.worker_address = near.address
            disturbing = Disturbing(workspace, near, far, service, draw)
            for number in range(wanted):
                disturbing.fault(Proxy.KINDS[number % len(Proxy.KINDS)], (near, far)[number % 2])
                if (number + 1) % 10 == 0:
                    print(f"workers {near.done}, watch {far.done}, {disturbing.studies.count} studies; "
                          f"{time.monotonic() - begun:.0f} s", flush=True)
            disturbing.studies.conclude()
            service.stop()
    print("nothing lost, nothing wrong stored, the same bytes")


if __name__ == "__main__":
    main()
