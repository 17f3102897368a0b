"""A gRPC call as no client makes it: HTTP/2 frames by hand, so that a message's length may be anything.

One call on a connection of its own, over a plain socket that blocks; what the server's windows permit is sent.
"""
import socket
import struct

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
END_STREAM, END_HEADERS, ACK = 1, 4, 1
STREAM = 1
FRAME = 16384


class RawCall:
    def __init__(self, address, method, encoding=None):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=60)
        self.buffer = b""
        self.windows = {0: 65535, STREAM: 65535}
        self.initial = 65535
        self.answer = None  # the trailers' bytes, or how else the server ended the call
        self.socket.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + self.frame(SETTINGS, 0, 0))
        # Literals without indexing; 3, 6, 4 and 1 are :method POST, :scheme http, :path and :authority.
        literal = lambda name, value: b"\x00" + bytes([len(name)]) + name + bytes([len(value)]) + value
        path = method.encode()
        block = (b"\x83\x86" + b"\x04" + bytes([len(path)]) + path + b"\x01\x01a"
                 + literal(b"content-type", b"application/grpc") + literal(b"te", b"trailers"))
        if encoding is not None:
            block += literal(b"grpc-encoding", encoding)
        self.compressed = encoding is not None
        self.socket.sendall(self.frame(HEADERS, END_HEADERS, STREAM, block))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    @staticmethod
    def frame(kind, flags, stream, payload=b""):
        return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload

    def send(self, message, claimed=None, end=False):
        """The message, or its beginning where it claims to be longer; the bytes that the server let through."""
        return self.send_more(bytes([self.compressed]) + struct.pack(">I", len(message) if claimed is None else claimed) + message, end)

    def send_more(self, data, end=False):
        """What is behind the beginning of a message."""
        sent = 0
        while sent < len(data) and self.answer is None:
            size = min(FRAME, len(data) - sent, self.windows[0], self.windows[STREAM])
            if size <= 0:
                self.take()
                continue
            last = END_STREAM if end and sent + size == len(data) else 0
            try:
                self.socket.sendall(self.frame(DATA, last, STREAM, data[sent:sent + size]))
            except (ConnectionError, socket.timeout):
                self.answer = "closed"
                break
            sent += size
            for stream in self.windows:
                self.windows[stream] -= size
            self.take_waiting()
        return sent

    def wait(self):
        while self.answer is None:
            self.take()
        return self.answer

    def take_waiting(self):
        self.socket.setblocking(False)
        try:
            while data := self.socket.recv(65536):
                self.buffer += data
        except OSError:
            pass
        self.socket.settimeout(60)
        while len(self.buffer) >= 9 and len(self.buffer) >= 9 + int.from_bytes(self.buffer[:3], "big"):
            self.take()

    def take(self):
        """The next frame."""
        kind, flags, stream, payload = self.read()
        if kind == SETTINGS and not flags & ACK:
            for at in range(0, len(payload), 6):
                key, value = struct.unpack(">HI", payload[at:at + 6])
                if key == 4:
                    self.windows[STREAM] += value - self.initial
                    self.initial = value
            self.socket.sendall(self.frame(SETTINGS, ACK, 0))
        elif kind == PING and not flags & ACK:
            self.socket.sendall(self.frame(PING, ACK, 0, payload))
        elif kind == WINDOW_UPDATE:
            self.windows[stream] += struct.unpack(">I", payload)[0]
        elif kind == HEADERS and flags & END_STREAM:
            self.answer = payload
        elif self.answer is not None:
            pass  # a stream that was answered may be reset behind its trailers
        elif kind in (RST_STREAM, GOAWAY):
            self.answer = f"frame {kind}: {payload!r}"
        elif kind is None:
            self.answer = "closed"

    def read(self):
        def more(size):
            while len(self.buffer) < size:
                data = self.socket.recv(65536)
                if not data:
                    return False
                self.buffer += data
            return True

        if not more(9):
            return None, 0, 0, b""
        size = 9 + int.from_bytes(self.buffer[:3], "big")
        if not more(size):
            return None, 0, 0, b""
        head, payload = self.buffer[:9], self.buffer[9:size]
        self.buffer = self.buffer[size:]
        return head[3], head[4], int.from_bytes(head[5:9], "big"), payload
