#!/usr/bin/python3
"""What is too large, too deep or too many is refused, and what may be large costs no memory: of a server, and of a
study file. (How long a refusal takes, no test says.)
"""
import gzip
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from raw_grpc import RawCall  # noqa: E402
from service import BINARY, Workspace  # noqa: E402

MB = 1 << 20
CREATE = "/hpsearch.v1.StudyService/CreateStudy"
SESSION = "/hpsearch.v1.WorkerService/Session"
# Trailers as gRPC writes them: a name, a length, a value.
RESOURCE_EXHAUSTED = b"grpc-status\x018"
UNIMPLEMENTED = b"grpc-status\x0212"
OK = b"grpc-status\x010"

STUDY = """
study: s
dataset: tiny
model: [{dense: {units: 4, activation: softmax, max_norm: $a}}]
training: {epochs: 1, optimizer: {sgd: {learning_rate: $b, momentum: $c}}}
"""

# A thousand points on each of ten axes.
TEN_DROPOUTS = ("study: s\ndataset: tiny\ntraining: {epochs: 1, optimizer: sgd}\nmodel:\n"
                + "".join(f"  - dropout: {{rate: ${name}}}\n" for name in "abcdefghij")
                + "  - dense: {units: 4, activation: softmax}\nparameters:\n"
                + "".join(f"  {name}: {{linspace: {{start: 0.1, stop: 0.9, num: 1000}}}}\n" for name in "abcdefghij"))


def grid(num):
    return "parameters:\n" + "".join(f"  {name}: {{linspace: {{start: 0.1, stop: 0.9, num: {num}}}}}\n" for name in "abc")


def field(number, message):
    size, varint = len(message), b""
    while size > 127:
        varint, size = varint + bytes([size & 127 | 128]), size >> 7
    return bytes([number << 3 | 2]) + varint + bytes([size]) + message


def send_two_gigabytes(address, method):
    """A message of so many bytes, or what the server lets through of it; how it ended the call."""
    with RawCall(address, method) as call:
        sent = call.send(bytes(MB), claimed=2**31 - 1)
        while call.answer is None and sent < 1000 * MB:
            sent += call.send_more(bytes(MB))
        return call.answer


