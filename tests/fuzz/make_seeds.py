#!/usr/bin/python3
"""Writes the inputs that the fuzzers begin with: tests/fuzz/make_seeds.py FOLDER makes FOLDER/NAME/ for each of them.

The committed corpora were merged from these and from what libFuzzer made of them (deploy/fuzz --merge); this script is
for a harness whose form changes. Needs numpy and protoc. The form of an input stands in tests/fuzz/input.h.
"""
import gzip
import io
import pathlib
import struct
import subprocess
import sys

import numpy as np

CUT = b"\xffcut"
ROOT = pathlib.Path(__file__).resolve().parents[2]


def files(choices, *contents):
    return bytes([choices]) + CUT.join(contents)


def idx(array):
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def npy(array):
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


def cifar(rows, labels):
    return b"".join(bytes(label) + bytes([sum(label) % 256]) * 3072 for label in labels[:rows])


def gzips():
    text = b"to be, or not to be, that is the question; " * 40
    member = gzip.compress(text, mtime=0)
    yield b"\x10" + text
    yield b"\x00" + member
    yield b"\x07" + member + gzip.compress(b"and more", mtime=0)
    yield b"\xff" + gzip.compress(bytes(200_000), mtime=0)
    yield b"\x20" + member[:-4]
    yield b"\x20" + member + b"rubbish"


def idxs():
    count = lambda *shape: np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    labels = np.array([0, 1, 2, 0, 1], np.uint8)
    for choices in (0x00, 0x0F, 0x05, 0x80):
        yield files(choices, idx(count(5, 2, 3)), idx(labels), idx(count(3, 2, 3)), idx(labels[:3]))
    yield files(0, idx(count(5, 3)), idx(labels), idx(count(2, 3)), idx(labels[:2]))
    yield files(0, idx(count(5, 1, 2, 2)), idx(labels), idx(count(1, 1, 2, 2)), idx(labels[:1]))
    yield files(0, idx(count(4, 2)))
    yield files(1, idx(labels))
    yield files(0, bytes([0, 0, 8, 3]) + b"\xff" * 12)


def npys():
    labels = np.array([0, 1, 2, 0], np.int64)
    for dtype in ("u1", "<f4", "<f8"):
        x = np.arange(12).reshape(4, 3).astype(dtype)
        yield files(0, npy(x), npy(labels), npy(x[:2]), npy(labels[:2]))
        yield files(0x0F, npy(x.reshape(4, 1, 3)), npy(labels.astype("<i4").reshape(4, 1)))
        yield files(0, npy(x))
    yield files(0, npy(np.asfortranarray(np.eye(3))))
    yield files(0, npy(labels.astype("u1")))
    yield files(0, npy(np.array([1.0, np.nan]).reshape(2, 1)))
    yield files(0, b"\x93NUMPY\x02\x00\x40\x00\x00\x00" + b"{'descr': '<f4', 'fortran_order': False, 'shape': (1L, 1), }   \n" + bytes(4))


def cifars():
    yield files(0x00, cifar(1, [[3]]), cifar(1, [[9]]))
    yield files(0x07, cifar(2, [[0], [9]]), cifar(1, [[1]]), cifar(1, [[2]]))
    yield files(0x43, cifar(1, [[19, 99]]), cifar(1, [[0, 5]]))
    yield files(0x03, cifar(1, [[3]])[:900], cifar(1, [[9]]))
    yield files(0x03, cifar(1, [[10]]), cifar(1, [[9]]))


def csvs():
    flowers = b"length,width,kind\n1.5,2,a\n3,4e-1,b\n-1,0,a\n"
    yield files(0, b"", flowers)
    yield files(3, b"", flowers, flowers)
    yield files(4, bytes([1 | 2 | 4, 0x85]) + b"width", flowers)  # header, target: width
    yield files(0, bytes([4 | 8, 7, 8]), flowers)  # target -1, drop 0
    yield files(0, bytes([4, 7, 8, 9]), flowers)  # categorical 0, 1
    yield files(0, b"", b"\xef\xbb\xbf\"a \"\"b\"\"\", x\r\n1,?\r\n\r\n2,y\r\n")
    yield files(0, bytes([1]), b"1,2,0\n3,4,1\n5,6,1.0\n", b"1,2,1\n")
    yield files(0x80, b"", flowers)
    yield files(0, b"", b"1,\"2\n3\",4\n5,6")


