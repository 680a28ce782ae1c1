"""Rows of docs/defects.md that concern the drop-in: a test for each, by its number."""
import contextlib
import json
import os
import re
import signal
import stat
import struct
import subprocess

import pytest

import logbook
from daemons import CHALLENGE, FAILURE, Daemon
from programs import BOUND_S, ENVIRONMENT, OUR_DAEMON, OURS, ROOT, run

ALLOWED = ["printf: CommandFilter, printf, root", "sh: CommandFilter, sh, root", "cat: CommandFilter, cat, root",
           "echo: CommandFilter, echo, root"]


@pytest.fixture
def served(place):
    """A channel of a daemon of its own."""
    place.allow(*ALLOWED)
    with Daemon(place.conf) as daemon, daemon.channel() as channel:
        channel.daemon = daemon
        yield channel


def out_of(channel, argv, stdin=None):
    return channel.run(argv, stdin)[1]


def test_row_1_backslashes_arrive_as_they_are(place, served):
    for word in ("\\", "x\\", "\\" * (64 << 10), "a\\\0".replace("\0", "n")):
        assert place.run("printf", "%s", word).stdout == word
        assert out_of(served, ["printf", "%s", word]) == [0, word, ""]


@pytest.mark.parametrize("user", ["-1", "4294967295", "#-1", "0x0", "+0", "00", "0", "", "a b"])
def test_row_2_a_number_is_no_user(both, user):
    both.allow(f"id: CommandFilter, id, {user}")
    done = both.run("id", "-u")
    assert done.status != 0 and done.stdout == ""


def test_row_3_a_long_input_is_bounded(place):
    place.allow(*ALLOWED)
    place.conf.write_text("[DEFAULT]\nfilters_path=" + "x" * (2 << 20))
    assert place.run("echo").status == 97
    place.configure().allow("x: CommandFilter, " + "y" * (2 << 20) + ", root", name="long")
    assert place.run("echo", "x").stdout == "x\n"


def test_row_4_no_variable_is_split_into_words(place):
    place.allow("args: CommandFilter, args, root").program("args", '#!/bin/sh\nfor x; do echo "[$x]"; done\n')
    place.configure(exec_dirs=str(place.bin))
    names = {name: "vim -- /etc/shadow" for name in ("EDITOR", "PAGER", "SUDO_COMMAND", "OPTIONS", "ARGS")}
    assert place.run("args", "a b", env=names).stdout == "[a b]\n"


def test_row_6_a_request_with_more_in_it_decides_nothing(served):
    wire, ident = served.wire, served.ident
    more = {"uid": 0, "user": "root", "policy": "/tmp", "filters": [], "userargs": ["cat", "/etc/hostname"]}
    assert wire.call(ident, "run_one_command", ["nosuch"], None, **more) == ["#RETURN", [99, "", ""]]
    wire.send(json.dumps([ident, "run_one_command", [["echo", "x"]], {}, {"uid": 0}]).encode())
    assert served.end()[0] == "#TRACEBACK"


def test_row_7_a_name_with_brackets_changes_nothing(place, as_root):
    path = place.program("a) R 1 (b c")
    path.write_bytes(open("/usr/bin/sleep", "rb").read())
    place.allow(f"kill: KillFilter, nobody, {path}, -9")
    child = subprocess.Popen([path, "1000"])
    try:
        done = place.run("kill", "-9", str(child.pid))  # whose it is comes from elsewhere
        assert done.status == 1 and child.poll() is None
    finally:
        child.kill()
        child.wait()


def test_row_8_a_denial_does_not_tell_what_exists(place):
    place.allow("stat: PathFilter, stat, root, /var/lib/nova")
    there, not_there = (place.run("stat", path) for path in ("/root/.bashrc", "/root/.nosuch"))
    assert there.status == not_there.status == 99
    assert there.stderr.replace("/root/.bashrc", "X") == not_there.stderr.replace("/root/.nosuch", "X")


def test_row_10_a_link_out_of_the_directory_is_refused(place, directory):
    for name in ("a", "b"):
        (directory / "home" / name).mkdir(parents=True)
    (directory / "home" / "a" / "link").symlink_to("/etc")
    place.allow(f"stat: PathFilter, stat, root, {directory}/home")
    assert place.run("stat", f"{directory}/home/a/link/passwd").status == 99


