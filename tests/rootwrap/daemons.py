"""The daemon, with the stock client, and spoken to byte by byte."""
import hmac
import json
import os
import socket
import struct
import subprocess

from programs import BOUND_S, ENVIRONMENT, OUR_DAEMON

CHALLENGE, WELCOME, FAILURE = b"#CHALLENGE#", b"#WELCOME#", b"#FAILURE#"


class Daemon:
    """One that runs; `with` ends it, and looks that it has left nothing."""

    def __init__(self, conf, program=OUR_DAEMON, prefix=(), env=None):
        self.process = subprocess.Popen([*prefix, program, str(conf)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        env={**ENVIRONMENT, **(env or {})}, bufsize=0)
        self.path = self._line()
        self.key = self._read(32)

    def _line(self):
        line = b""
        while not line.endswith(b"\n"):
            byte = self.process.stdout.read(1)
            assert byte, self.process.stderr.read()
            line += byte
        return line[:-1].decode()

    def _read(self, count):
        data = b""
        while len(data) < count:
            data += self.process.stdout.read(count - len(data))
        return data

    def connect(self):
        return Wire(self.path)

    def welcome(self, digest="sha256"):
        return self.connect().prove(self.key, digest)

    def call(self, method, *args):
        with self.welcome() as wire:
            return wire.call(None, method, *args)

    def channel(self):
        """A channel of commands, and the name of the object."""
        ident = self.call("create", "rootwrap")[1][0]
        wire = self.welcome()
        assert wire.call(None, "accept_connection", "MainProcess") == ["#RETURN", None]
        return Channel(wire, ident)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        status = self.process.wait(BOUND_S)
        self.errors = self.process.stderr.read().decode()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            stream.close()
        return status

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        status = self.stop()
        if kind is None:
            assert status == 0, (status, self.errors)
            assert not os.path.exists(os.path.dirname(self.path))


class Wire:
    """One connection."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(BOUND_S)
        self.socket.connect(path)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, payload):
        self.socket.sendall(struct.pack("!Q", len(payload)) + payload)

    def _read(self, count):
        data = b""
        while len(data) < count:
            piece = self.socket.recv(count - len(data))
            if not piece:
                raise EOFError
            data += piece
        return data

    def receive(self):
        return self._read(struct.unpack("!Q", self._read(8))[0])

    def ended(self):
        """Has the other side closed it?"""
        try:
            return self.socket.recv(1) == b""
        except ConnectionError:
            return True

    def prove(self, key, digest="sha256"):
        """The client's part of the handshake, as a Python of that digest does it."""
        challenge = self.receive()
        assert challenge.startswith(CHALLENGE)
        message = challenge[len(CHALLENGE):]
        assert message.startswith(b"{sha256}") and len(message) == 48
        if digest == "md5":
            self.send(hmac.digest(key, message, "md5"))
        else:
            self.send(b"{sha256}" + hmac.digest(key, message, "sha256"))
        assert self.receive() == WELCOME
        own = os.urandom(20) if digest == "md5" else b"{sha256}" + os.urandom(40)
        self.send(CHALLENGE + own)
        answer = self.receive()
        assert answer == (hmac.digest(key, own, "md5") if digest == "md5"
                          else b"{sha256}" + hmac.digest(key, own, "sha256"))
        self.send(WELCOME)
        return self

    def call(self, ident, method, *args, **named):
        self.send(json.dumps([ident, method, list(args), named]).encode())
        return json.loads(self.receive())


class Channel:
    def __init__(self, wire, ident):
        self.wire = wire
        self.ident = ident

    def begin(self, argv, stdin=None):
        self.wire.send(json.dumps([self.ident, "run_one_command", [argv, stdin], {}]).encode())

    def end(self):
        return json.loads(self.wire.receive())

    def run(self, argv, stdin=None):
        self.begin(argv, stdin)
        return self.end()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.wire.close()

