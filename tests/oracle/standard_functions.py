"""Standard test functions of optimization, as Surjanovic and Bingham's Virtual Library of Simulation Experiments has
them, over the unit cube: {name: Function}. For compare_optuna.py."""
import math
from dataclasses import dataclass
from typing import Callable, Sequence


@dataclass(frozen=True)
class Function:
    bounds: Sequence[tuple]  # of each coordinate, linear
    value: Callable[[Sequence[float]], float]
    minimum: float

    def at(self, unit):
        """The value at a point of the unit cube."""
        return self.value([low + u * (high - low) for u, (low, high) in zip(unit, self.bounds)])


def branin(x):
    a = x[1] - 5.1 / (4 * math.pi**2) * x[0]**2 + 5 / math.pi * x[0] - 6
    return a**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x[0]) + 10


def hartmann(scales, centres):
    weights = (1.0, 1.2, 3.0, 3.2)

    def value(x):
        return -sum(weight * math.exp(-sum(s * (xi - c)**2 for s, xi, c in zip(scale, x, centre)))
                    for weight, scale, centre in zip(weights, scales, centres))
    return value


hartmann3 = hartmann([(3, 10, 30), (.1, 10, 35), (3, 10, 30), (.1, 10, 35)],
                     [(.3689, .1170, .2673), (.4699, .4387, .7470), (.1091, .8732, .5547), (.0381, .5743, .8828)])
hartmann6 = hartmann([(10, 3, 17, 3.5, 1.7, 8), (.05, 10, 17, .1, 8, 14), (3, 3.5, 1.7, 10, 17, 8), (17, 8, .05, 10, .1, 14)],
                     [(.1312, .1696, .5569, .0124, .8283, .5886), (.2329, .4135, .8307, .3736, .1004, .9991),
                      (.2348, .1451, .3522, .2883, .3047, .6650), (.4047, .8828, .8732, .5743, .1091, .0381)])


def rosenbrock(x):
    return sum(100 * (b - a**2)**2 + (a - 1)**2 for a, b in zip(x, x[1:]))


def ackley(x):
    n = len(x)
    return (-20 * math.exp(-.2 * math.sqrt(sum(v**2 for v in x) / n)) - math.exp(sum(math.cos(2 * math.pi * v) for v in x) / n)
            + 20 + math.e)


FUNCTIONS = {
    "branin": Function([(-5, 10), (0, 15)], branin, 0.39788735772973816),
    "hartmann3": Function([(0, 1)] * 3, hartmann3, -3.8627797873326624),
    "hartmann6": Function([(0, 1)] * 6, hartmann6, -3.3223680114155147),
    "rosenbrock5": Function([(-5, 10)] * 5, rosenbrock, 0.0),
    "ackley8": Function([(-32.768, 32.768)] * 8, ackley, 0.0),
}
