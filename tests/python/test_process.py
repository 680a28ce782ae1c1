"""writ.Process: a program that is talked to, from plain threads."""
import threading


import pytest

import writ
from processes import Process as Seen
from processes import gone, until


def test_it_is_written_to_and_read_from():
    with writ.Process(["cat"], stdin=writ.PIPE) as p:
        assert p.write(b"one\ntwo") == 7
        assert p.readline() == b"one\n" and p.read() == b"two"
        p.close_stdin()
        assert p.read() == b"" and p.readline() == b""
        r = p.wait()
    assert r.exit_code == 0 and r.stdin.bytes == 7 and r is p.wait()


def test_a_program_that_is_ahead_waits_for_its_reader():
    with writ.Process(["sh", "-c", "yes | head -c 5000000; echo done >&2"]) as p:
        seen = 0
        while True:
            data = p.read(100_000)
            seen += len(data)
            if not data:
                break
    assert seen == 5_000_000 and p.wait().stderr == b"done\n"


def test_more_is_written_than_a_pipe_holds():
    data = bytes(range(256)) * 8000
    with writ.Process(["cat"], stdin=writ.PIPE) as p:
        got = []

        def read():
            while chunk := p.read():
                got.append(chunk)
        reader = threading.Thread(target=read)
        reader.start()
        assert p.write(data) == len(data)
        p.close_stdin()
        reader.join()
    assert b"".join(got) == data


def test_lines_are_iterated_whatever_their_pieces():
    text = "printf 'a'; sleep 0.1; printf 'b\\nc\\n'; printf 'no end'"
    with writ.Process(["sh", "-c", text]) as p:
        assert list(p) == [b"ab\n", b"c\n", b"no end"]
    with writ.Process(["sh", "-c", "head -c 3000000 /dev/zero; echo"]) as p:
        pieces = list(p)
    assert sum(map(len, pieces)) == 3_000_001 and len(pieces) < 10


def test_both_outputs_can_be_read():
    with writ.Process(["sh", "-c", "echo out; echo err >&2"], stderr=writ.PIPE) as p:
        assert p.read(stream=2) == b"err\n" and p.read(stream=1) == b"out\n"
        assert p.read(stream=2) == b""
        with pytest.raises(ValueError):
            p.read(stream=3)


def test_who_waits_is_not_held_up_by_what_nobody_reads():
    p = writ.Process(["sh", "-c", "yes | head -c 9000000; exit 4"]).start()
    r = p.wait(timeout=60)
    assert r.exit_code == 4 and r.stdout_info.bytes == 9_000_000
    assert 1 << 20 <= len(p.read(1 << 30)) < 9_000_000


def test_a_wait_may_take_so_long_and_no_longer():
    with writ.Process(["sleep", "1000"], stdin=writ.PIPE) as p:
        for call in (lambda: p.read(timeout=0.05), lambda: p.readline(timeout=0.05),
                     lambda: p.write(b"x" * 10_000_000, timeout=0.05), lambda: p.read(timeout=0),
                     lambda: p.wait(timeout=0.05), lambda: p.wait(timeout=0)):
            with pytest.raises(TimeoutError):
                call()
        assert not p.ended and p.identity.alive()


def test_a_line_is_not_lost_by_giving_up():
    with writ.Process(["sh", "-c", "printf ab; read x; echo cd"], stdin=writ.PIPE) as p:
        until(lambda: Seen(p.identity.pid).state == "S")
        with pytest.raises(TimeoutError):
            p.readline(timeout=0.1)
        p.write(b"\n")
        assert p.readline() == b"abcd\n"


def test_a_program_that_does_not_read_is_a_broken_pipe():
    with writ.Process(["sh", "-c", "exec <&-; echo closed; sleep 1000"], stdin=writ.PIPE) as p:
        p.readline()
        with pytest.raises(BrokenPipeError):
            while True:
                p.write(b"x" * 100_000)
    with pytest.raises(BrokenPipeError):
        p.write(b"x")


def test_its_time_is_over_whether_or_not_anybody_waits():
    p = writ.Process(["sleep", "1000"], timeout=0.2).start()
    identity = p.identity
    until(lambda: not identity.alive())
    assert p.wait().timed_out


def test_what_it_leaves_behind_ends_though_nobody_waits(tmp_path):
    p = writ.Process(["sh", "-c", "setsid sleep 1000 & echo $!"]).start()
    child = Seen(int(p.readline()))
    gone(child)
    assert p.wait().left_behind.count == 1


def test_it_is_stopped_and_killed():
    text = "trap 'echo bye; exit 5' TERM; echo ready; while :; do sleep 0.01; done"
    p = writ.Process(["sh", "-c", text]).start()
    assert p.readline() == b"ready\n"
    r = p.stop()
    assert (r.cause, r.stopped_by, r.exit_code, r.forced) == ("cancelled", "caller", 5, False)
    assert p.read() == b"bye\n" and p.stop() is r and p.kill() is r
    p = writ.Process(["sh", "-c", text]).start()
    p.readline()
    assert p.kill().signal == 9


def test_one_that_does_not_go_politely_is_killed_after_its_grace():
    p = writ.Process(["sh", "-c", "trap '' TERM; echo ready; sleep 1000"], grace=0.1).start()
    p.readline()
    assert p.stop().forced


def test_a_signal_goes_to_the_program_itself():
    with writ.Process(["sh", "-c", "trap 'echo usr1' USR1; echo ready; while :; do sleep 0.01; done"]) as p:
        p.readline()
        p.signal("USR1")
        assert p.readline() == b"usr1\n"
    with pytest.raises(ProcessLookupError):
        p.signal(15)