def test_row_11_loader_variables_do_not_pass(place):
    place.allow("env: CommandFilter, env, root")
    names = ("LD_PRELOAD LD_LIBRARY_PATH LD_AUDIT LD_BIND_NOW LD_DEBUG GCONV_PATH TC_LIB_DIR IP_LIB_DIR XTABLES_LIBDIR "
             "LVM_SYSTEM_DIR PYTHONPATH PYTHONHOME PYTHONSTARTUP PERL5LIB PERL5OPT RUBYLIB RUBYOPT NODE_OPTIONS "
             "NODE_PATH BASH_ENV ENV IFS CDPATH SHELLOPTS BASHOPTS PS4 PROMPT_COMMAND GLIBC_TUNABLES MALLOC_CHECK_ "
             "NLSPATH LOCPATH HOSTALIASES RESOLV_HOST_CONF RES_OPTIONS LOCALDOMAIN TZDIR CLASSPATH "
             "JAVA_TOOL_OPTIONS GIT_SSH_COMMAND LESSOPEN").split()
    assert len(names) >= 40
    seen = place.run("env", env={name: "x" for name in names})
    # as the shell that an odd name comes from would export it
    assert not set(names) & {line.partition("=")[0] for line in seen.stdout.splitlines()}


def test_row_12_percent_signs_are_text(place, directory):
    word = "%n%n%s%1$*1$d"
    place.allow(f"{word}: CommandFilter, no-{word}, root")
    assert place.run(word).stderr.endswith(f"Unauthorized command: {word} (no filter matched)\n")
    assert f"(filter match = {word})" in place.run(f"no-{word}").stderr


def test_row_13_empty_and_short_words_are_words(place, served):
    for words in ([""], ["", ""], ["a"], ["%s", ""]):
        assert place.run("printf", "[%s]", *words).stdout == "".join(f"[{word}]" for word in words)
    assert place.run("").status == 99
    assert served.run([""]) == ["#RETURN", [99, "", ""]]


def test_row_14_the_log_has_one_line(place, directory, as_root):
    for word in ("x\n<86>sudo: fake", "\x1b[2J\x07", "\udcff\udc80", "a\rb\0".replace("\0", "")):
        found = logbook.lines(directory, [OURS, place.conf, word])
        assert len(found) == 1 and found[0].count(b"\0") == 1
        assert not re.search(rb"[\x00-\x1f\x7f-\xff]", found[0][:-1])


def test_row_16_verdicts_differ_in_many_bits():
    text = (ROOT / "src" / "rootwrap" / "query.h").read_text()
    values = [int(value, 16) for value in re.findall(r"VERDICT_\w+ = (0x\w+|0)", text)]
    assert len(values) == 4 and values[0] == 0
    assert all(bin(a ^ b).count("1") >= 16 for a in values for b in values if a != b)


@pytest.mark.parametrize("call", ["setgroups", "setresgid", "setresuid"])
def test_row_17_a_failed_change_of_user_runs_nothing(place, call, as_root):
    place.allow("id: CommandFilter, id, nobody")
    done = run(["strace", "-f", "-qq", "-e", f"trace={call}", "-e", f"inject={call}:error=EPERM", OURS, place.conf, "id"])
    assert done.status == 125 and "uid=" not in done.stdout


def test_row_18_no_signal_goes_to_everybody(place):
    place.allow("kill: KillFilter, root, /usr/bin/sleep, -9", "any: KillFilter, root, /usr/bin/sleep")
    for pid in ("0", "-1", "1", "-2", "", "4294967295", "18446744073709551615"):
        for words in (["kill", "-9", pid], ["kill", pid]):
            assert place.run(*words).status == 99


def test_row_19_a_variable_twice_is_refused(place):
    place.allow("env: EnvFilter, env, root, A=, uname")
    assert place.run("env", "A=1", "uname").status == 0
    for words in (["env", "A=1", "A=2", "uname"], ["env", "a=1", "uname"], ["env", "=1", "uname"], ["env", "A", "uname"]):
        assert place.run(*words).status == 99


