"""A TCP proxy in userspace that makes real connections suffer, since kernels often lack netem.

TCP itself repairs what a network loses or repeats within a connection, so that only these can reach a program, and
these are what it does:

  delay       what goes through waits a little, each direction for itself
  partition   nothing goes through, nobody is let in; then all connections are reset
  cut         a connection is reset, in the middle of a message where one is under way
  garbage     between two HTTP/2 frames stands what is none: the connection must die of it. Within a frame is no place
              for it: without TLS nobody can tell another number from the right one
  repeat      the client's bytes go to the server once more, on a connection of their own, as if a network had kept
              them: a session that says again what another says; it gets no answer

A thread for each direction of each connection. Errors of sockets are what it is here to make: they end a connection.
"""
import contextlib
import random
import socket
import struct
import threading

PREFACE = 24  # bytes with which a client's HTTP/2 begins
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closing sends RST
GARBAGE = b"\xff" * 64  # a frame longer than any that is permitted


class Frames:
    """Where HTTP/2's frames begin in a stream that is fed piece by piece."""

    def __init__(self, skip):
        self.left = skip  # bytes until the next frame's header
        self.header = b""

    def feed(self, data):
        """The first place in `data` at which a frame begins, and None where there is none."""
        first, at = None, 0
        while at < len(data):
            if self.left:
                step = min(self.left, len(data) - at)
                self.left, at = self.left - step, at + step
                continue
            if not self.header and first is None:
                first = at
            step = min(9 - len(self.header), len(data) - at)
            self.header, at = self.header + data[at:at + step], at + step
            if len(self.header) == 9:
                self.left, self.header = int.from_bytes(self.header[:3], "big"), b""
        return first


class Connection:
    def __init__(self, proxy, client):
        self.proxy = proxy
        self.client = client
        self.server = socket.create_connection(proxy.target)
        for end in (self.client, self.server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.said = bytearray()  # by the client, up to now
        self.spoil = threading.Event()  # garbage is due
        self.halve = threading.Event()  # a cut is due, in the middle of what comes next
        self.gone = threading.Event()
        for source, sink, frames in ((self.client, self.server, Frames(PREFACE)), (self.server, self.client, Frames(0))):
            threading.Thread(target=self.pump, args=(source, sink, frames), daemon=True).start()

    def pump(self, source, sink, frames):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if source is self.client and len(self.said) < 1 << 22:
                    self.said += data
                self.proxy.hold(self)
                border = frames.feed(data)
                if border is not None and self.spoil.is_set():
                    sink.sendall(data[:border] + GARBAGE)
                    self.proxy.count("garbage")
                    break
                if self.halve.is_set():
                    sink.sendall(data[:len(data) // 2])
                    self.proxy.count("cut")
                    break
                sink.sendall(data)
        self.reset() if self.halve.is_set() else self.close()

    def reset(self):
        for end in (self.client, self.server):
            with contextlib.suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.close()

    def close(self):
        self.gone.set()
        for end in (self.client, self.server):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self.proxy.forget(self)


class Proxy:
    """Forwards 127.0.0.1:`port` to `target`, HOST:PORT. `done` counts the faults that came about, by kind."""

    KINDS = ("delay", "partition", "cut", "garbage", "repeat")

    def __init__(self, target, seed):
        host, port = target.rsplit(":", 1)
        self.target = (host, int(port))
        self.draw = random.Random(seed)
        self.lock = threading.Lock()  # guards what follows
        self.connections = set()
        self.done = dict.fromkeys(self.KINDS, 0)
        self.delay = 0.0  # seconds at most
        self.open = threading.Event()  # no partition
        self.open.set()
        self.ended = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                self.open.wait()
                if self.ended.is_set():
                    return client.close()
                try:
                    connection = Connection(self, client)
                except OSError:  # no server there
                    client.close()
                    continue
                with self.lock:
                    self.connections.add(connection)

    def count(self, kind):
        with self.lock:
            self.done[kind] += 1

    def forget(self, connection):
        with self.lock:
            self.connections.discard(connection)

    def hold(self, connection):
        """Before something goes through."""
        self.open.wait()
        with self.lock:
            wait = self.draw.uniform(0, self.delay)
        if wait:
            connection.gone.wait(wait)

    def alive(self):
        with self.lock:
            return sorted(self.connections, key=id)

    # The faults. Each returns at once, but for a partition.

    def slow(self, seconds):
        """From here on; 0: as fast as it goes."""
        with self.lock:
            self.delay = seconds
        self.count("delay")

    def partition(self, seconds):
        self.open.clear()
        self.ended.wait(seconds)
        for connection in self.alive():
            connection.reset()
        self.open.set()
        self.count("partition")

    def cut(self, connection):
        connection.halve.set()

    def garbage(self, connection):
        connection.spoil.set()

    def repeat(self, connection):
        said = bytes(connection.said)
        with contextlib.suppress(OSError), socket.create_connection(self.target) as again:
            again.sendall(said)
            again.settimeout(1)
            while again.recv(65536):  # until the server has had enough of it
                pass
        self.count("repeat")

    def close(self):
        self.ended.set()
        self.open.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()
        for connection in self.alive():
            connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
