"""writ.aio.ask and green threads: who asks writd stops nobody else."""
import asyncio
import gc
import os
import signal
import threading
import time

import pytest

import writ
from processes import gone, told, until
from test_ask import sockets
from test_green import COMMON, EVENTLET, GEVENT
from writ import aio
from writd import sh


def go(main, seconds=60):
    return asyncio.run(asyncio.wait_for(main, seconds))


def test_it_asks_as_ask_does(writd):
    async def main():
        r = await aio.ask(sh("cat; echo err >&2; exit 3"), input=b"in", socket=writd.socket)
        assert (r.exit_code, r.stdout, r.stderr) == (3, b"in", b"err\n")
        data = os.urandom(3_000_000)
        r = await aio.ask(sh("cat"), input=data, socket=writd.socket)
        assert r.stdout == data
        with pytest.raises(writ.Refused, match="no rule"):
            await aio.ask(["/bin/sh", "-x"], socket=writd.socket)
        with pytest.raises(writ.ExitError):
            await aio.ask(sh("exit 3"), socket=writd.socket, check=True)
        with pytest.raises(writ.TimeoutExpired):
            await aio.ask(sh("sleep 1000"), socket=writd.socket, timeout=0.2, check=True)
        with pytest.raises(TypeError, match="argv"):
            await aio.ask("text", socket=writd.socket)
        with pytest.raises(ConnectionRefusedError):
            await aio.ask(sh("true"), socket="/nowhere/at/all")
    go(main())


def test_on_a_loop_the_call_that_waits_is_refused():
    async def main():
        with pytest.raises(writ.WouldBlock, match=r"await writ\.aio\.ask"):
            writ.ask(["true"])
    go(main())


def test_many_at_once_go_over_one_connection(writd):
    """Some wait for their turn; their descriptors may be closed meanwhile."""
    async def one(number, out):
        asked = asyncio.ensure_future(aio.ask(
            sh(f"echo {number}; echo {number} >&2; exit {number % 50}"),
            stderr=out, socket=writd.socket))
        await asyncio.sleep(0)
        return await asked

    async def main():
        before = sockets()
        path = writd.place / "numbers"
        with open(path, "ab") as out:
            tasks = [asyncio.ensure_future(one(number, out)) for number in range(200)]
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        assert sockets() == before + 1
        results = await asyncio.gather(*tasks)
        for number, r in enumerate(results):
            assert (r.stdout, r.exit_code) == (b"%d\n" % number, number % 50)
        assert sorted(map(int, path.read_text().split())) == list(range(200))
    go(main())


def test_the_loop_goes_on_meanwhile(writd):
    async def main():
        ticks = 0
        asked = asyncio.ensure_future(aio.ask(sh("read x; echo $x"), stdin=read,
                                              socket=writd.socket))
        while ticks < 50:
            await asyncio.sleep(0.001)
            ticks += 1
        assert not asked.done()
        os.write(write, b"x\n")
        assert (await asked).stdout == b"x\n"
    read, write = os.pipe()
    go(main())
    os.close(read), os.close(write)


def test_cancelling_ends_the_run_and_waits_for_it(writd, place):
    async def main():
        pid = place / "pid"
        asked = asyncio.ensure_future(aio.ask(
            sh("trap 'echo end >$0.end; exit' TERM; echo $$ >$0; while :; do sleep 0.02; done", pid),
            socket=writd.socket))
        run = await asyncio.to_thread(told, pid)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        assert not run.runs() and (place / "pid.end").read_text() == "end\n"
        assert (await aio.ask(sh("echo on"), socket=writd.socket)).stdout == b"on\n"
    go(main())


def test_cancelling_again_kills(writd, place):
    async def main():
        pid = place / "pid"
        asked = asyncio.ensure_future(aio.ask(
            sh("trap '' TERM; echo $$ >$0; while :; do sleep 0.02; done", pid),
            socket=writd.socket))
        run = await asyncio.to_thread(told, pid)
        start = time.monotonic()
        asked.cancel()
        await asyncio.sleep(0.01)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        assert not run.runs() and time.monotonic() - start < 4
    go(main())


