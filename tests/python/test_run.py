"""writ.run(): what a program is given, and what comes back."""
import inspect
import json
import os
import resource
import signal
import subprocess

import pytest

import writ

SH = "/bin/sh"


def sh(commands, **options):
    return writ.run(["sh", "-c", commands], **options)


def test_the_output_and_the_exit_code_are_values():
    r = sh("echo out; echo err >&2; exit 3")
    assert (r.cause, r.exit_code, r.stdout, r.stderr) == ("exited", 3, b"out\n", b"err\n")
    assert (r.returncode, r.status, r.signal) == (3, 3, None)


def test_a_signal_is_a_value_too():
    r = sh("kill -USR1 $$")
    assert (r.cause, r.signal, r.exit_code) == ("signaled", signal.SIGUSR1, None)
    assert (r.returncode, r.status) == (-signal.SIGUSR1, 128 + signal.SIGUSR1)


def test_the_result_has_the_fields_of_the_record():
    r = sh("exit 2", input=b"abc")
    record = r.record
    assert json.loads(r.record_text) == record
    assert record["argv"] == list(r.argv) == ["sh", "-c", "exit 2"]
    for name in ("id", "wall_ns", "cause", "exit_code", "signal", "core_dumped", "timed_out",
                 "stopped_by", "forced", "containment", "guarded"):
        assert record[name] == getattr(r, name), name
    assert record["identity"] == str(r.identity)
    assert record["stdin"] == {"bytes": r.stdin.bytes, "read_all": r.stdin.read_all}
    for name in ("bytes", "kept", "truncated", "held_by_descendant"):
        assert record["stdout"][name] == getattr(r.stdout_info, name)
        assert record["stderr"][name] == getattr(r.stderr_info, name)
    for name in ("user_ns", "sys_ns", "source", "max_rss_bytes", "max_rss_source"):
        assert record["usage"][name] == getattr(r.usage, name)
    for name in ("count", "killed", "kept", "survived"):
        assert record["left_behind"][name] == getattr(r.left_behind, name)
    assert r.left_behind.survivors == () and record["error"] is None
    assert r.started_ns > 1_700_000_000_000_000_000


def test_a_result_makes_an_output_once():
    r = sh("echo x")
    assert r.stdout is r.stdout and r.stdout == r.stdout_bytes


def test_nothing_is_given_that_was_not_asked_for(monkeypatch):
    monkeypatch.setenv("MINE", "1")
    monkeypatch.setenv("LC_TIME", "C")
    fd = os.open("/dev/null", os.O_RDONLY)
    os.set_inheritable(fd, True)
    r = sh("env; cat; ls /proc/self/fd | wc -l")
    os.close(fd)
    assert b"MINE" not in r.stdout and b"LC_TIME=C" in r.stdout
    assert r.stdout.endswith(b"\n4\n")  # the streams, and the directory that ls reads


# -- the environment

def names(**options):
    out = writ.run(["env"], search=True, **options).stdout
    return dict(line.split(b"=", 1) for line in out.splitlines())


def test_a_mapping_is_all_of_the_environment():
    assert names(env={"A": "1", b"B": b"\xff"}, path="/usr/bin:/bin") == {b"A": b"1", b"B": b"\xff"}


def test_variables_are_kept_and_set_on_top_of_a_preset(monkeypatch):
    monkeypatch.setenv("KEEP_ME", "1")
    monkeypatch.setenv("LEAVE_ME", "1")
    got = names(env_keep=["KEEP_*"], env_set={"SET": "x y"})
    assert got[b"KEEP_ME"] == b"1" and got[b"SET"] == b"x y" and b"LEAVE_ME" not in got
    assert b"PATH" in got
    assert b"PATH" in names(env={"A": "1"}, env_preset="minimal")
    assert names(env_preset="none", env_set={"A": "1"}, path="/usr/bin:/bin") == {b"A": b"1"}
    assert b"LEAVE_ME" in names(env_preset="all")


def test_the_order_of_keywords_does_not_matter():
    for options in ({"env": {"A": "1"}, "env_preset": "minimal"},
                    {"env_preset": "minimal", "env": {"A": "1"}}):
        assert b"PATH" in names(**options)


def test_a_secret_is_in_the_environment_and_nowhere_else():
    r = writ.run(["env"], env_secret={"TOKEN": "s3cret"})
    assert b"TOKEN=s3cret" in r.stdout
    assert "s3cret" not in r.record_text and "TOKEN" in r.record["env_names"]
    assert "s3cret" not in writ.plan(["env"], env_secret={"TOKEN": "s3cret"})


def test_a_name_given_twice_is_refused():
    with pytest.raises(ValueError, match="A"):
        writ.run(["true"], env={"A": "1"}, env_set={"A": "2"})


