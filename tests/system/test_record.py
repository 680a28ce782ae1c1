"""The record: one JSON object, of which every field is always there."""
import base64
import json
import os
import re
import subprocess
from datetime import datetime, timezone

import pytest

from processes import BOUND_S, told, until

# Every field, with the types that it may have; a dict is a dict of the same.
COUNT, COUNT_OR_NULL, TEXT, TEXT_OR_NULL, FLAG = (int,), (int, type(None)), (str,), (str, type(None)), (bool,)
OUTPUT = {"bytes": COUNT_OR_NULL, "kept": COUNT_OR_NULL, "truncated": FLAG, "held_by_descendant": FLAG}
FIELDS = {
    "writ": TEXT, "id": TEXT, "argv": (list,), "exe": TEXT_OR_NULL, "cwd": TEXT_OR_NULL, "env_names": (list,),
    "identity": TEXT_OR_NULL, "started": TEXT, "wall_ns": COUNT, "cause": TEXT, "exit_code": COUNT_OR_NULL,
    "signal": TEXT_OR_NULL, "core_dumped": FLAG, "timed_out": FLAG, "stopped_by": TEXT_OR_NULL, "forced": FLAG,
    "stdin": {"bytes": COUNT_OR_NULL, "read_all": (bool, type(None))}, "stdout": OUTPUT, "stderr": OUTPUT,
    "usage": {"user_ns": COUNT_OR_NULL, "sys_ns": COUNT_OR_NULL, "source": TEXT_OR_NULL,
              "max_rss_bytes": COUNT_OR_NULL, "max_rss_source": TEXT_OR_NULL},
    "containment": TEXT_OR_NULL, "guarded": FLAG,
    "left_behind": {"count": COUNT, "killed": COUNT, "kept": COUNT, "survived": COUNT},
    "error": (dict, type(None)),
}
ERROR = {"code": TEXT, "stage": TEXT, "errno": COUNT, "subject": TEXT, "message": TEXT}


def check_types(fields, value, where=""):
    for name, kinds in fields.items():
        assert name in value, f"{where}{name} is missing"
        if isinstance(kinds, dict):
            check_types(kinds, value[name], f"{where}{name}.")
        else:
            assert type(value[name]) in kinds, f"{where}{name}: {value[name]!r}"
    assert set(value) <= set(fields) | {"survivors"}


