"""writd, as a test has it: a policy of its own, a socket of its own, a record of its own."""
import os
import signal
import subprocess
from pathlib import Path

from command import BUILD, WRIT
from processes import Process, until

WRITD = BUILD / "src" / "broker" / "writd"
FRONT = "65533:65533"


class Daemon:
    def __init__(self, place):
        self.place = place  # root's alone
        self.policies = place / "policy.d"
        self.policies.mkdir(mode=0o755)
        self.socket = place / "socket"
        self.record = place / "record" / "writd.json"
        self.record.parent.mkdir(mode=0o700)
        self.child = None
        self.said = ""

    def policy(self, text, name="test.policy"):
        path = self.policies / name
        path.write_text(text)
        path.chmod(0o644)
        return path

    def command(self, *more):
        return [WRITD, "--policy", self.policies, "--socket", self.socket, "--front-user", FRONT,
                "--record", self.record, *more]

    def start(self, text=None, *more):
        if text is not None:
            self.policy(text)
        self.err = open(self.place / "err", "w+")
        self.child = subprocess.Popen([str(word) for word in self.command(*more)],
                                      stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                      stderr=self.err, cwd="/")
        until(lambda: self.socket.exists() or self.child.poll() is not None)
        assert self.child.poll() is None, self.errors()
        return self

    def errors(self):
        return (self.place / "err").read_text()

    @property
    def front(self):
        """The process that reads what clients send."""
        def find():
            for entry in Path("/proc").iterdir():
                if entry.name.isdigit():
                    process = Process(entry.name)
                    if process.words == ["writd", "--front"] and process.runs() and \
                            process.ppid == self.child.pid:
                        return process
            return None
        return until(find)

    def check(self):
        done = subprocess.run([str(word) for word in (WRITD, "--check", "--policy", self.policies)],
                              capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout, done.stderr

    def reload(self, text=None):
        """Returns when it has said what became of it."""
        before = self.errors().count("\n")
        if text is not None:
            self.policy(text)
        self.child.send_signal(signal.SIGHUP)
        until(lambda: self.errors().count("\n") > before)

    def stop(self, seconds=20):
        if self.child is None:
            return None
        if self.child.poll() is None:
            self.child.terminate()
        try:
            return self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
            raise
        finally:
            self.err.close()

    def kill(self):
        self.child.kill()
        self.child.wait()

    def ask(self, *words, uid=None, stdin=subprocess.DEVNULL, options=(), **more):
        """`writ ask`; as another user if asked for."""
        return subprocess.run(self.asking(words, uid, options), stdin=stdin if not
                              isinstance(stdin, bytes) else None,
                              input=stdin if isinstance(stdin, bytes) else None,
                              capture_output=True, timeout=60, cwd="/", **more)

    def asking(self, words, uid=None, options=()):
        as_user = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups"] if uid else []
        return [*as_user, str(WRIT), "ask", "--socket", str(self.socket), *options, "--",
                *map(os.fspath, words)]

    def start_ask(self, *words, uid=None, **more):
        return subprocess.Popen(self.asking(words, uid), stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd="/", **more)
