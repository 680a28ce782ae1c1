"""The verdict of the stock package: its own code, asked in this process."""
import logging
import os
import re

from oslo_rootwrap import filters, wrapper

from programs import Verdict

logging.disable(logging.CRITICAL)  # of filter classes that it does not know


class Stock:
    """The filters of a place."""

    def __init__(self, place, exec_dirs):
        self.filters = wrapper.load_filters([str(place.filters)])
        self.exec_dirs = exec_dirs

    def verdict(self, argv):
        words = list(argv)
        try:
            found = wrapper.match_filter(self.filters, words, self.exec_dirs)
        except wrapper.FilterMatchNotExecutable as missing:
            return Verdict("missing", missing.match.name)
        except (wrapper.NoFilterMatched, IndexError):  # of an argv that EnvFilter emptied
            return Verdict("denied")
        command = tuple(found.get_command(words, self.exec_dirs))
        return Verdict("run", found.name, command, self.environment(found, words))

    @staticmethod
    def environment(found, words):
        if not isinstance(found, filters.EnvFilter):
            return ()
        before = dict(os.environ)
        after = found.get_environment(list(words))
        names = []
        for word in words:
            name = word.partition("=")[0]
            if "=" not in word:
                break
            if name in after and after[name] != before.get(name) and name not in names:
                names.append(name)
        return tuple(sorted(f"{name}={after[name]}" for name in names))

    def named(self, name):
        return next(one for one in self.filters if one.name == name)

    def matching(self, argv):
        """All that match it, chains by their prefix alone."""
        found = []
        for one in self.filters:
            try:
                if one.match(list(argv)):
                    found.append(one)
            except IndexError:
                pass
        return found


def whole(pattern, text):
    """Is the pattern for the whole text, as strict mode reads it?"""
    return ("\n" not in text and re.fullmatch(f"(?:{pattern})", text, re.ASCII) is not None)
