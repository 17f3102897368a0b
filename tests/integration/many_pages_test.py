#!/usr/bin/python3
"""Many pages of one dashboard follow a study that `hpsearch bench coordinator` trains: the database is never locked,
its log stays small, and every page sees the study's end.

A page is what a browser's would ask: the events, and behind each event what server/dashboard/web/study_data.js and
trial_table.js read again. `--full`: 50 pages for two minutes, and the bench's rate beside the one without them (by
hand).
"""
import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from service import BINARY, Workspace  # noqa: E402

FULL = "--full" in sys.argv
PAGES = 50 if FULL else 8
TRIALS = 600_000 if FULL else 4_000
TURNS = 3 if FULL else 0  # of a run without pages and one with them, of a quarter of the trials
LOG_LIMIT = 64 << 20
DRAWN, PAGE = 20_000, 1_000
UNSETTLED = re.compile(rb'"state":"(?:QUEUED|RUNNING|PAUSED)"')


class Page:
    """One browser page on the study 'bench'."""

    def __init__(self, port):
        self.port = port
        self.settled = 0
        self.events = 0
        self.changed = asyncio.Event()
        self.ended = False

    async def get(self, path):
        self.writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        head = await self.reader.readuntil(b"\r\n\r\n")
        body = await self.reader.readexactly(int(re.search(rb"(?i)content-length: (\d+)", head)[1]))
        if not head.startswith(b"HTTP/1.1 200"):
            raise AssertionError(f"{path}: {head.splitlines()[0]!r} {body[:200]!r}")
        return body

    async def follow(self):
        reader, writer = await asyncio.open_connection("localhost", self.port, limit=1 << 20)
        writer.write(b"GET /api/studies/bench/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        async for line in reader:
            if line.startswith(b"data: "):
                self.events += 1
                self.ended = json.loads(line[6:])["state"] == "COMPLETED"
                self.changed.set()
                if self.ended:
                    break
        writer.close()
        self.changed.set()

    async def refresh(self):
        first = self.settled + 1
        while first <= DRAWN:
            count = min(PAGE, DRAWN - first + 1)
            trials = await self.get(f"/api/studies/bench/trials?sort=trial&limit={count}&offset={first - 1}")
            rows = trials.count(b'"trial":')
            following = first if rows else None
            while following is not None:
                curves = await self.get(f"/api/studies/bench/curves?first={following}&count={first + count - following}")
                following = json.loads(re.search(rb'"next":(null|\d+)', curves)[1])
            unsettled = UNSETTLED.search(trials)
            settled = trials[:unsettled.start()].count(b'"trial":') if unsettled else rows
            if self.settled == first - 1:
                self.settled += settled
            if rows < count:
                break
            first += count
        await self.get("/api/studies/bench/trials?sort=trial&limit=100&offset=0")

    async def look(self):
        self.reader, self.writer = await asyncio.open_connection("localhost", self.port, limit=1 << 20)
        while b'"bench"' not in await self.get("/api/studies"):
            await asyncio.sleep(0.05)
        follower = asyncio.create_task(self.follow())
        while not self.ended or self.changed.is_set():
            await self.changed.wait()
            self.changed.clear()
            await self.refresh()
        await follower
        self.writer.close()


class ManyPages(unittest.TestCase):
    def bench(self, workspace, name, trials):
        return subprocess.Popen([BINARY, "bench", "coordinator", "--trials", str(trials), "--db", workspace.path(name),
                                 "--json"], env=workspace.environment, stdout=subprocess.PIPE, text=True)

    def alone(self, workspace, name, trials):
        with self.bench(workspace, name, trials) as bench:
            return json.load(bench.stdout)

    def looked_on(self, workspace, name, trials):
        """The bench's own figures, the pages, and the largest log."""
        workspace.server(name).stop()  # makes the file
        dashboard = workspace.dashboard(name)
        with self.bench(workspace, name, trials) as bench:
            pages, log = asyncio.run(self.all_pages(dashboard.address, workspace.path(name + "-wal")))
            said = json.load(bench.stdout)
        dashboard.stop()
        self.assertNotRegex("".join(dashboard.log), "locked|warning|error")
        return said, pages, log

    async def all_pages(self, address, log):
        # From outside a size can only be looked at, again and again; so can a study that is not there yet.
        pages = [Page(int(address.rsplit(":", 1)[1])) for _ in range(PAGES)]
        looking = asyncio.gather(*(page.look() for page in pages))
        largest = 0
        while not looking.done():
            largest = max(largest, os.path.getsize(log) if os.path.exists(log) else 0)
            await asyncio.wait({looking}, timeout=0.05)
        await looking
        return pages, largest

    def test_pages_hold_up_nobody(self):
        with Workspace() as workspace:
            said, pages, log = self.looked_on(workspace, "looked-on.db", TRIALS)
            self.assertGreater(said["trials_per_second"], 0)
            self.assertLess(log, LOG_LIMIT)
            for page in pages:
                self.assertTrue(page.ended)
                self.assertEqual(page.settled, min(TRIALS, DRAWN))
            self.assertEqual(workspace.query("looked-on.db", "select count(*) from trial_results"), f"{TRIALS}\n")
            if FULL:
                events = statistics.mean(page.events for page in pages)
                print(f"{TRIALS} trials, {PAGES} pages: {events:.0f} events each, the log at most {log >> 20} MiB",
                      file=sys.stderr)
            rates = {"alone": [], "looked on": []}
            for turn in range(TURNS):
                rates["alone"].append(self.alone(workspace, f"alone{turn}.db", TRIALS // 4)["trials_per_second"])
                said, _, _ = self.looked_on(workspace, f"looked-on{turn}.db", TRIALS // 4)
                rates["looked on"].append(said["trials_per_second"])
            for what, rate in rates.items():
                if rate:
                    print(f"{what}: {statistics.median(rate):.0f} trials a second, of {rate}", file=sys.stderr)


if __name__ == "__main__":
    unittest.main(argv=[argument for argument in sys.argv if argument != "--full"])
