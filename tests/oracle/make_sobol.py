#!/usr/bin/python3
"""Makes, from scipy 1.10, what the Sobol sequence is built on and held against: python3 make_sobol.py

- server/strategy/sobol_table.inc: Joe and Kuo's primitive polynomials and initial direction numbers of the first 256
  dimensions (new-joe-kuo-6.21201), included by sobol_directions.cc
- tests/oracle/sobol_points.csv: dimension,index,point: unscrambled points of scipy's own generator, a point as the
  integer that 2^53 times it is. scipy goes in the order of the Gray code; the index here is the plain one.
"""
import pathlib
import textwrap

import numpy
import scipy
from scipy.stats import _sobol, qmc

DIMENSIONS = 256
HERE = pathlib.Path(__file__).resolve().parent
TABLE = HERE.parent.parent / "server" / "strategy" / "sobol_table.inc"
INDICES = [1, 2, 3, 6, 27, 100, 681, 1023, 4000]

LICENSE = """\
// Made by tests/oracle/make_sobol.py from new-joe-kuo-6.21201, https://web.maths.unsw.edu.au/~fkuo/sobol:
//
// Copyright (c) 2008, Frances Y. Kuo and Stephen Joe. All rights reserved.
//
// Redistribution and use in source and binary forms, with or without modification, are permitted provided that the
// following conditions are met:
// * Redistributions of source code must retain the above copyright notice, this list of conditions and the following
//   disclaimer.
// * Redistributions in binary form must reproduce the above copyright notice, this list of conditions and the
//   following disclaimer in the documentation and/or other materials provided with the distribution.
// * Neither the names of the copyright holders nor the names of the University of New South Wales and the University
//   of Waikato and its contributors may be used to endorse or promote products derived from this software without
//   specific prior written permission.
//
// THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS" AND ANY EXPRESS OR IMPLIED WARRANTIES,
// INCLUDING, BUT NOT LIMITED TO, THE IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE
// DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDERS OR CONTRIBUTORS BE LIABLE FOR ANY DIRECT, INDIRECT, INCIDENTAL,
// SPECIAL, EXEMPLARY, OR CONSEQUENTIAL DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR
// SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER CAUSED AND ON ANY THEORY OF LIABILITY,
// WHETHER IN CONTRACT, STRICT LIABILITY, OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE
// OF THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.

"""


def numbers(name, values):
    lines = textwrap.wrap(", ".join(map(str, values)), 111)
    return f"constexpr std::array<std::uint16_t, {len(values)}> {name} = {{\n    " + "\n    ".join(lines) + "};\n"


def table():
    data = numpy.load(pathlib.Path(_sobol.__file__).parent / "_sobol_direction_numbers.npz")
    polynomials = [int(p) for p in data["poly"][:DIMENSIONS]]
    initial = []
    for polynomial, row in zip(polynomials, data["vinit"][:DIMENSIONS]):
        degree = max(polynomial.bit_length() - 1, 1)
        initial += [int(m) for m in row[:degree]]
        assert not row[degree:].any()
    with open(TABLE, "w", encoding="ascii") as out:
        out.write(LICENSE)
        out.write(numbers("kPolynomials", polynomials))
        out.write(numbers("kInitial", initial))


def points():
    engine = qmc.Sobol(DIMENSIONS, scramble=False, bits=53)
    made = engine.random(4096)
    with open(HERE / "sobol_points.csv", "w", encoding="ascii") as out:
        out.write("dimension,index,point\n")
        for dimension in [*range(12), 40, 99, 128, 200, 254, 255]:
            for index in INDICES:
                place = next(n for n in range(4096) if n ^ (n >> 1) == index)
                point = made[place][dimension] * 2.0**53
                assert point == int(point)
                out.write(f"{dimension},{index},{int(point)}\n")


if __name__ == "__main__":
    if not scipy.__version__.startswith("1.10."):
        raise SystemExit(f"scipy {scipy.__version__}: the table is scipy 1.10's")
    table()
    points()
