#!/usr/bin/python3
"""kill -9 at each named failpoint (server/failpoint/names.h), in the midst of studies of about 200 cheap trials.

failpoints.py             once at each, for deploy/test
failpoints.py --full      20 times at each, at changing passages; or --kills N
failpoints.py NAME…       at those alone whose names begin so
failpoints.py --seed S    the passages of an earlier run

A failpoint that nothing here leads a process to fails the test.
"""
import argparse
import os
import random
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from service import BINARY, Workspace  # noqa: E402
from shaken_study import PATIENCE, Service, Studies, bytes_of, calm_bytes, died, write_study  # noqa: E402

MIGRATIONS = os.path.join(os.path.dirname(__file__), "..", "..", "server", "store", "migrations")
WORKERS = ("one", "two")
# What leads a process there, by the beginning of the name; else the study's going on does.
LED = {
    "server.lock": "open", "server.recovered": "open", "server.listening": "open",
    "server.create": "create", "server.migrate": "migrate",
    "server.stop": "stop", "server.wal": "stop",
    "server.request": "request", "server.apply.request": "request",
    "server.session.drain": "drain", "server.send.drained": "drain", "server.session.ended": "drain",
    "server.send.revoked": "revoke", "worker.session.revoked": "revoke",
    "worker.session.lost": "lose", "worker.session.drained": "drain",
}
# How often a process passes them for certain, before the study has ended; others, a dozen times.
ONCE = re.compile(r"apply\.(round|copy|worker)|worker\.session\.(connecting|hello|welcomed)")
TWICE = re.compile(r"server\.session\.(opened|hello|connected)")


class Failpoints:
    def __init__(self, workspace, draw, kills):
        self.workspace, self.draw, self.kills_each = workspace, draw, kills
        calm = calm_bytes(workspace, write_study(workspace, "tiny"), "tiny")
        self.small = workspace.study("small", epochs=1, rounds=1)
        self.calm_small = calm_bytes(workspace, self.small, "small")
        self.service = Service(workspace, "shaken.db")
        self.studies = Studies(self.service, calm, self.revive)
        self.files, self.kills = 0, 0
        self.deadline = 0.0  # for a process to come to the failpoint
        for name in WORKERS:
            self.service.start_worker(name)

    def revive(self):
        """A server and workers that nothing is wrong with."""
        service = self.service
        if must_go(service.server):
            service.server.kill()
            service.start_server()
        for name in WORKERS:
            if must_go(service.workers[name]):
                self.another(name)

    def another(self, name, failpoint=None):
        self.service.workers[name].kill()
        return self.service.start_worker(name, failpoint)

    def reach(self, name, passage, lead):
        """A process ends at the failpoint; False: the study has ended before."""
        if lead in ("create", "migrate"):
            self.open_another(name, passage, lead)
            return True
        if lead == "revoke":
            self.studies.conclude()
        else:
            self.studies.go_on()
        if name.startswith("server."):
            self.service.server.kill()
            self.service.start_server(f"{name}:{passage}")
            doomed = self.service.server
            # Who lives through server after server takes its time to come back: one is new, one has seen one go.
            self.another(WORKERS[self.kills % 2])
        else:
            self.revive()
            doomed = self.another("one", f"{name}:{passage}")
        for seconds in self.lead_on(lead, doomed):
            try:
                doomed.child.wait(seconds)
                break
            except subprocess.TimeoutExpired:
                assert time.monotonic() < self.deadline, f"{name} was never reached\n{doomed.story()}"
                if self.over():
                    return False
        assert died(doomed), doomed.story()
        self.service.ledger.look()
        return True

    def over(self):
        return self.studies.watch is not None and self.studies.watch.over.is_set()

    def lead_on(self, lead, doomed):
        """Does one thing after the other that leads there; yields for how long its effect is to be awaited. Ends with
        the process."""
        service = self.service
        doomed.up.wait()
        if lead == "stop":
            doomed.child.terminate()
        while True:
            yield 0.3
            if lead == "request":
                yield from self.ask(doomed, "submit", self.workspace.path(f"{self.studies.name}.yaml"))
            elif lead == "drain":
                worker = doomed if doomed is service.workers["one"] else self.another("one")
                while not service.ledger.wait(lambda: worker in service.ledger.heard, 1) and not self.over():
                    yield 0
                worker.child.terminate()
                yield 5
            elif lead == "lose":
                service.server.kill()
                service.start_server()
            elif lead == "revoke":
                self.files += 1
                side = f"side-{self.files}"
                yield from self.ask(doomed, "submit", write_study(self.workspace, side, epochs=100_000))
                service.ledger.begin(side)
                service.ledger.wait(lambda: service.ledger.told, 3)
                yield from self.ask(doomed, "cancel", side)

    def ask(self, doomed, *request):
        """A client's request, which the death of the server may leave without an answer."""
        with self.workspace.start(*request, "--server", self.service.address) as client:
            while client.child.poll() is None and doomed.child.poll() is None:
                yield 0.1

    def open_another(self, name, passage, lead):
        """A server on a file of its own, new or of the first version; then a run on what it left there."""
        self.files += 1
        database = f"other-{self.files}.db"
        if lead == "migrate":
            make_old(self.workspace, database)
        armed = {"HPSEARCH_FAILPOINT": f"{name}:{passage}"}
        assert died(self.workspace.server(database, environment=armed, doomed=True)), f"{name} was never reached"
        self.workspace.run("run", self.small, "--db", self.workspace.path(database), "--workers", "2")
        assert bytes_of(self.workspace, database, "small") == self.calm_small

    def kill_at(self, name):
        lead = next((lead for start, lead in LED.items() if name.startswith(start)), "wait")
        most = 1 if lead != "wait" or ONCE.search(name) else 2 if TWICE.search(name) else 12
        for _ in range(self.kills_each):
            self.deadline = time.monotonic() + PATIENCE
            while not self.reach(name, self.draw.randint(1, most), lead):
                assert time.monotonic() < self.deadline, f"{name} was never reached"
            self.kills += 1