def test_what_waits_for_its_turn_can_be_cancelled(writd, place):
    async def main():
        read, write = os.pipe()
        first = [asyncio.ensure_future(aio.ask(sh("read x"), stdin=read, socket=writd.socket))
                 for _ in range(64)]
        await asyncio.sleep(0)
        late = [asyncio.ensure_future(aio.ask(sh("touch $0", place / str(number)),
                                              socket=writd.socket)) for number in range(10)]
        await asyncio.sleep(0.05)
        for task in late[::2] + late[-1:]:
            task.cancel()
        done = asyncio.gather(*late, return_exceptions=True)
        await asyncio.sleep(0)
        os.write(write, b"\n" * 64)
        for outcome in await asyncio.gather(*first):
            assert outcome.exit_code == 0
        outcomes = await done
        for number, outcome in enumerate(outcomes):
            was_cancelled = number % 2 == 0 or number == 9
            assert isinstance(outcome, asyncio.CancelledError) == was_cancelled
            assert (place / str(number)).exists() != was_cancelled
        os.close(read), os.close(write)
    go(main())


def test_a_coroutine_that_is_closed_ends_its_run(writd, place):
    async def main():
        asked = aio.ask(sh("echo $$ >$0; exec sleep 1000", place / "pid"), socket=writd.socket)
        asked.send(None)
        run = await asyncio.to_thread(told, place / "pid")
        asked.close()
        await asyncio.to_thread(gone, run)
    go(main())


def test_the_end_of_the_loop_is_the_end_of_its_runs(writd, place):
    before = sockets()
    loop = asyncio.new_event_loop()
    asked = loop.create_task(aio.ask(sh("echo $$ >$0; exec sleep 1000", place / "pid"),
                                     socket=writd.socket))
    loop.run_until_complete(asyncio.sleep(0.01))
    run = told(place / "pid")
    asked._log_destroy_pending = False
    loop.close()
    del loop, asked
    gc.collect()
    gone(run)
    assert sockets() == before


def test_when_writd_dies_all_are_told_and_the_next_goes_to_another(writd, place):
    async def main():
        tasks = [asyncio.ensure_future(aio.ask(sh("echo >>$0; exec sleep 1000", place / "runs"),
                                               socket=writd.socket)) for _ in range(20)]
        def begun():
            """runs"""
            return (place / "runs").exists() and (place / "runs").read_text() == "\n" * 20
        await asyncio.to_thread(until, begun)
        writd.kill()
        for task in tasks:
            with pytest.raises(ConnectionResetError):
                await task
        writd.socket.unlink()
        await asyncio.to_thread(writd.start)
        assert (await aio.ask(sh("echo back"), socket=writd.socket)).stdout == b"back\n"
        assert (place / "runs").read_text() == "\n" * 20
    go(main())


def test_those_that_waited_go_over_the_next_connection(writd, place):
    """They were never sent."""
    async def main():
        tasks = [asyncio.ensure_future(aio.ask(
            sh("echo >>$0; exec sleep 1000" if number < 64 else "echo late", place / "runs"),
            socket=writd.socket)) for number in range(70)]
        def begun():
            """runs"""
            return (place / "runs").exists() and (place / "runs").read_text() == "\n" * 64
        await asyncio.to_thread(until, begun)
        listener = writd.front
        listener.kill()  # the monitor starts another
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(outcome, ConnectionResetError) for outcome in outcomes[:64])
        assert [outcome.stdout for outcome in outcomes[64:]] == [b"late\n"] * 6
    time.sleep(1.1)  # a front that lived less than a second ends the monitor
    go(main())


def test_a_writd_that_does_not_read_is_waited_for(writd, place):
    """Large requests find no room, and an order to stop neither."""
    async def main():
        front = writd.front
        front.send(signal.SIGSTOP)
        try:
            tasks = [asyncio.ensure_future(aio.ask(
                sh("echo ${#1}; [ $0 != 3 ] || exec sleep 1000", number, "x" * (1000 * number + 1)),
                socket=writd.socket)) for number in range(60)]
            await asyncio.sleep(0.05)
            tasks[3].cancel()
            tasks[59].cancel()
            await asyncio.sleep(0.05)
            assert not any(task.done() for task in tasks[:59])
        finally:
            front.send(signal.SIGCONT)
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        for number, outcome in enumerate(outcomes):
            if number in (3, 59):
                assert isinstance(outcome, asyncio.CancelledError)
            else:
                assert outcome.stdout == b"%d\n" % (1000 * number + 1)
    go(main())


