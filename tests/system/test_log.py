"""writ log verify: is a record whole? Its lines are made here as docs/record.md has them."""
import hashlib
import json
import random

import pytest

NO_PREV = "0" * 64


def digest(line):
    return hashlib.sha256(line).hexdigest()


def lines(count, n=1, prev=NO_PREV):
    """`count` lines of a chain, from number `n` on."""
    made = []
    for i in range(count):
        made.append((f'{{"writ": "audit/1", "n": {n + i}, "time": "2026-01-01T00:00:00.00000000{i % 10}Z", '
                     f'"prev": "{prev}", "event": "accepted", "argv": ["ip", "link", "{i}"]}}\n').encode())
        prev = digest(made[-1])
    return made


def head(made):
    return f"{json.loads(made[-1])['n']}:{digest(made[-1])}"


@pytest.fixture
def record(place):
    """Writes lines to the record, or to an older file of it."""
    def write(made, age=0):
        path = place / ("record" if age == 0 else f"record.{age}")
        path.write_bytes(b"".join(made))
        return path
    return write


def test_a_record_that_is_whole(writ, record):
    made = lines(5)
    path = record(made)
    done = writ("log", "verify", str(path)).check()
    assert done.stdout == f"{path}: intact: 5 lines, 0 torn, head {head(made)}\n"
    assert writ("log", "verify", "--head", head(made[:3]), str(path)).check().stdout == done.stdout
    assert writ("log", "--head", head(made), "verify", str(path)).check().stdout == done.stdout
    assert writ("log", "verify", "-q", str(path)).check().stdout == ""
    assert writ("log", "verify", str(record([]))).check().stdout == f"{path}: intact: 0 lines\n"


def test_the_older_files_are_read_first(writ, record):
    made = lines(30)
    paths = [record(made[20:]), record(made[10:20], 1), record(made[:10], 2)]
    assert ": intact: 30 lines, " in writ("log", "verify", str(paths[0])).check().stdout
    paths[2].write_bytes(b"".join(made[:4] + [made[4].replace(b"link", b"Link")] + made[5:10]))
    assert writ("log", "verify", str(paths[0])).check(1).stdout == (
        f"{paths[2]}:5: changed: not the line that the next one is chained to\n")
    record(made[20:22] + made[23:])
    paths[2].unlink()  # the oldest may be gone
    assert writ("log", "verify", str(paths[0])).check(1).stdout == (
        f"{paths[0]}:3: lines before this one are missing\n")


@pytest.mark.parametrize("spoil, line, what", [
    (lambda m: m[:3] + m[4:], 4, "missing"), (lambda m: m[:3] + [m[4], m[3]] + m[5:], 4, "missing"),
    (lambda m: m[:3] + [m[2]] + m[3:], 4, "out of place"), (lambda m: m[:3] + [b"hello\n"] + m[3:], 4, "not a line"),
    (lambda m: m[:-1] + [m[-1][:-1]], 10, "torn"), (lambda m: m[:-1] + [m[-1].replace(b"link", b"Link")], 10, "head"),
    (lambda m: m[:7], 7, "cut off"), (lambda m: [], 0, "cut off"),
])
def test_the_first_line_that_does_not_hold_is_named(writ, record, spoil, line, what):
    made = lines(10)
    path = record(spoil(made))
    done = writ("log", "verify", "--head", head(made), str(path)).check(1)
    assert done.stdout.startswith(f"{path}:{line}: ") and what in done.stdout and done.stderr == ""
    answer = json.loads(writ("log", "verify", "--json", "--head", head(made), str(path)).check(1).stdout)
    assert answer["intact"] is False and answer["line"] == line and what in answer["what"]
    assert answer["file"] == str(path)


def test_a_head_older_than_the_record_is_not_confirmed(writ, record):
    made = lines(10)
    path = record(made[5:])
    writ("log", "verify", str(path)).check()
    done = writ("log", "verify", "--head", head(made[:2]), str(path)).check(1)
    assert done.stdout == f"{path}:1: the first line, but the head names an earlier one\n"


def test_a_torn_line_that_was_closed_is_counted(writ, record):
    made = lines(3)
    torn = lines(1, 4, digest(made[-1]))[0][:70] + b"[torn]\n"
    closing = (f'{{"writ": "audit/1", "n": 4, "time": "2026-01-01T00:00:00.000000009Z", "prev": "{digest(made[-1])}", '
               f'"event": "torn", "bytes": {len(torn)}, "sha256": "{digest(torn)}"}}\n').encode()
    path = record(made + [torn, closing])
    answer = json.loads(writ("log", "verify", "--json", str(path)).check().stdout)
    assert answer == {"writ": "log-verify/1", "intact": True, "lines": 4, "torn": 1, "file": None, "line": None,
                      "what": None, "head": f"4:{digest(closing)}"}
    record(made + [torn.replace(b"audit", b"Audit"), closing])
    assert f"{path}:4: not a line" in writ("log", "verify", str(path)).check(1).stdout


def test_no_bytes_are_too_much_for_it(writ, record):
    chance = random.Random(1)
    whole = b"".join(lines(20))
    for _ in range(60):
        spoilt = bytearray(whole)
        for _ in range(chance.randrange(1, 4)):
            spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
        path = record([bytes(spoilt)])
        done = writ("log", "verify", str(path))
        # the text of the last line is known to nobody but a head
        assert done.status == (0 if bytes(spoilt[:-90]) == whole[:-90] and done.status == 0 else 1)
        assert done.stderr == "" and done.stdout.count("\n") == 1


@pytest.mark.parametrize("args", [
    ("verify",), ("verify", "a", "b"), ("show", "x"), ("verify", "--head", "17", "x"),
    ("verify", "--head", "0:" + NO_PREV, "x"), ("verify", "/nowhere/record"), ("verify", "/"),
], ids=" ".join)
def test_wrong_usage_ends_with_2(writ, args):
    done = writ("log", *args)
    assert done.status == 2 and done.stdout == "" and done.stderr.startswith("writ: ")
