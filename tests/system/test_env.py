"""The environment is built from nothing: a preset, names kept, names set."""
import pytest

MINIMAL = ("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "LC_ALL", "LC_TIME",
           "TZ", "TERM", "TMPDIR")
SOURCE = {name: f"/of/{name}" for name in MINIMAL} | {"PATH": "/usr/bin:/bin", "OTHER": "1", "MORE": "2"}
LOADER = ("LD_PRELOAD", "LD_LIBRARY_PATH", "PYTHONPATH", "BASH_ENV", "GCONV_PATH", "PERL5LIB",
          "NODE_OPTIONS", "ENV", "IFS", "GIT_SSH_COMMAND", "RUBYOPT")


@pytest.fixture
def seen(writ):
    """The variables that a program gets, from a source of our own."""
    def look(*args, source=SOURCE):
        writ.env = dict(source)
        done = writ("run", *args, "--", "/usr/bin/env", "-0").check()
        return dict(line.split("=", 1) for line in done.stdout.split("\0")[:-1])
    return look


def test_the_minimal_preset_is_where_the_environment_starts(seen):
    assert seen() == {name: SOURCE[name] for name in MINIMAL}


def test_the_preset_none_gives_nothing_at_all(seen):
    assert seen("--env-preset", "none") == {}


def test_the_preset_all_gives_all_but_loader_and_interpreter_variables(seen):
    source = SOURCE | {name: "/nothing" for name in LOADER}
    assert seen("--env-preset", "all", source=source) == SOURCE


def test_a_name_is_kept_by_name_and_by_pattern(seen):
    assert seen("--env-preset=none", "-E", "OTHER") == {"OTHER": "1"}
    assert seen("--env-preset=none", "-E", "MO?E,OTH*") == {"OTHER": "1", "MORE": "2"}
    assert seen("--env-preset=none", "-E", "MORE", "-E", "OTHER,ABSENT") == {"OTHER": "1", "MORE": "2"}


@pytest.mark.parametrize("name", LOADER)
def test_a_loader_or_interpreter_variable_passes_only_by_its_exact_name(seen, name):
    source = {"PATH": "/usr/bin", name: "/nothing"}
    assert name not in seen("-E", "*", source=source)
    assert name not in seen("-E", name[:-1] + "?", source=source)
    assert seen("-E", name, source=source)[name] == "/nothing"
    assert seen("-e", f"{name}=/nowhere", source=source)[name] == "/nowhere"


def test_set_beats_kept_and_kept_beats_the_preset(seen):
    assert seen("-e", "HOME=/set", "-E", "HOME")["HOME"] == "/set"
    assert seen("-e", "OTHER=set", "-E", "OTHER")["OTHER"] == "set"


def test_a_value_may_hold_anything(seen):
    value = "a=b \t\n'\"$(false) é \udcff"
    assert seen("--env-preset=none", "-e", f"A={value}", "-e", "B=") == {"A": value, "B": ""}


def test_the_first_of_two_counts_in_a_source_that_has_a_name_twice(writ):
    # execve(2) takes what a shell would not make
    script = ("import ctypes,sys;c=ctypes.CDLL(None);"
              "v=(ctypes.c_char_p*9)(sys.argv[1].encode(),b'run',b'-E',b'A',b'/usr/bin/env',None);"
              "e=(ctypes.c_char_p*4)(b'A=first',b'A=second',b'1X=bad',None);"
              "c.execve(v[0],v,e)")
    writ.path, path = "/usr/bin/python3", writ.path
    assert writ("-c", script, path).check().stdout == "A=first\n"


def test_a_file_sets_variables_line_by_line(seen, place):
    (place / "env").write_text("# a comment\n\nA=1\nB=two words # and this\nC=\n")
    assert seen("--env-preset=none", "--env-file", place / "env") == {
        "A": "1", "B": "two words # and this", "C": ""}


@pytest.mark.parametrize("text, line", [("A=1\nB\n", 2), ("\n\n1A=x\n", None), ("A=1\nA=2\n", None),
                                        ("=x\n", None)])
def test_a_bad_line_of_a_file_is_refused(writ, place, text, line):
    (place / "env").write_text(text)
    done = writ("run", "--env-file", place / "env", "--", "touch", place / "ran")
    assert done.status == 125 and not (place / "ran").exists()
    assert line is None or f"{place}/env:{line}" in done.stderr