def peak_memory(process):
    """The most that it ever had of the machine's memory, in bytes."""
    with open(f"/proc/{process.child.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) * 1024


class ServersBounds(unittest.TestCase):
    def test_a_long_message_is_refused_and_the_rest_goes_on(self):
        with Workspace() as workspace, workspace.server("a.db") as server:
            for method in (CREATE, SESSION):
                with RawCall(server.address, method) as call:
                    call.send(bytes(5 * MB))
                    self.assertIn(RESOURCE_EXHAUSTED, call.wait())
            self.assertEqual(workspace.json("list", "--server", server.address), [])

    def test_what_a_message_claims_costs_no_memory(self):
        with Workspace() as workspace, workspace.server("a.db") as server:
            before = peak_memory(server)
            calls = []
            for method in (CREATE, SESSION):
                for claimed in (2**31 - 1, 2**32 - 1):
                    calls.append(RawCall(server.address, method))
                    calls[-1].send(bytes(1000), claimed=claimed)
            self.assertEqual(workspace.json("list", "--server", server.address), [])
            self.assertLess(peak_memory(server) - before, 16 * MB)
            for call in calls:
                call.socket.close()

    def test_a_message_of_two_gigabytes_is_cut_off(self):
        for method in (CREATE, SESSION):
            with Workspace() as workspace, workspace.server("a.db") as server:
                before = peak_memory(server)
                answer = send_two_gigabytes(server.address, method)
                self.assertIsNotNone(answer)
                self.assertNotIn(OK, answer if isinstance(answer, bytes) else b"")
                self.assertLess(peak_memory(server) - before, 16 * MB)
                self.assertEqual(workspace.json("list", "--server", server.address), [])

    def test_workers_lose_nothing_where_a_message_of_two_gigabytes_is_cut_off(self):
        """gRPC may end their calls before it ends the one that has all the memory."""
        with Workspace() as workspace, workspace.server("a.db") as server, workspace.worker(server.address):
            workspace.run("submit", workspace.study(epochs=20, rounds=1), "--server", server.address)
            with workspace.start("watch", "tiny-mlp", "--server", server.address, "--json") as watch:
                for method in (CREATE, SESSION, CREATE):
                    next(watch.lines())
                    self.assertIsNotNone(send_two_gigabytes(server.address, method))
            self.assertEqual(workspace.json("wait", "tiny-mlp", "--server", server.address)["state"], "COMPLETED")
            trials = workspace.json("trials", "tiny-mlp", "--server", server.address, "--limit", "100")
            self.assertEqual({(trial["state"], trial["epochs"]) for trial in trials}, {("COMPLETED", 20)})

    def test_a_packed_message_is_not_unpacked(self):
        packed = gzip.compress(bytes(200 * MB))
        with Workspace() as workspace, workspace.server("a.db") as server:
            before = peak_memory(server)
            for method in (CREATE, SESSION):
                with RawCall(server.address, method, encoding=b"gzip") as call:
                    call.send(packed)
                    self.assertIn(UNIMPLEMENTED, call.wait())
            self.assertLess(peak_memory(server) - before, 16 * MB)
            self.assertEqual(workspace.json("list", "--server", server.address), [])

    def test_a_message_that_would_swell_is_not_parsed(self):
        layers = field(2, field(5, b"") * (2 * MB - 8))  # a specification of two million layers, which say nothing
        reports = field(7, field(1, b"") * (2 * MB - 8))  # as many messages of a worker's
        with Workspace() as workspace, workspace.server("a.db") as server:
            before = peak_memory(server)
            for method, message in ((CREATE, layers), (SESSION, reports)):
                self.assertLess(len(message), 4 * MB)
                with RawCall(server.address, method) as call:
                    call.send(message, end=method == CREATE)
                    answer = call.wait()
                    self.assertIn(RESOURCE_EXHAUSTED, answer)
                    self.assertIn(b"more than 32 MiB of memory", answer)
            self.assertLess(peak_memory(server) - before, 16 * MB)
            self.assertEqual(workspace.json("list", "--server", server.address), [])

    def test_a_message_nested_ten_thousand_levels_is_refused(self):
        message = field(5, b"")  # a heartbeat
        for _ in range(5000):
            message = field(7, field(1, message))  # several, of one
        with Workspace() as workspace, workspace.server("a.db") as server:
            before = peak_memory(server)
            with RawCall(server.address, SESSION) as call:
                call.send(message)
                self.assertIn(b"grpc-status", call.wait())
            with RawCall(server.address, CREATE) as call:
                call.send(field(2, message), end=True)
                self.assertNotIn(OK, call.wait())
            self.assertLess(peak_memory(server) - before, 16 * MB)
            self.assertEqual(workspace.json("list", "--server", server.address), [])

    def test_a_grid_of_a_billion_points_costs_no_memory(self):
        with Workspace() as workspace:
            file = workspace.path("billion.yaml")
            with open(file, "w", encoding="utf-8") as out:
                out.write(STUDY + grid(1000) + "limits: {max_trials: 1000000000}\n")
            with workspace.server("a.db") as server, workspace.worker(server.address):
                before = peak_memory(server)
                workspace.run("submit", file, "--server", server.address)
                ended = 0
                with workspace.start("watch", "s", "--server", server.address, "--json") as watch:
                    while ended < 50:
                        ended = workspace.json("show", "s", "--server", server.address)["trial_counts"].get("COMPLETED", 0)
                        next(watch.lines())  # the next change
                shown = workspace.json("show", "s", "--server", server.address)
                self.assertEqual(shown["planned_trials"], 10**9)
                self.assertEqual(sum(shown["trial_counts"].values()), 10**9)
                self.assertEqual(len(workspace.json("trials", "s", "--server", server.address, "--limit", "20")), 20)
                workspace.run("stop", "s", "--server", server.address)
                self.assertEqual(workspace.json("wait", "s", "--server", server.address)["state"], "STOPPED")
                self.assertLess(peak_memory(server) - before, 64 * MB)


class StudyFilesBounds(unittest.TestCase):
    def check(self, workspace, text):
        """What `hpsearch check` says of a study file, its exit code, and the most memory that it took."""
        file = workspace.path("study.yaml")
        with open(file, "w", encoding="utf-8") as out:
            for part in text:
                out.write(part)
        with subprocess.Popen([BINARY, "check", file], env=workspace.environment, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True) as child:
            said = child.stdout.read()
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        return said, child.returncode, usage.ru_maxrss * 1024

    def test_what_is_too_large_is_refused_for_little(self):
        refused = {
            "deep": ([STUDY, "x: ", "[" * 10000, "]" * 10000], "nested deeper than 32 levels"),
            "deep blocks": ([STUDY, "x:\n ", "- " * 10000, "1"], "nested deeper than 32 levels"),
            "deep mappings": ([STUDY, "x: ", "{a: " * 10000, "1", "}" * 10000], "nested deeper than 32 levels"),
            "a million keys": ((f"k{i}: {i}\n" for i in range(10**6)), "a study file has at most 1048576"),
            "10^30 points": ([TEN_DROPOUTS], "the grid has more than 2^63 points"),
        }
        with Workspace() as workspace:
            _, code, least = self.check(workspace, ["study: s\n"])
            self.assertEqual(code, 2)
            for name, (text, words) in refused.items():
                with self.subTest(name):
                    said, code, memory = self.check(workspace, text)
                    self.assertIn(words, said)
                    self.assertEqual(code, 2)
                    self.assertLess(memory - least, 16 * MB)


if __name__ == "__main__":
    unittest.main()
