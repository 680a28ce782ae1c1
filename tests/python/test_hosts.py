"""What lives longer than a run: hosts, over forks, interpreters, thousands of runs."""
import os
import subprocess

import pytest

import writ

FORK = """if True:
    import os, sys, threading, time, warnings, writ
    warnings.simplefilter("ignore", DeprecationWarning)
    {prelude}
    def child():
        assert writ.run(["echo", "child"]).stdout == b"child\\n"
        with writ.Process(["cat"], stdin=writ.PIPE) as p:
            p.write(b"x"); p.close_stdin()
            assert p.read() == b"x"
        return True
    slow = writ.Process(["sh", "-c", "sleep 0.5; echo slow"]).start()
    quick = threading.Thread(target=lambda: print(writ.run(["sh", "-c", "sleep 0.5; echo run"]).stdout))
    quick.start()
    writ.run(["true"])
    for _ in range(3):
        pid = os.fork()
        if pid == 0:
            try:
                try:
                    slow.stop()
                    os._exit(9)
                except RuntimeError as why:
                    assert "forked" in str(why), why
                ok = child()
                del slow
                import gc; gc.collect()
                os._exit(0 if ok else 8)
            except BaseException:
                import traceback; traceback.print_exc()
                os._exit(7)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert child()
    quick.join()
    print(slow.read(), slow.wait().exit_code)
    """


def test_a_fork_runs_with_hosts_of_its_own_and_ends_nothing_of_the_parent(script):
    assert script(FORK.format(prelude="")) == "b'run\\n'\nb'slow\\n' 0\n"


def test_a_fork_that_ends_by_itself_ends_nothing_of_the_parent(script):
    text = """if True:
        import os, warnings, writ
        warnings.simplefilter("ignore", DeprecationWarning)
        writ.run(["true"])
        p = writ.Process(["sh", "-c", "read x; echo $x"], stdin=writ.PIPE).start()
        pid = os.fork()
        if pid == 0:
            raise SystemExit(0)  # atexit and all
        os.waitpid(pid, 0)
        p.write(b"lives\\n")
        print(p.readline(), p.wait().exit_code, writ.run(["echo", "too"]).stdout)
        """
    assert script(text) == "b'lives\\n' 0 b'too\\n'\n"


def test_multiprocessing_runs_programs(script):
    text = """if True:
        import multiprocessing, writ
        def one(n): return writ.run(["echo", str(n)]).stdout
        if __name__ == "__main__":
            writ.run(["true"])
            with multiprocessing.get_context("fork").Pool(3) as pool:
                print(pool.map(one, range(6)) == [b"%d\\n" % n for n in range(6)])
        """
    assert script(text) == "True\n"


LEAK = """if True:
    import asyncio, gc, os, resource, sys, writ
    def fds(): return len(os.listdir("/proc/self/fd"))
    def pages():
        with open("/proc/self/statm") as file: return int(file.read().split()[1])
    async def many(n):
        for _ in range(n // 10):
            await asyncio.gather(*[writ.aio.run(["{noop}"], input=b"x" * 1000) for _ in range(10)])
    def process(n):
        for _ in range(n // 4):
            with writ.Process(["{noop}"], stdin=writ.PIPE, stderr=writ.PIPE) as p: p.read(); p.wait()
    def refused(n):
        for _ in range(n):
            for argv, options in ((["/no/such"], {{}}), (["x", 3], {{}}), (["true"], {{"env": {{"A": 3}}}}),
                                  (["true"], {{"cwd": "/no", "input": b"x" * 1000, "limits": {{"core": 0}}}})):
                try: writ.run(argv, **options)
                except (OSError, TypeError): pass
    def plain(n):
        for _ in range(n):
            r = writ.run(["{noop}"], input=b"x" * 1000, env_set={{"A": "b"}}, timeout=9, text=False, limits={{"core": 0}})
            r.stdout, r.stderr, r.usage, r.left_behind, r.identity, r.record
    def checked(n):
        for _ in range(n // 4):
            try: writ.run(["false"], check=True)
            except writ.ExitError: pass
    what = {{"plain": plain, "aio": lambda n: asyncio.run(many(n)), "process": process, "refused": refused,
            "checked": checked}}[sys.argv[1]]
    what(400); gc.collect()
    before = fds(), pages()
    what(int(sys.argv[2])); gc.collect()
    after = fds(), pages()
    print(after[0] - before[0], (after[1] - before[1]) * resource.getpagesize())
    """


