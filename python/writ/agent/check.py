"""What comes from a caller, looked at before anything is done with it.

Each function names the argument it refuses: TypeError for what is of the wrong
kind, ValueError for what is of the right kind and still cannot be meant.
"""
import collections.abc
import fnmatch
import os
import re

from writ import env_is_loader

from .settings import settings

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_SIGNAL_MAX = 64


def _kind(value):
    return type(value).__name__


def text(value, what):
    """Refuses what no program can be given: a NUL ends a string early, and a
    surrogate that stands for no byte has no encoding."""
    if "\0" in value:
        raise ValueError("%s: has a NUL character" % what)
    try:
        os.fsencode(value)
    except UnicodeEncodeError:
        raise ValueError("%s: has a surrogate without a character" % what) from None
    return value


def argument(value, what):
    """One argument of a command, as text.

    A number, a path, an address or a translated message says by str() what it
    is; None, bytes and containers would become the text of a Python literal,
    which no command means.
    """
    if isinstance(value, str):
        return text(str(value), what)
    if isinstance(value, os.PathLike):
        value = os.fsdecode(value)
    elif (value is None
          or isinstance(value, (bytes, bytearray, memoryview, collections.abc.Mapping,
                                collections.abc.Set, list, tuple))
          or type(value).__str__ is object.__str__ and type(value).__repr__ is object.__repr__
          or callable(value)):
        raise TypeError("%s: text or a number, not %s" % (what, _kind(value)))
    return text(str(value), what)


def command(cmd, what="cmd"):
    """A command: a list of arguments, as text. A text is refused, it would be
    taken letter by letter."""
    if not isinstance(cmd, (list, tuple)):
        raise TypeError("%s: a list of arguments, not %s" % (what, _kind(cmd)))
    if not cmd:
        raise ValueError("%s: is empty" % what)
    argv = [argument(value, "%s[%d]" % (what, i)) for i, value in enumerate(cmd)]
    if not argv[0]:
        raise ValueError("%s[0]: names no program" % what)
    return argv


def process_input(value):
    """Standard input as bytes, or None. Text is UTF-8."""
    if value is None:
        return None
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    if not isinstance(value, str):
        raise TypeError("process_input: text or bytes, not %s" % _kind(value))
    try:
        return value.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("process_input: has a surrogate without a character") from None


def is_name(name):
    """Whether a variable may have that name."""
    return bool(_NAME.match(name))


def name_of(word):
    """What looks like NAME=VALUE without the value, which may be a secret."""
    name, equals, _ = word.partition("=")
    return name + equals


def _may_add(name):
    if name in settings.addl_env_allow:
        return True
    return (not env_is_loader(name)
            and any(fnmatch.fnmatchcase(name, pattern) for pattern in settings.addl_env_allow))


def addl_env(env):
    """Additional variables as a dict of texts, or None."""
    if env is None:
        return None
    if not isinstance(env, collections.abc.Mapping):
        raise TypeError("addl_env: a dict, not %s" % _kind(env))
    checked = {}
    for name, value in env.items():
        if not isinstance(name, str):
            raise TypeError("addl_env: a name is text, not %s" % _kind(name))
        if not is_name(name):
            raise ValueError("addl_env: %r is not the name of a variable" % name_of(name))
        if not _may_add(name):
            raise ValueError("addl_env: %s is not allowed (settings.addl_env_allow)" % name)
        if not isinstance(value, str):
            if not settings.addl_env_convert:
                raise TypeError("addl_env[%r]: text, not %s" % (name, _kind(value)))
            value = str(value)
        checked[name] = text(str(value), "addl_env[%r]" % name)
    return checked


def pid(value, what="pid"):
    """A process id: an int above 0, or its digits as text."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise TypeError("%s: a process id, not %s" % (what, _kind(value)))
    if isinstance(value, str):
        digits = value.strip()
        if not (digits.isascii() and digits.isdigit()):
            raise ValueError("%s: %r is no process id" % (what, value))
        value = digits
    number = int(value)
    if not 0 < number < 1 << 31:
        # 0 and below name groups, and everybody, to kill(2)
        raise ValueError("%s: %d is no process id" % (what, number))
    return number


def signal_number(value):
    """A signal: 0 (is it there?) to 64, an int or a signal.Signals."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("signal: a number, not %s" % _kind(value))
    if not 0 <= value <= _SIGNAL_MAX:
        raise ValueError("signal: %d is no signal" % value)
    return int(value)


def codes(value):
    """extra_ok_codes: exit codes that are no failure."""
    if not value:
        return ()
    if isinstance(value, (str, bytes)) or not isinstance(value, collections.abc.Iterable):
        raise TypeError("extra_ok_codes: a list of numbers, not %s" % _kind(value))
    value = tuple(value)
    for code in value:
        if not isinstance(code, int):
            raise TypeError("extra_ok_codes: a list of numbers, not of %s" % _kind(code))
    return value
