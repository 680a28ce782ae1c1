"""writ.offload(): what blocks, away from the loop; what it raises, back to the caller."""
import asyncio
import contextvars
import threading
import time
import traceback

import pytest

import writ
from test_green import green  # noqa: F401  (a fixture)


def deep():
    raise KeyError("in the depth")


def outer():
    deep()


def test_on_a_plain_thread_it_is_a_call():
    assert writ.offload(lambda a, b=0: (threading.get_ident(), a, b), 1, b=2) == \
        (threading.get_ident(), 1, 2)
    with pytest.raises(KeyError):
        writ.offload(deep)
    with pytest.raises(TypeError):
        writ.offload()


def test_on_a_loop_it_is_awaited_and_the_loop_goes_on():
    async def main():
        ticks = 0

        async def tick():
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0.005)
        task = asyncio.ensure_future(tick())
        ident = await writ.offload(lambda: time.sleep(0.3) or threading.get_ident())
        task.cancel()
        assert ident != threading.get_ident() and ticks > 20
    asyncio.run(main())


def test_what_it_raises_reaches_who_awaits_with_its_traceback():
    async def main():
        with pytest.raises(KeyError) as caught:
            await writ.offload(outer)
        names = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
        assert names[-2:] == ["outer", "deep"]
    asyncio.run(main())


@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt, GeneratorExit,
                                  asyncio.CancelledError])
def test_no_exception_is_lost_on_a_loop(kind):
    def fail():
        raise kind("told")

    async def main():
        try:
            await writ.offload(fail)
        except BaseException as error:
            return error
    try:
        error = asyncio.run(asyncio.wait_for(main(), 20))
    except BaseException as raised:  # a loop lets SystemExit and Ctrl-C through
        error = raised
    assert type(error) is kind


def test_stop_iteration_arrives_as_an_error():
    def fail():
        raise StopIteration(3)

    async def main():
        with pytest.raises(RuntimeError, match="StopIteration") as caught:
            await asyncio.wait_for(writ.offload(fail), 20)
        assert isinstance(caught.value.__cause__, StopIteration)
    asyncio.run(main())


def test_it_begins_whether_or_not_it_is_awaited():
    began = threading.Event()

    async def main():
        future = writ.offload(began.set)
        while not began.is_set():
            await asyncio.sleep(0.005)
        await future
    asyncio.run(main())


def test_one_inside_another_is_a_call_and_cannot_deadlock():
    def nested(depth):
        return depth if depth == 0 else writ.offload(nested, depth - 1)

    async def main():
        assert await asyncio.gather(*[writ.offload(nested, 50) for _ in range(100)]) == [0] * 100
    asyncio.run(main())


def test_a_loop_inside_an_offloaded_function_has_its_own():
    def inner():
        async def main():
            return (await writ.aio.run(["echo", "x"])).stdout, await writ.offload(lambda: 3)
        return asyncio.run(main())

    async def main():
        assert await asyncio.gather(*[writ.offload(inner) for _ in range(10)]) == [(b"x\n", 3)] * 10
    asyncio.run(main())


def test_context_variables_are_those_of_the_caller():
    var = contextvars.ContextVar("var")

    async def main():
        var.set("mine")
        assert await writ.offload(var.get) == "mine"
    asyncio.run(main())


def test_a_cancelled_one_goes_on_and_disturbs_nobody():
    ended = threading.Event()

    async def main():
        future = writ.offload(lambda: (time.sleep(0.2), ended.set()))
        await asyncio.sleep(0.05)
        future.cancel()
        with pytest.raises(asyncio.CancelledError):
            await future
        assert not ended.is_set()
        while not ended.is_set():
            await asyncio.sleep(0.01)
    asyncio.run(main())


def test_green_threads_go_on_meanwhile(green):  # noqa: F811
    text = """
me = writ._writ
print(writ.offload(lambda a, b: (native(0.3), a + b)[1], 1, b=2), ticks > 20)
"""
    assert green(text) == "3 True\n"


def test_no_exception_is_lost_by_green_threads(green):  # noqa: F811
    text = """
import traceback
def deep(kind): raise kind("told")
def outer(kind): deep(kind)
for kind in (KeyError, SystemExit, KeyboardInterrupt, GeneratorExit, StopIteration, Kill, Timeout):
    make = kind if kind is not Timeout else (lambda text: Timeout(None))
    try:
        writ.offload(outer, make)
    except BaseException as error:
        print(isinstance(error, kind), [f.name for f in traceback.extract_tb(error.__traceback__)][-2:])
print(writ.offload(lambda: "still"))
"""
    assert green(text).splitlines() == ["True ['outer', 'deep']"] * 7 + ["still"]


def test_green_ones_inside_each_other_do_not_deadlock(green):  # noqa: F811
    text = """
def nested(depth):
    return depth if depth == 0 else writ.offload(nested, depth - 1)
print(sum(wait(g) for g in [spawn(writ.offload, nested, 30) for _ in range(60)]))
"""
    assert green(text) == "0\n"


def test_a_fork_meanwhile_does_not_hold_it_up(green):  # noqa: F811
    """The child has a copy of all descriptors, and lives on."""
    text = """
import signal
def call():
    native(0.5)
    return "called"
g = spawn(writ.offload, call)
sleep(0.1)
pid = os.fork()
if pid == 0:
    while True: signal.pause()
try:
    with Timeout(10):
        print(wait(g))
finally:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
"""
    assert green(text) == "called\n"


def test_a_green_one_that_is_given_up_disturbs_nobody(green):  # noqa: F811
    text = """
done = []
try:
    with Timeout(0.1):
        writ.offload(lambda: (native(0.4), done.append(1)))
except Timeout:
    print("timeout", done)
while not done: sleep(0.01)
print(writ.offload(lambda: 3), writ.run(["echo", "x"]).stdout)
"""
    assert green(text) == "timeout []\n3 b'x\\n'\n"