def test_changes_of_os_environ_are_seen():
    os.environ["WRIT_TEST_LATE"] = "1"
    try:
        assert names(env_keep=["WRIT_TEST_LATE"])[b"WRIT_TEST_LATE"] == b"1"
    finally:
        del os.environ["WRIT_TEST_LATE"]
    assert b"WRIT_TEST_LATE" not in names(env_preset="all")


# -- streams

def test_input_is_bytes_and_what_was_read_of_it_is_told():
    assert writ.run(["cat"], input=b"a\0b").stdout == b"a\0b"
    assert writ.run(["cat"], input=bytearray(b"xy")).stdout == b"xy"
    assert writ.run(["cat"], input=memoryview(b"xyz")[1:]).stdout == b"yz"
    big = os.urandom(3 << 20)
    assert writ.run(["cat"], input=big).stdout == big
    r = writ.run(["head", "-c", "5"], input=big)
    assert r.stdout == big[:5] and r.stdin.read_all is False


def test_text_is_decoded_with_lines_as_a_file_has_them():
    r = sh(r"printf 'a\r\nb\rc\303\251'; cat", text=True, input="")
    assert r.stdout == "a\nb\nc\u00e9" and r.stdout_bytes == b"a\r\nb\rc\xc3\xa9"
    assert writ.run(["cat"], input="\u20ac", encoding="iso8859-15").stdout_bytes == b"\xa4"
    assert sh(r"printf '\377'", errors="replace").stdout == "\ufffd"


def test_output_that_cannot_be_decoded_is_not_lost():
    r = sh(r"printf '\377'", text=True)
    with pytest.raises(UnicodeDecodeError):
        r.stdout
    assert r.stdout_bytes == b"\xff"


def test_streams_are_files_paths_and_descriptors(tmp_path):
    (tmp_path / "in").write_bytes(b"from a file")
    with open(tmp_path / "out", "wb") as out:
        r = writ.run(["cat"], stdin=tmp_path / "in", stdout=out)
    assert (tmp_path / "out").read_bytes() == b"from a file"
    assert r.stdout is None and r.stdout_info.bytes is None
    sh("echo e >&2", stderr=str(tmp_path / "err"))
    assert (tmp_path / "err").read_bytes() == b"e\n"
    read, write = os.pipe()
    assert sh("echo to a pipe", stdout=write).exit_code == 0
    assert os.read(read, 100) == b"to a pipe\n"
    os.close(read), os.close(write)
    assert sh("echo e >&2; echo o", stderr=subprocess.STDOUT).stdout == b"e\no\n"
    assert sh("echo e >&2; echo o", stderr=writ.NULL, stdout=subprocess.DEVNULL).stderr is None


def test_what_is_inherited_is_ours(script):
    assert script("import writ; writ.run(['echo', 'x'], stdout=writ.INHERIT)") == "x\n"


def test_output_past_its_bound_is_counted_and_cut():
    r = sh("seq 100000", output_max=1000)
    assert r.exit_code == 0 and len(r.stdout) == 1000 and r.stdout_info.truncated
    assert r.stdout.startswith(b"1\n2\n") and r.stdout.endswith(b"99999\n100000\n")
    assert r.stdout_info.bytes == 588895 and 0 < r.stdout_info.cut_at < 1000
    assert sh("seq 100000", output_max=10, overflow="head").stdout == b"1\n2\n3\n4\n5\n"
    assert sh("seq 100000", output_max=7, overflow="tail").stdout == b"100000\n"
    r = writ.run(["yes"], output_max=10, overflow="kill")
    assert r.cause == "output-limit" and r.stopped_by == "limit"


def test_descriptors_are_passed():
    read, write = os.pipe()
    sh(f"echo a >/proc/self/fd/{write}", pass_fds=[write])
    sh("echo b >&9", pass_fds={9: write})
    assert os.read(read, 100) == b"a\nb\n"
    os.close(read), os.close(write)


# -- attributes

def test_attributes_are_set(tmp_path):
    os.chmod(tmp_path, 0o755)
    r = sh("pwd; umask; nice; ulimit -n; ulimit -Hc", cwd=tmp_path, umask=0o27, nice=5,
           limits={"nofile": 64, "core": (0, 0)})
    assert r.stdout.split() == [str(tmp_path).encode(), b"0027",
                                str(os.nice(0) + 5).encode(), b"64", b"0"]
    assert sh("ulimit -Sv", limits={"as": None}).stdout == b"unlimited\n"
    assert sh("ulimit -Sc", limits={"core": resource.RLIM_INFINITY}).stderr == b""


def test_another_user():
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    assert writ.run(["id", "-u"], user=65534).stdout == b"65534\n"
    assert writ.run(["id", "-un"], user="nobody").stdout == b"nobody\n"
    with pytest.raises(ValueError, match="no-such-user"):
        writ.run(["true"], user="no-such-user")


