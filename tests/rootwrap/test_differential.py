"""The same argument vectors for the stock package and for ours.

In exact mode the verdict is the same, and so is the command that runs. In strict
mode every difference has a name, and docs/rootwrap.md has that name.
"""
import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import argvs
import corpus
from programs import ROOT
from stock import Stock, whole

DOCUMENT = (ROOT / "docs" / "rootwrap.md").read_text()
WORKERS = 2


def known(lines):
    from oslo_rootwrap import filters
    return [line for line in lines
            if hasattr(filters, line.partition(":")[2].split(",")[0].strip())]


def corpus_lines():
    lines = corpus.shipped()
    if lines is None:
        pytest.skip("no corpus of filters beside the tree; set WRIT_ROOTWRAP_CORPUS")
    return known(corpus.renamed([line for _, line in lines]))


def make_programs(place, lines):
    """Something to find for each filter that names a program without a directory."""
    for line in lines:
        for word in line.partition(":")[2].split(",")[1:]:
            word = word.strip()
            if re.fullmatch(r"[a-z][\w.-]*", word) and not (place.bin / word).exists():
                place.program(word)


def prepare(place, lines, mode):
    place.allow(*lines)
    make_programs(place, lines)
    place.configure(mode, exec_dirs=str(place.bin))
    return Stock(place, [str(place.bin)])


def ask_all(place, vectors):
    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(lambda argv: place.verdict(*argv), vectors))


def same(stock, ours):
    return (stock.kind, stock.name) == (ours.kind, ours.name) and (
        stock.kind != "run" or (stock.argv == ours.argv and set(stock.env) <= set(ours.env)))


def check_exact(place, lines, each, seed):
    stock = prepare(place, lines, "exact")
    vectors = argvs.make(stock.filters, each, seed)
    for argv, ours in zip(vectors, ask_all(place, vectors)):
        theirs = stock.verdict(argv)
        assert same(theirs, ours), (argv, theirs, ours)
    return len(vectors)


def test_exact_mode_has_the_stock_verdict(place):
    assert check_exact(place, corpus.LINES, 24, 1) > 400


def test_exact_mode_has_the_stock_verdict_for_all_that_was_ever_shipped(place):
    assert check_exact(place, corpus_lines(), 2, 2) > 900


class Difference:
    """Names why strict mode differs, by reading the filter; never by asking it."""

    def __init__(self, stock, argv, theirs, ours):
        self.stock, self.argv, self.theirs, self.ours = stock, argv, theirs, ours

    def name(self):
        if self.argv[0] == "env":
            if self.argv[1:2] == ["env"] or self.was_kept():
                return "env-is-kept"
            shifted = self.stock.verdict(self.argv[1:]) if self.argv[1:] else None
            if shifted and (shifted.kind, shifted.name) == (self.theirs.kind, self.theirs.name):
                found = self.stock.named(self.theirs.name) if self.theirs.name else None
                if type(found).__name__ != "EnvFilter":
                    return "env-is-kept"
        if self.theirs.name is None:
            return "env-is-kept" if "env" in self.argv else None
        found = self.stock.named(self.theirs.name)
        return getattr(self, "of_" + type(found).__name__, lambda _: None)(found)

    def was_kept(self):
        """Did a filter take it that saw the "env" which stock had already taken away?"""
        return (self.ours.kind == "run" and self.ours.name != self.theirs.name
                and type(self.stock.named(self.ours.name)).__name__ != "EnvFilter")

    def of_CommandFilter(self, found):
        return "privsep-arguments" if found.name == "privsep-helper" else None

    def of_RegExpFilter(self, found, count=None):
        words = self.argv if count is None else self.argv[:count]
        if words[0] not in (found.exec_path, os.path.basename(found.exec_path)):
            return "program-is-named"
        for pattern, word in zip(found.args, words):
            if whole(pattern, word):
                continue
            if "\n" in word:
                return "no-newline"
            if re.fullmatch(f"(?:{pattern})", word):
                return "ascii-classes"
            return "whole-argument"
        return None

    def of_ChainingRegExpFilter(self, found):
        return (self.of_RegExpFilter(found, len(found.args))
                or self.of_inner(self.argv[len(found.args):]))

    def of_IpNetnsExecFilter(self, found):
        name = self.argv[3]
        if name.startswith("-") or "/" in name or name in (".", ".."):
            return "netns-name"
        return self.of_inner(self.argv[4:])

    def of_inner(self, inner):
        """What the inner command runs, or why it may not."""
        if self.ours.kind == "run" and self.ours.name == self.theirs.name:
            ran = self.ours.argv[-len(inner):] if inner else ()
            if ran != tuple(inner):
                return "inner-runs-what-matched"
        words = [os.path.basename(inner[0]), *inner[1:]]
        leaf = Stock.__new__(Stock)
        leaf.filters = [one for one in self.stock.filters if "Chain" not in type(one).__name__
                        and "Netns" not in type(one).__name__]
        leaf.exec_dirs = self.stock.exec_dirs
        theirs = leaf.verdict(words)
        return Difference(self.stock, words, theirs, self.ours).name()

    def of_IpFilter(self, _):
        words = self.argv[1:]
        if any(word.startswith("-b") or word.startswith("--b") for word in words):
            return "ip-batch"
        if any("exec".startswith(word) for word in words if word):
            return "ip-exec"
        if any(word.startswith("-") for word in words) or "" in words:
            return "ip-options"
        return None

    def of_PathFilter(self, found):
        for arg, value in zip(found.args, self.argv[1:]):
            real = os.path.realpath(value)
            if arg.startswith("/") and real != arg and not real.startswith(arg.rstrip("/") + "/"):
                return "path-below"
        return None

    def of_EnvFilter(self, found):
        words = self.argv[1:] if self.argv[0] == "env" else self.argv
        wanted = [arg for arg in found.args if "=" in arg]
        given = dict(word.split("=", 1) for word in words[:len(wanted)] if "=" in word)
        for arg in wanted:
            name, _, value = arg.partition("=")
            if value and given.get(name) != value:
                return "env-value"
        return "env-arguments" if len(found.args) > len(wanted) else None


