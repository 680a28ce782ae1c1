"""Standard input and both outputs: given, passed on, captured, bounded, closed."""
import fcntl
import hashlib
import os
import select
import subprocess
import time
from pathlib import Path

import pytest

from processes import BOUND_S, gone, told, until

MIB = 1 << 20
CAPTURED = {"bytes": 0, "kept": 0, "truncated": False, "held_by_descendant": False}
UNSEEN = {"bytes": None, "kept": None, "truncated": False, "held_by_descendant": False}
BOTH = ("sh", "-c", "echo out; echo err >&2")


def with_closed(writ, *fds):
    """Starts the command with these of its standard streams closed."""
    closing = " ".join(f"{fd}>&-" for fd in fds)
    writ.prefix += ["sh", "-c", f'exec "$@" {closing}', "sh"]


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_all_three_are_inherited_unless_told_otherwise(writ, level):
    done = writ.run("--", "sh", "-c", "cat; echo err >&2", stdin="in").check()
    assert (done.stdout, done.stderr) == ("in", "err\n")
    assert done.record["stdin"] == {"bytes": None, "read_all": None}
    assert done.record["stdout"] == done.record["stderr"] == UNSEEN


def test_input_comes_from_a_file(writ, level, place):
    (place / "in").write_text("x" * 1000)
    done = writ.run("--stdin", place / "in", "--", "cat").check()
    assert done.stdout == "x" * 1000
    assert done.record["stdin"] == {"bytes": 1000, "read_all": True}
    done = writ.run("--stdin", place / "in", "--", "head", "-c", "1").check()
    assert done.record["stdin"]["bytes"] in range(1, 1001)
    done = writ.run("--stdin", place / "in", "--", "true").check()
    assert done.record["stdin"] == {"bytes": 0, "read_all": False}


def test_input_from_the_null_device_is_empty(writ, level):
    done = writ.run("--stdin", "null", "--", "cat", stdin="not for you").check()
    assert done.stdout == ""


def test_input_that_the_program_does_not_read_is_no_failure(writ, level, place):
    (place / "in").write_bytes(b"x" * MIB)
    done = writ.run("--secret-stdin", place / "in", "--", "true").check()
    assert done.record["stdin"]["read_all"] is False


def test_input_ends_when_it_is_given(writ, level, place):
    (place / "in").write_bytes(b"x" * 300000)
    done = writ.run("--secret-stdin", place / "in", "--", "wc", "-c").check()
    assert done.stdout.strip() == "300000"
    assert done.record["stdin"] == {"bytes": 300000, "read_all": True}


def test_output_goes_to_a_file_made_or_emptied(writ, level, place):
    (place / "out").write_text("before" * 10)
    (place / "out").chmod(0o666)
    writ("run", "--stdout", place / "out", "--stderr", place / "err", "--", *BOTH).check()
    assert ((place / "out").read_text(), (place / "err").read_text()) == ("out\n", "err\n")


def test_output_goes_to_the_null_device(writ, level):
    done = writ("run", "--stdout", "null", "--stderr", "null", "--", *BOTH).check()
    assert (done.stdout, done.stderr) == ("", "")


def test_standard_error_may_go_where_standard_output_goes(writ, level, place):
    mixed = ("sh", "-c", "echo 1; echo 2 >&2; echo 3; echo 4 >&2")
    assert writ("run", "--stderr", "stdout", "--", *mixed).check().stdout == "1\n2\n3\n4\n"
    done = writ.run("--capture", "--stderr", "stdout", "--", *mixed).check()
    assert (done.stdout, done.stderr) == ("1\n2\n3\n4\n", "")
    writ("run", "--stdout", place / "out", "--stderr", "stdout", "--", *mixed).check()
    assert (place / "out").read_text() == "1\n2\n3\n4\n"


def test_captured_output_is_printed_after_the_end(writ, level):
    done = writ.run("--capture", "--", *BOTH).check()
    assert (done.stdout, done.stderr) == ("out\n", "err\n")
    for name in ("stdout", "stderr"):
        assert done.record[name] == CAPTURED | {"bytes": 4, "kept": 4}


def test_captured_bytes_are_any_bytes(writ, place):
    data = bytes(range(256)) * 1000
    (place / "data").write_bytes(data)
    out = subprocess.run([writ.path, "run", "--capture", "--", "cat", place / "data"],
                         stdout=subprocess.PIPE, check=True).stdout
    assert out == data


@pytest.mark.parametrize("how, expected", [("head", "aaaaabbbbb"), ("tail", "ccccceeeee"),
                                           ("both", "aaaaaeeeee")])
def test_past_the_bound_head_tail_or_both_are_kept(writ, level, how, expected):
    done = writ.run("--capture", "--output-max", "10", "--overflow", how, "--", "printf",
                    "aaaaabbbbbccccceeeee").check()
    assert done.stdout == expected
    assert done.record["stdout"] == CAPTURED | {"bytes": 20, "kept": 10, "truncated": True}
    gap = {"head": 10, "tail": 0, "both": 5}[how]
    assert f"standard output was cut: 20 bytes came, 10 are kept, the gap is at {gap}" in done.stderr


