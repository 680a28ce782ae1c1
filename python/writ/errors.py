"""What check=True raises, and what a call at the wrong place raises."""


class WouldBlock(RuntimeError):
    """A call that waits, on a thread whose event loop it would stop."""


class Refused(PermissionError):
    """writd does not run it. `reason` says why; `hint` what the policy is open about."""

    code = stage = subject = hint = reason = ""


class RunError(Exception):
    """A run that did not end well. `result` tells how, with the output so far."""

    def __init__(self, result):
        super().__init__(result)
        self.result = result

    @property
    def stdout(self):
        return self.result.stdout

    @property
    def stderr(self):
        return self.result.stderr

    @property
    def returncode(self):
        return self.result.returncode

    def __str__(self):
        return f"{_name(self.result)}: {self.what()}{self._last_line()}"

    def what(self):
        return self.result.cause

    def _last_line(self):
        """Programs say last what went wrong."""
        lines = (self.result.stderr_bytes or b"").strip().splitlines()
        return f": {lines[-1][-200:].decode('utf-8', 'backslashreplace')}" if lines else ""


class ExitError(RunError):
    """It exited with another code than 0, or a signal ended it."""

    def what(self):
        if self.result.signal is not None:
            return f"ended by signal {self.result.signal}"
        return f"exited with {self.result.exit_code}"


class TimeoutExpired(RunError):
    """Its time was over: timeout, or idle_timeout."""

    def what(self):
        kind = "no output for too long" if self.result.cause == "idle-timeout" else "timed out"
        return f"{kind}, after {self.result.wall_ns / 1e9:.3f} s"


class OutputTruncated(RunError):
    """It wrote more than is kept. How the program ended is another question."""

    def what(self):
        return (f"{self.result.stdout_info.bytes or 0} bytes of output and "
                f"{self.result.stderr_info.bytes or 0} of errors are more than output_max")


class OutputLimit(OutputTruncated):
    """It was ended because of that (overflow="kill")."""


class Cancelled(RunError):
    """Somebody stopped it."""

    def what(self):
        return f"cancelled by {self.result.stopped_by}"


class LostError(RunError):
    """How it ended could not be learned: somebody else took its status."""


_BY_CAUSE = {
    "exited": ExitError,
    "signaled": ExitError,
    "timeout": TimeoutExpired,
    "idle-timeout": TimeoutExpired,
    "output-limit": OutputLimit,
    "cancelled": Cancelled,
    "lost": LostError,
}


def _name(result):
    """The program, not its arguments: those may hold secrets."""
    word = result.argv[0]
    return word.decode("utf-8", "backslashreplace") if isinstance(word, bytes) else str(word)


def failure_of(result):
    """The exception for a result that is not fine."""
    if result.cause == "exited" and result.exit_code == 0:
        return OutputTruncated(result)
    return _BY_CAUSE[result.cause](result)
