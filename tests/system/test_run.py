"""Every option of `writ run`, with good values and with bad ones."""
import json
import os
import resource

import pytest

BAD = [
    ("-t", "abc"), ("-t", "-1"), ("-t", "1x"), ("-t", ""), ("-t", "1h-1m"), ("-t", " 1"),
    ("-t", "99999999999999999999"), ("--timeout", "1e3"),
    ("--idle-timeout", "soon"), ("-k", "x"), ("--kill-after=", ), ("--drain", "x"),
    ("-s", "NOSUCH"), ("-s", "0"), ("-s", "65"), ("-s", "-9"), ("-s", ""),
    ("-e", "A"), ("-e", "=x"), ("-e", "1A=x"), ("-e", "A-B=x"), ("-e", ""), ("-e", "A=1", "-e", "A=2"),
    ("-E", "A=B"), ("-E", "A,,B"), ("-E", ""), ("-E", "A B"),
    ("--env-preset", "some"), ("--env-preset", ""), ("--env-file", "/no/such"), ("--env-file", "/"),
    ("-C", "/no/such"), ("-C", ""), ("-C", "/dev/null"),
    ("--stdin", "/no/such"), ("--stdin", "/"), ("--stdout", "/no/such/x"), ("--stdout", "/"),
    ("--stderr", "/no/such/x"), ("--stdin", ""), ("--stdout", ""),
    ("--capture=yes",), ("--output-max", "0", "--capture"), ("--output-max", "x", "--capture"),
    ("--output-max", "-1", "--capture"), ("--output-max", "16000000000G", "--capture"),
    ("--output-max", "1K"), ("--overflow", "head"), ("--overflow", "x", "--capture"),
    ("-u", "no-such-user"), ("-u", ""), ("-u", "root:"), ("-u", ":root"), ("-u", "1234567"),
    ("-u", "root:no-such-group"), ("-u", "-1"), ("-u", "4294967295:0"),
    ("--ambient-caps", ""), ("--ambient-caps", "net"), ("--ambient-caps", "net_raw,"), ("--ambient-caps", "~net_raw"),
    ("--ambient-caps", "-all"), ("--bounding-caps", ""), ("--bounding-caps", "~"), ("--bounding-caps", "all"),
    ("--bounding-caps", "none,net_raw"), ("--bounding-caps", "net_raw net_admin"), ("--bounding-caps", "13"),
    ("--no-new-privs=1",), ("--netns", ""), ("--netns", "a/b"), ("--netns", ".."), ("--netns", "no-such-netns"),
    ("-l", "nofile"), ("-l", "nosuch=1"), ("-l", "nofile=2:1"), ("-l", "nofile=x"), ("-l", "nofile=1:"),
    ("-l", "nofile=-1"), ("-l", "nofile=1", "-l", "nofile=2"), ("-l", ""),
    ("--nice", "20"), ("--nice", "-21"), ("--nice", "x"), ("--nice", ""), ("--nice", "1.5"),
    ("--umask", "888"), ("--umask", "1000"), ("--umask", "-1"), ("--umask", ""), ("--umask", "u=rwx"),
    ("--pass-fd", "x"), ("--pass-fd", "3=2"), ("--pass-fd", "77"), ("--pass-fd", "-1"), ("--pass-fd", ""),
    ("--pass-fd", "0=5", "--pass-fd", "1=5"), ("--pass-fd", "0=99999999"),
    ("--contain", "x"), ("--contain", ""),
    ("--record", "/no/such/x"), ("--record", "fd:x"), ("--record", "fd:77"), ("--record", "/"),
    ("--record", ""), ("--json",), ("--color", "x"),
    ("--secret-env", "A"), ("--secret-env", "A=/no/such"), ("--secret-env", "1A=/dev/null"),
    ("--secret-stdin", "/no/such"), ("--secret-stdin", "/dev/null", "--secret-stdin", "/dev/null"),
    ("--no-such",), ("--timeou", "5"), ("--time=5",), ("-Z",), ("-qZ",), ("---",), ("--=x",),
]


@pytest.mark.parametrize("args", BAD, ids=" ".join)
def test_a_bad_option_is_refused_in_clear_words_and_nothing_starts(writ, place, args):
    done = writ("run", *args, "--", "touch", place / "started")
    assert done.status == 125
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert lines[0].startswith("writ: ") and len(lines) <= 3, lines
    assert any(word in lines[0] for word in ("cannot ", "unknown option: ", args[0].split("=")[0])), lines
    assert not (place / "started").exists()


@pytest.mark.parametrize("args", [
    ("-t", "abc"), ("-k", "abc"), ("-s", "NOSUCH"), ("--env-preset", "some"), ("-C", "/no/such"),
    ("-u", "no-such-user"), ("-l", "nosuch=1"), ("--nice", "20"), ("--umask", "888"), ("--pass-fd", "77"),
    ("--contain", "x"), ("--stdin", "/no/such"), ("--record", "/no/such/x")], ids=" ".join)