def test_row_20_another_user_has_a_session_of_its_own(place, as_root):
    place.allow("sh: CommandFilter, sh, nobody")
    script = ("import fcntl, os, sys, termios\n"
              "try:\n fd = os.open('/dev/tty', os.O_RDWR)\n fcntl.ioctl(fd, termios.TIOCSTI, b'x')\n"
              "except OSError: print('refused')\n")
    master, slave = os.openpty()
    child = subprocess.run(["setsid", "--ctty", OURS, place.conf, "sh", "-c", f"/usr/bin/python3 -c \"{script}\""],
                           stdin=slave, stdout=subprocess.PIPE, timeout=BOUND_S, env=ENVIRONMENT, check=False)
    os.close(master)
    os.close(slave)
    assert child.stdout == b"refused\n"


def test_row_21_no_name_of_a_caller_is_a_path(place):
    place.allow("ip: IpNetnsExecFilter, ip, root", "echo: CommandFilter, echo, root").program("ip")
    place.program("echo")
    place.configure(exec_dirs=str(place.bin))
    for name in ("../x", "/x", "..", ".", "-all", "a/b"):
        assert place.run("ip", "netns", "exec", name, "echo").status == 99
    assert place.run("ip", "netns", "exec", "qdhcp-1", "echo").status == 0


def test_row_25_an_unknown_user_is_an_error(both, as_root):
    for user in ("nosuchuser", "12abc"):
        both.allow(f"id: CommandFilter, id, {user}")
        done = both.run("id")
        assert done.status == 125 and done.stdout == ""


def test_row_26_the_groups_are_the_users(both, as_root):
    both.allow("cat: CommandFilter, cat, nobody", "no: CommandFilter, no, root")
    done = both.run("cat", "/proc/self/status", extra_groups=[0, 4, 27])
    assert re.search(r"^Gid:(\t65534){4}$", done.stdout, re.M)
    assert re.search(r"^Groups:\t65534 ?$", done.stdout, re.M)


def test_row_27_path_does_not_choose_the_program(place):
    place.program("uname", "#!/bin/sh\necho evil\n")
    place.allow("uname: CommandFilter, uname, root", "nice: ChainingRegExpFilter, nice, root, nice")
    for words in (["uname"], ["nice", "uname"]):
        assert place.run(*words, env={"PATH": f"{place.bin}:/usr/bin"}).stdout == "Linux\n"


def test_row_29_the_directory_of_the_socket_cannot_be_guessed(place):
    place.allow(*ALLOWED)
    names = set()
    for _ in range(5):
        with Daemon(place.conf) as daemon:
            name = os.path.basename(os.path.dirname(daemon.path))
            found = os.stat(os.path.dirname(daemon.path))
            assert re.fullmatch(r"rootwrap-\w{6,}", name) and stat.S_IMODE(found.st_mode) == 0o755
            names.add(name)
    assert len(names) == 5


@pytest.mark.parametrize("program", [OURS, OUR_DAEMON])
def test_row_30_an_empty_argv_is_a_clean_error(program):
    script = (
        "import ctypes\n"
        f"ctypes.CDLL(None).execve({program.encode()!r}, (ctypes.c_char_p * 1)(None), (ctypes.c_char_p * 2)(b'X=/etc/passwd', None))")
    done = run(["/usr/bin/python3", "-c", script])
    assert done.status == 98


def test_row_31_a_peer_that_goes_is_never_allowed(place, directory):
    place.allow("touch: CommandFilter, touch, root")
    payload = json.dumps(["x" * 12, "run_one_command", [["touch", str(directory / "pwned")], None], {}]).encode()
    with Daemon(place.conf) as daemon:
        for stage in range(4):
            with daemon.connect() as wire:
                if stage > 0:
                    wire.receive()
                if stage > 1:
                    wire.send(b"x" * 40)
                if stage > 2:
                    with contextlib.suppress(BrokenPipeError):  # it may have hung up already
                        wire.send(payload)
        with daemon.connect() as wire:
            wire.receive()
            wire.send(payload)
            assert wire.receive() == FAILURE
    assert not (directory / "pwned").exists()