def test_each_stream_has_its_own_bound(writ):
    done = writ.run("--capture", "--output-max", "4", "--", "sh", "-c", "printf 1234; printf 123456 >&2")
    assert done.stdout == "1234" and done.stderr.startswith("1256")
    assert (done.record["stdout"]["truncated"], done.record["stderr"]["truncated"]) == (False, True)


def test_more_than_the_bound_is_read_and_counted(writ, level):
    done = writ.run("--capture", "--", "head", "-c", "50M", "/dev/zero").check()
    assert done.record["stdout"]["bytes"] == 50 * MIB
    assert done.record["stdout"]["kept"] == len(done.stdout) == 16 * MIB


def test_an_endless_output_ends_the_run_if_asked(writ, level):
    for capture in ((), ("--capture",)):
        done = writ.run(*capture, "--output-max", "100K", "--overflow", "kill", "--", "yes")
        assert done.status == 125 and done.record["cause"] == "output-limit"
        assert "more than 102400 bytes of output: yes" in done.stderr


@pytest.mark.parametrize("fds", [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)], ids=str)
def test_a_closed_standard_stream_is_the_null_device_to_the_program(writ, level, probe, fds):
    with_closed(writ, *fds)
    for args in ((), ("--capture",), ("--idle-timeout", "60")):
        writ("run", *args, "--", *probe.words).check()
        links = probe.saw()["links"]
        assert sorted(links) == ["0", "1", "2"], args
        for fd in fds if not args else set(fds) & {0}:
            assert links[str(fd)] == "/dev/null", (args, links)


def test_captured_output_that_cannot_be_printed_is_125(writ, level):
    with_closed(writ, 1)
    done = writ.run("--capture", "--", "echo", "lost")
    assert done.status == 125 and "cannot print what was captured" in done.stderr
    assert done.record["cause"] == "exited" and done.record["exit_code"] == 0
    writ.run("--capture", "--", "true").check()


def test_a_full_disk_is_told_and_is_125(writ, level):
    with open("/dev/full", "wb") as full:
        done = writ("run", "--capture", "--", "echo", "lost", stdout=full)
        assert done.status == 125 and "No space left on device" in done.stderr
        # inherited, it is the program's own business
        assert writ("run", "--", "sh", "-c", "echo x; exit $?", stdout=full).status not in (0, 125)


def test_output_that_passes_through_to_a_full_disk_is_no_success(writ, level):
    with open("/dev/full", "wb") as full:
        done = writ("run", "--idle-timeout", "60", "--", "sh", "-c", "echo x; sleep 0.1; echo y", stdout=full)
        assert done.status != 0


@pytest.mark.parametrize("args", [(), ("--idle-timeout", "60")], ids=["inherited", "passed"])
def test_a_reader_that_leaves_ends_the_program_as_without_writ(writ, level, args):
    child = writ.start_run(*args, "--", "yes")
    assert child.stdout.read(4) == b"y\ny\n"
    child.stdout.close()
    child.stdout = open(os.devnull, "rb")
    done = writ.finish(child)
    assert done.status == 141 and done.record["signal"] == "PIPE"


@pytest.mark.parametrize("args", [(), ("--idle-timeout", "60"), ("--capture", "--output-max", "64M")],
                         ids=["inherited", "passed", "captured"])
def test_much_data_passes_both_ways(writ, level, args):
    data = os.urandom(MIB) * 48
    child = writ.start_run(*args, "--", "cat", stdin=subprocess.PIPE)
    out, _ = child.communicate(data, 120)
    assert child.returncode == 0
    assert hashlib.sha256(out).digest() == hashlib.sha256(data).digest()


def test_much_data_on_both_outputs_at_once_passes(writ, level):
    script = "head -c 8M /dev/zero >&2 & head -c 8M /dev/zero; wait"
    for args in ((), ("--idle-timeout", "60"), ("--capture",)):
        done = writ("run", *args, "--", "sh", "-c", script).check()
        assert len(done.stdout) == len(done.stderr) == 8 * MIB, args


@pytest.mark.parametrize("args", [("--idle-timeout", "300ms"), ("-t", "300ms", "--idle-timeout", "60"),
                                  ("-t", "300ms")], ids=["idle", "passed", "inherited"])
def test_a_reader_that_does_not_read_cannot_hold_up_a_time_out(writ, level, args):
    child = writ.start_run(*args, "-k", "1s", "--", "yes")
    assert child.wait(BOUND_S) == 124
    assert writ.finish(child).record["timed_out"] is True


def test_waiting_for_a_slow_reader_takes_no_processor_time(writ, level, place):
    child = writ.start_run("--idle-timeout", "60", "--", "sh", "-c", "echo $$ > pid; head -c 100K /dev/zero")
    gone(told(place / "pid"))
    before, start = cpu_seconds(child.pid), time.monotonic()
    until(lambda: time.monotonic() > start + 0.5)
    assert cpu_seconds(child.pid) - before < 0.25
    assert len(writ.finish(child).check().stdout) == 102400


