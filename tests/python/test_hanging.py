"""Directories and programs on a file system that does not answer: whose loop runs a
program there goes on, and so do all its other runs."""
import asyncio
import os
import threading

import pytest

import processes
import writ
from hanging import hanging
from writ import aio

SOON = {"timeout": 0.3, "grace": 0.1}
WAYS = ["cwd", "program"]


@pytest.fixture
def stuck(tmp_path):
    (tmp_path / "stuck").mkdir()
    with hanging(tmp_path / "stuck") as where:
        yield where


def order(stuck, way):
    return (["true"], {"cwd": stuck}) if way == "cwd" else ([stuck / "program"], {})


@pytest.mark.parametrize("way", WAYS)
def test_no_other_run_and_no_tick_of_the_loop_is_held_up(level, stuck, way):
    """It is the first run of its loop, and it hangs until the others are through."""
    argv, options = order(stuck, way)

    async def main():
        hung = asyncio.ensure_future(aio.run(argv, **options, grace=0.1))
        for _ in range(20):
            await asyncio.sleep(0.001)
            r = await aio.run(["cat"], input=b"on", timeout=60)
            assert r.stdout == b"on"
        assert not hung.done()
        hung.cancel()
        with pytest.raises(asyncio.CancelledError):
            await hung
    asyncio.run(asyncio.wait_for(main(), 60))


@pytest.mark.parametrize("way", WAYS)
def test_its_own_time_limit_is_kept(level, stuck, way):
    argv, options = order(stuck, way)

    async def main():
        r = await aio.run(argv, **options, **SOON)
        assert (r.cause, r.left_behind.survived) == ("timeout", 0)
    asyncio.run(asyncio.wait_for(main(), 60))


def test_a_process_that_hangs_is_given_up_without_waiting(level, stuck):
    async def main():
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(aio.Process(["cat"], cwd=stuck, grace=0.1).start(), 0.3)
    asyncio.run(asyncio.wait_for(main(), 60))


@pytest.mark.parametrize("way", WAYS)
def test_a_run_that_is_waited_for_keeps_its_time_limit(level, stuck, way, tmp_path):
    argv, options = order(stuck, way)
    with open(tmp_path / "record", "wb") as record:
        for more in ({}, {"record_fd": record}):
            assert writ.run(argv, **options, **SOON, **more).cause == "timeout"


def test_other_threads_go_on_meanwhile(level, stuck):
    results = []
    thread = threading.Thread(target=lambda: results.append(writ.run(["true"], cwd=stuck, **SOON)))
    thread.start()
    while thread.is_alive():
        assert writ.run(["echo", "on"]).stdout == b"on\n"
    assert results[0].cause == "timeout"


def test_an_interrupt_ends_what_hangs(script, level, stuck):
    text = """if True:
        import os, signal, sys, threading, writ
        sys.path.append(sys.argv[2])
        from processes import below, until
        def interrupt():
            until(lambda: [p for p in below(os.getpid()) if p.state == "D"])
            os.kill(os.getpid(), signal.SIGINT)
        threading.Thread(target=interrupt).start()
        try: writ.run(["true"], cwd=sys.argv[1], grace=0.1)
        except KeyboardInterrupt: print("interrupted")
        """
    assert script(text, stuck, os.path.dirname(processes.__file__)) == "interrupted\n"