def results_tables():
    header = b"rate,init,epoch,validation_error\n"
    yield b"\0" + header + b"0.001,he_normal,1,0.5\n0.001,he_normal,2,0.4\n1,glorot_uniform,1,\n"
    yield (b"\1trial,rate,init,seed,run,epoch,validation_error,epoch_learning_rate\n1,0.1,he_normal,7,0,1,0.25,0.1\n"
           b"1,0.1,he_normal,7,0,2,nan,0.1\n2,0.1,he_normal,7,1,1,0.5,0.1\n")
    yield b"\0" + header + b'1e-3,"he_normal",1,0.5\n0.0010,he_normal,1,0.5\n'
    yield b"\0" + header + b",,1,inf\n-1,he_normal,1000000000,1\n0,x,1,0\n"
    yield b"\0" + header + b"1,he_normal,0,0.5\n"
    yield b"\0" + header + b"1,he_normal,1,7\n"
    yield b"\0" + header
    yield b"\0epoch,epoch\n1,1\n"


def checkpoints():
    """A head as worker/train/checkpoint.cc has it, sizes of tensors, an attachment, tensors; sealed by the harness."""
    def checkpoint(tensors, attachment, key=b"0123456789abcdef" * 2, rows=0, version=1):
        head = struct.pack("<8sII32sQqqddqqqdqqqqqddd", b"hpsckpt\n", version, len(tensors), key, len(attachment), 3, 12,
                           0.1, 0.5, 1, 0, rows, 2.5, 1 if rows else 0, rows, rows, 1 if rows else 0, 0, 0.5, 0.25, 1.5)
        return (head + b"".join(struct.pack("<Q", len(tensor)) for tensor in tensors) + attachment
                + b"".join(np.asarray(tensor, "<f4").tobytes() for tensor in tensors))

    yield b"\x01" + checkpoint([[1, 2, 3], [4]], b"some curve")
    yield b"\x01" + checkpoint([], b"", rows=64)
    yield b"\x01" + checkpoint([[0.5] * 20], b"", key=b"f" * 32)
    yield b"\x01" + checkpoint([[1]], b"", version=2)
    yield b"\x00" + checkpoint([[1]], b"") + b"0" * 32


def study_files():
    for path in sorted((ROOT / "client/studies").glob("*.yaml")):
        yield path.read_bytes()
    yield b"study: a\ndataset: {name: missing, classes: [3, 8]}\nmodel: [{dense: {units: $n}}]\ntraining: {epochs: 1}\n"
    yield (b"study: open\ndataset: {switch: $s, a: one, b: {name: $d, target: $t, drop: [$c], normalize: $n}}\nmodel: [dense: "
           b"{units: 3, activation: softmax}]\ntraining: {epochs: 1, optimizer: sgd}\nparameters:\n  s: {values: [a, b]}\n"
           b"  d: {values: [two, three]}\n  t: {values: [y, -1]}\n  c: id\n  n: {values: [none, unit], when: {s: b}}\n")
    yield b"a: &x [1, 2]\nb: *x\nc: !!float 3\nd: 'it''s'\ne: \"\\u00e9\"\nf: |\n  text\n? g\n: h\n"
    yield (b"study: all\ndataset: d\nmodel: [flatten: {}, dense: {units: 3, activation: softmax, kernel_regularizer: "
           b"{l1: $l}}]\ntraining: {epochs: $e, optimizer: {adam: {learning_rate: $r}}, schedule: {cosine: "
           b"{warmup_epochs: 1}}}\nparameters:\n  l: {values: [0.1, 0.2]}\n  e: {linspace: {start: 1, stop: 3, num: 3}}\n"
           b"  r: {geomspace: {start: 0.001, stop: 0.1, num: 3}, bounds: [0.0001, 1], include: [0.5]}\n"
           b"search: {refine: {rounds: 2, num: 5}}\nlimits: {max_trials: 100}\nseed: 3\nobjective: {at: last}\n")
    yield (b"study: known\ndataset: d\nmodel: [dropout: $d, dense: {units: 3, activation: softmax}]\ntraining: {epochs: 2, "
           b"optimizer: {sgd: {learning_rate: $r, momentum: $m}}}\nparameters:\n  r: {range: {low: 0.001, high: 1, scale: log}}\n"
           b"  d: {values: [0, 0.5]}\n  m: {linspace: {start: 0, stop: 0.9, num: 4}, when: {d: 0.5}}\n"
           b"search:\n  tpe: {trials: 9}\n  enqueue: [{r: 0.01, d: 0}, {m: 0.3, d: 0.5}, {}]\n  warm_start: {studies: [a, b]}\n")


def encoded(message, text, file):
    return subprocess.run(["protoc", f"-I{ROOT}/proto", f"--encode=hpsearch.v1.{message}", f"hpsearch/v1/{file}.proto"],
                          input=text.encode(), stdout=subprocess.PIPE, check=True).stdout


