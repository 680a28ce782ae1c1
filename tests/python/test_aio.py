"""writ.aio: under asyncio nothing stops the loop, and no loop leaves anything behind."""
import asyncio
import gc
import os
import threading
import time

import pytest

import writ
from processes import Process as Seen
from processes import gone, told
from programs import script as leaving
from writ import aio


def go(main, seconds=60):
    return asyncio.run(asyncio.wait_for(main, seconds))


class Ticks:
    """How often the loop came by."""

    async def __aenter__(self):
        self.count = 0
        self.task = asyncio.ensure_future(self.tick())
        return self

    async def tick(self):
        while True:
            self.count += 1
            await asyncio.sleep(0.005)

    async def __aexit__(self, *_):
        self.task.cancel()


def test_it_runs_as_run_does(level):
    async def main():
        r = await aio.run(["sh", "-c", "cat; echo err >&2; exit 3"], input=b"in")
        assert (r.exit_code, r.stdout, r.stderr) == (3, b"in", b"err\n")
        r = await aio.run(["cat"], input="\u20ac", encoding="utf-8")
        assert r.stdout == "\u20ac"
        with pytest.raises(writ.ExitError):
            await aio.run(["false"], check=True)
        with pytest.raises(writ.TimeoutExpired):
            await aio.run(["sleep", "1000"], timeout=0.1, check=True)
        assert (await aio.run(["sleep", "1000"], idle_timeout=0.1)).cause == "idle-timeout"
    go(main())


def test_what_cannot_be_run_raises_as_run_does(tmp_path):
    bad = tmp_path / "bad"
    bad.write_bytes(b"\x7fELF nonsense")
    bad.chmod(0o755)

    async def main():
        with pytest.raises(FileNotFoundError) as caught:
            await aio.run(["no-such-program"])
        assert caught.value.filename == "no-such-program"
        with pytest.raises(OSError) as caught:
            await aio.run([bad])
        assert (caught.value.stage, caught.value.errno) == ("exec", 8)
        with pytest.raises(FileNotFoundError) as caught:
            await aio.run(["true"], cwd="/no/such/dir")
        assert caught.value.filename == "/no/such/dir"
        with pytest.raises(TypeError, match=r"argv\[1\]"):
            await aio.run(["true", 3])
        with pytest.raises(ValueError, match="timeout"):
            await aio.run(["true"], timeout=-1)
        assert (await aio.run(["echo", "still"])).stdout == b"still\n"
    go(main())


def test_the_loop_goes_on_meanwhile():
    async def main():
        async with Ticks() as ticks:
            await aio.run(["sleep", "0.3"])
            assert ticks.count > 20
    go(main())


def test_what_blocks_is_refused_and_says_what_does_not():
    async def main():
        with pytest.raises(writ.WouldBlock, match=r"await writ.aio.run\(...\)"):
            writ.run(["true"])
        with pytest.raises(RuntimeError, match="writ.aio.Process"):
            writ.Process(["true"]).start()
        with pytest.raises(RuntimeError, match="await writ.offload"):
            writ.kill(os.getpid())
        with pytest.raises(RuntimeError, match="await writ.offload"):
            writ.child_of(os.getpid(), ["x"])
        assert (await writ.offload(writ.run, ["echo", "x"])).stdout == b"x\n"
    go(main())
    with pytest.raises(RuntimeError, match="no running event loop"):
        aio.run(["true"]).send(None)


def test_many_at_once(noop):
    async def main():
        results = await asyncio.gather(*[aio.run(["sh", "-c", f"echo {n}; exit {n % 7}"], timeout=60)
                                         for n in range(200)])
        for n, r in enumerate(results):
            assert (r.stdout, r.exit_code) == (b"%d\n" % n, n % 7)
    go(main())


def test_cancelling_ends_the_tree(level, tmp_path):
    async def main():
        task = asyncio.ensure_future(aio.run(["sh", "-c", leaving("double fork")], cwd=tmp_path))
        while not (tmp_path / "pids").exists() or (tmp_path / "pids").read_text().count("\n") < 3:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert gone(*told(tmp_path / "pids", 3), seconds=0)
    go(main())


def test_cancelling_twice_does_not_wait(tmp_path):
    async def main():
        task = asyncio.ensure_future(aio.run(["sh", "-c", leaving("ignoring TERM")], cwd=tmp_path,
                                             grace=3600))
        while not (tmp_path / "pids").exists() or (tmp_path / "pids").read_text().count("\n") < 2:
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.sleep(0.2)
        assert not task.done()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert gone(*told(tmp_path / "pids", 2), seconds=0)
    go(main())


