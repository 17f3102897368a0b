#!/usr/bin/python3
"""Writes numpy_space.csv beside itself: what numpy's linspace, logspace and geomspace return, to the bit.

The table is committed; run this again only to change the cases. numpy's AVX512 powers are up to 1 ulp away from
libm's, which hpsearch promises, so they are switched off before numpy is loaded, and that is checked.

Columns: function,start,stop,num,endpoint,base,values; floats as float.hex() writes them, values apart by spaces,
none for num 0. At most 24 values of a case are kept: "i:value", the first, the last and some between.
"""

import os
import pathlib
import random

AVX512 = ["AVX512F", "AVX512CD", "AVX512_SKX", "AVX512_CLX", "AVX512_CNL", "AVX512_ICL"]
os.environ["NPY_DISABLE_CPU_FEATURES"] = " ".join(AVX512)

import numpy  # noqa: E402: after the environment
from numpy.core._multiarray_umath import __cpu_features__  # noqa: E402

KEPT = 24


def check_numpy():
    if not numpy.__version__.startswith("1.24."):
        raise SystemExit(f"numpy {numpy.__version__}: the table is numpy 1.24's")
    on = [feature for feature in AVX512 if __cpu_features__.get(feature)]
    if on:
        raise SystemExit(f"still on: {on}")


def row(function, start, stop, num, endpoint, base=10.0):
    start, stop, base = float(start), float(stop), float(base)
    with numpy.errstate(all="ignore"):
        if function == "linspace":
            values = numpy.linspace(start, stop, num, endpoint)
        elif function == "logspace":
            values = numpy.logspace(start, stop, num, endpoint, base)
        else:
            values = numpy.geomspace(start, stop, num, endpoint)
    assert len(values) == num
    indices = range(num) if num <= KEPT else sorted({i * (num - 1) // (KEPT - 1) for i in range(KEPT)})
    kept = " ".join(f"{i}:{float(values[i]).hex()}" for i in indices)
    return f"{function},{start.hex()},{stop.hex()},{num},{int(endpoint)},{base.hex()},{kept}"


def chosen():
    """Cases that meet one branch each."""
    rows = []
    tiny, smallest, huge = 2.2250738585072014e-308, 5e-324, 1.7976931348623157e308
    for endpoint in (True, False):
        for num in (0, 1, 2, 3, 4, 5, 7, 10, 50, 1000):
            for start, stop in ((-3, 0), (0, -3), (-2, -0.30103), (0, 1), (1, 1), (-1, 1), (0, 0), (2, 2.5)):
                rows.append(row("linspace", start, stop, num, endpoint))
                rows.append(row("logspace", start, stop, num, endpoint))
            for base in (2, 0.5, 2.718281828459045, 1, 1e-3, 1e300, tiny):
                rows.append(row("logspace", -2, 3, num, endpoint, base))
            for start, stop in ((1e-3, 1), (1, 1e-3), (1, 1000), (-1, -1000), (-1000, -1), (3, 3), (-3, -3),
                                (tiny, huge), (huge, tiny), (smallest, 1), (1, 256), (0.1, 0.3)):
                rows.append(row("geomspace", start, stop, num, endpoint))
            for start, stop in ((0, smallest), (smallest, 0), (0, 2 * smallest), (-smallest, smallest),
                                (tiny, 1.5 * tiny), (-huge, huge), (huge, -huge), (0.0, huge), (-0.0, 1),
                                (-0.0, -1), (-0.0, -0.0), (0.0, -0.0), (1, 1 + 2**-52), (1e16, 1e16 + 2)):
                rows.append(row("linspace", start, stop, num, endpoint))
    return rows


def drawn(draw, count):
    rows = []
    for _ in range(count):
        function = draw.choice(("linspace", "logspace", "geomspace"))
        num = draw.choice((1, 2, 3, 4, 5, 6, 8, 9, 10, 12, 16, draw.randint(0, 20), draw.randint(17, 5000)))
        endpoint = draw.random() < 0.7
        kind = draw.random()
        base = 10.0
        if function == "linspace":
            if kind < 0.5:
                start, stop = draw.uniform(-10, 10), draw.uniform(-10, 10)
            elif kind < 0.7:
                start, stop = draw.randint(-100, 100), draw.randint(-100, 100)
            else:
                start, stop = (draw.choice((-1, 1)) * 10 ** draw.uniform(-320, 308) for _ in range(2))
        elif function == "logspace":
            if kind < 0.4:
                start, stop = draw.randint(-8, 4), draw.randint(-8, 4)
            elif kind < 0.8:
                start, stop = draw.uniform(-8, 4), draw.uniform(-8, 4)
            else:
                start, stop = draw.uniform(-330, 310), draw.uniform(-330, 310)
            if draw.random() < 0.4:
                base = draw.choice((2, 3, 1.5, 0.1, 2.718281828459045, draw.uniform(0.01, 50)))
        else:
            exponent = 10 if kind < 0.7 else 300
            sign = draw.choice((-1, 1, 1))
            start, stop = (sign * 10 ** draw.uniform(-exponent, exponent) for _ in range(2))
        if draw.random() < 0.05:
            stop = start
        rows.append(row(function, start, stop, num, endpoint, base))
    return rows


def main():
    check_numpy()
    rows = chosen() + drawn(random.Random(20240607), 2400)
    path = pathlib.Path(__file__).with_name("numpy_space.csv")
    path.write_text("function,start,stop,num,endpoint,base,values\n" + "\n".join(rows) + "\n", encoding="ascii")
    print(f"{len(rows)} cases, {path.stat().st_size} bytes: {path.name}")


if __name__ == "__main__":
    main()
