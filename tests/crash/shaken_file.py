"""A study file on a server and workers that are killed while it runs: so many kills at most, at random moments."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from shaken_study import PATIENCE, Service, Watch, bytes_of  # noqa: E402


class Shaken:
    def __init__(self, workspace, study, workers, draw, most):
        self.workspace, self.study, self.draw, self.most = workspace, study, draw, most
        self.service = Service(workspace, "shaken.db")
        self.workers = ["one", "two"][:workers]
        self.kills = 0

    def kill_one(self):
        service, victim = self.service, self.draw.choice(["server", *self.workers])
        if victim == "server":
            service.server.kill()
            service.ledger.look()
            service.start_server()
        else:
            service.workers[victim].kill()
            service.ledger.look()
            service.start_worker(victim)
        self.kills += 1

    def await_moment(self, watch, apart):
        """Some acknowledgements on, and then at a random moment, which nothing announces. False: the study is over."""
        ledger, begun = self.service.ledger, time.monotonic()
        wanted = len(ledger.tellings) + self.draw.randint(0, apart)
        # The ledger does not hear of the study's end.
        while not ledger.wait(lambda: len(ledger.tellings) >= wanted, 0.2) and not watch.over.is_set():
            assert time.monotonic() - begun < PATIENCE, "nothing goes on"
        return not watch.over.wait(self.draw.uniform(0, 0.03))

    def run(self, file, apart=3):
        """What there is of it in the end: trials in their order, and the bytes. Between two kills up to `apart` epochs
        are acknowledged."""
        ledger = self.service.ledger
        ledger.begin(self.study)
        self.workspace.run("submit", file, "--server", self.service.address)
        watch = Watch(self.workspace, self.study, "--db", self.workspace.path("shaken.db"))
        assert watch.begun.wait(PATIENCE)
        for name in self.workers:
            self.service.start_worker(name)
        while self.kills < self.most and self.await_moment(watch, apart):
            self.kill_one()
        watch.await_end()
        ledger.look()
        trials = self.workspace.json("trials", self.study, "--server", self.service.address, "--limit", "1000")
        self.service.stop()
        return trials, bytes_of(self.workspace, "shaken.db", self.study)