@pytest.mark.parametrize("data, why", [(b"A=1\0B=2\n", "NUL"), (b"A=" + b"x" * (1 << 20), "larger"),
                                       (b"A=\n" * 5000, "too many")],
                         ids=["a NUL byte", "too large", "too many lines"])
def test_a_file_that_is_no_list_of_variables_is_refused(writ, place, data, why):
    (place / "env").write_bytes(data)
    done = writ("run", "--env-file", place / "env", "--", "true")
    assert done.status == 125 and why in done.stderr


@pytest.mark.parametrize("args", [
    ("-e", "A=1", "-e", "A=2"), ("-e", "A=1", "--env-file", "env"), ("-e", "A=1", "--secret-env", "A=env"),
    ("--secret-env", "A=env", "--secret-env", "A=env")])
def test_a_name_set_twice_is_refused(writ, place, args):
    (place / "env").write_text("A=2\n")
    done = writ("run", *args, "--", "touch", "ran")
    assert done.status == 125 and "A: set twice" in done.stderr and not (place / "ran").exists()


def test_an_imported_shell_function_does_not_pass(seen):
    source = {"PATH": "/usr/bin:/bin", "BASH_FUNC_ls%%": "() { echo hacked; }"}
    assert seen("--env-preset=all", source=source) == {"PATH": "/usr/bin:/bin"}
    assert seen("-E", "*", source=source) == {"PATH": "/usr/bin:/bin"}


def test_a_secret_variable_reaches_the_program_and_nothing_else(writ, place):
    (place / "secret").write_text("hunter2\n")
    args = ("-v", "--secret-env", f"TOKEN={place / 'secret'}")
    done = writ.run(*args, "--", "sh", "-c", 'echo "$TOKEN"').check()
    assert done.stdout == "hunter2\n"
    assert "hunter2" not in done.stderr + str(done.record)
    assert "TOKEN" in done.record["env_names"]
    for kind in ((), ("--json",)):
        plan = writ("run", "-n", *kind, *args, "--", "true")
        assert plan.status == 0 and "TOKEN" in plan.stdout and "hunter2" not in plan.stdout
    done = writ("run", *args, "--", "sh", "-c", "cat /proc/$PPID/cmdline").check()
    assert "hunter2" not in done.stdout


def test_a_secret_input_reaches_the_program_and_nothing_else(writ, place):
    (place / "secret").write_bytes(b"hunter2\n\0more")
    done = writ.run("-v", "--secret-stdin", place / "secret", "--", "cat")
    assert done.stdout == "hunter2\n\0more" and "hunter2" not in done.stderr + str(done.record)
    assert done.record["stdin"] == {"bytes": 13, "read_all": True}
    assert "hunter2" not in writ("run", "-n", "--secret-stdin", place / "secret", "--", "cat").stdout


def test_the_record_names_the_variables_and_shows_no_value(writ):
    done = writ.run("--env-preset=none", "-e", "PASSWORD=hunter2", "-e", "B=1", "--", "/bin/true")
    assert sorted(done.record["env_names"]) == ["B", "PASSWORD"]
    assert "hunter2" not in str(done.record)


def test_a_message_about_a_bad_variable_does_not_show_its_value(writ):
    for bad in ("1A=hunter2", "A-B=hunter2", "=hunter2"):
        done = writ("run", "-e", bad, "--", "true")
        assert done.status == 125 and "hunter2" not in done.stderr


def test_the_program_is_looked_up_in_path_as_it_is_set(writ, place):
    (place / "bin").mkdir()
    (place / "bin" / "prog").write_text("#!/bin/sh\necho found\n")
    (place / "bin" / "prog").chmod(0o755)
    assert writ("run", "--", "prog").status == 127
    assert writ("run", "-e", f"PATH={place}/bin", "--", "prog").check().stdout == "found\n"
    assert writ("run", "--", "prog", env={"PATH": f"{place}/bin"}).check().stdout == "found\n"
    # the caller's is used even if the program does not get it
    assert writ("run", "--env-preset=none", "--", "prog", env={"PATH": f"{place}/bin"}).status == 0


@pytest.mark.parametrize("path", ["", ":", "bin", "::bin:.", "./bin"])
def test_empty_and_relative_entries_of_path_find_nothing(writ, place, path):
    (place / "prog").write_text("#!/bin/sh\necho found\n")
    (place / "prog").chmod(0o755)
    (place / "bin").symlink_to(".")
    assert writ("run", "-e", f"PATH={path}", "--", "prog").status == 127
