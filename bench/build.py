"""Builds what is measured, and what it is measured against, into build/bench."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
SOURCE = TOP / "bench"
WHERE = TOP / "build" / "bench"
PREFIX = WHERE / "prefix"

PACKAGES = ["pkg-config", "libuv1-dev", "libglib2.0-dev", "bubblewrap", "tini", "golang-go",
            "util-linux", "coreutils", "binutils", "python3-oslo.rootwrap", "sudo", "opendoas"]
APT_GET = ["apt-get", "-qq", "-o", "Acquire::Retries=3", "-o", "DPkg::Lock::Timeout=300"]

PROGRAM = ["-O2", "-Wall", "-Wextra"]
NO_LIBC = ["-static", "-nostdlib", "-fno-stack-protector", "-fno-asynchronous-unwind-tables",
           "-Wl,--build-id=none"]

# Drivers that need no library of ours: their sources beside harness.c, and
# what pkg-config must know.
DRIVERS = {
    "peer_vfork": (["peer_vfork.c"], None),
    "peer_spawn": (["peer_spawn.c", "capture.c"], None),
    "peer_libuv": (["peer_libuv.c", "libuv.c"], "libuv"),
    "many_libuv": (["many_libuv.c", "libuv.c"], "libuv"),
    "peer_glib": (["peer_glib.c"], "gio-2.0"),
    "whole": (["whole.c"], None),
    "stream_read": (["stream_read.c"], None),
}
OURS = {"peer_writ": ["peer_writ.c"], "stream_writ": ["stream_writ.c"],
        "many_writ": ["many_writ.c"], "peer_ask": ["peer_ask.c"]}


class BuildFailed(Exception):
    pass


def say(*words):
    print("bench:", *words, file=sys.stderr, flush=True)


def call(command, **options):
    """Runs a build step; its output is shown only when it fails."""
    done = subprocess.run([str(word) for word in command], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, **options)
    if done.returncode != 0:
        raise BuildFailed(f"{' '.join(map(str, command))}\n{done.stdout.strip()}")
    return done.stdout


def has_package(name):
    done = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status}", name],
                          capture_output=True, text=True)
    return done.stdout == "installed"


def install_peers():
    """One by one, so that a package that this system lacks costs only its own peer."""
    if shutil.which("dpkg-query") is None or shutil.which("apt-get") is None:
        say("no apt-get here: peers that are not installed are skipped")
        return
    missing = [name for name in PACKAGES if not has_package(name)]
    if missing and os.geteuid() != 0:
        say("NOT INSTALLED, and not root: their rows are skipped:", *missing)
        return
    for number, name in enumerate(missing):
        try:
            if number == 0:
                call([*APT_GET, "update"])
            call([*APT_GET, "install", "-y", "--no-install-recommends", name],
                 env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})
        except BuildFailed as failed:
            say(f"NOT INSTALLED, its rows are skipped: {name}\n{failed}")


def compile_driver(name, sources, flags=()):
    paths = [SOURCE / source for source in ["harness.c", *sources]]
    call(["cc", *PROGRAM, "-std=gnu11", "-o", WHERE / name, *paths, *flags])


def build_peer(name, sources, package):
    flags = []
    if package is not None:
        flags = call(["pkg-config", "--cflags", "--libs", package]).split()
    compile_driver(name, sources, flags)


def build_go():
    call(["go", "build", "-o", WHERE / "peer_go", SOURCE / "peer_go.go"],
         env={**os.environ, "GO111MODULE": "off", "GOFLAGS": "",
              "GOCACHE": str(WHERE / "go-cache")})


def build_peers():
    """Returns {driver: why it could not be built}."""
    WHERE.mkdir(parents=True, exist_ok=True)
    call(["cc", *PROGRAM, *NO_LIBC, "-o", WHERE / "noop", SOURCE / "noop.c"])
    call(["cc", *PROGRAM, *NO_LIBC, "-o", WHERE / "pause", SOURCE / "pause.c"])
    call(["cc", *PROGRAM, "-static", "-o", WHERE / "producer", SOURCE / "producer.c"])
    for name in "peer_python.py", "peer_asyncio.py", "peer_rootwrap.py", "peer_writ_python.py":
        shutil.copy(SOURCE / name, WHERE / name)
    missing = {}
    for name, (sources, package) in DRIVERS.items():
        (WHERE / name).unlink(missing_ok=True)
        try:
            build_peer(name, sources, package)
        except (BuildFailed, OSError) as failed:
            missing[name] = str(failed)
    (WHERE / "peer_go").unlink(missing_ok=True)
    try:
        build_go()
    except (BuildFailed, OSError) as failed:
        missing["peer_go"] = str(failed)
    return missing


def one_below(prefix, pattern):
    found = sorted(path for path in prefix.rglob(pattern) if not path.is_symlink())
    if not found:
        raise BuildFailed(f"the library was built, but there is no {pattern} below {prefix}")
    return found[0]


def build_library():
    """Installs a release build into build/bench/prefix; compiles our drivers with it."""
    if not (TOP / "meson.build").exists():
        raise BuildFailed(f"there is no {TOP / 'meson.build'}: nothing to measure yet")
    tree = WHERE / "lib"
    known = (tree / "build.ninja").exists()
    call(["meson", "setup", *(["--reconfigure"] if known else []),
          "-Ddebug=false", "-Doptimization=2", "-Db_ndebug=true", f"-Dprefix={PREFIX}", "-Ddefault_library=both", tree], cwd=TOP)
    shutil.rmtree(PREFIX, ignore_errors=True)
    call(["meson", "install", "-C", tree], cwd=TOP)
    archive = one_below(PREFIX, "libwrit.a")
    for name, sources in OURS.items():
        compile_driver(name, sources, [f"-I{PREFIX / 'include'}", archive])
    for name in "ask", "writ":
        call(["cc", *PROGRAM, "-std=gnu11", "-o", WHERE / f"crowd_{name}", SOURCE / "crowd.c",
              SOURCE / f"peer_{name}.c", f"-I{PREFIX / 'include'}", archive])
    call(["cc", *PROGRAM, "-std=gnu11", "-o", WHERE / "idle_writ", SOURCE / "idle_writ.c",
          f"-I{PREFIX / 'include'}", archive])
    call(["cc", *PROGRAM, "-std=gnu11", "-o", WHERE / "idle_bare", SOURCE / "idle_bare.c"])
    build_policy(tree / "src", archive)


def build_policy(built, archive):
    """The policy is no part of the library: it is linked as the programs link it."""
    pcre2 = call(["pkg-config", "--libs", "--static", "libpcre2-8"]).split()
    call(["cc", *PROGRAM, "-std=gnu11", "-o", WHERE / "policy_match", SOURCE / "policy_match.c",
          f"-I{TOP / 'src'}", f"-I{TOP / 'include'}", built / "libpolicy.a", built / "libground.a",
          archive, *pcre2])


def shared_library():
    return one_below(PREFIX, "libwrit.so*")
