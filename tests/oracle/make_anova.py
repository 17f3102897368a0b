#!/usr/bin/python3
"""Writes anova.csv beside itself: full grids, and how much of their variance each axis and each two explain.

Independent of hpsearch's way: least squares on indicators (numpy.linalg.lstsq). A model of one effect more explains
more; on a full grid the order does not matter, which is checked. The table is committed; run this again only to
change the cases.

Rows: point,CASE,LEVELS,OBJECTIVE for each training of a point (levels from 0, apart by spaces) and
effect,CASE,AXES,FRACTION. Floats as float.hex() writes them.
"""
import itertools
import pathlib

import numpy


def indicators(cells, axes):
    """A column for each combination of the axes' levels."""
    combinations = sorted({tuple(cell[axis] for axis in axes) for cell in cells})
    return numpy.array([[float(tuple(cell[axis] for axis in axes) == one) for one in combinations] for cell in cells])


def explained(columns, values):
    fitted = columns @ numpy.linalg.lstsq(columns, values, rcond=None)[0]
    return float(((fitted - values.mean()) ** 2).sum())


def fractions(cells, values):
    """Sequential sums of squares, the effects in some order, each behind those that it contains."""
    axes = range(len(cells[0]))
    effects = [(axis,) for axis in axes] + list(itertools.combinations(axes, 2))
    total = float(((values - values.mean()) ** 2).sum())
    answers = []
    for order in (effects, sorted(effects, key=lambda effect: (len(effect), [-axis for axis in effect]))):
        columns, before, answer = numpy.ones((len(cells), 1)), 0.0, {}
        for effect in order:
            columns = numpy.hstack([columns, indicators(cells, effect)])
            after = explained(columns, values)
            answer[effect] = (after - before) / total
            before = after
        answers.append(answer)
    for effect in effects:
        assert abs(answers[0][effect] - answers[1][effect]) < 1e-10, effect
    return answers[0]


def cases(draw):
    """Name, levels of each axis, trainings of each point, the objective of a point."""
    weights = draw.normal(size=(4, 5))
    yield "additive", (4, 3), 1, lambda c: weights[0, c[0]] + 2 * weights[1, c[1]]
    yield "product", (3, 5), 1, lambda c: (c[0] - 0.5) * (c[1] + 1.0)
    yield "article", (4, 4, 3), 1, lambda c: 0.1 + 0.02 * (c[0] - 2) ** 2 + 0.003 * c[1] * c[2] + draw.normal() * 0.004
    yield "noise", (2, 3, 4), 1, lambda c: draw.normal()
    yield "replicates", (3, 2, 2), 3, lambda c: c[0] + 0.5 * c[1] * c[2] + draw.normal() * 0.3
    yield "one-axis", (6,), 1, lambda c: draw.normal()
    yield "four-axes", (2, 3, 2, 3), 1, lambda c: numpy.sin(c[0] + 2 * c[1]) * (1 + c[2]) + 0.2 * c[3]
    yield "idle-axis", (3, 1, 4), 1, lambda c: c[0] * 0.7 + weights[2, c[2]]
    yield "large-mean", (3, 3), 1, lambda c: 1e6 + c[0] + 0.25 * c[1]


def main():
    draw = numpy.random.default_rng(20261127)
    rows = []
    for name, levels, trainings, objective in cases(draw):
        cells = list(itertools.product(*(range(count) for count in levels)))
        values = numpy.array([[float(objective(cell)) for _ in range(trainings)] for cell in cells])
        for cell, of_cell in zip(cells, values):
            rows += [f"point,{name},{' '.join(map(str, cell))},{value.hex()}" for value in map(float, of_cell)]
        for effect, fraction in fractions(cells, values.mean(axis=1)).items():
            rows.append(f"effect,{name},{' '.join(map(str, effect))},{fraction.hex()}")
    path = pathlib.Path(__file__).with_name("anova.csv")
    path.write_text("kind,case,at,value\n" + "\n".join(rows) + "\n", encoding="ascii")
    print(f"{len(rows)} rows, {path.stat().st_size} bytes: {path.name}")


if __name__ == "__main__":
    main()
