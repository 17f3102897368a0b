#!/usr/bin/python3
"""The disk under a server's database fills up in mid-study, and has room again: nothing is lost.

A tmpfs of its own, in a mount namespace of its own: skipped where neither can be had. `--full`: a hundred times, and
what it took (by hand).
"""
import contextlib
import ctypes
import json
import os
import queue
import sqlite3
import statistics
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from service import SAME_RUN, Workspace  # noqa: E402

FULL = "--full" in sys.argv
FILLS = 100 if FULL else 4
MEGABYTES = 128
STUDY = """
study: many
dataset: tiny
model:
  - dense: {units: 8, activation: relu}
  - dense: {units: 4, activation: softmax}
training:
  epochs: 4
  optimizer: {sgd: {learning_rate: $learning_rate, momentum: $momentum}}
parameters:
  learning_rate: {logspace: {start: -3, stop: -1, num: 100}}
  momentum: {linspace: {start: 0, stop: 0.9, num: POINTS}}
"""
CLONE_NEWNS, CLONE_NEWUSER = 0x00020000, 0x10000000
MS_REC_PRIVATE, MNT_DETACH = (1 << 14) | (1 << 18), 2
libc = ctypes.CDLL(None, use_errno=True)


def mount_tmpfs(folder):
    """In a mount namespace that ends with this process; False: not permitted here."""
    user, group = os.getuid(), os.getgid()
    if libc.unshare(CLONE_NEWNS | (CLONE_NEWUSER if user else 0)) != 0:
        return False
    if user:
        for name, text in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
            with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
                file.write(text)
    os.makedirs(folder)
    return (libc.mount(None, b"/", None, MS_REC_PRIVATE, None) == 0
            and libc.mount(b"tmpfs", folder.encode(), b"tmpfs", 0, f"size={MEGABYTES}m".encode()) == 0)


def fill(path):
    """Until not a byte more goes into the file system."""
    with open(path, "wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while file.write(bytes(size)):
                    pass
            except OSError:
                pass


class Events:
    """What `hpsearch watch --server --json` tells, as it comes."""

    def __init__(self, watch):
        self.queue = queue.Queue()
        self.epochs = {}
        self.last_epoch = 0  # when one came that was not waited for
        threading.Thread(target=self.read, args=(watch,), daemon=True).start()

    def read(self, watch):
        for line in watch.lines():
            event = json.loads(line)
            if event["event"] == "epoch":
                value = event["value"]
                self.epochs[value["trial"], value["epoch"]] = value["validation_loss"]
            self.queue.put((time.monotonic(), event))
        self.queue.put(None)

    def wait(self, wanted):
        """When the next one came that is `wanted`; None: the study has ended."""
        while True:
            came, event = self.queue.get(timeout=60) or (None, None)
            if event is None or wanted(event):
                return came
            if is_epoch(event):
                self.last_epoch = came


def is_state(state):
    return lambda event: event["event"] == "study" and event["value"]["state"] == state


def is_epoch(event):
    return event["event"] == "epoch"


class FullDisk(unittest.TestCase):
    def test_a_study_waits_for_room_and_loses_nothing(self):
        with Workspace() as workspace:
            if not mount_tmpfs(workspace.path("small")):
                self.skipTest("no mount namespace or no tmpfs to be had here")
            try:
                self.shake(workspace)
            finally:
                libc.umount2(workspace.path("small").encode(), MNT_DETACH)

    def shake(self, workspace):
        file = workspace.path("many.yaml")
        with open(file, "w", encoding="utf-8") as out:
            out.write(STUDY.replace("POINTS", str(2 * FILLS)))
        server = workspace.server("small/shaken.db")
        worker = workspace.worker(server.address)
        workspace.run("submit", file, "--server", server.address)
        events = Events(workspace.start("watch", "many", "--server", server.address, "--json"))
        filler = workspace.path("small/filler")
        other = workspace.path("other.yaml")  # which waits for ever
        with open(other, "w", encoding="utf-8") as out:
            out.write(STUDY.replace("POINTS", "1").replace("dataset: tiny", "dataset: nowhere"))
        acknowledged, paused, resumed = set(), [], []
        for number in range(FILLS):
            for _ in range(20):
                self.assertIsNotNone(events.wait(is_epoch), "the study ended before the disk was full often enough")
            fill(filler)
            full = time.monotonic()
            while True:
                came = events.wait(is_state("PAUSED"))
                self.assertIsNotNone(came)
                shown = workspace.json("show", "many", "--server", server.address)
                if shown["state"] == "PAUSED":
                    break
                # The log was begun anew, and so has room although the disk has not.
            paused.append(came - max(full, events.last_epoch))
            self.assertIn("the disk is full", shown["reason"])
            if workspace.run_any("submit", other, "--name", f"other-{number}", "--server", server.address).returncode == 0:
                acknowledged.add(f"other-{number}")
            os.remove(filler)
            room = time.monotonic()
            self.assertIsNotNone(events.wait(is_state("RUNNING")))
            self.assertIsNotNone(events.wait(is_epoch))
            resumed.append(time.monotonic() - room)
        self.assertIsNone(events.wait(lambda event: False))
        shown = workspace.json("show", "many", "--server", server.address)
        self.assertEqual(shown["state"], "COMPLETED")
        trials = workspace.json("trials", "many", "--server", server.address, "--limit", "1000000")
        self.assertEqual({trial["attempt"] for trial in trials}, {1}, "a full disk is no worker's fault")
        listed = {study["study"] for study in workspace.json("list", "--server", server.address)}
        self.assertLessEqual(acknowledged, listed, "what was acknowledged is stored")
        worker.stop()
        server.stop()
        workspace.run("run", file, "--db", workspace.path("calm.db"), "--workers", "2")
        self.assertEqual(workspace.query("small/shaken.db", SAME_RUN), workspace.query("calm.db", SAME_RUN))
        with contextlib.closing(sqlite3.connect(workspace.path("small/shaken.db"))) as database:  # all digits
            rows = database.execute("select trial, epoch, validation_loss from epoch_curves")
            stored = {(trial, epoch): loss for trial, epoch, loss in rows}
        for epoch, loss in events.epochs.items():
            self.assertEqual(stored.get(epoch), loss, "what was told is stored")
        if FULL:
            for what, took in (("paused", paused), ("resumed", resumed)):
                print(f"{what} within {max(took):.2f} s, median {statistics.median(took):.2f}", file=sys.stderr)


if __name__ == "__main__":
    unittest.main(argv=[argument for argument in sys.argv if argument != "--full"])