def test_the_message_shows_the_bad_value(writ, args):
    assert args[1] in writ("run", *args, "--", "true").stderr.splitlines()[0]


@pytest.mark.parametrize("option", ["-t", "-e", "--record", "--chdir", "--pass-fd"])
def test_an_option_at_the_end_needs_its_value(writ, option):
    done = writ("run", option)
    assert done.status == 125 and f"writ: {option} needs a value: " in done.stderr


def test_without_a_program_the_usage_is_told(writ):
    for args in ((), ("-t", "5"), ("--",), ("-q", "--")):
        done = writ("run", *args)
        assert done.status == 125 and "no program is named" in done.stderr


def test_options_end_at_the_first_operand(writ):
    assert writ("run", "echo", "-t", "x", "--", "-h").check().stdout == "-t x -- -h\n"


def test_options_end_at_two_dashes(writ):
    assert writ("run", "--", "echo", "--", "-h").check().stdout == "-- -h\n"
    assert writ("run", "--", "-h").status == 127


def test_values_may_be_joined_or_apart(writ):
    for args in (("-t5s",), ("-t", "5s"), ("--timeout=5s",), ("--timeout", "5s"), ("-vt5s",), ("-qvt", "5s")):
        writ("run", *args, "--", "true").check()


@pytest.mark.parametrize("text", ["10", "500ms", "1.5s", "2m", "1h30m", "1d", "0", "100.001s"])
def test_a_duration_is_written_as_everywhere(writ, text):
    for option in ("-t", "-k", "--drain"):
        writ("run", option, text, "--", "true").check()
    writ("run", "--idle-timeout", text, "--capture", "--", "true").check()


@pytest.mark.parametrize("text", ["4096", "512K", "16M", "2G"])
def test_a_size_is_written_as_everywhere(writ, text):
    writ("run", "--capture", "--output-max", text, "--", "true").check()


@pytest.mark.parametrize("text", ["TERM", "SIGTERM", "15", "RTMIN+1", "64"])
def test_a_signal_is_written_as_everywhere(writ, text):
    writ("run", "-s", text, "--", "true").check()


def test_the_working_directory_is_changed_after_the_program_was_found(writ, place):
    (place / "here").mkdir()
    (place / "prog").write_text("#!/bin/sh\npwd\n")
    (place / "prog").chmod(0o755)
    done = writ.run("-C", place / "here", "--", "./prog").check()
    assert done.stdout == f"{place}/here\n" and done.record["cwd"] == f"{place}/here"
    (place / "here" / "other").write_text("#!/bin/sh\n")
    (place / "here" / "other").chmod(0o755)
    assert writ("run", "-C", place / "here", "--", "./other").status == 127
    assert writ("run", "-C", "here", "--", "pwd").check().stdout == f"{place}/here\n"


def test_a_limit_is_set_soft_and_hard(writ):
    script = "ulimit -Sn; ulimit -Hn; ulimit -Sc; ulimit -Hc"
    done = writ("run", "-l", "nofile=100:200", "-l", "core=0", "--", "bash", "-c", script).check()
    assert done.stdout.split() == ["100", "200", "0", "0"]


def test_every_limit_of_getrlimit_has_its_name(writ):
    names = [name[7:].lower() for name in dir(resource) if name.startswith("RLIMIT_")]
    for name in set(names) - {"ofile"}:
        soft, hard = resource.getrlimit(getattr(resource, f"RLIMIT_{name.upper()}"))
        text = ":".join("unlimited" if n == resource.RLIM_INFINITY else str(n) for n in (soft, hard))
        writ("run", "-l", f"{name}={text}", "--", "true").check()


def test_a_limit_that_may_not_be_raised_is_refused_by_name(ordinary, place):
    done = ordinary("run", "-l", "core=0:0", "--", ordinary.path, "run", "-l", "core=1", "--", "touch",
                    place / "started")
    assert done.status == 125 and "cannot set the limit: core=1:1: Operation not permitted" in done.stderr
    assert not (place / "started").exists()


def test_the_nice_value_and_the_umask_are_set(writ):
    done = writ("run", "--nice", "7", "--umask", "027", "--", "sh", "-c", "nice; umask").check()
    assert done.stdout.split() == ["7", "0027"]


def test_a_descriptor_is_passed_under_its_number_or_another(writ, place):
    (place / "a").write_text("of a")
    fd = os.open(place / "a", os.O_RDONLY)
    try:
        for args, name in (((f"{fd}",), fd), ((f"{fd}=7",), 7), ((f"{fd}=1000",), 1000)):
            done = writ("run", "--pass-fd", *args, "--", "cat", f"/proc/self/fd/{name}", pass_fds=[fd])
            assert done.check().stdout == "of a"
    finally:
        os.close(fd)


