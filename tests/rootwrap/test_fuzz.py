"""Everything that reads bytes of others, with libFuzzer and the sanitizers, for a short while.

For longer: WRIT_FUZZ_SECONDS.
"""
import os
import shutil
import subprocess

import pytest

import corpus
from programs import BUILD, ROOT

SECONDS = int(os.environ.get("WRIT_FUZZ_SECONDS", "8"))
PURE = ("arena class_command class_env class_ip class_kill class_path class_privsep class_regexp config dialect filter "
        "frame handshake killing message pattern query repr users utf8 words").split()
SEEDS = {
    "dialect": ["[Filters]\n" + "\n".join(corpus.LINES), "[DEFAULT]\nfilters_path=/a,/b\nuse_syslog=True\n x\n"],
    "message": ['["a", "run_one_command", [["echo", "\\udc80\\ufdd0"], {"__bytes__": "AP8="}], {}]',
                '[null, "create", ["rootwrap"], {}]', "\0\0\0\0\0\0\0\x04null", "{sha256}" + "x" * 40],
    "query": [line.partition(":")[2].strip() + "\nCommandFilter, cat, root\n\n" + words.replace(" ", "\n")
              for line in corpus.LINES
              for words in ("cat x", "ip netns exec n cat", "ip -n x link", "nice 5 cat", "A=1 TAG=x uname", "sleep 1")],
}


FLAGS = ["-g", "-O1", "-D_GNU_SOURCE", "-std=gnu11", f"-I{ROOT}/include", f"-I{ROOT}/src",
         "-fsanitize=address,undefined"]


def clang(*words, cwd):
    built = subprocess.run(["clang", *FLAGS, *map(str, words)], capture_output=True, text=True, cwd=cwd, check=False)
    assert built.returncode == 0, built.stderr


@pytest.fixture(scope="module")
def objects(tmp_path_factory):
    """What is under test, with the sanitizers and the fuzzer's eyes."""
    if shutil.which("clang") is None:
        pytest.skip("no clang here")
    folder = tmp_path_factory.mktemp("fuzz")
    clang("-fsanitize=fuzzer-no-link", "-c", *(ROOT / "src" / "rootwrap" / f"{noun}.c" for noun in PURE), cwd=folder)
    return sorted(folder.glob("*.o"))


@pytest.mark.parametrize("name", sorted(SEEDS))
def test_no_bytes_break_it(directory, objects, name):
    source = ROOT / "tests" / "rootwrap" / "fuzz" / f"{name}.c"
    clang("-fsanitize=fuzzer", "-o", name, source, *objects, BUILD / "src" / "libwrit.a", "-ljansson", "-lnettle",
          "-lpcre2-32", cwd=directory)
    seeds = directory / "seeds"
    seeds.mkdir()
    for number, text in enumerate(SEEDS[name]):
        (seeds / str(number)).write_text(text)
    done = subprocess.run([directory / name, f"-max_total_time={SECONDS}", "-timeout=10", "-max_len=4096",
                           "-rss_limit_mb=1024", f"-artifact_prefix={directory}/", seeds], capture_output=True,
                          text=True, timeout=SECONDS + 120, check=False, errors="replace")
    assert done.returncode == 0, done.stderr[-4000:]