def test_wait_for_and_timeouts_of_others_end_the_tree():
    async def main():
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(aio.run(["sh", "-c", "sleep 1000 & sleep 1000"]), 0.2)
        nodes = [node.argv for node in writ.tree(os.getpid())]
        assert ["sleep", "1000"] not in nodes
    go(main())


def test_a_coroutine_that_is_thrown_away_ends_its_run(tmp_path):
    async def main():
        coroutine = aio.run(["sh", "-c", "echo $$ >> pids; exec sleep 1000"], cwd=tmp_path)
        coroutine.send(None)
        while not (tmp_path / "pids").exists() or not (tmp_path / "pids").read_text():
            await asyncio.sleep(0.01)
        coroutine.close()
        del coroutine
        while told(tmp_path / "pids").runs():
            await asyncio.sleep(0.01)
    go(main())


@pytest.mark.parametrize("how", ["closed", "forgotten"])
def test_a_loop_that_is_no_more_has_left_nothing(tmp_path, how):
    loop = asyncio.new_event_loop()
    task = loop.create_task(aio.run(["sh", "-c", leaving("double fork")], cwd=tmp_path))
    while not (tmp_path / "pids").exists() or (tmp_path / "pids").read_text().count("\n") < 3:
        loop.run_until_complete(asyncio.sleep(0.01))
    processes = told(tmp_path / "pids", 3)
    if how == "closed":
        loop.close()  # the task and its coroutine live on
        assert gone(*processes, seconds=0)
        with pytest.raises(RuntimeError, match="closed"):
            task.get_coro().throw(asyncio.CancelledError)
    else:
        loop._selector.close(), loop._ssock.close(), loop._csock.close()  # or it warns
        loop._closed = True
        task._log_destroy_pending = False
        del loop, task
        gc.collect()
    assert gone(*processes)


def test_asyncio_run_that_fails_leaves_nothing(tmp_path):
    async def main():
        asyncio.ensure_future(aio.run(["sh", "-c", leaving("setsid")], cwd=tmp_path))
        while not (tmp_path / "pids").exists() or (tmp_path / "pids").read_text().count("\n") < 2:
            await asyncio.sleep(0.01)
        raise KeyError("oh")
    with pytest.raises(KeyError):
        asyncio.run(main())
    assert gone(*told(tmp_path / "pids", 2), seconds=0)


def test_loops_of_many_threads():
    failed = []

    def work(number):
        async def main():
            for turn in range(5):
                results = await asyncio.gather(*[aio.run(["echo", f"{number}.{turn}.{n}"])
                                                 for n in range(5)])
                for n, r in enumerate(results):
                    if r.stdout != f"{number}.{turn}.{n}\n".encode():
                        failed.append(r)
        for _ in range(3):
            go(main())
    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed


def test_many_loops_one_after_the_other_leave_no_descriptor():
    async def main():
        await aio.run(["true"])
    for _ in range(3):
        go(main())
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(30):
        go(main())
    gc.collect()
    assert len(os.listdir("/proc/self/fd")) <= before


def test_a_fork_has_loops_of_its_own(script):
    text = """if True:
        import asyncio, os, warnings, writ
        warnings.simplefilter("ignore")
        from writ import aio
        async def child():
            return (await aio.run(["echo", "child"])).stdout
        async def main():
            slow = asyncio.ensure_future(aio.run(["sh", "-c", "sleep 0.5; echo slow"]))
            await asyncio.sleep(0.1)
            pid = os.fork()
            if pid == 0:
                os._exit(0 if asyncio.new_event_loop().run_until_complete(child()) == b"child\\n" else 9)
            status = await writ.offload(os.waitpid, pid, 0)
            print(status[1], (await slow).stdout, await child())
        asyncio.run(main())
        """
    assert script(text) == "0 b'slow\\n' b'child\\n'\n"


def test_a_process_is_talked_to():
    async def main():
        async with aio.Process(["cat"], stdin=writ.PIPE) as p:
            assert p.identity.alive()
            await p.write(b"one\ntwo\nthree")
            assert await p.readline() == b"one\n" and await p.readline() == b"two\n"
            p.close_stdin()
            assert [line async for line in p] == [b"three"] and await p.read() == b""
            r = await p.wait()
            assert r.exit_code == 0 and await p.wait() is r
        with pytest.raises(FileNotFoundError):
            async with aio.Process(["no-such-program"]):
                pass
    go(main())


