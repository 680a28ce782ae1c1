"""What is raised: Neutron's class where Neutron is there, else one like it."""


def _class_of_old():
    try:
        from neutron_lib.exceptions import ProcessExecutionError
    except Exception:  # not installed, or not in a state to be imported
        return None
    return ProcessExecutionError


ProcessExecutionError = _class_of_old()

if ProcessExecutionError is None:
    class ProcessExecutionError(RuntimeError):
        """A command failed; `returncode` says how: its code, or minus a signal."""

        def __init__(self, message, returncode):
            super().__init__(message)
            self.returncode = returncode

        def __reduce__(self):
            # by the arguments of RuntimeError alone it could not be made again
            return type(self), (self.args[0], self.returncode)


class OutputTooLong(ProcessExecutionError):
    """A command wrote more than `settings.output_max_bytes`; what it wrote is not returned."""


class CommandTimeout(ProcessExecutionError):
    """A command ran longer than `settings.timeout`; it was ended."""
