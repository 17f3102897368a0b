"""The real processes of hpsearch on a small data set of the test's own, for tests in Python.

HPSEARCH_BINARY names the binary, by default build/hpsearch. Nothing sleeps: a process is ready when it says so, and progress is what
`hpsearch watch --json` prints.
"""
import json
import os
import random
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading

BINARY = os.environ.get("HPSEARCH_BINARY") or os.path.normpath(
    os.path.join(os.path.dirname(__file__), "..", "..", "build", "hpsearch"))

# The contract's: two runs of a study are the same run when this prints the same bytes for both.
SAME_RUN = ("select study, trial, epoch, quote(train_loss), quote(train_error), quote(validation_loss), "
            "quote(validation_error) from epoch_curves order by 1, 2, 3")


def write_tiny_set(folder, rows=600):
    """IDX (http://yann.lecun.com/exdb/mnist): 6x6 images of four classes, a bright column each, with noise."""
    os.makedirs(folder)
    draw = random.Random(7)
    for part, count in (("train", rows), ("t10k", rows // 4)):
        labels = bytes(draw.randrange(4) for _ in range(count))
        pixels = bytearray()
        for label in labels:
            pixels += bytes((110 if i % 6 == label else 30) + draw.randrange(130) for i in range(36))
        with open(os.path.join(folder, f"{part}-images-idx3-ubyte"), "wb") as file:
            file.write(struct.pack(">4I", 0x803, count, 6, 6) + pixels)
        with open(os.path.join(folder, f"{part}-labels-idx1-ubyte"), "wb") as file:
            file.write(struct.pack(">2I", 0x801, count) + labels)


STUDY = """
study: {name}
dataset: tiny
seed: 3
model:
  - dropout: {{rate: 0.1}}
  - dense: {{units: 24, activation: relu, kernel_initializer: normal, max_norm: $max_norm}}
  - dropout: {{rate: $dropout}}
  - dense: {{units: 16, activation: tanh}}
  - dense: {{units: 4, activation: softmax}}
training:
  epochs: {epochs}
  batch_size: 32
  optimizer: {{sgd: {{learning_rate: $learning_rate, momentum: 0.9}}}}
  schedule: {{time_decay: {{rate: 1.0e-4}}}}
parameters:
  learning_rate: {{logspace: {{start: -3, stop: 0, num: 4}}}}
  dropout: {{logspace: {{start: -2, stop: -0.30103, num: 3}}}}
  max_norm: {{logspace: {{start: 0, stop: 1, num: 2}}}}
search:
  refine: {{rounds: {rounds}}}
limits: {{max_attempts: 100, lease_seconds: {lease_seconds}}}
"""
FIRST_ROUND = 4 * 3 * 2


def free_address():
    """Of a port that a server can have again after its end: below those that the system gives to connections, among
    which one that is being made to the server itself would take it."""
    while True:
        address = ("127.0.0.1", random.SystemRandom().randrange(10_000, 32_000))
        with socket.socket() as probe:
            try:
                probe.bind(address)
                return f"{address[0]}:{address[1]}"
            except OSError:
                continue


class Workspace:
    """A folder with a data set, study files and databases; removed at the end of a `with`.

    What was started in it ends with it; where the `with` fails, the processes' logs are printed.
    """

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="hpsearch-test-")
        self.processes = []
        write_tiny_set(self.path("data/tiny"))
        self.environment = {**os.environ, "HPSEARCH_DATA": self.path("data"), "NO_COLOR": "1",
                            "XDG_STATE_HOME": self.path("state")}
        for name in ("HPSEARCH_DB", "HPSEARCH_SERVER"):
            self.environment.pop(name, None)
        return self

    def __exit__(self, failure, *_):
        for process in self.processes:
            if process.child.poll() is None:
                process.kill()
            if failure:
                print(process.story(), file=sys.stderr)
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def study(self, name="tiny-mlp", epochs=4, rounds=2, lease_seconds=10):
        file = self.path(f"{name}.yaml")
        with open(file, "w", encoding="utf-8") as out:
            out.write(STUDY.format(name=name, epochs=epochs, rounds=rounds, lease_seconds=lease_seconds))
        return file

    def run_any(self, *arguments):
        """Runs a verb to its end, whatever that is."""
        return subprocess.run([BINARY, *arguments], env=self.environment, capture_output=True, text=True, check=False)

    def run(self, *arguments, expect=0):
        """Runs a verb to its end; its standard output."""
        result = self.run_any(*arguments)
        if result.returncode != expect:
            raise AssertionError(f"hpsearch {' '.join(arguments)}: exit {result.returncode}, not {expect}\n"
                                 f"{result.stdout}\n{result.stderr}")
        return result.stdout if expect == 0 else result.stderr

    def json(self, *arguments):
        return json.loads(self.run(*arguments, "--json"))

    def query(self, database, sql):
        # Whoever reads first behind a process that was killed puts the log in order, and holds the others up.
        return subprocess.run(["sqlite3", "-readonly", "-cmd", ".timeout 5000", self.path(database), sql],
                              capture_output=True, text=True, check=True).stdout

    def write(self, database, sql):
        """Changes a database that nobody holds."""
        subprocess.run(["sqlite3", self.path(database), sql], stdout=subprocess.DEVNULL, check=True)

    def start(self, *arguments, ready=None, **how):
        self.processes.append(Process(self, arguments, ready, **how))
        return self.processes[-1]

    def server(self, database, listen=None, **how):
        return self.start("server", "--db", self.path(database), "--listen", listen or free_address(),
                          ready=r"listening on (\S+:\d+)", **how)

    def dashboard(self, database):
        return self.start("dashboard", "--db", self.path(database), "--listen", "127.0.0.1:0",
                          ready=r"dashboard on http://(\S+:\d+)")

    def worker(self, address, name="w", slots=2, **how):
        # Ready: from then on SIGTERM drains it.
        return self.start("worker", "--server", address, "--name", name, "--slots", str(slots),
                          ready=r"worker (\S+) with \d+ slots", **how)


class Process:
    """A part of hpsearch that runs until it is stopped; `ready` is what it says on stderr once it is up, and its
    group a server's `address`.

    A thread of its own reads its stderr into `log`, line after line, so that it is never held up by what it says,
    and calls `on_line` with each. `environment` is laid over the workspace's. `doomed`: it may end before it is
    ready, and nobody waits for that.
    """

    def __init__(self, workspace, arguments, ready, environment=None, on_line=None, doomed=False):
        self.environment = environment or {}
        self.command = " ".join([*(f"{name}={value}" for name, value in self.environment.items()), "hpsearch", *arguments])
        self.child = subprocess.Popen([BINARY, *arguments], env={**workspace.environment, **self.environment},
                                      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                      errors="replace",
                                      # A stopped process in a group that loses its shell has the whole group hung up.
                                      start_new_session=True)
        self.log = []
        self.on_line = on_line
        self.address = None
        self.up = threading.Event()  # ready, or ended
        self.reader = threading.Thread(target=self.read, args=(ready,), daemon=True)
        self.reader.start()
        if ready and not doomed:
            self.up.wait()
            if self.address is None:
                self.kill()
                raise AssertionError(f"it ended before it was ready\n{self.story()}")

    def read(self, ready):
        for line in self.child.stderr:
            self.log.append(line)
            match = ready and self.address is None and re.search(ready, line)
            if match:
                self.address = match.group(1)
                self.up.set()
            if self.on_line:
                self.on_line(self, line)
        self.up.set()

    def story(self):
        """What it was and what it said last, for whoever reads of a failure."""
        return f"{self.command} (pid {self.child.pid}, exit {self.child.poll()}):\n{''.join(self.log[-40:])}"

    def lines(self):
        """Its standard output, line after line, as it comes."""
        return iter(self.child.stdout.readline, "")

    def kill(self):
        self.child.kill()
        self.child.wait()
        self.close()

    def stop(self, expect=0):
        self.child.send_signal(signal.SIGTERM)
        code = self.child.wait(timeout=60)
        self.close()
        if code != expect:
            raise AssertionError(f"exit {code}, not {expect}\n{self.story()}")

    def close(self):
        self.reader.join()
        self.child.stdout.close()
        self.child.stderr.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.child.poll() is None:
            self.kill()
        else:
            self.close()
