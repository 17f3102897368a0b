"""The recorded tables under ../shared/data/tables as problems for a search: their spaces, their budgets, and the
nearest row for a point that is not in them, as `hpsearch simulate` has it. Of what compares with Optuna over them.
"""
import csv
import gzip
import math
import os
import tempfile

# What a table needs is a space; which key of the study a parameter stands for does not matter to it. Words stand as
# initializers, which are words that a study file takes anywhere.
WORDS = ["glorot_uniform", "he_normal", "he_uniform"]

DIGITS = {
    "file": "digits-sklearn-mlp.csv.gz",
    "words": {"activation": ["logistic", "tanh", "relu"], "solver": ["adam", "sgd"]},
    "ranges": {"learning_rate": (1e-4, 1e-1, "log")},
    "integers": {"batch_size": (1, 100), "num_neurons_layer1": (5, 100), "num_neurons_layer2": (5, 100)},
    "epochs": 100, "min_epochs": 10, "budget": 5000,
    "study": """
model:
  - dense: {units: $num_neurons_layer1, kernel_initializer: $activation}
  - dense: {units: $num_neurons_layer2, kernel_initializer: $solver}
  - dense: {units: 10, activation: softmax}
training: {epochs: 100, batch_size: $batch_size, optimizer: {sgd: {learning_rate: $learning_rate}}}
""",
}
FASHION = {
    "file": "fashion-mnist-2c2d.csv.gz",
    "words": {"optimizer": ["GradientDescentOptimizer", "MomentumOptimizer", "AdamOptimizer"]},
    "ranges": {"learning_rate": (1e-5, 100.0, "log")},
    "integers": {},
    "epochs": 100, "min_epochs": 4, "budget": 3000,
    "study": """
model: [{dense: {units: 10, activation: softmax, kernel_initializer: $optimizer}}]
training: {epochs: 100, optimizer: {sgd: {learning_rate: $learning_rate}}}
""",
}
PROBLEMS = {"digits": DIGITS, "fashion": FASHION}
FACTOR = 3  # of the rungs of both pruners and both rules


def rows_of(problem, folder):
    with gzip.open(os.path.join(folder, problem["file"]), "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file))


class NearestRow:
    """Curves by point and training; `curve` is that of the nearest point."""

    def __init__(self, problem, folder):
        self.problem = problem
        self.names = [*problem["words"], *problem["ranges"], *problem["integers"]]
        self.points = {}
        for row in rows_of(problem, folder):
            point = tuple(row[name] if name in problem["words"] else float(row[name]) for name in self.names)
            runs = self.points.setdefault(point, {})
            curve = runs.setdefault(row.get("run", row.get("seed")), {})
            curve[int(row["epoch"])] = float(row["validation_error"])
        self.places = [(point, self.at(point)) for point in self.points]

    def at(self, point):
        place = []
        for name, value in zip(self.names, point):
            if name in self.problem["ranges"]:
                low, high, _ = self.problem["ranges"][name]
                place.append(math.log(value / low) / math.log(high / low))
            elif name in self.problem["integers"]:
                low, high = self.problem["integers"][name]
                place.append((value - low) / (high - low))
            else:
                place.append(value)
        return place

    def curve(self, parameters, run):
        wanted = self.at([parameters[name] for name in self.names])
        words = len(self.problem["words"])

        def apart(place):
            return (sum(a != b for a, b in zip(place[:words], wanted[:words]))
                    + sum((a - b) ** 2 for a, b in zip(place[words:], wanted[words:])))

        point, _ = min(self.places, key=lambda each: apart(each[1]))
        runs = list(self.points[point].values())
        return runs[run % len(runs)]


def write_study(problem, name, search, stopping, folder):
    """A study file over the problem's space, and a table of its words; both paths."""
    table = os.path.join(folder, f"{name}.csv")
    with open(table, "w", encoding="utf-8", newline="") as out:
        rows = rows_of(problem, os.environ["HPSEARCH_TABLES"])
        writer = csv.DictWriter(out, rows[0])
        writer.writeheader()
        for row in rows:
            for parameter, words in problem["words"].items():
                row[parameter] = WORDS[words.index(row[parameter])]
            writer.writerow(row)
    study = os.path.join(folder, f"{name}.yaml")
    with open(study, "w", encoding="utf-8") as out:
        out.write(f"study: {name}\ndataset: any\n{problem['study']}parameters:\n")
        for parameter, words in problem["words"].items():
            out.write(f"  {parameter}: {{values: [{', '.join(WORDS[:len(words)])}]}}\n")
        for parameter, (low, high, scale) in problem["ranges"].items():
            out.write(f"  {parameter}: {{range: {{low: {low}, high: {high}, scale: {scale}}}}}\n")
        for parameter, (low, high) in problem["integers"].items():
            out.write(f"  {parameter}: {{int_range: {{low: {low}, high: {high}}}}}\n")
        out.write(f"search: {search}\n")
        if stopping:
            out.write(f"stopping: {stopping}\n")
    return study, table


def temporary_folder():
    return tempfile.TemporaryDirectory(prefix="hpsearch-tables-")
