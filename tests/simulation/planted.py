#!/usr/bin/python3
"""Plants bugs into the coordinator and its store, one after the other, and sees that the simulator finds each.

By hand, behind a build of the target `simulation`:  tests/simulation/planted.py [BUILD] [--seeds N] [BUG...]

The tree is left as it is: a file with the bug is compiled in BUILD/planted, with the very command that the build has
for the file, and linked in front of the library that has the right one. A bug is some exact text in place of some other; where
that is not in the file just as often as it is said here, nothing is planted and the script fails: it is to be brought
up to date with the code. It fails too where a bug is not found within the seeds.
"""
import argparse
import json
import os
import re
import shlex
import subprocess
import sys

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))

# By name: file, how often the text is there, the text, what stands there instead.
BUGS = {
    "no-fencing-check": [
        ("server/study/coordinator_workers.cc", 1,
         "if (lease == nullptr || lease->attempt != attempt || lease->worker != worker) return nullptr;",
         "if (lease == nullptr) return nullptr;"),
        ("tests/support/memory_store.cc", 1,
         "if (it != trials_.end() && change.trial.attempt < it->second.attempt) {",
         "if (false) {"),
        ("tests/support/memory_store.cc", 1,
         "if (it == trials_.end() || it->second.attempt != change.attempt) {",
         "if (false) {"),
    ],
    "acknowledge-before-commit": [
        ("server/study/decision.cc", 1,
         "  store_.Commit(std::move(batch),\n",
         "  const Pending early = std::exchange(pending_.back(), {});\n"
         "  for (const auto& release : early.releases) release(absl::OkStatus());\n"
         "  for (const Event& event : early.events) listener_(event);\n"
         "  store_.Commit(std::move(batch),\n"),
    ],
    # A lease takes the trial off the queue (the cursor goes on) and writes no row that says who has it.
    "claim-that-deletes": [
        ("server/study/active_study.cc", 1,
         "  decision.Put(record_);\n  decision.Put(record_, record);\n  running_.emplace",
         "  decision.Put(record_);\n  running_.emplace"),
    ],
    "wall-clock-lease": [
        ("server/study/coordinator.cc", 6, "clock_.Monotonic()", "clock_.Wall()"),
        ("server/study/coordinator_workers.cc", 3, "clock_.Monotonic()", "clock_.Wall()"),
        ("server/study/dispatch.cc", 7, "clock_.Monotonic()", "clock_.Wall()"),
    ],
    "lost-request-id": [
        ("server/study/coordinator_clients.cc", 1, "  decision.Add(PutRequest{request_id, text});\n", ""),
    ],
    # The same, the other way round: stored, and never looked for.
    "request-id-not-looked-for": [
        ("server/study/coordinator_clients.cc", 1,
         "  if (absl::IsNotFound(text.status())) return std::nullopt;",
         "  if (it == requests_.end()) return std::nullopt;"),
    ],
    # One that the simulator found: each decision behind a study's end took the study out of memory once more.
    "end-that-comes-twice": [
        ("server/study/dispatch.cc", 1, "  if (!ending_.insert(id).second) return;\n", "  ending_.insert(id);\n"),
    ],
    # A grid that is gone through in an order of its own goes on, behind a restart, in that of the file: some points
    # come twice, others never.
    "order-that-a-restart-forgets": [
        ("server/study/active_study.cc", 1,
         "const std::vector<TrialRecord>& best) {\n"
         "  absl::StatusOr<search::Rounds> rounds = search::Rounds::Open(spec->space, spec->search, spec->seed);",
         "const std::vector<TrialRecord>& best) {\n"
         "  search::Search in_order = spec->search;\n"
         "  in_order.order = search::Search::Order::kProduct;\n"
         "  absl::StatusOr<search::Rounds> rounds = search::Rounds::Open(spec->space, in_order, spec->seed);"),
    ],
    # What hangs on a parameter that is itself absent is there.
    "absent-that-holds": [
        ("server/search/presence.cc", 1, "  if (place.absent()) return false;", "  if (place.absent()) return true;"),
    ],
    # A restart forgets who has ended at a rung: those that are left seem to be the best.
    "race-without-the-ended": [
        ("server/study/trial_race.cc", 1, "  if (!paused && !IsFinal(trial.state)) return score.value;",
         "  if (!paused) return score.value;"),
    ],
}


def planted(bug):
    """The bug's files with their texts: {path: text}."""
    files = {}
    for path, count, right, wrong in BUGS[bug]:
        if path not in files:
            with open(os.path.join(ROOT, path), encoding="utf-8") as file:
                files[path] = file.read()
        found = files[path].count(right)
        if found != count:
            sys.exit(f"{bug}: {path} has {found} times, not {count}:\n{right}")
        files[path] = files[path].replace(right, wrong)
    return files


class Build:
    def __init__(self, folder):
        self.folder = os.path.abspath(folder)
        with open(os.path.join(self.folder, "compile_commands.json"), encoding="utf-8") as file:
            self.commands = {entry["file"]: entry for entry in json.load(file)}
        lines = subprocess.run(["ninja", "-C", self.folder, "-t", "commands", "simulation"], check=True,
                               capture_output=True, text=True).stdout.strip().split("\n")
        self.link = lines[-1]

    def compile(self, path, text, folder):
        """The object of `path` with `text` in it."""
        entry = self.commands[os.path.join(ROOT, path)]
        source = os.path.join(folder, os.path.basename(path))
        with open(source, "w", encoding="utf-8") as file:
            file.write(text)
        command = shlex.split(entry["command"])
        for option in ("-MT", "-MF"):
            if option in command:
                del command[command.index(option):command.index(option) + 2]
        command = [part for part in command if part != "-MD"]
        output = source + ".o"
        command[command.index("-o") + 1] = output
        command[command.index("-c") + 1] = source
        command.append("-w")  # what is no longer used is
        subprocess.run(command, cwd=entry["directory"], check=True)
        return output

    def program(self, objects, folder):
        """The simulation, with these objects in front of the libraries."""
        output = os.path.join(folder, "simulation")
        match = re.search(r" -o (\S+) ", self.link)
        command = self.link.replace(match.group(0), f" {' '.join(map(shlex.quote, objects))} -o {shlex.quote(output)} ")
        subprocess.run(command, cwd=self.folder, shell=True, check=True)
        return output


def find(build, bug, seeds):
    """Whether the bug is found; says how."""
    folder = os.path.join(build.folder, "planted", bug)
    os.makedirs(folder, exist_ok=True)
    objects = [build.compile(path, text, folder) for path, text in planted(bug).items()]
    program = build.program(objects, folder)
    run = subprocess.run([program, "--seeds", f"1:{seeds}", "--jobs", "1"], capture_output=True, text=True)
    first = re.search(r"^seed (\d+), step (\d+), [^:]*: (.*)$", run.stdout, re.MULTILINE)
    if run.returncode == 0 or first is None:
        print(f"{bug}: not found in {seeds} seeds\n{run.stdout}{run.stderr}")
        return False
    print(f"{bug}: seed {first.group(1)}, step {first.group(2)}: {first.group(3)}", flush=True)
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", nargs="?", default=os.path.join(ROOT, "build"))
    parser.add_argument("bugs", nargs="*", metavar="BUG", help=", ".join(BUGS))
    parser.add_argument("--seeds", type=int, default=10000)
    arguments = parser.parse_args()
    build = Build(arguments.build)
    for bug in BUGS:
        planted(bug)
    found = [find(build, bug, arguments.seeds) for bug in arguments.bugs or BUGS]
    sys.exit(0 if all(found) else 1)


if __name__ == "__main__":
    main()
