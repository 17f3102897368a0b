"""What the processes say of a study's leases, and what was promised held against what its database has.

A worker that is told of an acknowledgement says so (HPSEARCH_LOG=debug) before it does anything else with it, and what
a killed process has said is still in its pipe. So `look` may be called at any time, whoever has just been killed: each
epoch that a worker was told is stored must be there, and each row that was ever seen must be there as it was, the time
of its report included. An epoch that was lost and trained again has the same bits, but another time.
"""
import re
import threading

OF_A_LEASE = re.compile(r"(\S+)/(\d+) attempt (\d+): (.*)$")
STORED = re.compile(r"stored up to epoch (\d+)$")
LOST = re.compile(r"worker (\S+) was not heard of")
ROWS = ("select trial, epoch, reported_at, quote(train_loss), quote(train_error), quote(validation_loss), "
        "quote(validation_error) from epoch_curves")


class Ledger:
    """Hears workers and server (`hear` is their `on_line`) and reads a database of the workspace."""

    def __init__(self, workspace, database):
        self.workspace = workspace
        self.database = database
        self.changed = threading.Condition()  # guards what follows; notified with each thing that is heard
        self.begin(None)

    def begin(self, study):
        """It is this one's from here on."""
        with self.changed:
            self.study = study
            self.told = {}  # trial: up to this epoch
            self.tellings = []  # process, trial, attempt: who was told of an epoch, one after the other
            self.heard = set()  # the processes among them
            self.revoked = set()  # process, trial, attempt: who was told that a lease is over
            self.stale = []  # of those, who was told of an epoch after that: it was written under a lease that was over
            self.lost = []  # worker, trial, attempt: whose lease the server has let run out
            self.rows = {}

    def hear(self, process, line):
        lease = OF_A_LEASE.search(line)
        if not lease:
            return
        trial, attempt, what = int(lease[2]), int(lease[3]), lease[4]
        with self.changed:
            if lease[1] != self.study:
                return
            if stored := STORED.match(what):
                self.told[trial] = max(int(stored[1]), self.told.get(trial, 0))
                self.tellings.append((process, trial, attempt))
                self.heard.add(process)
                if (process, trial, attempt) in self.revoked:
                    self.stale.append((process.command, trial, attempt))
            elif lost := LOST.match(what):
                self.lost.append((lost[1], trial, attempt))
            elif what.startswith("revoked"):
                self.revoked.add((process, trial, attempt))
            self.changed.notify_all()

    def wait(self, condition, seconds):
        """Until an acknowledgement makes it true; or as long as that."""
        with self.changed:
            return self.changed.wait_for(condition, timeout=seconds)

    def look(self):
        with self.changed:
            told = dict(self.told)
            assert not self.stale, f"written under a lease that was over: {self.stale}"
        lines = [line.split("|") for line in
                 self.workspace.query(self.database, f"{ROWS} where study = '{self.study}'").splitlines()]
        rows = {(int(line[0]), int(line[1])): line[2:] for line in lines}
        assert len(rows) == len(lines), "an epoch is there twice"
        for trial, last in told.items():
            for epoch in range(1, last + 1):
                assert (trial, epoch) in rows, f"{self.study}/{trial}: epoch {epoch} was acknowledged, and is not stored"
        for (trial, epoch), row in self.rows.items():
            now = rows.get((trial, epoch))
            assert now == row, f"{self.study}/{trial}: epoch {epoch} was {row}, and is {now}"
        self.rows = rows