def test_one_task_reads_while_another_writes_and_a_third_waits():
    data = os.urandom(3_000_000)

    async def read(p):
        parts = []
        while part := await p.read():
            parts.append(part)
        return b"".join(parts)

    async def write(p):
        await p.write(data)
        p.close_stdin()

    async def main():
        async with aio.Process(["cat"], stdin=writ.PIPE) as p:
            got, _ = await asyncio.gather(read(p), write(p))
            assert got == data
            await p.wait()
    go(main())


def test_the_end_of_the_block_ends_the_tree():
    async def main():
        async with aio.Process(["sh", "-c", "setsid sleep 1000 & echo $!; exec sleep 1000"]) as p:
            child = Seen(int(await p.readline()))
        assert p.ended and gone(child, seconds=0)
        async with aio.Process(["sleep", "1000"]) as p:
            r = await p.stop()
        assert r.cause == "cancelled"
        async with aio.Process(["sleep", "1000"]) as p:
            assert (await p.kill()).signal == 9
    go(main())


def test_a_line_is_not_lost_by_being_cancelled():
    async def main():
        async with aio.Process(["sh", "-c", "printf ab; read x; echo cd"], stdin=writ.PIPE) as p:
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(p.readline(), 0.3)
            await p.write(b"\n")
            assert await p.readline() == b"abcd\n"
    go(main())


def test_a_flood_that_nobody_reads_holds_only_itself_up():
    async def main():
        async with aio.Process(["yes"]) as p, Ticks() as ticks:
            await asyncio.sleep(0.3)
            assert ticks.count > 20
            assert len(await p.read(1 << 30)) < 4 << 20
    go(main())


def test_deadlines_of_many_runs_are_kept_in_order():
    async def one(seconds):
        start = time.monotonic()
        r = await aio.run(["sleep", "1000"], timeout=seconds)
        assert r.timed_out and time.monotonic() - start >= seconds
        return seconds

    async def main():
        times = [0.5, 0.1, 0.3, 0.2, 0.4]
        done = []
        for next_one in asyncio.as_completed([one(seconds) for seconds in times]):
            done.append(await next_one)
        assert done == sorted(times)
    go(main())


def test_debug_mode_complains_of_nothing(script):
    text = """if True:
        import asyncio, writ
        async def main():
            await writ.aio.run(["true"])
            async with writ.aio.Process(["cat"], stdin=writ.PIPE) as p:
                await p.write(b"x")
        asyncio.run(main(), debug=True)
        asyncio.run(main(), debug=True)
        print("done")
        """
    assert script(text) == "done\n"


def test_who_is_not_woken_for_a_signals_handler_is_woken_all_the_same(script):
    """The handler raises inside the bell, after nobody was woken."""
    text = """if True:
        import asyncio, signal, writ
        from writ import aio
        class Oh(Exception): pass
        def handler(*_): raise Oh
        signal.signal(signal.SIGUSR1, handler)
        true_wake, left = aio._wake, [1]
        def wake(future):
            if left:
                left.pop()
                signal.raise_signal(signal.SIGUSR1)
            true_wake(future)
        aio._wake = wake
        async def main():
            seen = []
            asyncio.get_running_loop().set_exception_handler(
                lambda _, said: seen.append(type(said["exception"]).__name__))
            r = await asyncio.wait_for(aio.run(["true"]), 20)
            print(r.exit_code, seen)
        asyncio.run(main())
        """
    assert script(text) == "0 ['Oh']\n"


def test_a_process_is_of_one_loop():
    process = aio.Process(["sleep", "1000"])

    async def read():
        with pytest.raises(RuntimeError, match="another event loop"):
            await process.read()

    async def main():
        await process.start()
        await writ.offload(asyncio.run, read())
        await process.kill()
    go(main())


def test_a_start_that_is_given_up_leaves_nothing(tmp_path):
    async def main():
        mark = tmp_path / "mark"
        process = aio.Process(["sh", "-c", f"echo $$ >{mark}; exec sleep 1000"])

        async def enter():
            async with process:
                raise AssertionError
        task = asyncio.ensure_future(enter())
        await asyncio.sleep(0)  # it has begun, and waits for the program's start
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert process.ended
    go(main())