def test_a_writd_that_does_not_answer_is_not_waited_for_when_cancelled(writd, monkeypatch):
    async def main():
        assert (await aio.ask(sh("true"), socket=writd.socket)).exit_code == 0
        writd.child.send_signal(signal.SIGSTOP)
        try:
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(aio.ask(sh("true"), socket=writd.socket), 0.1)
        finally:
            writd.child.send_signal(signal.SIGCONT)
        assert (await aio.ask(sh("echo on"), socket=writd.socket)).stdout == b"on\n"
    monkeypatch.setattr(aio, "END_S", 0.2)
    go(main())


def test_each_thread_has_its_loop(writd):
    def work(number):
        async def main():
            return [(await aio.ask(sh(f"echo {number}"), socket=writd.socket)).stdout
                    for _ in range(5)]
        results[number] = go(main())
    results = {}
    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {number: [b"%d\n" % number] * 5 for number in range(8)}


@pytest.fixture(params=["eventlet", "eventlet patched", "gevent", "gevent patched"])
def green(request, script, writd):
    kind, _, patched = request.param.partition(" ")
    prelude = {"eventlet": EVENTLET, "gevent": GEVENT}[kind].format(patched=bool(patched))
    ask = ('def ask(text, **options):\n'
           '    return writ.ask(["/bin/sh", "-c", text], socket=sys.argv[1], **options)\n')

    def run(text, *args):
        return script(prelude + COMMON + ask + text, writd.socket, *args)
    return run


def test_only_the_green_thread_waits(green):
    assert green("""
before = ticks
r = ask("cat; sleep 0.3; exit 5", input=b"x" * 1000000)
assert ticks - before > 10, ticks
print(r.exit_code, len(r.stdout))
try:
    writ.ask(["/bin/sh", "-x"], socket=sys.argv[1])
except writ.Refused as error:
    print(error.reason)
threads = [spawn(ask, "echo %d" % number) for number in range(100)]
assert [wait(thread).stdout for thread in threads] == [b"%d\\n" % n for n in range(100)]
""") == "5 1000000\nno rule of its policy allows it\n"


def test_what_is_thrown_into_a_green_thread_ends_the_run(green, place):
    assert green("""
try:
    with Timeout(0.5):
        ask("echo $$ >%s; exec sleep 1000" % sys.argv[2])
except Timeout:
    print("timeout")
with open(sys.argv[2]) as file: pid = file.read().strip()
assert not os.path.exists("/proc/" + pid)
print(ask("echo on").stdout)
""", place / "pid") == "timeout\nb'on\\n'\n"


def test_green_threads_do_not_wait_for_a_writd_that_does_not_answer(green, writd):
    assert green("""
import signal
from writ import green
green.END_S = 0.2
print(ask("echo on").stdout)
os.kill(int(sys.argv[2]), signal.SIGSTOP)
try:
    with Timeout(0.1):
        ask("true")
except Timeout:
    print("timeout")
os.kill(int(sys.argv[2]), signal.SIGCONT)
print(ask("echo on").stdout)
""", writd.child.pid) == "b'on\\n'\ntimeout\nb'on\\n'\n"


def test_green_threads_are_told_when_writd_dies(green, writd, place):
    assert green("""
import signal
def work():
    try:
        ask("echo >>%s; exec sleep 1000" % sys.argv[3])
    except ConnectionError as error:
        return error.code
threads = [spawn(work), spawn(work)]
while lines(sys.argv[3]) < 2:
    sleep(0.01)
os.kill(int(sys.argv[2]), signal.SIGKILL)
print([wait(thread) for thread in threads])
""", writd.child.pid, place / "runs") == "['E_GONE', 'E_GONE']\n"