def must_go(process):
    return process.child.poll() is not None or "HPSEARCH_FAILPOINT" in process.environment


def make_old(workspace, database):
    """A file of the schema's first version."""
    with open(os.path.join(MIGRATIONS, "0001_studies.sql.inc"), encoding="utf-8") as file:
        schema = re.fullmatch(r'R"sql\((.*)\)sql"\s*', file.read(), re.DOTALL)[1]
    mark = workspace.query("calm.db", "pragma application_id").strip()
    workspace.write(database, f"begin; pragma application_id = {mark}; {schema}; pragma user_version = 1; commit; "
                              "pragma journal_mode = wal")


def main():
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("names", nargs="*")
    flags.add_argument("--full", action="store_true")
    flags.add_argument("--kills", type=int)
    flags.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2 ** 32))
    asked = flags.parse_args()
    print(f"seed {asked.seed}", flush=True)
    all_names = subprocess.run([BINARY], env={**os.environ, "HPSEARCH_FAILPOINT": "list"}, capture_output=True,
                               text=True, check=True).stdout.split()
    names = [name for name in all_names if not asked.names or name.startswith(tuple(asked.names))]
    assert len(all_names) >= 40 and names, all_names
    begun = time.monotonic()
    with Workspace() as workspace:
        failpoints = Failpoints(workspace, random.Random(asked.seed), asked.kills or (20 if asked.full else 1))
        for count, name in enumerate(names, 1):
            failpoints.kill_at(name)
            print(f"{time.monotonic() - begun:5.1f} s  {count}/{len(names)} {name}", flush=True)
        failpoints.studies.conclude()
        failpoints.service.stop()
        print(f"{failpoints.kills} kills at {len(names)} failpoints, {failpoints.studies.count} studies: nothing lost, "
              f"the same bytes; {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