def check_record(record):
    check_types(FIELDS, record)
    assert list(record) == list(FIELDS), "the order of the fields, which a reader can follow"
    assert record["writ"] == "run/1"
    assert re.fullmatch(r"[0-7][0-9A-HJKMNP-TV-Z]{25}", record["id"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z", record["started"])
    if record["error"]:
        check_types(ERROR, record["error"])
    return record


RUNS = {
    "exited": ("true",), "failed": ("false",), "signaled": ("sh", "-c", "kill -9 $$"),
    "captured": ("--capture", "--", "ls"), "timed out": ("-t", "50ms", "--", "sleep", "1000"),
    "idle": ("--idle-timeout", "50ms", "--", "sleep", "1000"),
    "overflow": ("--capture", "--output-max", "1K", "--overflow", "kill", "--", "yes"),
    "leftovers": ("--", "sh", "-c", "sleep 1000 & exit 0"), "not found": ("no-such-program",),
    "not executable": ("/",), "bad limit": ("-l", "nofile=x", "--", "true"),
    "bad directory": ("-C", "/no/such", "--", "true"), "no such user": ("-u", "no-such-user", "--", "true"),
    "bad environment": ("-e", "x", "--", "true"), "no such file": ("--stdin", "/no/such", "--", "true"),
    "an empty directory": ("-C", "", "--", "true"), "a closed descriptor": ("--pass-fd", "77", "--", "true"),
    "a fed one": ("--secret-stdin", "/etc/passwd", "--", "cat"),
}


@pytest.mark.parametrize("name", RUNS)
def test_every_record_has_every_field_with_its_type(writ, level, name):
    check_record(writ.run(*RUNS[name]).record)


def test_the_record_of_a_killed_writ_has_every_field_too(writ, level):
    child = writ.start_run("--", "sh", "-c", "echo $$ > pid; exec sleep 1000")
    told(writ.place / "pid")
    child.kill()
    child.wait(BOUND_S)
    until(lambda: os.path.getsize(child.record) and open(child.record, "rb").read().endswith(b"\n"))
    record = check_record(writ.finish(child).record)
    assert record["cause"] == "lost" and record["wall_ns"] > 0


def test_the_record_says_what_was_run_and_where(writ, level):
    before = datetime.now(timezone.utc)
    record = writ.run("--", "sh", "-c", "echo $$ > pid", "a b", "\n").check().record
    after = datetime.now(timezone.utc)
    assert record["argv"] == ["sh", "-c", "echo $$ > pid", "a b", "\n"]
    assert os.path.basename(record["exe"]) == "sh" and record["exe"].startswith("/")
    assert record["cwd"] == str(writ.place)
    assert record["identity"].startswith((writ.place / "pid").read_text().strip() + "@")
    started = datetime.fromisoformat(record["started"][:26] + "+00:00")
    assert (before - started).total_seconds() < 0.01 and (started - after).total_seconds() < 0.01
    assert 0 < record["wall_ns"] < (after - before).total_seconds() * 1e9


def test_ids_are_unique_and_in_order_of_time(writ):
    ids = [writ.run("--", "true").record["id"] for _ in range(5)]
    assert ids == sorted(set(ids))


def test_usage_counts_the_whole_tree_and_names_its_source(writ, level):
    burn = "x=0; while [ $x -lt 200000 ]; do x=$((x+1)); done"
    record = writ.run("--", "sh", "-c", f"sh -c '{burn}'; true").check().record
    usage = record["usage"]
    assert usage["source"] == writ.level and usage["user_ns"] > 10_000_000
    assert usage["max_rss_source"] == "largest-process" and usage["max_rss_bytes"] > 100_000


def test_usage_counts_what_nobody_waited_for(writ, level):
    """rusage of the program alone would not show it."""
    burn = "x=0; while [ $x -lt 200000 ]; do x=$((x+1)); done; echo done > done"
    script = f"(setsid sh -c '{burn}' &) ; while [ ! -e done ]; do sleep 0.05; done"
    usage = writ.run("--", "sh", "-c", script).check().record["usage"]
    assert usage["user_ns"] > 10_000_000


def test_what_is_not_utf_8_is_base64(writ, level, place):
    odd = os.fsdecode(b"\xff\xfe")
    (place / odd).mkdir()
    record = writ.run("-C", place / odd, "--", "true", odd, "é").check().record
    assert record["argv"] == ["true", {"base64": "//4="}, "é"]
    assert base64.b64decode(record["cwd"]["base64"]) == os.fsencode(place / odd)


def test_an_error_is_told_in_full_when_nothing_ran(writ, level):
    done = writ.run("--", "no-such-program")
    error = done.record["error"]
    assert (error["code"], error["stage"], error["errno"], error["subject"]) == (
        "E_NOT_FOUND", "search", 2, "no-such-program")
    assert done.stderr.startswith(f"writ: {error['message']}\n")
    record = done.record
    assert (record["cause"], record["identity"], record["containment"]) == ("not-started", None, None)
    assert record["stdin"] == {"bytes": None, "read_all": None} and record["usage"]["source"] is None


def test_the_record_may_go_to_a_descriptor(writ, level, place):
    with open(place / "there", "wb") as there:
        fd = there.fileno()
        writ("run", "--record", f"fd:{fd}", "--", "true", pass_fds=[fd]).check()
        writ("run", "--record", f"fd:{fd}", "--", "false", pass_fds=[fd])
    lines = (place / "there").read_text().splitlines()
    assert [json.loads(line)["exit_code"] for line in lines] == [0, 1]
    assert json.loads(writ("run", "--record", "fd:1", "--", "true").check().stdout)["cause"] == "exited"


def test_the_descriptor_of_the_record_is_not_the_programs(writ, place, probe):
    with open(place / "there", "wb") as there:
        fd = there.fileno()
        writ("run", "--record", f"fd:{fd}", "--", *probe.words, pass_fds=[fd]).check()
    assert str(place / "there") not in probe.saw()["links"].values()


def test_the_record_file_is_emptied_first(writ, place):
    (place / "record").write_text("x" * 10000)
    writ("run", "--record", place / "record", "--", "true").check()
    assert json.loads((place / "record").read_text())["cause"] == "exited"


def test_a_record_that_cannot_be_opened_refuses_the_run(writ, place):
    for path in ("/no/such/record", "/"):
        done = writ("run", "--record", path, "--", "touch", place / "ran")
        assert done.status == 125 and not (place / "ran").exists() and path in done.stderr


def test_a_record_that_cannot_be_written_is_125_whatever_the_program_did(writ, level):
    done = writ("run", "--record", "/dev/full", "--", "echo", "it ran")
    assert done.status == 125 and done.stdout == "it ran\n"
    assert "cannot write the record: /dev/full: No space left on device" in done.stderr


def test_a_record_that_cannot_be_written_is_told_when_nothing_ran_too(writ):
    done = writ("run", "--record", "/dev/full", "--", "no-such-program")
    assert "cannot write the record" in done.stderr, done


def test_a_reader_of_the_record_that_has_left_kills_nobody(writ, level):
    ends = os.pipe()
    os.close(ends[0])
    done = writ("run", "--record", f"fd:{ends[1]}", "--", "true", pass_fds=[ends[1]])
    os.close(ends[1])
    assert done.status == 125 and "Broken pipe" in done.stderr


def test_the_record_does_not_hold_up_a_reader_of_its_pipe(writ, level):
    """A descendant that lives on must not have it."""
    ends = os.pipe()
    child = writ.start("run", "--keep-tree", "--record", f"fd:{ends[1]}", "--", "sh", "-c",
                       "sleep 1000 & echo $! > pid", pass_fds=[ends[1]], stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
    os.close(ends[1])
    kept = told(writ.place / "pid")
    try:
        with open(ends[0], "rb") as reader:
            assert json.loads(reader.read())["left_behind"]["kept"] == 1
        assert child.wait(BOUND_S) == 0 and kept.runs()
    finally:
        kept.kill()
