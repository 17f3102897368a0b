"""The test error that hpsearch comes to: one trial of a network on a set, trained and evaluated by the binary."""
import json
import os
import subprocess
import tempfile

MLP = """[{dropout: 0.2}, {dense: {units: 128, activation: relu, kernel_initializer: normal, max_norm: 5}},
  {dropout: 0.5}, {dense: {units: 128, activation: tanh, kernel_initializer: normal, max_norm: 5}}, {dropout: 0.5},
  {dense: {units: 10, activation: softmax, kernel_initializer: normal}}]"""
WIDE = """[{dropout: 0.2}, {dense: {units: 1024, activation: relu, max_norm: 5}}, {dropout: 0.5},
  {dense: {units: 1024, activation: relu, max_norm: 5}}, {dropout: 0.5}, {dense: {units: 10, activation: softmax}}]"""
CNN = """[{conv2d: {filters: 32, kernel_size: 3, activation: relu, max_norm: 5}}, {max_pooling2d: 2},
  {conv2d: {filters: 64, kernel_size: 3, activation: relu, max_norm: 5}}, {max_pooling2d: 2}, {dropout: 0.25},
  flatten, {dense: {units: 128, activation: relu, max_norm: 5}}, {dropout: 0.5},
  {dense: {units: 10, activation: softmax}}]"""
RESNET = """[{conv2d: {filters: 16, kernel_size: 3, strides: 2, padding: same, use_bias: false}},
  {batch_normalization: {momentum: 0.9}}, {activation: {activation: relu, name: stem}},
  {conv2d: {filters: 16, kernel_size: 3, padding: same, use_bias: false}}, {batch_normalization: {momentum: 0.9}},
  {activation: relu}, {conv2d: {filters: 16, kernel_size: 3, padding: same, use_bias: false}},
  {batch_normalization: {momentum: 0.9, name: branch}}, {add: {inputs: [stem, branch]}}, {activation: relu},
  global_average_pooling2d, {dense: {units: 10, activation: softmax}}]"""

ROWS = 20000  # the first of the set's 60,000; the rest is held back
HELD_BACK = 0.66666


def trained(folder, model, *, seed, epochs, batch_size, learning_rate, schedule="constant",
            precision="f32"):
    """A fraction, of the set's test rows, behind the last epoch of SGD with momentum 0.9."""
    with tempfile.TemporaryDirectory() as scratch:
        study, database = f"{scratch}/study.yaml", f"{scratch}/study.db"
        with open(study, "w", encoding="utf-8") as file:
            file.write(f"study: accuracy\ndataset: {{path: {os.path.abspath(folder)}}}\nseed: {seed}\nmodel: {model}\n"
                       f"training: {{epochs: {epochs}, batch_size: {batch_size}, precision: {precision}, "
                       f"schedule: {schedule}, "
                       f"validation_fraction: {HELD_BACK}, "
                       f"optimizer: {{sgd: {{learning_rate: {learning_rate}, momentum: 0.9}}}}}}\n")
        binary = os.environ["HPSEARCH_BINARY"]
        subprocess.run([binary, "run", study, "--db", database, "--workers", "1"], check=True, capture_output=True)
        said = subprocess.run([binary, "evaluate", "accuracy/1", "--epoch", "last", "--db", database, "--json"],
                              check=True, capture_output=True, text=True)
        return json.loads(said.stdout)["test_error"]
