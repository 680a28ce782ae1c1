"""Random policies and random requests, found by libFuzzer from the examples."""
import os
import shutil
import subprocess

import pytest

from command import ROOT

SECONDS = int(os.environ.get("WRIT_FUZZ_SECONDS", "10"))
SOURCES = ["tests/fuzz/fuzz_policy.c", *sorted(
    str(path.relative_to(ROOT)) for path in (ROOT / "src" / "policy").glob("*.c")),
    "src/base/buf.c", "src/base/num.c", "src/base/strv.c", "src/base/text.c", "src/base/error.c"]
WORDS = ["[Policy]", "Allow=user:", "[Command ", "Exec=/bin/", "User=", "CallerPrefix=", "Signal=",
         "Target=/bin/", "Prefer=", "{a:word}", "{b:int(1..9)}", "{c:ifname(a*|b?)}", "...", "[", "]",
         "(", ")", "<", ">", "|", "regex(", "path(/a)", "PassEnvironment=", "NetworkNamespace={"]


def build(place):
    program = place / "fuzz_policy"
    done = subprocess.run(
        ["clang", "-g", "-O1", "-std=gnu11", "-D_GNU_SOURCE",
         "-fsanitize=fuzzer,address,undefined", "-fno-sanitize-recover=undefined", "-I", ROOT / "src",
         "-I", ROOT / "include", "-o", program, *(ROOT / source for source in SOURCES), "-lpcre2-8"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
    if done.returncode != 0 and "libclang_rt" in done.stderr:
        pytest.skip("libFuzzer is not installed")
    assert done.returncode == 0, done.stderr
    return program


@pytest.mark.skipif(shutil.which("clang") is None, reason="clang is not installed")
def test_no_text_breaks_the_policy(tmp_path):
    program = build(tmp_path)
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for number, path in enumerate(sorted((ROOT / "examples" / "policy").glob("*.policy"))):
        (corpus / str(number)).write_bytes(path.read_bytes() + b"\0ip\0link\0set\0tap0\0up\0")
    words = tmp_path / "words"
    words.write_text("".join(f'"{word}"\n' for word in WORDS))
    done = subprocess.run([program, f"-max_total_time={SECONDS}", "-timeout=20", "-rss_limit_mb=2048",
                           f"-dict={words}", "-verbosity=0", corpus], cwd=tmp_path,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=SECONDS + 120)
    assert done.returncode == 0, done.stderr[-4000:]