def sessions():
    """What happens, a byte, then what is said: see session_fuzz.cc. Workers 0 and 1, two slots each."""
    def say(text, worker=0):
        return bytes([8 + worker]) + encoded("WorkerMessage", text, "worker_service")

    def epochs(first, last):
        return " ".join(f"epochs {{epoch: {n} train_loss: 1 train_error: 0.5 validation_loss: 1 validation_error: {0.5 / n} "
                        "learning_rate: 0.1 seconds: 1}" for n in range(first, last + 1))

    def trial(number, attempt=1):
        return f'study: "s" trial: {number} attempt: {attempt} '

    beat = say("heartbeat {}")
    tick, crash, again, full = b"\x00\xff", b"\x02", b"\x04", b"\x06"
    whole = [say(f"reports {{reports {{{trial(1)} {epochs(1, 3)}}}}}"), say(f"outcome {{{trial(1)} kind: COMPLETED}}"),
             say("ready {slots: 1}")]
    yield CUT.join(whole)
    yield CUT.join([say(f"several {{messages {{reports {{reports {{{trial(2)} {epochs(1, 2)}}}}}}} messages {{outcome "
                        f'{{{trial(2)} kind: FAILED reason: "no"}}}} messages {{ready {{slots: 2}}}}}}'), tick, beat])
    yield CUT.join([whole[0], crash, again, say(f"reports {{reports {{{trial(1, 2)} {epochs(1, 1)}}}}}"), tick, tick])
    yield CUT.join([full, whole[0], again, *whole])
    yield CUT.join([say('hello {name: "v" instance: "2" slots: 3 numerics_digest: "n" datasets {key: "d" hash: "h" '
                        f"sample_shape: 4 classes: 2 train_rows: 60 test_rows: 10}} held {{{trial(1)}}}}}"), say("drain {}"),
                    say(f"outcome {{{trial(1, 2)} kind: RETURNED}}"), say("drain {}", 1)])
    yield CUT.join([say(f"outcome {{{trial(3)} kind: DATA_FAULT reason: 'bad'}}", 1), beat,
                    say(f"outcome {{{trial(4)} kind: DIVERGED}}", 1)])
    for both in range(2):
        yield CUT.join(say(f"several {{messages {{reports {{reports {{{trial(n)} {epochs(1, 3)}}}}}}} messages {{outcome "
                           f"{{{trial(n)} kind: COMPLETED}}}} messages {{ready {{slots: 1}}}}}}", n > 2 and both)
                       for n in range(1, 8))


def coordinator_messages():
    def say(text):
        return encoded("CoordinatorMessage", text, "worker_service")

    lease = ('lease {study: "s" trial: %d attempt: 1 epochs: 2 seed: 3 dataset {name {value: "d"}} model {dense {units '
             '{value: 10} activation {value: "softmax"}}} training {epochs {value: 2} optimizer {sgd {}}} lease_seconds: 10 '
             'keep_checkpoints: 5 spec_digest: "00" data_hash: "h" objective {metric: "validation_error" direction: '
             '"minimize" at: "best"}}')
    welcome = say("welcome {heartbeat_seconds: 10}")
    yield CUT.join([welcome, say(lease % 1), say(lease % 2), say(lease % 3), say(lease % 1)])
    yield CUT.join([welcome, say("several {messages {%s} messages {epochs_stored {study: 's' trial: 1 attempt: 1 epoch: 2}} "
                                 "messages {outcome_stored {study: 's' trial: 1 attempt: 1}}}" % (lease % 1)),
                    say("revoked {study: 's' trial: 1 attempt: 1 reason: 'x'}"), say("drained {}"), say(lease % 4)])
    yield CUT.join([welcome, say('lease {study: "s" trial: 1 attempt: 1 epochs: 1 dataset {name {value: "d"}} model {conv2d '
                                 '{filters {value: 4} kernel_size {value: 3}}} model {flatten {}} model {dense {units {value: '
                                 '3}}} training {epochs {value: 1} optimizer {adam {}} schedule {cosine {}}}}')])


def create_studies():
    for number, spec in enumerate(documents(), 1):
        yield encoded("CreateStudyRequest", f'request_id: "r{number}"', "study_service") + field(2, spec)


def field(number, message):
    """A message as a field of another."""
    size, varint = len(message), b""
    while size > 127:
        varint, size = varint + bytes([size & 127 | 128]), size >> 7
    return bytes([number << 3 | 2]) + varint + bytes([size]) + message