@pytest.mark.parametrize("uid", [2147483648, 4294967294])
def test_row_32_a_large_uid_is_itself(place, uid, as_root):
    place.allow(*ALLOWED)
    with Daemon(place.conf, env={"SUDO_UID": str(uid)}) as daemon:
        assert os.stat(daemon.path).st_uid == uid
        other = run(["setpriv", "--reuid=65534", "--clear-groups", "/usr/bin/python3", "-c",
                     f"import socket; socket.socket(socket.AF_UNIX).connect({daemon.path!r})"])
        assert other.status != 0 and "PermissionError" in other.stderr


def test_row_37_each_key_is_new(place):
    place.allow(*ALLOWED)
    seen = set()
    for _ in range(5):
        with Daemon(place.conf) as daemon:
            seen.add(daemon.key)
            challenges = set()
            for _ in range(20):
                with daemon.connect() as wire:
                    challenges.add(wire.receive())
            assert len(challenges) == 20
            assert all(one.startswith(CHALLENGE + b"{sha256}") and len(one) == 59 for one in challenges)
    assert len(seen) == 5 and all(len(key) == 32 for key in seen)


def test_row_38_an_endless_request_is_cut(served):
    wire = served.wire
    wire.socket.sendall(struct.pack("!Q", (64 << 20) + 1))
    assert wire.ended()


def test_row_39_nesting_is_bounded(served):
    for text in (b"[" * 100000, b'[null,"dummy",' + b"[" * 100000, b'{"a":' * 100000):
        served.wire.send(text)
        assert served.end()[0] == "#TRACEBACK"
        with served.daemon.channel() as channel:
            served.wire.close()
            served.wire, served.ident = channel.wire, channel.ident
            assert served.run(["echo", "x"])[1][0] == 0
            served.wire = served.daemon.welcome()
            assert served.wire.call(None, "accept_connection", "x") == ["#RETURN", None]


def test_row_40_no_locale_file_of_the_callers_is_opened(place, directory):
    place.allow(*ALLOWED)
    names = ("CHARSETALIASDIR", "LOCPATH", "NLSPATH", "GCONV_PATH", "LD_LIBRARY_PATH", "HOSTALIASES", "TZDIR")
    done = run(["strace", "-f", "-e", "trace=open,openat", OURS, place.conf, "echo"],
               env={**{name: str(directory / "evil") for name in names}, "LANG": "de_DE.ISO-8859-15", "TZ": "x"})
    assert done.status == 0 and str(directory / "evil") not in done.stderr


def test_row_42_a_signal_goes_through_a_pidfd(place):
    place.allow("kill: KillFilter, root, /usr/bin/sleep, -9")
    child = subprocess.Popen(["/usr/bin/sleep", "1000"])
    child.send_signal(signal.SIGKILL)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert place.run("kill", "-9", str(child.pid)).status == 99  # ended, its number not yet another's
    child.wait()
    assert place.run("kill", "-9", str(child.pid)).status == 99


def test_row_43_escapes_do_not_reach_the_terminal(place):
    done = place.run("x\x1b]0;y\x07\n\x9b1m", "\x7f")
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\x80-\x9f]", done.stderr)
    assert done.stderr.count("\n") == 1


def test_row_46_a_configuration_of_others_is_refused(both, as_root):
    both.allow(*ALLOWED)
    os.chown(both.conf, 65534, 65534)
    assert both.run("echo").status == 97


def test_row_52_a_newline_matches_no_pattern(place):
    place.allow("printf: RegExpFilter, printf, root, printf, .*, [^/]*")
    assert place.run("printf", "%s", "ab").status == 0
    for word in ("a\nb", "a\n", "\n"):
        assert place.run("printf", "%s", word).status == 99


def test_row_58_nothing_is_allowed_by_an_empty_policy(place):
    place.program("privsep-helper")
    place.configure(exec_dirs=str(place.bin))
    for words in (["privsep-helper"], ["privsep-helper", "--config-file", "/tmp/x"], ["sh"], ["ls"]):
        assert place.run(*words).status == 99


def beginnings(word):
    return [word[:end] for end in range(1, len(word) + 1)]