# One for each name, whatever the mutations have come upon.
EACH = [
    ["privsep-helper", "--config-file", "/tmp/x", "--privsep_context", "neutron.privileged.default",
     "--privsep_sock_path", "/tmp/s"],
    ["nice", "5", "/tmp/evil/uname"],
    ["nice", "5", "echo", "x"],
    ["ip", "netns", "exec", "../x", "echo"],
    ["ip", "-n", "net", "vrf", "exec", "default", "echo"],
    ["ip", "-b", "/tmp/x"],
    ["ip", "-unknown", "link"],
    ["list", "x"],
    ["seq", "1x"],
    ["tc", "qdisc", "del", "dev", "tap0", "root\n"],
    ["sleep", "\u0663"],
    ["chown", "nova", "/var/lib/images_evil"],
    ["LC_ALL=x", "LVM_SYSTEM_DIR=y", "date"],
    ["PROCESS_TAG=x", "wc", "-l", "x"],
    ["env", "A=B"],
]


def check_strict(place, lines, each, seed):
    stock = prepare(place, lines, "strict")
    vectors = argvs.make(stock.filters, each, seed) + (EACH if lines is corpus.LINES else [])
    names = set()
    for argv, ours in zip(vectors, ask_all(place, vectors)):
        theirs = stock.verdict(argv)
        if same(theirs, ours):
            continue
        assert theirs.kind in ("run", "missing") or ours.kind != "run" or "env" in argv, (
            "allowed, and stock denies", argv, theirs, ours)
        name = Difference(stock, argv, theirs, ours).name()
        assert name, ("a difference without a name", argv, theirs, ours)
        assert f"`{name}`" in DOCUMENT, name
        names.add(name)
    return names


def test_strict_mode_differs_only_where_the_document_says_so(place):
    names = check_strict(place, corpus.LINES, 24, 3)
    table = DOCUMENT.partition("## What strict mode changes")[2].partition("\n## ")[0]
    assert names == set(re.findall(r"^\| `([a-z-]+)` \|", table, re.M))


def test_strict_mode_differs_for_what_was_shipped_only_where_the_document_says_so(place):
    check_strict(place, corpus_lines(), 2, 4)


@pytest.mark.parametrize("mode", ["strict", "exact"])
def test_all_filters_that_were_ever_shipped_load(place, mode):
    lines = corpus.shipped()
    if lines is None:
        pytest.skip("no corpus of filters beside the tree; set WRIT_ROOTWRAP_CORPUS")
    assert len(lines) == 692
    place.allow(*corpus.renamed([line for _, line in lines])).configure(mode)
    told = place.reads()
    assert "skipped" not in told and "matches nothing" not in told, told
    unknown = re.findall(r"Skipping unknown filter class \((\S*)\)", told)
    assert set(unknown) == {"DnsmasqFilter", "DeprecatedDnsmasqFilter", "DnsmasqNetnsFilter",
                            "DnsmasqVersionFilter"}
    assert len(unknown) == 9