def test_leaving_the_block_ends_it(tmp_path):
    with writ.Process(["sh", "-c", "setsid sleep 1000 & echo $!; exec sleep 1000"]) as p:
        child = Seen(int(p.readline()))
        identity = p.identity
    assert p.ended and not identity.alive() and gone(child, seconds=0)


def test_letting_go_of_it_ends_it():
    p = writ.Process(["sleep", "1000"]).start()
    identity = p.identity
    del p
    until(lambda: not identity.alive())


def test_what_cannot_be_executed_raises_at_the_start(tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        writ.Process(["no-such-program"]).start()
    assert caught.value.filename == "no-such-program"
    bad = tmp_path / "bad"
    bad.write_bytes(b"\x7fELF nonsense")
    bad.chmod(0o755)
    with pytest.raises(OSError) as caught:
        with writ.Process([bad]):
            pass
    assert caught.value.stage == "exec"
    with pytest.raises(TypeError, match="check"):
        writ.Process(["true"], check=True).start()


def test_it_is_started_once_and_used_after_that():
    p = writ.Process(["true"])
    assert p.identity is None and not p.ended
    for call in (p.read, p.wait, p.stop, p.close_stdin):
        with pytest.raises(RuntimeError, match="not started"):
            call()
    with p, pytest.raises(RuntimeError, match="already"):
        p.start()


def test_many_threads_use_one_process():
    with writ.Process(["cat"], stdin=writ.PIPE) as p:
        got = []
        readers = [threading.Thread(target=lambda: got.extend(iter(p.read, b""))) for _ in range(4)]
        for thread in readers:
            thread.start()
        for _ in range(50):
            p.write(b"x" * 1000)
        p.close_stdin()
        for thread in readers:
            thread.join(60)
        assert not any(thread.is_alive() for thread in readers)
    assert sum(map(len, got)) == 50_000


def test_many_processes_in_many_threads():
    failed = []

    def work(number):
        for turn in range(10):
            with writ.Process(["cat"], stdin=writ.PIPE, timeout=60) as p:
                p.write(b"%d %d\n" % (number, turn))
                if p.readline(timeout=60) != b"%d %d\n" % (number, turn):
                    failed.append(number)
    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed


def test_ctrl_c_in_a_wait_is_raised_and_leaving_the_block_ends_it(script):
    text = """if True:
        import os, signal, threading, time, writ
        with_start = time.monotonic()
        try:
            with writ.Process(["sleep", "1000"]) as p:
                identity = p.identity
                threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
                p.read()
        except KeyboardInterrupt:
            print(identity.alive(), time.monotonic() - with_start < 20)
        """
    assert script(text) == "False True\n"


@pytest.mark.parametrize("interval", ["0.005", "0.000001"])
def test_nothing_waits_in_vain_under_load(script, interval):
    """Each turn is some wake-ups; one that is lost would be half a second."""
    text = """if True:
        import sys, threading, time, writ
        sys.setswitchinterval(float(sys.argv[1]))
        def work():
            for _ in range(60):
                with writ.Process(["cat"], stdin=writ.PIPE) as p:
                    p.write(b"x"); p.read(); p.close_stdin(); p.wait()
        start = time.monotonic()
        threads = [threading.Thread(target=work) for _ in range(6)]
        for t in threads: t.start()
        for t in threads: t.join()
        print(time.monotonic() - start < 30)
        """
    assert script(text, interval) == "True\n"


def test_a_thread_that_cannot_be_had_is_asked_for_again(script):
    text = """if True:
        import writ
        from writ import process
        true_start, left = writ._writ.start_thread, [1]
        def start(work):
            if left and left.pop():
                raise RuntimeError("no thread")
            return true_start(work)
        process._writ.start_thread = start
        for _ in range(2):
            try:
                with writ.Process(["echo", "x"]) as p:
                    print(p.read(), p.wait(timeout=20).exit_code)
            except RuntimeError as error:
                print(error)
        """
    assert script(text) == "no thread\nb'x\\n' 0\n"


def test_sizes_and_times_at_their_ends():
    with writ.Process(["sh", "-c", "echo one; echo two"]) as p:
        assert p.read(0) == b""
        assert p.readline() == b"one\n" and p.read(-1) == b"two\n"
        assert p.read(-1) == p.read(0) == b""
        for bad in (-1, float("nan")):
            with pytest.raises(ValueError, match="timeout"):
                p.wait(timeout=bad)
        assert p.wait(timeout=float("inf")).exit_code == 0


def test_two_readers_of_lines_each_have_whole_ones():
    with writ.Process(["cat"], stdin=writ.PIPE) as p:
        got = []
        readers = [threading.Thread(target=lambda: got.extend(p)) for _ in range(2)]
        for reader in readers:
            reader.start()
        for number in range(300):
            p.write(b"%d-" % number)
            p.write(b"%d\n" % number)
        p.close_stdin()
        for reader in readers:
            reader.join()
    assert sorted(got) == sorted(b"%d-%d\n" % (n, n) for n in range(300))


def test_a_fork_cannot_wait_for_the_parents(script):
    text = """if True:
        import os, writ
        with writ.Process(["sleep", "1000"]) as p:
            pid = os.fork()
            if pid == 0:
                told = 0
                for call in (p.read, p.readline, p.wait, p.kill, lambda: p.write(b"x")):
                    try:
                        call()
                    except RuntimeError as error:
                        told += "process that forked" in str(error)
                os._exit(told)
            print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), p.ended)
        """
    assert script(text) == "5 False\n"
