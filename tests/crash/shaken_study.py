"""A study of cheap trials on a server and workers that are killed, stopped or cut off under it.

Whatever is done to them, it completes, each trial ends once, no point is trained twice, the ledger finds nothing lost,
and the bytes are those of a run that nobody disturbed.
"""
import collections
import json
import os
import signal
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from service import SAME_RUN  # noqa: E402
from ledger import Ledger  # noqa: E402

FINAL = {"COMPLETED", "EARLY_STOPPED", "DIVERGED", "FAILED", "CANCELLED"}
# A second round takes points over from the first; the largest learning rate diverges.
STUDY = """
study: {name}
dataset: tiny
seed: 5
model:
  - dense: {{units: 24, activation: relu, kernel_initializer: normal}}
  - dropout: {{rate: $dropout}}
  - dense: {{units: 4, activation: softmax}}
training:
  epochs: {epochs}
  batch_size: 32
  optimizer: {{sgd: {{learning_rate: $learning_rate, momentum: 0.9}}}}
parameters:
  learning_rate: {{logspace: {{start: -3, stop: 0, num: {rates}}}, include: [1.0e+30]}}
  dropout: {{linspace: {{start: 0.05, stop: 0.6, num: {dropouts}}}}}
search:
  refine: {{rounds: 2}}
reuse: false
limits: {{max_attempts: 1000, lease_seconds: {lease_seconds}}}
"""
PATIENCE = 240  # seconds; more than a study ever takes, however busy the machine


def write_study(workspace, name, trials=200, epochs=3, lease_seconds=1):
    """About as many trials, the second round's 25 among them."""
    rates = 9
    text = STUDY.format(name=name, epochs=epochs, rates=rates, lease_seconds=lease_seconds,
                        dropouts=max(3, (trials - 25) // (rates + 1)))
    file = workspace.path(f"{name}.yaml")
    with open(file, "w", encoding="utf-8") as out:
        out.write(text)
    return file


def bytes_of(workspace, database, study):
    return workspace.query(database, SAME_RUN.replace(" order by", f" where study = '{study}' order by"))


def calm_bytes(workspace, file, study):
    """Those of a run that nobody disturbs."""
    workspace.run("run", file, "--db", workspace.path("calm.db"), "--workers", "2")
    return bytes_of(workspace, "calm.db", study)


class Watch:
    """Reads `hpsearch watch --json` on a thread of its own, until the study has ended; `source` is --db FILE, or
    --server HOST:PORT."""

    def __init__(self, workspace, study, *source):
        self.process = workspace.start("watch", study, *source, "--json")
        self.ended = collections.Counter()
        self.begun = threading.Event()
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        for line in self.process.lines():
            event = json.loads(line)
            self.begun.set()
            if event["event"] == "trial" and event["value"]["state"] in FINAL:
                self.ended[event["value"]["trial"]] += 1
        self.begun.set()
        self.over.set()

    def await_end(self):
        assert self.over.wait(PATIENCE), "the study does not end"
        self.thread.join()
        code = self.process.child.wait()
        self.process.close()
        assert code == 0, self.process.story()
        # What had ended before the watch began is no news to it.
        assert self.ended and set(self.ended.values()) == {1}, f"an end was told twice: {self.ended}"


class Service:
    """A server and its workers, by name, on one database and one port."""

    def __init__(self, workspace, database, lease_seconds=1):
        self.workspace = workspace
        self.database = database
        self.lease_seconds = lease_seconds
        self.ledger = Ledger(workspace, database)
        self.server = workspace.server(database, **self.how(None))
        self.address = self.server.address
        self.worker_address = self.address  # or a proxy's
        self.workers = {}

    def how(self, failpoint):
        """A process that says what it does; and that ends at a failpoint, NAME:N, before it is ready perhaps."""
        armed = {"HPSEARCH_FAILPOINT": failpoint} if failpoint else {}
        return {"environment": {"HPSEARCH_LOG": "debug", **armed}, "doomed": failpoint is not None,
                "on_line": self.ledger.hear}

    def start_server(self, failpoint=None):
        self.server = self.workspace.server(self.database, listen=self.address, **self.how(failpoint))

    def start_worker(self, name, failpoint=None):
        self.workers[name] = self.workspace.worker(self.worker_address, name=name, slots=1, **self.how(failpoint))
        return self.workers[name]

    def submit(self, name, **how):
        file = write_study(self.workspace, name, lease_seconds=self.lease_seconds, **how)
        self.ledger.begin(name)
        self.workspace.run("submit", file, "--server", self.address)
        return Watch(self.workspace, name, "--db", self.workspace.path(self.database))

    def check(self, watch, study, calm):
        """The study, which nobody disturbs any more, has ended as it should have."""
        watch.await_end()
        best = self.workspace.json("best", study, "--server", self.address)
        assert best["state"] == "COMPLETED", best
        trials = self.workspace.json("trials", study, "--server", self.address, "--limit", "1000")
        assert {trial["state"] for trial in trials} == {"COMPLETED", "DIVERGED"}
        trained = [tuple(trial["parameters"].values()) for trial in trials if trial["reused_from"] is None]
        assert len(trained) == len(set(trained)), "a point was trained twice"
        assert len(trained) < len(trials), "the second round took nothing over"
        self.ledger.look()
        assert bytes_of(self.workspace, self.database, study) == calm, "the bytes are others"
        return trials

    def stop(self):
        """All of it ends as it is asked to: none has crashed."""
        for worker in self.workers.values():
            worker.stop()
        self.server.stop()


class Studies:
    """Study after study, for as long as there is something to be done to its processes."""

    def __init__(self, service, calm, revive=lambda: None, **how):
        self.service = service
        self.calm = calm  # bytes of the study "tiny"
        self.revive = revive  # makes the processes such that a study comes to its end
        self.how = how  # of write_study
        self.watch, self.name, self.count = None, "", 0

    def go_on(self):
        """With the next one where there is none; the one that has ended is checked."""
        if self.watch and not self.watch.over.is_set():
            return
        self.conclude()
        self.count += 1
        self.name = f"tiny-{self.count}"
        self.watch = self.service.submit(self.name, **self.how)

    def conclude(self):
        """Nobody does anything to it until it has ended; which is checked."""
        self.revive()
        if not self.watch:
            return
        self.service.check(self.watch, self.name, self.calm.replace("tiny|", f"{self.name}|"))
        self.watch = None


def died(process):
    """Whether it was killed, by itself or by us; waits until it is gone."""
    code = process.child.wait(PATIENCE)
    process.close()
    return code == -signal.SIGKILL
