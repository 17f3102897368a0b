#!/usr/bin/python3
"""Metrics of a few rows by numpy and PyTorch, for tests/worker/train/named_metrics_test.cc: python3 make_metrics.py

Prints the rows and the values as they stand in the test. sklearn's r2_score is numpy's formula here.
"""
import numpy as np
import torch

draw = np.random.default_rng(7)
targets = draw.normal(20, 5, 9).astype(np.float32)
outputs = (targets + draw.normal(0, 2, 9)).astype(np.float32)
x, y = outputs.astype(np.float64), targets.astype(np.float64)
print("targets", ", ".join(f"{v:.9g}F" for v in targets))
print("outputs", ", ".join(f"{v:.9g}F" for v in outputs))
print("mae", repr(np.mean(np.abs(x - y))), "of torch", torch.nn.functional.l1_loss(torch.tensor(x), torch.tensor(y)).item())
print("rmse", repr(np.sqrt(np.mean((x - y) ** 2))))
print("r2", repr(1 - np.sum((x - y) ** 2) / np.sum((y - y.mean()) ** 2)))

logits = draw.normal(0, 1, (12, 8)).astype(np.float32)
labels = draw.integers(0, 8, 12)
five = torch.tensor(logits).topk(5, dim=1).indices
hit = (five == torch.tensor(labels)[:, None]).any(dim=1)
print("logits", ", ".join(f"{v:.9g}F" for v in logits.ravel()))
print("labels", ", ".join(map(str, labels)))
print("top5_error", repr(1 - hit.double().mean().item()), "misses", (~hit).sum().item())
