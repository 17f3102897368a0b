#!/usr/bin/python3
"""Studies whose data hang on parameters: each trial's curve is, to the bit, that of a study which has its value for a
constant; what a study over several data sets trains is known to those over one of them, and the other way round."""
import itertools
import os
import random
import re
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from service import Workspace, write_tiny_set  # noqa: E402

STUDY = """
study: {name}
dataset: {dataset}
seed: 3
model:
  - dense: {{units: 12, activation: relu, kernel_initializer: normal}}
  - dense: {{units: 4, activation: softmax}}
training: {{epochs: 2, batch_size: 32, optimizer: {{sgd: {{learning_rate: $rate, momentum: 0.9}}}}}}
parameters:
  {parameters}
  rate: {{values: [0.01, 0.1]}}
"""
CURVES = ("select trial, epoch, quote(train_loss), quote(train_error), quote(validation_loss), quote(validation_error) "
          "from epoch_curves where study = '{}' order by 1, 2")


def write_flowers(file, rows=240):
    """A table: an id, three measurements, a colour, a kind of three and one of four."""
    draw = random.Random(11)
    with open(file, "w", encoding="utf-8") as out:
        out.write("id,length,width,height,colour,kind,place\n")
        for row in range(rows):
            kind, place = draw.randrange(3), draw.randrange(4)
            numbers = ",".join(f"{kind + place / 2 + draw.random():.4f}" for _ in range(3))
            out.write(f"{row},{numbers},{'rgb'[kind]},{kind},{place}\n")


