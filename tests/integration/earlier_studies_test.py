#!/usr/bin/python3
"""Points by hand come first, and a study may begin with what an earlier one has found: through real processes, with the
earlier study deleted in between."""
import json
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from service import SAME_RUN, Workspace  # noqa: E402

STUDY = """
study: {name}
dataset: tiny
seed: {seed}
model: [{{dropout: {{rate: $dropout}}}}, {{dense: {{units: 4, activation: softmax}}}}]
training: {{epochs: 2, optimizer: {{sgd: {{learning_rate: $rate}}}}}}
parameters:
  rate: {{range: {{low: 1.0e-6, high: 1, scale: log}}}}
  dropout: {{values: [0, 0.1, 0.5]}}
reuse: false
search:
  {search}
"""
TPE = "tpe: {trials: 8, batch: 2}"
WARM = TPE + "\n  warm_start: {study: first}"
ENQUEUE = "\n  enqueue: [{rate: 0.5, dropout: 0.1}, {dropout: 0.5}, {rate: 0.03125}]"


class EarlierStudies(unittest.TestCase):
    def setUp(self):
        self.workspace = self.enterContext(Workspace())

    def study(self, name, search, seed=3):
        file = self.workspace.path(f"{name}.yaml")
        with open(file, "w", encoding="utf-8") as out:
            out.write(STUDY.format(name=name, search=search, seed=seed))
        return file

    def run_study(self, name, search, database, workers=2, seed=3):
        return self.workspace.json("run", self.study(name, search, seed), "--db", self.workspace.path(database),
                                   "--workers", str(workers))

    def trials(self, study, database):
        return self.workspace.json("trials", study, "--limit", "1000", "--db", self.workspace.path(database))

    def points(self, study, database):
        return [trial["parameters"] for trial in self.trials(study, database)]

    def test_points_by_hand_come_first(self):
        file = self.study("hand", TPE + ENQUEUE)
        planned = self.workspace.json("check", file)
        for workers in (1, 3):
            self.run_study("hand", TPE + ENQUEUE, f"{workers}.db", workers)
        points = self.points("hand", "1.db")
        self.assertEqual(planned["trials"], 8)
        self.assertEqual(planned["enqueued"], points[:3])
        self.assertEqual(len(points), 8)
        self.assertAlmostEqual(points[0]["rate"], 0.5, places=8)
        self.assertEqual([point["dropout"] for point in points[:2]], [0.1, 0.5])
        self.assertAlmostEqual(points[2]["rate"], 0.03125, places=9)
        self.assertEqual(self.workspace.query("1.db", SAME_RUN), self.workspace.query("3.db", SAME_RUN))
        # The strategy's own follow where it is no learner.
        self.run_study("shifted", "sobol: {trials: 6}" + ENQUEUE, "1.db")
        self.run_study("plain", "sobol: {trials: 3}", "1.db")
        self.assertEqual(self.points("shifted", "1.db")[3:], self.points("plain", "1.db"))
        self.assertIn("sound", self.workspace.run("doctor", "--db", self.workspace.path("1.db")))

    def test_a_warm_study_begins_where_an_earlier_one_has_been(self):
        self.run_study("first", "random: {trials: 24}", "calm.db")
        self.run_study("second", WARM, "calm.db", workers=1, seed=5)
        self.run_study("cold", TPE, "calm.db", workers=1, seed=5)
        warm, cold = (self.trials(study, "calm.db")[:4] for study in ("second", "cold"))
        self.assertNotEqual([trial["parameters"] for trial in warm], [trial["parameters"] for trial in cold])
        self.assertLess(sum(trial["objective"] for trial in warm), sum(trial["objective"] for trial in cold))

        # The same on a server that is ended in between, and the first study deleted then.
        self.run_study("first", "random: {trials: 24}", "shaken.db")
        with self.workspace.server("shaken.db") as server:
            self.workspace.run("submit", self.study("second", WARM, 5), "--server", server.address)
            server.kill()
        self.workspace.write("shaken.db", "pragma foreign_keys = on; delete from studies where name = 'first'")
        self.assertEqual(self.workspace.query("shaken.db", "select name from studies").split(), ["second"])
        with self.workspace.server("shaken.db") as server:
            with self.workspace.worker(server.address, slots=3):
                self.workspace.run("wait", "second", "--server", server.address)
            server.stop()
        only = SAME_RUN.replace(" order by", " where study = 'second' order by")
        self.assertEqual(self.workspace.query("shaken.db", only), self.workspace.query("calm.db", only))
        self.assertEqual(self.points("second", "shaken.db"), self.points("second", "calm.db"))
        learnt = "select earlier_study, count(*), sum(objective) from earlier_results"
        self.assertEqual(self.workspace.query("shaken.db", learnt), self.workspace.query("calm.db", learnt))
        self.assertTrue(self.workspace.query("calm.db", learnt).startswith("first|24|"))
        # The study still says what it began with, of a file and of a server.
        with self.workspace.server("shaken.db") as server:
            for place in (("--db", self.workspace.path("calm.db")), ("--server", server.address)):
                self.assertIn("began with 24 results of study first\n", self.workspace.run("show", "second", *place))
                self.assertEqual(self.workspace.json("show", "second", *place)["warm_start"],
                                 [{"study": "first", "results": 24}])
            server.stop()
        self.assertNotIn("began with", self.workspace.run("show", "cold", "--db", self.workspace.path("calm.db")))
        self.assertNotIn("warm_start", self.workspace.json("show", "cold", "--db", self.workspace.path("calm.db")))
        # Nor does anybody miss it who asks again.
        again = self.workspace.json("run", self.study("second", WARM, 5), "--db", self.workspace.path("shaken.db"))
        self.assertEqual(again["state"], "COMPLETED")
        self.assertIn("sound", self.workspace.run("doctor", "--db", self.workspace.path("shaken.db")))

    def test_check_says_what_would_be_learnt(self):
        file = self.study("second", WARM)
        self.assertEqual(self.workspace.json("check", file)["warm_start"], [{"study": "first", "results": None}])
        database = self.workspace.path("one.db")
        self.run_study("first", "random: {trials: 5}", "one.db")
        self.assertEqual(self.workspace.json("check", file, "--db", database)["warm_start"],
                         [{"study": "first", "results": 5}])
        self.assertIn("begins with 5 results of study first", self.workspace.run("check", file, "--db", database))
        other = self.study("third", WARM.replace("first", "nowhere"))
        self.assertIn("nowhere", self.workspace.json("check", other, "--db", database)["warm_start"][0]["reason"])

    def test_check_counts_what_the_coordinator_takes(self):
        """Copies are no results of their own, however many there are; replicates are those of their points."""
        database = ("--db", self.workspace.path("one.db"))
        few = ("--set", "parameters.rate=0.5", "--set", "search={random: {trials: 40}}")
        again = ("--set", "parameters.rate={logspace: {start: -2, stop: 0, num: 3}}",
                 "--set", "search={grid: {}, refine: {rounds: 2, epochs: [1, 2]}}")
        for name, flags in (("copies", few), ("replicates", few + ("--set", "training.replicates=2")),
                            ("longer", again)):
            first = self.study("first", TPE)
            self.workspace.run("run", first, "--name", name, *flags, *database)
            second = self.study("second", WARM.replace("first", name))
            count = self.workspace.json("check", second, *database)["warm_start"][0]["results"]
            self.workspace.run("run", second, "--name", f"behind-{name}", *database)
            taken = self.workspace.query("one.db", "select count(*) from earlier_results join studies on id = study "
                                                   f"where name = 'behind-{name}'")
            self.assertEqual(str(count), taken.strip(), name)
            trials = self.trials(name, "one.db")
            copies = [trial for trial in trials if trial["reused_from"] and trial["attempt"] == 0]
            self.assertEqual(len(copies) > 0, name != "longer", name)
            # Around the best, refinement goes beyond what the second study's range has.
            within = [trial for trial in trials if trial["parameters"]["rate"] <= 1]
            expected = {"copies": 3, "replicates": 3, "longer": len(within)}[name]
            self.assertEqual(count, expected, name)
        self.assertTrue(any(trial["reused_from"] and trial["attempt"] > 0 for trial in trials))
        means = ("select count(*) from earlier_results e join studies s on s.id = e.study "
                 "where s.name = 'behind-replicates' and abs(e.objective - (select avg(t.objective) from trials t join studies f "
                 "on f.id = t.study where f.name = 'replicates' and t.number in (e.earlier_trial, e.earlier_trial + 1))) < 1e-12")
        self.assertEqual(self.workspace.query("one.db", means).strip(), "3")

    def test_what_does_not_suit(self):
        for search, place, message in (
                (TPE + "\n  enqueue: [{rate: 0.1}, {dropout: 0.3}]", "13:36: search.enqueue[1].dropout", "one of"),
                (TPE + "\n  enqueue: [{rate: 2}]", "13:20: search.enqueue[0].rate", "from 1e-06 to 1"),
                (TPE + "\n  enqueue: [{rat: 0.1}]", "13:14: search.enqueue[0].rat", "did you mean 'rate'?"),
                (TPE + "\n  enqueue: {rate: 0.1}", "13:12: search.enqueue", "a sequence of points"),
                ("tpe: {trials: 1}\n  enqueue: [{}, {}]", "13:12: search.enqueue", "search.tpe.trials is 1"),
                ("sobol: {trials: 4}\n  warm_start: {study: a}", "13:3: search.warm_start", "tpe or gp"),
                (TPE + "\n  warm_start: {}", "13:15: search.warm_start", "{study: NAME}"),
                (TPE + "\n  warm_start: {study: bad}", "13:15: search.warm_start", "this study itself")):
            refused = self.workspace.run("check", self.study("bad", search), expect=2)
            self.assertIn(f"bad.yaml:{place}: ", refused)
            self.assertIn(message, refused)
        grid = self.study("bad", "grid: {}\n  enqueue: [{rate: 0.1}]")
        gridded = ["--set", "parameters.rate={values: [0.1, 0.2]}"]
        refused = self.workspace.run("check", grid, *gridded, expect=2)
        self.assertIn("bad.yaml:13:3: search.enqueue: ", refused)
        self.assertIn("include: [VALUE]", refused)

        database = ("--db", self.workspace.path("one.db"))
        warm = self.study("second", WARM)
        self.assertIn("there is no study first", self.workspace.run("run", warm, *database, expect=1))
        self.workspace.run("submit", self.study("first", "random: {trials: 3}"), *database)
        self.assertIn("first is RUNNING", self.workspace.run("run", warm, *database, expect=1))
        self.workspace.run("cancel", "first", *database)
        self.assertIn("none of the 0 results", self.workspace.run("run", warm, *database, expect=1))
        self.run_study("third", "random: {trials: 3}", "one.db")
        other = ("--set", "search.warm_start.study=third", "--set", "objective.metric=validation_loss")
        self.assertIn("minimize validation_error", self.workspace.run("run", warm, *other, *database, expect=1))
        listed = json.loads(self.workspace.run("list", "--json", *database))
        self.assertEqual([study["study"] for study in listed], ["third", "first"])
        table = self.workspace.path("table.csv")
        with open(table, "w", encoding="utf-8") as out:
            out.write("rate,dropout,epoch,validation_error\n0.1,0,2,0.5\n")
        self.assertIn("search.warm_start", self.workspace.run("simulate", warm, "--table", table, expect=2))
        self.workspace.run("simulate", warm, "--set", "search.warm_start=null", "--table", table, "--seeds", "1")


if __name__ == "__main__":
    unittest.main()
