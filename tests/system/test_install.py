"""What is installed works, also after it was moved, and by the other's rules."""

import os
import pathlib
import subprocess

import pytest

BUILD = pathlib.Path(os.environ.get("WRIT_BUILD", "build")).resolve()

PROGRAM = r"""
#include <stdio.h>
#include <writ.h>

static int json_null; /* a name that the library uses inside, too */

int
main(void)
{
	struct writ_cmd cmd = WRIT_CMD("echo", "hello");
	struct writ_result res = { 0 };

	if (writ_run(NULL, &cmd, &res, NULL) < 0 || res.exit_code != json_null)
		return 1;
	fwrite(res.out.data, 1, res.out.len, stdout);
	writ_result_done(&res);
	return 0;
}
"""


@pytest.fixture(scope="module")
def moved(tmp_path_factory):
    """An installed tree that was moved elsewhere afterwards."""
    place = tmp_path_factory.mktemp("install")
    subprocess.run(["meson", "install", "-C", BUILD, "--no-rebuild", "--destdir", place / "first"],
                   check=True, stdout=subprocess.DEVNULL)
    (place / "first").rename(place / "second")
    prefix, = {path.parent.parent for path in place.glob("second/**/bin/writ")}
    return prefix


def clean_env():
    return {"PATH": os.environ["PATH"]}


def test_a_moved_tree_runs_programs(moved):
    for level in ("", "none"):  # with a control group, and with the launcher
        done = subprocess.run([moved / "bin/writ", "run", "--", "echo", "hello"], text=True,
                              env={**clean_env(), "WRIT_CGROUP": level}, capture_output=True)
        assert (done.returncode, done.stdout, done.stderr) == (0, "hello\n", "")


def test_the_command_needs_no_library_at_run_time(moved):
    """But where it was built with a sanitizer, or without libc.a."""
    dynamic = subprocess.run(["readelf", "-d", moved / "bin/writ"], text=True, check=True,
                             capture_output=True).stdout
    needed = [line for line in dynamic.splitlines() if "NEEDED" in line]
    assert all("libc.so" in line or "san.so" in line for line in needed)
    assert "RUNPATH" not in dynamic and "RPATH" not in dynamic


def test_what_the_caller_preloads_is_not_loaded(moved, tmp_path):
    (tmp_path / "evil.c").write_text(
        "#include <unistd.h>\n"
        "__attribute__((constructor)) static void load(void) { _exit(66); }\n")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", tmp_path / "evil.so", tmp_path / "evil.c"],
                   check=True)
    env = {**clean_env(), "LD_PRELOAD": str(tmp_path / "evil.so")}
    if subprocess.run(["true"], env=env).returncode != 66:
        pytest.skip("nothing is preloaded here")
    if b"INTERP" in subprocess.run(["readelf", "-l", moved / "bin/writ"], check=True,
                                   capture_output=True).stdout:
        pytest.skip("built without libc.a, or with a sanitizer")
    done = subprocess.run([moved / "bin/writ", "run", "--", "true"], env=env)
    assert done.returncode == 0


@pytest.mark.parametrize("how", ["static", "shared"])
def test_a_program_is_built_against_it(moved, tmp_path, how):
    library_dir, = {path.parent for path in moved.glob("lib*/**/libwrit.a")}
    source = tmp_path / "program.c"
    source.write_text(PROGRAM)
    library = [library_dir / "libwrit.a"] if how == "static" else ["-L", library_dir, "-lwrit"]
    subprocess.run(["cc", "-Wall", "-Werror", "-o", tmp_path / "program", source,
                    "-I", moved / "include", *library], check=True)
    done = subprocess.run([tmp_path / "program"], text=True, capture_output=True,
                          env={**clean_env(), "LD_LIBRARY_PATH": str(library_dir)})
    assert (done.returncode, done.stdout) == (0, "hello\n"), done.stderr


def test_the_version_is_in_the_name_of_the_library(moved):
    library_dir, = {path.parent for path in moved.glob("lib*/**/libwrit.a")}
    version = subprocess.run([moved / "bin/writ", "--version"], text=True, check=True,
                             capture_output=True).stdout.split()[1]
    assert (library_dir / f"libwrit.so.{version}").exists()
    assert f"Version: {version}" in next(library_dir.glob("pkgconfig/libwrit.pc")).read_text()


def test_headers_and_manual_pages_are_there(moved):
    assert (moved / "include/writ.h").exists()
    assert (moved / "include/writ/proc.h").exists()
    pages = {page.name for page in moved.glob("share/man/man1/*.1")}
    if not pages:
        pytest.skip("scdoc is not installed: no manual pages were made")
    assert {"writ.1", "writ-run.1", "writ-kill.1", "writ-doctor.1"} <= pages
