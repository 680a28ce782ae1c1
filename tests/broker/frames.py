"""The protocol of writd by hand, for clients that do what no client should."""
import array
import os
import socket
import struct

HELLO, ASK, SIGNAL, STOP = b"HELO", b"ASK.", b"SIGN", b"STOP"
ACCEPTED, REFUSED, RECORD, ENDED = b"PASS", b"DENY", b"RECO", b"ENDS"
IN, OUT, ERR, CWD, WANTS_RECORD = 1, 2, 4, 8, 16
RESULT = struct.Struct("=32s8q8i5B3x16s")


def frame(kind, number, body=b""):
    return kind + struct.pack("=IQ", 16 + len(body), number) + body


def hello(version=1):
    return frame(HELLO, 0, struct.pack("=II", version, 0))


def ask(number, argv, env=(), flags=0, timeout_ms=0):
    words = b"".join(os.fsencode(word) + b"\0" for word in (*argv, *env))
    return frame(ASK, number, struct.pack("=qIIII", timeout_ms, flags, len(argv), len(env),
                                          len(words)) + words)


def stop(number, at_once=1):
    return frame(STOP, number, struct.pack("=II", at_once, 0))


class Client:
    def __init__(self, path, greet=True):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.connect(str(path))
        self.socket.settimeout(20)
        if greet:
            self.send(hello())
            kind, _, body = self.receive()
            assert kind == HELLO and struct.unpack("=II", body)[0] == 1

    def send(self, data, fds=()):
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        self.socket.sendmsg([data], rights)

    def receive(self):
        """(kind, id, body); None at the end."""
        try:
            data = self.socket.recv(1 << 17)
        except ConnectionResetError:
            return None
        if not data:
            return None
        size, number = struct.unpack_from("=IQ", data, 4)
        assert size == len(data)
        return data[:4], number, data[16:]

    def is_shut(self):
        """Has writd ended the connection? Waits for it."""
        while (answer := self.receive()) is not None:
            assert answer[0] != ENDED
        return True

    def code(self, number=None):
        """Of the next refusal; 0: it was accepted."""
        kind, of, body = self.receive()
        assert number is None or of == number
        return 0 if kind == ACCEPTED else struct.unpack_from("=I", body)[0]

    def result(self, number):
        """The fields of struct wire_result of a run that ends; what else comes is passed over."""
        while True:
            kind, of, body = self.receive()
            if kind == ENDED and of == number:
                return RESULT.unpack(body)
            assert kind != REFUSED, body

    def end(self, number):
        """(cause, exit code, signal)."""
        return self.result(number)[9:12]

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