def test_the_program_may_have_another_name():
    r = writ.run(["other", "-c", "echo $0"], executable=SH)
    assert r.stdout == b"other\n"


def test_bytes_and_paths_are_words(tmp_path):
    program = tmp_path / "prog\udcff"
    program.write_text("#!/bin/sh\nprintf '%s' \"$1\"\n")
    program.chmod(0o755)
    assert writ.run([program, b"\xfe"]).stdout == b"\xfe"
    assert writ.run([os.fsencode(program), "\udcfe"]).stdout == b"\xfe"


def test_the_record_is_written_to_a_file(tmp_path):
    with open(tmp_path / "record", "w") as out:
        r = writ.run(["true"], record_fd=out)
    assert json.loads((tmp_path / "record").read_text()) == r.record and r.record_errno == 0


def test_a_level_is_demanded(level):
    r = writ.run(["true"], contain="process")
    assert r.containment in ("cgroup", "launcher") and r.guarded


def test_what_cannot_be_enforced_refuses_the_run(script):
    text = """if True:
        import writ
        try:
            writ.run(["true"], contain="cgroup")
        except OSError as why:
            print(why.code, why.stage)"""
    assert script(text, env={"WRIT_CGROUP": "none"}) == "E_UNSUPPORTED contain\n"


# -- what could not be run

@pytest.mark.parametrize("argv, options, kind, filename", [
    (["no-such-program"], {}, FileNotFoundError, "no-such-program"),
    (["/no/such/program"], {}, FileNotFoundError, "/no/such/program"),
    (["/etc/passwd"], {}, PermissionError, "/etc/passwd"),
    (["/etc"], {}, OSError, "/etc"),
    (["true"], {"cwd": "/no/such/dir"}, FileNotFoundError, "/no/such/dir"),
    (["true"], {"stdin": "/no/such/file"}, FileNotFoundError, "/no/such/file"),
    (["true"], {"stdout": "/no/such/dir/file"}, FileNotFoundError, "/no/such/dir/file"),
])
def test_what_could_not_be_run_raises_as_the_system_says(argv, options, kind, filename):
    with pytest.raises(kind) as caught:
        writ.run(argv, **options)
    assert caught.value.filename == filename and caught.value.errno
    assert caught.value.stage and caught.value.code.startswith("E_")


def test_a_missing_interpreter_is_named(tmp_path):
    (tmp_path / "script").write_text("#!/no/such/interpreter\n")
    (tmp_path / "script").chmod(0o755)
    with pytest.raises(FileNotFoundError) as caught:
        writ.run([tmp_path / "script"])
    assert "/no/such/interpreter" in str(caught.value)


def test_a_list_that_is_too_long_is_an_error_of_the_system():
    with pytest.raises(OSError) as caught:
        writ.run(["true", "x" * 200_000])
    assert caught.value.errno == 7  # E2BIG


# -- check

def test_check_raises_what_is_not_fine_and_keeps_the_output():
    with pytest.raises(writ.ExitError) as caught:
        sh("echo part; echo what went wrong >&2; exit 3", check=True)
    error = caught.value
    assert error.result.exit_code == error.returncode == 3 and error.stdout == b"part\n"
    assert "exited with 3" in str(error) and "what went wrong" in str(error)
    assert isinstance(error, writ.RunError)
    with pytest.raises(writ.ExitError, match="signal 9"):
        sh("kill -9 $$", check=True)
    with pytest.raises(writ.TimeoutExpired) as caught:
        sh("echo part; sleep 100", timeout=0.2, check=True)
    assert caught.value.stdout == b"part\n"
    with pytest.raises(writ.TimeoutExpired, match="no output"):
        writ.run(["sleep", "100"], idle_timeout=0.1, check=True)
    with pytest.raises(writ.OutputTruncated):
        sh("seq 1000", output_max=10, check=True)
    with pytest.raises(writ.OutputLimit):
        writ.run(["yes"], output_max=10, overflow="kill", check=True)


def test_what_check_raises_does_not_tell_the_arguments():
    with pytest.raises(writ.ExitError) as caught:
        writ.run(["false", "--password=s3cret"], check=True)
    assert "s3cret" not in str(caught.value)


def test_check_of_a_result_gives_it_back():
    r = writ.run(["true"], check=True)
    assert r.check() is r
    with pytest.raises(writ.ExitError):
        writ.run(["false"]).check()


def test_the_signature_can_be_looked_at():
    parameters = inspect.signature(writ.run).parameters
    assert {"timeout", "env", "check", "input", "cwd"} <= set(parameters)
    for name in parameters:
        assert name == "argv" or name in writ.run.__doc__, name