def test_row_55_every_abbreviation_of_ip_has_one_verdict(place):
    place.allow("ip: IpFilter, ip, root").program("ip")
    place.configure(exec_dirs=str(place.bin))
    for action in beginnings("exec"):
        for thing in beginnings("vrf") + beginnings("netns")[2:]:
            assert place.verdict("ip", thing, action, "x", "sh").kind == "denied", (thing, action)
        for option in beginnings("-netns")[1:]:
            assert place.verdict("ip", option, "net", "vrf", action, "v", "sh").kind == "denied"
        for option in beginnings("-all")[1:]:
            assert place.verdict("ip", option, "netns", action, "sh").kind == "denied"
    for option in beginnings("-batch"):
        assert place.verdict("ip", option, "f").kind == "denied", option
    for option in beginnings("-batch")[1:]:
        assert place.verdict("ip", "-" + option, "f").kind == "denied", option


def test_row_56_ip_with_options_runs_no_command(place):
    place.allow("ip: IpFilter, ip, root").program("ip")
    for words in (["-n", "net", "netns", "exec", "NS", "sh"], ["-b", "FILE"], ["vrf", "exec", "default", "sh"]):
        assert place.run("ip", *words).status == 99
    assert place.configure("exact", exec_dirs=str(place.bin)).run("ip", "vrf", "exec", "default", "sh").status == 0


def test_row_57_a_chain_runs_what_was_matched(place, directory):
    place.program("uname", f"#!/bin/sh\ntouch {directory}/pwned\n")
    place.allow("nice: ChainingRegExpFilter, nice, root, nice, 5", "nice2: ChainingRegExpFilter, nice, root, nice",
                "uname: CommandFilter, uname, root")
    assert place.run("nice", f"{place.bin}/uname").stdout == "Linux\n"
    assert not (directory / "pwned").exists()


@pytest.mark.parametrize("length", [4095, 4096, 65536, 1 << 19])
def test_row_59_a_long_line_is_one_line(both, length):
    both.allow("x: CommandFilter, " + "y" * length + ", root", *ALLOWED)
    assert both.run("echo", "x").stdout == "x\n"
    assert both.run("y" * min(length, 100000)).status in (96, 99)
    both.allow("x: CommandFilter, a\0b, root", name="nul")
    assert both.run("echo", "x").status == 0


def test_row_64_the_command_has_three_descriptors(place, served):
    places = [os.open("/", os.O_RDONLY) for _ in range(200)]
    try:
        assert place.run("sh", "-c", "ls /proc/$$/fd", pass_fds=places).stdout.split() == ["0", "1", "2"]
    finally:
        for fd in places:
            os.close(fd)
    assert out_of(served, ["sh", "-c", "ls /proc/$$/fd"])[1].split() == ["0", "1", "2"]


def test_row_70_output_is_bounded(place):
    place.allow("yes: CommandFilter, yes, root")
    with Daemon(place.conf) as daemon, daemon.channel() as channel:
        assert channel.run(["yes"])[0] == "#UNSERIALIZABLE"
        with open(f"/proc/{daemon.process.pid}/status") as file:
            peak = int(re.search(r"VmHWM:\s+(\d+)", file.read())[1])
        assert peak < 400 * 1024


def test_row_72_the_socket_has_a_path(served):
    path = served.daemon.path
    assert path.startswith("/") and stat.S_ISSOCK(os.stat(path).st_mode)
    with open("/proc/net/unix") as file:
        assert f"@{path}" not in file.read()


def test_row_79_dashes_are_words(place):
    place.allow(*ALLOWED)
    for words in (["--", "-x"], ["--help"], ["--check"], ["--version"]):
        assert place.run("printf", "%s.", *words).stdout == "".join(f"{word}." for word in words)
    assert place.run("--help").status == 99


def test_row_82_odd_variables_do_no_harm(place):
    place.allow("env: CommandFilter, env, root")
    script = ("import ctypes\nenv = [b'NOEQUALS', b'=x', b'A=1', b'A=2', b'B=' + b'x' * 100000, b'C D=1']\n"
              f"argv = [{OURS.encode()!r}, {str(place.conf).encode()!r}, b'env']\n"
              "make = lambda words: (ctypes.c_char_p * (len(words) + 1))(*words, None)\n"
              f"ctypes.CDLL(None).execve({OURS.encode()!r}, make(argv), make(env))")
    done = run(["/usr/bin/python3", "-c", script])
    names = [line.partition("=")[0] for line in done.stdout.splitlines()]
    assert done.status == 0 and len(names) == len(set(names)) and "NOEQUALS" not in names