@pytest.mark.parametrize("what, count", [("plain", 4000), ("aio", 3000), ("process", 2000),
                                         ("refused", 3000), ("checked", 2000)])
def test_thousands_of_runs_leak_nothing(script, noop, what, count):
    """150 bytes a run would be seen."""
    fds, grown = map(int, script(LEAK.format(noop=noop), what, count).split())
    assert fds <= 0 and grown < 150 * count + 300_000


def test_the_references_of_every_object_are_given_back(script, noop):
    text = f"""if True:
        import gc, os, sys, writ
        me = os.getpid()
        def turn():
            for _ in range(50):
                r = writ.run(["{noop}"], encoding="ascii", env_set={{"A": "b"}})
                r.stdout, r.usage, r.stdin, r.stdout_info, r.left_behind, r.identity, r.argv, r.record, repr(r)
                str(r.identity), hash(r.identity), r.identity == r.identity, r.identity.state
                writ.alive(me), writ.tree(me), writ.matches(me, ["x"]), writ.child_of(me, ["nonesuch"], 0)
                try: writ.run(["/no/such"])
                except OSError: pass
                try: writ.run(["a", 3])
                except TypeError: pass
                with writ.Process(["{noop}"]) as p: p.read()
            gc.collect()
            return sys.getallocatedblocks()
        for _ in range(25): turn()  # until the interpreter's lists of free objects are full
        counts = [turn() for _ in range(6)]
        print(counts[-1] - counts[0] < 125 or counts)  # one a turn of the loop would be 250
        """
    assert script(text) == "True\n"


def test_hosts_are_kept_and_not_too_many(script):
    text = """if True:
        import os, threading, time, writ
        def guardians():
            return sum(n.argv[:2] == ["writ-launcher", "guard"] for n in writ.tree(1) if f"-{os.getpid()}-" in " ".join(n.argv))
        for _ in range(20): writ.run(["true"])
        assert guardians() == 1, guardians()
        threads = [threading.Thread(target=writ.run, args=(["sleep", "0.5"],)) for _ in range(30)]
        for t in threads: t.start()
        for t in threads: t.join()
        end = time.monotonic() + 10
        while guardians() > 16 and time.monotonic() < end: time.sleep(0.01)
        print(guardians() <= 16)
        """
    assert script(text) == "True\n"


def test_a_second_interpreter_is_refused_clearly(script):
    text = """if True:
        import writ, sys
        try: import _xxsubinterpreters as interpreters
        except ImportError: import _interpreters as interpreters
        id = interpreters.create()
        try:
            interpreters.run_string(id, "import sys; sys.path[:] = %r\\nimport writ" % sys.path)
            print("imported")
        except Exception as why:
            print(why)
        """
    assert "second interpreter" in script(text)


def test_the_extension_keeps_to_the_stable_interface():
    found = [name for name in os.listdir(os.path.dirname(writ.__file__)) if name.startswith("_writ.")
             and not name.endswith(".p")]
    assert found == ["_writ.abi3.so"]
    path = os.path.join(os.path.dirname(writ.__file__), found[0])
    defined = subprocess.run(["nm", "-D", "--defined-only", path], stdout=subprocess.PIPE, text=True,
                             check=True).stdout.split("\n")
    assert [line.split()[-1] for line in defined if line] == ["PyInit__writ"]


def test_an_import_is_light(script):
    text = """if True:
        import sys; before = set(sys.modules); import writ
        heavy = {"asyncio", "eventlet", "gevent", "subprocess", "json", "threading"} & (set(sys.modules) - before)
        print(sorted(heavy))"""
    assert script(text) == "[]\n"


def test_the_version_is_that_of_the_library():
    version = subprocess.run([os.environ.get("WRIT", "build/src/cli/writ"), "--version"],
                             stdout=subprocess.PIPE, text=True).stdout.split()
    assert writ.__version__ in version