def test_descriptors_may_change_places(writ, place):
    for name in "ab":
        (place / name).write_text(name)
    fds = [os.open(place / name, os.O_RDONLY) for name in "ab"]
    low, high = min(fds), max(fds)
    done = writ("run", "--pass-fd", f"{low}={high}", "--pass-fd", f"{high}={low}", "--", "sh", "-c",
                f"cat /proc/self/fd/{low} /proc/self/fd/{high}", pass_fds=fds)
    for fd in fds:
        os.close(fd)
    assert done.check().stdout == ("ba" if fds[0] == low else "ab")


def test_the_program_gets_no_descriptor_that_is_not_named(writ, level, place):
    fds = [os.open("/dev/null", os.O_RDONLY) for _ in range(3)]
    done = writ("run", "--", "sh", "-c", "echo /proc/self/fd/*", pass_fds=fds)
    for fd in fds:
        os.close(fd)
    # the shell itself opens one to read the directory
    assert len(done.check().stdout.split()) == 4, done


@pytest.mark.parametrize("level_name", ["process", "session", "launcher", "cgroup"])
def test_a_level_that_is_reached_is_no_obstacle(writ, level, level_name):
    done = writ.run("--contain", level_name, "--", "true")
    if level_name == "cgroup" and writ.level != "cgroup":
        assert done.status == 125 and "writ: cannot" in done.stderr
        assert done.record["error"]["stage"] == "contain"
    else:
        assert done.check().record["containment"] == writ.level


def test_the_user_is_changed_with_all_groups(writ, as_root, level):
    if level == "ordinary":
        pytest.skip("an ordinary user cannot become another")
    done = writ.run("-u", "nobody", "--", "sh", "-c", "id -u; id -ru; id -g; id -G").check()
    assert done.stdout.split()[:2] == ["65534", "65534"] and "0" not in done.stdout.split()
    assert done.record["containment"] == writ.level
    assert writ("run", "-u", "1234:4321", "--", "id", "-G").check().stdout == "4321\n"
    assert writ("run", "-u", "nobody:daemon", "--", "id", "-gn").check().stdout == "daemon\n"


def test_an_ordinary_user_cannot_become_another(ordinary, place):
    done = ordinary.run("-u", "root", "--", "touch", place / "started")
    assert done.status == 125 and not (place / "started").exists()
    assert "Operation not permitted" in done.stderr and done.record["error"]["stage"] == "identity"


def test_with_another_identity_the_session_is_another_too(writ, as_root):
    done = writ("run", "-u", "nobody", "--", "sh", "-c", "ps -o sid= -p $$; echo $$").check()
    assert len(set(done.stdout.split())) == 1


def test_a_dry_run_prints_the_plan_and_does_nothing(writ, place):
    args = ("-n", "--stdout", place / "out", "--record", place / "record", "-l", "core=0", "-C", "/",
            "-t", "5", "--", "touch", place / "started")
    done = writ("run", *args).check()
    assert os.listdir(place) == []
    for word in ("touch", "core=0:0", "chdir", "exec", "5000ms"):
        assert word in done.stdout, done.stdout


def test_a_dry_run_can_be_read_by_a_machine(writ):
    done = writ("run", "-n", "--json", "-e", "A=\"\\\n", "--", "echo", "a\tb").check()
    plan = json.loads(done.stdout)
    assert plan["writ"] == "plan/1" and plan["argv"] == ["echo", "a\tb"] and 'A="\\\n' in plan["env"]


def test_a_dry_run_refuses_what_a_run_refuses(writ):
    assert writ("run", "-n", "--", "no-such-program").status == 127
    assert writ("run", "-n", "--", "/").status == 126
    assert writ("run", "-n", "-l", "x=1", "--", "true").status == 125


def test_a_dry_run_that_cannot_be_printed_fails(writ):
    with open("/dev/full", "wb") as full:
        assert writ("run", "-n", "--", "true", stdout=full).status == 125


def test_verbose_tells_of_start_and_end_on_stderr(writ, level):
    done = writ("run", "-v", "--", "echo", "out").check()
    assert done.stdout == "out\n"
    assert f"contained by {writ.level}" in done.stderr and "exited" in done.stderr
    assert all(line.startswith("writ: ") for line in done.stderr.splitlines())


def test_quiet_keeps_errors(writ):
    assert writ("run", "-q", "-t", "50ms", "--", "sleep", "100").stderr == ""
    assert "writ: " in writ("run", "-q", "--", "no-such-program").stderr


def test_colour_is_only_for_terminals_unless_forced(writ):
    assert "\033" not in writ("run", "--", "no-such-program").stderr
    assert "\033" in writ("run", "--color=always", "--", "no-such-program").stderr
    assert "\033" not in writ("run", "--color", "never", "--", "no-such-program").stderr


def test_control_bytes_of_a_subject_do_not_reach_the_terminal(writ):
    done = writ("run", "--", "no\033[31m\rsuch\nprogram")
    assert done.status == 127 and "no?[31m?such?program" in done.stderr
    assert "\033" not in done.stderr and "\r" not in done.stderr


def test_a_writ_may_run_a_writ(writ, level):
    done = writ("run", "--", writ.path, "run", "--", writ.path, "run", "--", "echo", "inside").check()
    assert done.stdout == "inside\n"
