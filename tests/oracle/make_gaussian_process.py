#!/usr/bin/python3
"""Writes gaussian_process.txt beside itself: what a Gaussian process says, by scikit-learn's Matern kernel and scipy's
normal distribution, for tests/server/strategy. The table is committed; run this again only to change the cases.

The space: a number, a number that is absent at some points (nan), one of three levels. scikit-learn sees the places of a
Euclidean space that server/strategy/gp_kernel.h tells of. And the logarithm of the expected improvement, by mpmath's
arithmetic of 60 digits.

Lines: point x x x observed | logs (of lengths, signal, noise) ... likelihood | at x x x mean deviation | improvement z log
"""
import pathlib

import mpmath
import numpy as np
from scipy import stats
from sklearn.gaussian_process.kernels import Matern

draw = np.random.default_rng(5)


def points(n):
    made = draw.random((n, 3))
    made[draw.random(n) < .3, 1] = np.nan
    made[:, 2] = (np.floor(made[:, 2] * 3) + .5) / 3
    return made


def embedded(made, lengths):
    """Each dimension's coordinates over its length; equal levels 0 apart, others 1."""
    absent = np.isnan(made[:, 1])
    beside = np.stack([np.where(absent, .5, made[:, 1]), np.where(absent, np.sqrt(3) / 2, 0)], axis=1)
    levels = np.eye(3)[np.floor(made[:, 2] * 3).astype(int)] / np.sqrt(2)
    return np.concatenate([made[:, :1] / lengths[0], beside / lengths[1], levels / lengths[2]], axis=1)


def numbers(values):
    return " ".join(repr(float(value)) for value in values)


lines = []
at, tried = points(6), points(14)
observed = np.sin(6 * tried[:, 0]) + np.where(np.isnan(tried[:, 1]), .3, tried[:, 1]**2) + tried[:, 2] + draw.normal(0, .05, 14)
lines += [f"point {numbers(x)} {float(y)!r}" for x, y in zip(tried, observed)]
for lengths, signal, noise in (((.3, .5, .8), 1.3, 1e-2), ((2., .1, 1.5), .4, 1e-5)):
    kernel = Matern(length_scale=1.0, nu=2.5)
    inner = embedded(tried, lengths)
    covariance = signal * kernel(inner) + noise * np.eye(len(tried))
    inverse = np.linalg.inv(covariance)
    mean = inverse.sum(axis=0) @ observed / inverse.sum()
    likelihood = stats.multivariate_normal(np.full(len(tried), mean), covariance).logpdf(observed)
    lines.append(f"logs {numbers(np.log([*lengths, signal, noise]))} {float(likelihood)!r}")
    cross = signal * kernel(embedded(at, lengths), inner)
    means = mean + cross @ inverse @ (observed - mean)
    deviations = np.sqrt(signal - np.einsum("ij,jk,ik->i", cross, inverse, cross))
    lines += [f"at {numbers(x)} {float(m)!r} {float(s)!r}" for x, m, s in zip(at, means, deviations)]

mpmath.mp.dps = 60
for z in (8, 2, .5, 0, -.5, -.999, -1, -1.001, -3, -8, -11.9, -12.1, -20, -50, -1e3, -1e6, -1e9):
    if z > -1e4:
        log = mpmath.log(mpmath.npdf(z) + z * mpmath.ncdf(z))
    else:  # phi(z) (1 / z^2 - 3 / z^4): the rest is smaller than any digit
        log = -mpmath.mpf(z)**2 / 2 - mpmath.log(2 * mpmath.pi) / 2 + mpmath.log(1 / mpmath.mpf(z)**2 - 3 / mpmath.mpf(z)**4)
    lines.append(f"improvement {float(z)!r} {mpmath.nstr(log, 18)}")

(pathlib.Path(__file__).parent / "gaussian_process.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