class DataParameters(unittest.TestCase):
    def setUp(self):
        self.workspace = self.enterContext(Workspace())
        write_tiny_set(self.workspace.path("data/other"), rows=300)
        write_flowers(self.workspace.path("data/flowers.csv"))

    def study(self, name, dataset, parameters="", more=""):
        file = self.workspace.path(f"{name}.yaml")
        with open(file, "w", encoding="utf-8") as out:
            out.write(STUDY.format(name=name, dataset=dataset, parameters=parameters) + more)
        return file

    def run_study(self, name, dataset, parameters="", database=None, more=""):
        file = self.study(name, dataset, parameters, more)
        return self.workspace.json("run", file, "--db", self.workspace.path(database or f"{name}.db"))

    def curves(self, name, database=None):
        """By trial, in their order."""
        rows = [line.split("|") for line in
                self.workspace.query(database or f"{name}.db", CURVES.format(name)).splitlines()]
        return [[row[1:] for row in of_trial] for _, of_trial in itertools.groupby(rows, key=lambda row: row[0])]

    def trials(self, name, database=None):
        return self.workspace.json("trials", name, "--db", self.workspace.path(database or f"{name}.db"))

    def constants(self, prefix, datasets):
        """The curves of studies over the same rates, one for each of the data sets."""
        curves = []
        for i, dataset in enumerate(datasets):
            self.run_study(f"{prefix}-{i}", dataset)
            curves += self.curves(f"{prefix}-{i}")
        return curves

    def test_curves_are_those_of_the_constants(self):
        mapping = "{{name: flowers, normalize: {}, test_fraction: {}, target: {}, drop: [id, {}]}}"
        values = {"scale": ["none", "standardize"], "part": [0.0, 0.25], "learnt": ["kind", -1]}
        self.run_study("open", mapping.format("$scale", "$part", "$learnt", "$left_out"),
                       "scale: {values: [none, standardize]}\n  part: {values: [0, 0.25]}\n"
                       "  learnt: {values: [kind, -1]}\n  left_out: colour")
        constants = self.constants("constant", [mapping.format(*point, "colour")
                                                for point in itertools.product(*values.values())])
        self.assertEqual(len(constants), 16)
        self.assertEqual(len({str(curve) for curve in constants}), 16, "each value makes a difference")
        self.assertEqual(self.curves("open"), constants)

    def test_a_study_over_data_sets_and_what_reads_it(self):
        workspace = self.workspace
        self.run_study("sets", "$set", "set: {values: [tiny, other]}")
        self.assertEqual(self.curves("sets"), self.constants("set", ["tiny", "other"]))
        database = ("--db", workspace.path("sets.db"))
        hashes = {each["name"]: each["hash"] for each in workspace.json("datasets")}
        data_hash = '{"other":"%s","tiny":"%s"}' % (hashes["other"], hashes["tiny"])
        self.assertEqual(workspace.json("show", "sets", *database)["data_hash"], data_hash)
        self.assertIn("dataset    other, tiny\n", workspace.run("show", "sets", *database))
        for trial, rows in ((1, 150), (3, 75)):
            result = workspace.json("evaluate", f"sets/{trial}", *database)
            self.assertEqual(sum(sum(row) for row in result["confusion"]), rows, "of its own test part")
            workspace.run("replay", f"sets/{trial}", *database)
        workspace.run("extend", "sets/4", "--epochs", "3", *database)
        self.assertEqual(self.trials("sets", "sets.db")[3]["epochs"], 3)
        workspace.run("doctor", *database)
        # What one of them alone trains is known, and what is known of one of them alone is not trained.
        self.run_study("tiny-alone", "tiny", database="sets.db")
        self.assertEqual([trial["reused_from"] for trial in self.trials("tiny-alone", "sets.db")],
                         ["sets/1", "sets/2"])
        self.run_study("sets", "$set", "set: {values: [tiny, other]}", database="set-1.db")
        self.assertEqual([trial["reused_from"] for trial in self.trials("sets", "set-1.db")],
                         [None, None, "set-1/1", "set-1/2"])
        self.assertEqual(self.curves("sets", "set-1.db"), self.constants("again", ["tiny", "other"]))

    def test_a_path_may_be_one_where_the_study_is_run(self):
        folders = ", ".join(self.workspace.path(f"data/{name}") for name in ("tiny", "other"))
        folder = f"folder: {{values: [{folders}]}}"
        self.run_study("paths", "{path: $folder}", folder)
        self.assertEqual(self.curves("paths"), self.constants("named", ["tiny", "other"]))
        said = self.workspace.run("submit", self.study("paths", "{path: $folder}", folder), expect=2)
        self.assertRegex(said, r":3:17: dataset\.path: a server takes data sets by name")

    def test_branches_of_whole_mappings_with_what_is_theirs(self):
        dataset = ("\n  switch: $set\n  images: tiny\n"
                   "  table: {name: flowers, target: place, drop: [id, kind, $left_out], normalize: $scale}")
        parameters = ("set: {values: [images, table]}\n  left_out: colour\n"
                      "  scale: {values: [none, standardize], when: {set: table}}")
        self.run_study("branches", dataset, parameters)
        table = "{{name: flowers, target: place, drop: [id, kind, colour], normalize: {}}}"
        constants = self.constants("branch", ["tiny", table.format("none"), table.format("standardize")])
        self.assertEqual(self.curves("branches"), constants)
        self.assertEqual([trial["parameters"].get("scale") for trial in self.trials("branches")],
                         [None] * 2 + ["none"] * 2 + ["standardize"] * 2)
        # A server takes it, and gives it to who has both.
        with self.workspace.server("server.db") as server:
            few = self.workspace.path("few")
            os.makedirs(few)
            os.symlink(self.workspace.path("data/tiny"), os.path.join(few, "tiny"))
            file = self.study("branches", dataset, parameters)
            with self.workspace.worker(server.address, name="few", environment={"HPSEARCH_DATA": few}) as half:
                self.workspace.run("submit", file, "--server", server.address)
                shown = self.workspace.json("show", "branches", "--server", server.address)
                self.assertEqual(shown["reason"], "waiting for a worker with data sets flowers, tiny")
                with self.workspace.worker(server.address, name="whole") as worker:
                    self.workspace.run("wait", "branches", "--server", server.address)
                    worker.stop()
                half.stop()
            server.stop()
        self.assertEqual(self.curves("branches", "server.db"), constants)
        self.assertEqual({trial["worker"] for trial in self.trials("branches", "server.db")}, {"whole"})

    def test_what_one_branch_has_wrong_is_told_at_its_place(self):
        two = "a: {values: [x, y]}"
        # The data set, the parameter, what stands at the place that is told, and the words.
        cases = (
            ("{name: $set}", "set: {values: [tiny, gone]}", "$set}", r"dataset\.name: no data set 'gone' .*\$set is \"gone\""),
            ("\n  name: {switch: $a, x: tiny, y: gone}", two, "gone}", r"dataset\.name\.y: no data set 'gone'"),
            ("\n  switch: $a\n  x: tiny\n  y: {name: flowers,\n      target: shape}", two, "shape}",
             r"dataset\.y\.target: .*shape"),
            ("\n  name: flowers\n  target: kind\n  drop: [colour, id]\n  normalize: {switch: $a, x: unit, y: minmax}",
             two, "minmax}", r"dataset\.normalize\.y: unknown normalize 'minmax'"),
            ("{name: flowers, target: $t, drop: [colour, id]}", "t: {values: [kind, 9]}", "$t,",
             r"dataset\.target: .*\$t is 9"),
            ("{name: tiny, classes: [0, $k]}", "k: {values: [1, 7]}", "[0,", r"dataset\.classes: .*no class 7.*\$k is 7"))
        for dataset, parameters, place, wanted in cases:
            file = self.study("wrong", dataset, parameters)
            with open(file, encoding="utf-8") as text:
                before = text.read().partition(place)[0]
            line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
            said = self.workspace.run("check", file, expect=2)
            self.assertEqual(len(said.splitlines()), 1, said)
            self.assertTrue(said.startswith(f"{file}:{line}:{column}: "), f"{said!r} is not at {line}:{column}")
            self.assertTrue(re.search(wanted, said), f"{said!r} is not {wanted!r}")


if __name__ == "__main__":
    unittest.main()