def test_a_slow_reader_gets_all_there_is(writ, level):
    child = writ.start_run("--idle-timeout", "60", "--drain", "1s", "--", "head", "-c", "1M", "/dev/zero")
    # the program has ended, or waits for us, before we begin to read
    until(lambda: select.select([child.stdout], [], [], 0)[0])
    assert len(writ.finish(child).check().stdout) == MIB


@pytest.mark.parametrize("args", [("--capture",), ("--idle-timeout", "60")], ids=["captured", "passed"])
def test_a_reader_that_does_not_read_cannot_make_writ_deaf_to_signals(writ, args):
    child = writ.start_run(*args, "--", "head", "-c", "1M", "/dev/zero")
    until(lambda: select.select([child.stdout], [], [], 0)[0])
    child.terminate()
    assert child.wait(BOUND_S) == 143 or child.returncode == -15


@pytest.mark.parametrize("args", [("--capture",), ("--idle-timeout", "60"), ()],
                         ids=["captured", "passed", "inherited"])
def test_a_nonblocking_standard_output_loses_nothing(writ, level, args):
    """O_NONBLOCK belongs to the open file, which others share: it can be set on ours."""
    ends = os.pipe()
    os.set_blocking(ends[1], False)
    child = writ.start("run", *args, "--", "dd", "if=/dev/zero", "bs=4096", "count=256", "status=none",
                       stdout=ends[1]) if args else writ.start("run", "--", "true", stdout=ends[1])
    os.close(ends[1])
    with open(ends[0], "rb") as reader:
        got = reader.read()
    done = writ.finish(child)
    assert done.status == 0 and len(got) == (MIB if args else 0), done


def test_the_flags_of_our_own_streams_are_not_touched(writ, level, place):
    ends = os.pipe()
    before = fcntl.fcntl(ends[1], fcntl.F_GETFL)
    child = writ.start("run", "--idle-timeout", "60", "--", "sh", "-c", "echo $$ > pid; read x", stdout=ends[1],
                       stderr=ends[1], stdin=subprocess.PIPE)
    told(place / "pid")
    assert fcntl.fcntl(ends[1], fcntl.F_GETFL) == before
    child.communicate(b"\n", BOUND_S)
    assert fcntl.fcntl(ends[1], fcntl.F_GETFL) == before
    for end in ends:
        os.close(end)


def test_a_descendant_that_holds_the_pipe_does_not_hold_up_the_end(writ, level):
    done = writ.run("--capture", "--drain", "50ms", "--", "sh", "-c", "echo out; sleep 1000 &").check()
    assert done.stdout == "out\n"
    assert done.record["stdout"]["held_by_descendant"] is True
    assert done.record["left_behind"]["count"] >= 1


def test_what_a_descendant_writes_soon_after_the_end_is_not_lost(writ, level):
    script = "(for i in 1 2 3 4 5; do sleep 0.05; echo $i; done) &"
    done = writ.run("--capture", "--drain", "1s", "--", "sh", "-c", script).check()
    assert done.stdout == "1\n2\n3\n4\n5\n"
    assert done.record["stdout"]["held_by_descendant"] is False


def test_a_descendant_that_never_stops_writing_is_cut_off(writ, level):
    script = "(while :; do echo x; sleep 0.02; done) & echo out"
    done = writ.run("--capture", "--", "sh", "-c", script, seconds=30).check()
    assert done.stdout.startswith(("out\n", "x\n")) and done.record["stdout"]["held_by_descendant"] is True


def test_a_program_that_closes_its_outputs_and_goes_on_is_waited_for(writ, level, place):
    script = "exec >&- 2>&-; while [ ! -e go ]; do sleep 0.01; done; exit 5"
    child = writ.start_run("--capture", "--", "sh", "-c", f"echo $$ > pid; {script}")
    told(place / "pid")
    assert child.poll() is None
    (place / "go").touch()
    assert writ.finish(child).status == 5


def test_real_pipes_are_given_so_that_dev_stdout_can_be_opened(writ, level):
    script = "echo out > /dev/stdout; echo err > /dev/stderr"
    done = writ("run", "--capture", "--", "sh", "-c", script).check()
    assert (done.stdout, done.stderr) == ("out\n", "err\n")


def test_the_pipes_of_the_program_block(writ, level, probe):
    for args in (("--capture",), ("--idle-timeout", "60"), ("--capture", "--secret-stdin", "/dev/null")):
        writ("run", *args, "--", *probe.words).check()
        assert probe.saw()["nonblocking"] == []


def test_idle_time_begins_anew_with_each_output(writ, level):
    script = "for i in 1 2 3 4 5 6 7 8; do echo $i; sleep 0.2; done"
    done = writ("run", "--idle-timeout", "5s", "--", "sh", "-c", script).check()
    assert done.stdout.split() == list("12345678")
    assert writ("run", "--idle-timeout", "5s", "--", "sh", "-c", f"({script}) >&2").check().stderr