def documents():
    layer = 'model {dense {units {%s} activation {value: "softmax"} max_norm {value: 1.5} kernel_regularizer {l1 {value: 0.1}}}}'
    training = 'training {epochs {value: 2} optimizer {%s} schedule {time_decay {rate {value: 0.1}}}}'
    for text in (
        'study: "a" dataset {name {value: "d"}} ' + layer % "value: 10" + training % "sgd {}",
        'study: "b" dataset {name {value: "d"} classes {value: 3} classes {parameter: "p"}} seed: 7 model {dropout {rate {parameter: "p"}}} '
        'model {conv2d {filters {value: 4} kernel_size {value: 3}}} model {flatten {}} ' + layer % 'parameter: "n"'
        + training % 'adam {learning_rate {parameter: "r"} clipnorm {value: 1}}'
        + 'parameters {name: "p" values {values {number: 0.1} values {number: 0.2}}} '
        'parameters {name: "n" linspace {start: 8 stop: 16 num: 3}} '
        'parameters {name: "r" logspace {start: -3 stop: 0 num: 4} include {number: 2} bounds: 0.0001 bounds: 3} '
        "search {refine {rounds: 2 num: 5 around: 2}} limits {max_trials: 500} objective {at: \"last\"}",
        'study: "c" dataset {path {value: "/d"} target {integer: -1} drop {text: "id"} categorical {integer: 3} header {value: true} '
        'normalize {value: "standardize"} test_fraction {value: 0.2}} ' + layer % "value: 3"
        + training % "rmsprop {centered {value: true}}" + 'parameters {name: "x" constant {integer: 1}}',
        'study: "d" dataset {name {parameter: "s"} classes {value: 0} classes {parameter: "k"} target {parameter: "t"} '
        'drop {switch {parameter: "s" branches {key: "d" value {scalar {text: "id"}}} branches {key: "e" value {scalar '
        '{integer: 1}}}}} normalize {parameter: "n"} test_fraction {value: 0.2}} ' + layer % "value: 3" + training % "sgd {}"
        + 'parameters {name: "s" values {values {text: "d"} values {text: "e"}}} parameters {name: "k" constant {integer: 2}} '
        'parameters {name: "t" values {values {text: "y"} values {integer: -1}}} '
        'parameters {name: "n" values {values {text: "none"} values {text: "unit"}} when {parameter: "s" values {text: "e"}}}',
        'study: "e" dataset {switch {parameter: "s" branches {key: "1" value {scalar {text: "d"}}} branches {key: "2" value '
        '{mapping {entries {key: "name" value {scalar {text: "$p"}}}}}}}} ' + layer % "value: 3" + training % "sgd {}"
        + 'parameters {name: "s" values {values {integer: 1} values {integer: 2}}} '
        'parameters {name: "p" values {values {text: "e"} values {text: "f"}}}',
        'model {dense {}} model {}',
    ):
        yield encoded("StudySpec", text, "study")


def databases():
    """Bytes that are laid over a sound database: a place of three bytes, a length, so many bytes that are xored."""
    def patch(at, flips):
        return at.to_bytes(3, "big") + bytes([len(flips)]) + flips

    yield b"\x01"
    yield b"\x00no database"
    yield b"\x00SQLite format 3\0" + bytes(52) + b"HPSR" + bytes(40)
    for at in (16, 18, 21, 28, 36, 44, 47, 52, 56, 60, 63, 100, 103, 105):  # the file's head, and its first page's
        yield b"\x01" + patch(at, b"\x01")
    for page in range(1, 24):
        yield b"\x01" + patch(4096 * page, b"\x08") + patch(4096 * page + 4090, b"\x40")
        yield b"\x01" + patch(4096 * page + 3, b"\x00\x01\x10") + patch(4096 * page + 9, b"\x02")
    salts, page = b"saltSALT", b"\x0d" + bytes(4095)
    head = struct.pack(">4I", 0x377F0682, 3007000, 4096, 0) + salts
    yield b"\x03" + CUT + head + struct.pack(">2I", 1, 2) + struct.pack(">2I", 1, 1) + salts + bytes(8) + page[:2000]


def main():
    for name, inputs in {"gzip": gzips, "idx": idxs, "npy": npys, "cifar": cifars, "csv": csvs,
                         "results_table": results_tables, "checkpoint": checkpoints,
                         "study_file": study_files, "document": documents, "database": databases, "session": sessions,
                         "coordinator_message": coordinator_messages, "create_study": create_studies}.items():
        folder = pathlib.Path(sys.argv[1]) / name
        folder.mkdir(parents=True, exist_ok=True)
        for number, data in enumerate(inputs()):
            (folder / f"seed-{number:02}").write_bytes(data)


if __name__ == "__main__":
    main()