@pytest.mark.parametrize("key", ["filters_path", "exec_dirs", "use_syslog", "daemon_timeout", "rlimit_nofile",
                                 "syslog_log_level", "syslog_log_facility", "writ_mode", "writ_paths",
                                 "writ_privsep_contexts", "writ_command_timeout"])
def test_row_84_an_empty_value_opens_nothing(place, key):
    place.program("privsep-helper")
    text = f"[DEFAULT]\nfilters_path={place.filters}\nexec_dirs={place.bin}\n"
    if key in ("filters_path", "exec_dirs"):
        text = re.sub(f"{key}=.*", f"{key}=", text)
    else:
        text += f"{key}=\n"
    place.conf.write_text(text)
    done = place.run("privsep-helper", "--privsep_context", "x", "--privsep_sock_path", "/x")
    assert done.status in (97, 99)
    place.configure().allow("x: CommandFilter, , root", "y: , , ", "z: RegExpFilter, echo, root,", "w:")
    for words in ([""], ["echo"], ["", ""]):
        assert place.run(*words).status == 99


def test_row_85_a_denial_leaves_nothing_behind(served):
    for _ in range(3):
        assert served.run(["nosuch"])[1][0] == 99
        assert served.run(["echo", "x"])[1] == [0, "x\n", ""]
        assert served.run([1])[0] == "#UNSERIALIZABLE"
        assert served.run(["nosuch"])[1][0] == 99


def test_row_86_a_script_without_an_interpreter_is_not_run(both, directory):
    both.program("script.sh", f"touch {directory}/pwned\n")
    both.allow(f"x: CommandFilter, {both.bin}/script.sh, root")
    assert both.run("script.sh").status == 126
    assert not (directory / "pwned").exists()


def test_row_90_a_nul_is_refused(served):
    assert served.run(["echo", "a\0b"])[0] == "#UNSERIALIZABLE"
    assert served.run(["echo\0"])[0] == "#UNSERIALIZABLE"


@pytest.mark.parametrize("name", ["", ".", "..", "/", "x/"])
def test_row_91_an_empty_name_runs_nothing(both, name):
    both.allow(f"x: CommandFilter, {name}, root")
    assert both.run(name).status != 0


def test_row_92_what_is_no_file_is_no_program(place):
    (place.bin / "directory").mkdir()
    place.program("file", mode=0o644)
    place.allow("a: CommandFilter, directory, root", "b: CommandFilter, file, root", "c: CommandFilter, uname, root")
    place.configure(exec_dirs=f",.,{place.bin},{place.bin}/file,relative")
    for name in ("directory", "file", "uname"):
        assert place.run(name, cwd="/usr/bin").status == 96, name


def test_row_93_closed_streams_are_filled(place):
    place.allow(*ALLOWED)
    for program, words in ((OURS, [place.conf, "sh", "-c", "exit 3"]), (OUR_DAEMON, ["x", "y"])):
        for closed in range(8):
            shut = " ".join(f"{fd}>&-" for fd in range(3) if closed & 1 << fd)
            done = run(["sh", "-c", f'"$@" {shut}', "sh", program, *words])
            assert done.status == (3 if program == OURS else 98)


def test_row_94_another_user_is_refused_before_it_is_read(place, as_root):
    place.allow(*ALLOWED)
    with Daemon(place.conf, env={"SUDO_UID": "12345"}) as daemon:
        other = run(["setpriv", "--reuid=65534", "--clear-groups", "/usr/bin/python3", "-c",
                     f"import socket; socket.socket(socket.AF_UNIX).connect({daemon.path!r})"])
        assert "PermissionError" in other.stderr


def test_row_99_nothing_is_setuid():
    for program in (OURS, OUR_DAEMON, ROOT / "src/rootwrap/writ-rootwrap-divert"):
        assert not os.stat(program).st_mode & (stat.S_ISUID | stat.S_ISGID)


def test_the_document_has_a_test_for_each_row():
    text = (ROOT / "docs" / "defects.md").read_text().partition("## In the place of oslo.rootwrap")[2]
    text = text.partition("\n## ")[0]
    named = set(re.findall(r"`(test_row_\w+)`", text))
    assert named == {name for name in globals() if name.startswith("test_row_")}
