"""Random conditional grids of up to six axes as study files, and their points by plain enumeration: the product of all
axes, without what is absent, each point once, in the order of the file."""
import itertools
import json

MOST_AXES, MOST_POINTS, LEAST_POINTS = 6, 24, 4


class Grid:
    """What `text` is for, and `points`: of each trial its parameters as they are stored, but for the spelling."""

    def __init__(self, draw, name):
        self.draw = draw
        while True:
            self.axes = []  # name, values, whether it is there, by what is there in front of it
            self.parameters, self.selectors = {}, {}
            self.layers, self.training = [], {"sgd": {"learning_rate": 0.1, "momentum": 0.5}}
            for part in draw.sample([self.branch, self.repeat, self.optimizer, *[self.choice] * 3, self.norm,
                                     self.norm, self.units], draw.randint(2, 5)):
                part()
            self.points = self.enumerate() if len(self.axes) <= MOST_AXES else []
            absent = any(len(point) < len(self.axes) for point in self.points)
            if absent and LEAST_POINTS <= len(self.points) <= MOST_POINTS:
                break
        self.spread = draw.random() < 0.3
        self.text = json.dumps({
            "study": name, "dataset": "tiny", "seed": draw.randrange(100),
            "model": [*self.layers, {"dense": {"units": 4, "activation": "softmax"}}],
            "training": {"epochs": 2, "batch_size": 50, "optimizer": self.training},
            "parameters": self.parameters, "search": {"grid": {"order": "spread" if self.spread else "product"}},
            "limits": {"max_attempts": 1000, "lease_seconds": 1}})

    def enumerate(self):
        points = {}
        for values in itertools.product(*(values for _, values, _ in self.axes)):
            point = {}
            for (name, _, there), value in zip(self.axes, values):
                if there(point):
                    point[name] = value
            points.setdefault(json.dumps(point), point)
        return list(points.values())

    def name(self):
        return f"p{len(self.parameters) + 1}"

    def add(self, name, values, text, there=lambda point: True):
        self.parameters[name] = text
        self.axes.append((name, values, there))

    def numbers(self):
        """An axis of numbers that are exact, and its text."""
        kind, num = self.draw.random(), self.draw.randint(1, 3)
        if kind < 0.3:
            values = [(3 * i + self.draw.randint(1, 3)) / 8 for i in range(num)]
            return values, {"values": values}
        text = {"linspace": {"start": 0.25, "stop": 0.25 * num, "num": num}}
        if kind < 0.6:
            return [0.25 * (i + 1) for i in range(num)], text
        return [*(0.25 * (i + 1) for i in range(num)), 2.5], {**text, "include": [2.5]}

    def when(self, text):
        """Perhaps; adds to the text, and says when it holds."""
        # Mostly the last ones, which may hang on others themselves.
        names = [name for at, name in enumerate(reversed(self.selectors)) if self.draw.random() < (0.2 if at else 0.9)]
        wanted = {name: self.draw.sample(self.selectors[name], self.draw.randint(1, len(self.selectors[name]) - 1))
                  for name in names}
        if wanted:
            text["when"] = wanted
        return lambda point: all(point.get(name) in values for name, values in wanted.items())

    def norm(self):
        name = self.name()
        values, text = self.numbers()
        there = self.when(text)
        self.add(name, values, text, there)
        self.layers.append({"dense": {"units": 5, "activation": "relu", "max_norm": f"${name}"}})

    def choice(self):
        """What others may hang on, and may itself be absent."""
        name = self.name()
        text = {"values": ["tanh", "relu"]}
        self.add(name, text["values"], text, self.when(text))
        self.selectors[name] = text["values"]
        self.layers.append({"dense": {"units": 4, "activation": f"${name}"}})

    def units(self):
        name = self.name()
        self.add(name, [2, 3, 5], {"linspace": {"start": 2, "stop": 4.6, "num": 3}})  # 2, 3.3, 4.6 to whole numbers
        self.layers.append({"dense": {"units": f"${name}", "activation": "tanh"}})

    def branch(self):
        """A layer that is in some branches of a switch alone."""
        by = self.name()
        choices = ["plain", 2, "deep"][:self.draw.randint(2, 3)]
        self.add(by, choices, {"values": choices})
        self.selectors[by] = choices
        inside = self.name()
        values, text = self.numbers()
        taken = self.draw.choice(choices)
        there = self.when(text)
        self.add(inside, values, text, lambda point: point[by] == taken and there(point))
        layer = {"dense": {"units": 6, "activation": "relu", "max_norm": f"${inside}"}}
        branches = {str(choice): [layer] if choice == taken else [] for choice in choices}
        self.layers.append({"switch": f"${by}", **branches})

    def repeat(self):
        """Layers as often as a parameter says, each with a width of its own."""
        count = self.name()
        times = list(range(self.draw.randint(0, 1), 3))
        self.add(count, times, {"values": times})
        self.selectors[count] = times
        own = self.name()
        self.parameters[own] = {"values": [3, 4], "per": count}
        for number in (1, 2):
            self.axes.append((f"{own}_{number}", [3, 4], lambda point, number=number: point[count] >= number))
        self.layers.append({"repeat": {"times": f"${count}",
                                       "layers": [{"dense": {"units": f"${own}", "activation": "relu"}}]}})

    def optimizer(self):
        by = self.name()
        self.add(by, ["sgd", "adam"], {"values": ["sgd", "adam"]})
        self.selectors[by] = ["sgd", "adam"]
        rate = self.name()
        values, text = self.numbers()
        self.add(rate, values, text, lambda point: point[by] == "sgd")
        self.training = {"switch": f"${by}", "sgd": {"sgd": {"learning_rate": f"${rate}"}}, "adam": "adam"}
