#!/usr/bin/python3
"""Holds the arrows between rooms (docs/architecture.md) and the sizes of files; prints findings, exit 1 with any."""
import re
import subprocess
import sys

# What each room may include of the others' headers, beside its own.
ROOMS = {
    "server/failpoint": [],
    "server/model": [],
    "server/strategy": ["server/model"],
    "server/stopping": ["server/model"],
    "server/importance": ["server/strategy/draws.h"],
    "server/search": ["server/model", "server/strategy"],
    "server/study": ["server/model", "server/strategy", "server/stopping", "server/search"],
    "server/store": ["server/failpoint", "server/study"],
    "server/listen": [],
    "server/rpc": ["server/failpoint", "server/model", "server/search", "server/study", "server/store", "server/listen",
                   "proto"],
    "server/dashboard": ["server/store/study_reader.h", "server/listen"],
    "proto/codec": ["server/model", "proto"],
    "worker/data": ["server/model"],
    "worker/nn": ["server/model"],
    "worker/optim": ["server/model", "worker/nn/floats.h", "worker/nn/vectorized.h"],
    "worker/train": ["server/failpoint", "server/model", "worker/data", "worker/nn", "worker/optim"],
    "worker/bench": ["server/model", "worker/data", "worker/nn", "worker/train"],
    "worker/agent": ["server/failpoint", "server/model", "worker/data", "worker/nn/instruction_set.h", "worker/train",
                     "proto"],
    "client/channel": [],
    "client/study_file": ["server/model", "server/study"],
    "client/bench": ["server/model", "server/search", "server/store", "server/strategy", "server/study",
                     "client/channel", "client/study_file", "proto"],
    "client/simulate": ["server/model", "server/search", "server/study", "worker/data"],
    "client/cli": ["server", "worker", "client", "proto"],
}
# Libraries that are kept to some rooms: a pattern of the header, where it may stand.
LIBRARIES = [
    (r"sqlite3\.h|SQLiteCpp/", ["server/store"]),
    (r"dnnl\.hpp|dnnl\.h", ["worker/nn"]),
    (r"Eigen/", ["server/strategy"]),
    (r"grpcpp/|grpc/|.*\.pb\.h|google/protobuf/",
     ["server/rpc", "worker/agent", "client/bench", "client/channel", "client/cli", "proto"]),
    (r"boost/asio|boost/beast", ["server/rpc", "server/listen", "server/dashboard"]),
    (r"yaml-cpp/", ["client/study_file"]),
    (r"CLI/", ["client/cli"]),
]
INCLUDE = re.compile(r'^\s*#\s*include\s+["<]([^">]+)[">]')
LOOK_AGAIN, LIMIT = 400, 600


def within(path, places):
    return any(path == place or path.startswith(place + "/") for place in places)


def room_of(path):
    return next((room for room in sorted(ROOMS, key=len, reverse=True) if within(path, [room])), None)


def main():
    findings = []
    files = subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=True).stdout.split("\n")
    for path in files:
        if not re.search(r"\.(cc|h|proto|py|js|html|css)$", path):
            continue
        with open(path, encoding="utf-8") as file:
            lines = file.read().split("\n")
        if len(lines) > LIMIT:
            findings.append(f"{path}: {len(lines)} lines; a file of ours has {LIMIT} at most")
        elif len(lines) > LOOK_AGAIN:
            print(f"  note: {path} has {len(lines)} lines: one idea?")
        room = room_of(path)
        if not path.endswith((".cc", ".h")) or path.startswith("tests/"):
            continue
        if room is None:
            findings.append(f"{path}: in none of the rooms that deploy/check_rooms.py lists")
            continue
        for number, line in enumerate(lines, 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            header = match.group(1)
            # The compiler's output for proto/ is included by the package's path.
            ours = re.sub(r"^hpsearch/", "proto/hpsearch/", header)
            if re.match(r"(server|worker|client|proto)/", ours):
                if not within(ours, [room] + ROOMS[room]):
                    findings.append(f"{path}:{number}: {room} may not know {header}")
            for pattern, places in LIBRARIES:
                if re.match(pattern, header) and not within(room, places):
                    findings.append(f"{path}:{number}: {header} is kept to {', '.join(places)}")
    print("\n".join(findings), end="\n" if findings else "")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
