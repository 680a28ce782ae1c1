"""What the stubs promise of the package: `./dev lint` has mypy read this file, strictly,
and here it is run. What must be refused says so; mypy tells of one that is not."""
from __future__ import annotations

import asyncio
import os
from pathlib import Path

import writ
from writ import aio


def test_a_run_and_its_result() -> None:
    r: writ.Result = writ.run(["sh", "-c", "cat; exit 3"], input=b"in", timeout=60, stderr=writ.STDOUT,
                              cwd=Path("/"), env={"A": "b"}, limits={"core": (0, 0), "nofile": 64},
                              teardown=[("TERM", 1.5), (15, None)], pass_fds=[], nice=0)
    code: int | None = r.exit_code
    words: tuple[str | bytes | os.PathLike[str], ...] = r.argv
    out: bytes | None = r.stdout_bytes
    assert (code, words[0], out) == (3, "sh", b"in")
    if r.cause == "exited":
        signal: int | None = r.signal
        assert signal is None
    used, left, fed, info = r.usage, r.left_behind, r.stdin, r.stdout_info
    total: int = (used.user_ns or 0) + (used.max_rss_bytes or 0) + left.count + left[1]
    survivors: tuple[writ.Identity, ...] = left.survivors
    assert total > 0 and not survivors and fed.read_all and info.bytes == 2
    assert r.record is not None and isinstance(r.record["argv"], list) and isinstance(r.check, object)


def test_errors() -> None:
    try:
        writ.run(["false"], check=True)
    except writ.ExitError as error:
        code: int | None = error.returncode
        assert code == 1 and error.result.status == 1
    assert issubclass(writ.OutputLimit, writ.OutputTruncated)


def test_a_process() -> None:
    with writ.Process(["cat"], stdin=writ.PIPE) as p:
        count: int = p.write(b"a\nb\n", timeout=60)
        line: bytes = p.readline()
        p.close_stdin()
        lines: list[bytes] = list(p)
        who: writ.Identity | None = p.identity
        result: writ.Result = p.wait()
    assert (count, line, lines, result.exit_code) == (4, b"a\n", [b"b\n"], 0)
    assert who is not None and not who.alive() and str(who)


def test_under_asyncio() -> None:
    async def main() -> bytes:
        r: writ.Result = await aio.run(["echo", "x"])
        async with aio.Process(["cat"], stdin=writ.PIPE) as p:
            await p.write(b"y\n")
            p.close_stdin()
            lines = [line async for line in p]
        year: str = await writ.offload(lambda: "z")
        return r.stdout_bytes or b"" + b"".join(lines) + year.encode()
    assert asyncio.run(main()) == b"x\n"


def test_other_processes() -> None:
    me = writ.Identity(os.getpid())
    state: str = me.state
    depths: list[int] = [node.depth for node in writ.tree(me)]
    child: writ.Identity | None = writ.child_of(me, ["no such program"], 0)
    ended: writ.Killed | None = None if child is None else writ.kill(child, "TERM", grace=1)
    plan: str = writ.plan(["true"], timeout=1)
    assert (state, depths[0], ended) == ("running", 0, None) and plan
    assert writ.alive(str(me)) and not writ.matches(me, ["x"]) and writ.env_is_loader("LD_PRELOAD")


def refused(r: writ.Result) -> None:
    """Not called."""
    writ.run("ls -l", shell=True)  # type: ignore[call-arg]
    writ.run(["ls", 3])  # type: ignore[list-item]
    writ.run(["ls"], overflow="none")  # type: ignore[arg-type]
    r.exit_code + 1  # type: ignore[operator]
    r.usage._replace(user_ns=3)  # type: ignore[attr-defined]
    r.cause == "failed"  # type: ignore[comparison-overlap]
    r.left_behind.count = 3  # type: ignore[misc]
