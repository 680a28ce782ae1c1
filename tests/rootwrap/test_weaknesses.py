"""What docs/rootwrap.md lists as weaknesses of oslo.rootwrap, each with a test of its name.

Where it can be had, the stock package shows the weakness first.
"""
import os
import re
import signal
import subprocess
import sys

import pytest

import logbook
from programs import ENVIRONMENT, OURS, ROOT, Verdict, run
from stock import Stock

PRIVSEP = ["--privsep_context", "neutron.privileged.default", "--privsep_sock_path", "/tmp/x/privsep.sock"]


def stock_allows(place, *argv, exec_dirs=("/usr/sbin", "/usr/bin", "/sbin", "/bin")):
    return Stock(place, list(exec_dirs)).verdict(argv).kind in ("run", "missing")


def ours_allows(place, *argv):
    return place.verdict(*argv).kind in ("run", "missing", "signal")


def only_stock_allows(place, *argv):
    assert stock_allows(place, *argv), argv
    assert not ours_allows(place, *argv), argv
    assert place.run(*argv).status == 99


@pytest.fixture
def evil(directory):
    """A program of the attacker's, that tells that it ran."""
    path = directory / "evil"
    path.mkdir()
    for name in ("cat", "uname"):
        (path / name).write_text(f"#!/bin/sh\ntouch {directory}/pwned\n")
        (path / name).chmod(0o755)
    return path


@pytest.fixture
def privsep(place):
    """A privsep-helper that says how it was started."""
    place.program("privsep-helper", '#!/bin/sh\nprintf "%s\\n" "$@"\n')
    return place.configure(exec_dirs=str(place.bin))


def test_w1_privsep_helper_takes_no_file_of_the_callers(privsep, directory):
    own = directory / "x.conf"
    own.write_text("[DEFAULT]\nlog_config_append=/tmp/x\n")
    assert stock_allows(privsep, "privsep-helper", "--config-file", own, exec_dirs=[str(privsep.bin)])
    link = directory / "link"
    link.symlink_to("/etc/hostname")
    for words in (["--config-file", str(own), *PRIVSEP], ["--config-file", str(own)], [],
                  ["--config-dir", str(directory), *PRIVSEP],
                  ["--config-file", f"/etc/../{own}", *PRIVSEP],
                  ["--config-file", str(link) + "/../../" + str(own), *PRIVSEP],
                  ["--config-file", "/etc/passwd", "--privsep_context", "os.system", *PRIVSEP[2:]],
                  ["--config-file", "/etc/passwd", *PRIVSEP, "--log_config_append", "/tmp/x"],
                  ["--config-file=/etc/passwd", *PRIVSEP, "x"],
                  ["--config-file", "/etc/passwd", PRIVSEP[0], "neutron.x y", *PRIVSEP[2:]],
                  ["--config-file", "/etc/passwd", *PRIVSEP[:2], PRIVSEP[2], "relative"]):
        assert privsep.run("privsep-helper", *words).status == 99, words


def test_an_unchanged_neutron_starts(privsep, as_root):
    words = ["--config-file", "/etc/passwd", "--config-file", "/etc/hostname", "--config-dir", "/etc/ssl", *PRIVSEP]
    done = privsep.run("privsep-helper", *words)
    assert done.status == 0 and done.stdout.splitlines() == words
    done = privsep.run("privsep-helper", *PRIVSEP)
    assert done.status == 0


def test_the_contexts_of_privsep_can_be_set(privsep):
    words = ["--privsep_context", "manila.privsep.x", *PRIVSEP[2:]]
    assert privsep.run("privsep-helper", *words).status == 99
    privsep.configure(exec_dirs=str(privsep.bin), writ_privsep_contexts="manila., nova.")
    assert privsep.run("privsep-helper", *words).status == 0
    assert privsep.run("privsep-helper", *PRIVSEP).status == 99


def test_w2_a_chain_runs_what_was_matched(place, evil, directory):
    place.allow("cat: CommandFilter, cat, root", "nice: ChainingRegExpFilter, nice, root, nice, -n, \\d+",
                "ip: IpNetnsExecFilter, ip, root")
    attack = ["nice", "-n", "5", f"{evil}/cat", "/etc/hostname"]
    assert Stock(place, ["/usr/bin"]).verdict(attack).argv[-2] == f"{evil}/cat"
    done = place.run(*attack)
    assert done.status == 0 and done.stdout == open("/etc/hostname").read()
    assert not (directory / "pwned").exists()
    place.program("ip", '#!/bin/sh\nshift 3; exec "$@"\n')
    place.configure(exec_dirs=f"{place.bin},/usr/bin")
    done = place.run("ip", "netns", "exec", "n", f"{evil}/cat", "/etc/hostname")
    assert done.stdout == open("/etc/hostname").read() and not (directory / "pwned").exists()


def test_w3_the_inner_command_is_what_its_filter_makes_of_it(place, directory):
    inside = directory / "inside"
    inside.mkdir()
    (inside / "link").symlink_to(inside / "file")
    place.allow("nice: ChainingRegExpFilter, nice, root, nice",
                f"stat: PathFilter, stat, root, {inside}",
                "env: EnvFilter, env, root, PROCESS_TAG=, uname")
    assert place.verdict("nice", "stat", f"{inside}/link").argv == (
        "/usr/bin/nice", "/usr/bin/stat", f"{inside}/file")
    assert place.verdict("nice", "env", "PROCESS_TAG=x", "uname", "-s") == Verdict(
        "run", "nice", ("/usr/bin/nice", "/usr/bin/uname", "-s"), ("PROCESS_TAG=x",))

    place.allow("nice: ChainingRegExpFilter, nice, root, nice", "cat: CommandFilter, cat, root")
    place.program("cat", "#!/bin/sh\necho wrong\n")  # first in $PATH, not in exec_dirs
    done = place.run("nice", "cat", "/etc/hostname", env={"PATH": f"{place.bin}:/usr/bin"})
    assert done.stdout == open("/etc/hostname").read()


IP_COMMANDS = [
    ["-n", "net", "netns", "exec", "NS", "sh"], ["-b", "FILE"], ["-batch", "FILE"], ["-ba", "FILE"], ["--batch", "FILE"],
    ["-force", "-b", "FILE"], ["-b", "-"], ["vrf", "exec", "default", "sh"], ["v", "e", "default", "sh"],
    ["vr", "ex", "default", "sh"], ["-netns", "x", "vrf", "exec", "v", "sh"], ["-all", "-n", "net", "netns", "e", "sh"],
    ["-r", "vrf", "exec", "default", "sh"], ["-r", "x", "vrf", "exec", "default", "sh"],
    ["-f", "vrf", "exec", "default", "sh"], ["-s", "-r", "-rc", "vrf", "vrf", "e", "d", "sh"],
    ["-4", "-o", "-n", "netns", "vrf", "exe", "v", "sh"], ["-f", "net", "vrf", "e", "v", "sh"], ["-", "FILE"],
    ["--", "vrf", "exec", "v", "sh"], ["-rc", "netns", "netns", "exec", "n", "sh"],
    ["-family", "netns", "netns", "exec", "n", "sh"], ["-l", "net", "vrf", "exec", "x", "y"],
]


@pytest.mark.parametrize("words", IP_COMMANDS, ids=" ".join)
def test_w4_ip_runs_no_command_in_any_spelling(place, words):
    place.allow("ip: IpFilter, ip, root").program("ip")
    place.configure(exec_dirs=str(place.bin))
    only_stock_allows(place, "ip", *words)


@pytest.mark.parametrize("words", [
    ["link"], ["-o", "-4", "addr", "show"], ["-s", "-d", "link"], ["-n", "qdhcp-1", "link", "set", "lo", "up"],
    ["netns", "list"], ["netns", "add", "x"], ["-br", "link"], ["-j", "-p", "route"], ["n"], ["ne", "show"],
    ["link", "set", "e", "up"], ["-6", "route", "add", "default", "via", "fe80::1", "dev", "exec"], [],
    ["-family", "inet6", "rule"], ["-r", "addr"], ["-all", "netns", "del"], ["route", "add", "vrf", "exec"]], ids=" ".join)
def test_w4_ip_does_what_it_did(place, words):
    place.allow("ip: IpFilter, ip, root").program("ip")
    place.configure(exec_dirs=str(place.bin))
    assert stock_allows(place, "ip", *words)
    assert place.run("ip", *words).status == 0


def test_w5_the_groups_go_with_the_user(both, as_root):
    both.allow("id: CommandFilter, id, nobody")
    done = both.run("id", extra_groups=[0, 4, 27])
    assert done.stdout == "uid=65534(nobody) gid=65534(nogroup) groups=65534(nogroup)\n"


def test_w5_another_user_has_no_terminal_of_ours(place, as_root):
    """CVE-2005-4890 and its like: in its own session it cannot write to our terminal."""
    place.allow("sh: CommandFilter, sh, nobody")
    done = place.run("sh", "-c", "ps -o sid=,pid= -p $$")
    assert len(set(done.stdout.split())) == 1


def test_w6_a_pattern_is_for_the_whole_argument(place):
    place.allow("head: RegExpFilter, head, root, head, /etc/hostname|/etc/hosts",
                "sleep: RegExpFilter, sleep, root, sleep, \\d+", "ls: RegExpFilter, ls, root, .*, /tmp")
    only_stock_allows(place, "head", "/etc/hostname/../shadow")
    only_stock_allows(place, "head", "/etc/hosts\n")
    only_stock_allows(place, "sleep", "\u0663")
    only_stock_allows(place, "anything", "/tmp")
    assert ours_allows(place, "head", "/etc/hosts") and ours_allows(place, "ls", "/tmp")


def test_w6_a_pattern_that_takes_for_ever_matches_nothing(both):
    both.allow("echo: RegExpFilter, echo, root, echo, (a+)+b|(.*)*c|(a|aa)+d")
    assert both.run("echo", "a" * 40).status == 99
    assert both.run("echo", "aaab").status == 0


def test_w7_a_path_is_below_a_directory_and_resolved_once(place, directory):
    images = directory / "images"
    images.mkdir()
    (directory / "images_evil").mkdir()
    (images / "out").symlink_to("/etc/passwd")
    (images / "in").symlink_to(images / "file")
    place.allow(f"stat: PathFilter, stat, root, -c, %n, {images}")
    only_stock_allows(place, "stat", "-c", "%n", f"{directory}/images_evil")
    for path in (f"{images}/out", f"{images}/../images_evil", "/etc/passwd", "relative"):
        assert not ours_allows(place, "stat", "-c", "%n", path), path
    assert place.verdict("stat", "-c", "%n", f"{images}/x/../in").argv[-1] == f"{images}/file"


def test_w8_values_and_arguments_of_env_are_compared(place):
    place.allow("date: EnvFilter, env, root, LC_ALL=C, TAG=, date, -u, \\+%[YH]", "wc: CommandFilter, env, root")
    honest = ["LC_ALL=C", "TAG=anything", "date", "-u", "+%Y"]
    assert place.verdict(*honest).env == ("LC_ALL=C", "TAG=anything")
    only_stock_allows(place, "LC_ALL=x", "TAG=y", "date", "-u", "+%Y")
    only_stock_allows(place, "LC_ALL=C", "TAG=y", "date", "-s", "1970-01-01")
    only_stock_allows(place, "LC_ALL=C", "TAG=y", "date", "-u", "+%Y", "more")
    assert not stock_allows(place, "env") and ours_allows(place, "env")  # taken away by the EnvFilter


@pytest.fixture
def sleeper():
    child = subprocess.Popen(["/usr/bin/sleep", "1000"])
    yield child
    child.kill()
    child.wait()


def test_w9_a_signal_goes_to_the_process_that_was_looked_at(place, sleeper, directory):
    place.allow("kill: KillFilter, root, /usr/bin/sleep, -TERM, -9, -0")
    assert place.run("kill", "-TERM", str(os.getpid())).status == 99
    assert place.run("kill", "-HUP", str(sleeper.pid)).status == 99
    for odd in (f" {sleeper.pid}", f"+{sleeper.pid}", f"{str(sleeper.pid)[0]}_{str(sleeper.pid)[1:]}"):
        assert stock_allows(place, "kill", "-9", odd)
        assert place.run("kill", "-9", odd).status == 99
    for odd in ("-1", "0", "1", "4294967295", "-" + str(sleeper.pid), "", "x"):
        assert place.run("kill", "-9", odd).status == 99
    traced = run(["strace", "-f", "-e", "trace=kill,tkill,tgkill,pidfd_send_signal,execve", OURS, place.conf,
                  "kill", "-TERM", str(sleeper.pid)])
    assert traced.status == 0 and "pidfd_send_signal" in traced.stderr
    assert not re.search(r"\b(kill|tkill|tgkill)\(", traced.stderr)
    assert traced.stderr.count("execve(") == 1
    assert sleeper.wait(60) == -signal.SIGTERM


def test_w9_a_name_in_another_mount_namespace_proves_nothing(place, directory, as_root):
    """A process whose own /usr/bin/sleep is another file."""
    script = f"mount --bind {sys.executable} /usr/bin/sleep && exec /usr/bin/sleep -c 'import time; print(flush=True); time.sleep(1000)'"
    child = subprocess.Popen(["unshare", "-m", "sh", "-c", script], stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL)
    try:
        if not child.stdout.readline():
            pytest.skip("no mount namespace can be made here")
        assert os.readlink(f"/proc/{child.pid}/exe") == "/usr/bin/sleep"
        place.allow("kill: KillFilter, root, /usr/bin/sleep, -9")
        only_stock_allows(place, "kill", "-9", str(child.pid))
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


def test_w9_a_program_that_was_replaced_can_still_be_killed(place, directory, as_root):
    path = place.program("daemon")
    path.write_bytes(open("/usr/bin/sleep", "rb").read())
    child = subprocess.Popen([path, "1000"])
    try:
        path.unlink()
        path.write_bytes(b"another")
        place.allow(f"kill: KillFilter, root, {path}, -9")
        assert stock_allows(place, "kill", "-9", str(child.pid))
        assert place.run("kill", "-9", str(child.pid)).status == 0
    finally:
        child.kill()
        child.wait()


def test_a_kill_by_another_user_is_that_users(place, sleeper, as_root):
    place.allow("kill: KillFilter, nobody, /usr/bin/sleep, -9")
    done = place.run("kill", "-9", str(sleeper.pid))
    assert done.status == 1 and "Operation not permitted" in done.stderr
    assert sleeper.poll() is None


def test_w10_files_that_others_can_write_are_not_used(place, directory, as_root):
    place.allow("echo: CommandFilter, echo, root", name="good")
    place.allow("cat: CommandFilter, cat, root", name="bad")
    bad = place.filters / "bad"
    for mode, owner in ((0o666, 0), (0o644, 65534), (0o602, 0)):
        bad.chmod(mode)
        os.chown(bad, owner, 0)
        assert place.run("echo", "x").status == 0
        denied = place.run("cat", "/dev/null")
        assert denied.status == 99 and "skipped" in denied.stderr and str(bad) in denied.stderr
    bad.chmod(0o664)  # root's own group may
    os.chown(bad, 0, 0)
    assert place.run("cat", "/dev/null").status == 0
    os.chown(bad, 0, 1)
    assert place.run("cat", "/dev/null").status == 99


def test_w10_an_exec_dir_or_a_program_of_others_is_not_used(place, as_root):
    place.allow("mine: CommandFilter, mine, root").program("mine")
    place.configure(exec_dirs=f"relative,{place.bin}")
    assert place.run("mine").status == 0
    (place.bin / "mine").chmod(0o777)
    assert place.run("mine").status == 96
    (place.bin / "mine").chmod(0o755)
    place.bin.chmod(0o777)
    assert place.run("mine").status == 96
    assert "skipped: exec_dirs" in place.reads()


def test_w10_a_configuration_of_others_is_refused_in_both_modes(both, as_root):
    """CVE-2013-6433, CVE-2014-3632: CONF of the caller's choice."""
    both.allow("echo: CommandFilter, echo, root")
    assert both.run("echo").status == 0
    both.conf.chmod(0o646)
    done = both.run("echo")
    assert done.status == 97 and "may write" in done.stderr
    both.conf.chmod(0o644)
    os.chown(both.conf, 65534, 65534)
    assert both.run("echo").status == 97


def test_w10_a_directory_of_the_services_is_named_or_refused(place, directory, as_root):
    place.allow("echo: CommandFilter, echo, root")
    os.chown(directory, 65534, 65534)
    assert place.run("echo").status == 0
    assert f"chown root {directory}" in place.reads()
    place.configure(writ_paths="refuse")
    assert place.run("echo").status == 97
    place.configure()
    (directory / "link.d").symlink_to(place.filters)
    place.conf.write_text(f"[DEFAULT]\nfilters_path={directory}/link.d\nexec_dirs=/usr/bin\n")
    denied = place.run("echo")
    assert denied.status == 99 and "symbolic link" in denied.stderr


def test_w10_the_links_of_roots_are_followed(place, as_root):
    place.allow("true: CommandFilter, /bin/true, root")
    assert os.path.islink("/bin") and place.run("true").status == 0


def test_w11_files_are_read_in_order_and_left_overs_are_not(place):
    place.allow("z: CommandFilter, echo, root", name="20-b.filters")
    place.allow("a: CommandFilter, echo, root", name="10-a.filters")
    for name in ("05.filters~", "06.filters.dpkg-old", "07.filters.rpmsave", "08.filters.bak", ".09.filters"):
        place.allow("left: CommandFilter, echo, root", name=name)
    assert place.verdict("echo").name == "a"
    assert place.reads().count("a left-over") == 4


def test_w12_a_bad_line_takes_no_other_with_it(both):
    both.allow("bad: CommandFilter, echo", "worse: KillFilter, root", "worst: RegExpFilter",
               "echo: CommandFilter, echo, root")
    (both.filters / "b").write_text("no section\n")
    (both.filters / "c").write_bytes(b"[Filters]\nx: CommandFilter, \xff, root\n")
    (both.filters / "d").write_text("[Other]\nx: CommandFilter, cat, root\n")
    assert both.stock("echo", "x").status == 1
    assert both.run("echo", "x").stdout == "x\n"
    assert both.reads().count("skipped: ") == 6


def test_w15_the_log_of_one_command_is_that_of_stock(place, directory):
    place.allow("echo: CommandFilter, echo, root", "missing: CommandFilter, /no/such, root")
    place.configure(use_syslog="True", syslog_log_level="INFO", syslog_log_facility="authpriv")
    for argv in (["echo", "a b", "q'"], ["nosuch", "x"], ["such"]):
        ours = logbook.lines(directory, [OURS, place.conf, *argv])
        stock = logbook.lines(directory, [logbook.STOCK, place.conf, *argv])
        assert len(ours) == 1
        assert [line.replace(b"writ-rootwrap:", b"oslo-rootwrap:") for line in ours] == stock


def test_w15_a_denial_of_one_command_is_logged_in_one_line(place, directory):
    """CVE-2023-28486: what others wrote is no line of its own."""
    lines = logbook.lines(directory, [OURS, place.conf, "x\n<86>sudo: fake\x1b[2J\x07"])
    assert lines == [b"<43>writ-rootwrap: Unauthorized command: x?<86>sudo: fake?[2J? (no filter matched)\0"]


def test_w22_no_loader_variable_and_no_blocked_signal_is_inherited(place):
    place.allow("env: CommandFilter, env, root", "cat: CommandFilter, cat, root")
    names = ["LD_PRELOAD", "LD_LIBRARY_PATH", "GCONV_PATH", "PYTHONPATH", "PERL5LIB", "BASH_ENV", "TC_LIB_DIR",
             "IP_LIB_DIR", "XTABLES_LIBDIR", "LD_AUDIT", "PYTHONSTARTUP", "RUBYLIB", "NODE_OPTIONS"]
    seen = place.run("env", env={**{name: "/nowhere" for name in names}, "HARMLESS": "x"}).stdout
    assert "HARMLESS=x" in seen
    assert not [name for name in names if f"{name}=" in seen]
    done = place.run("cat", "/proc/self/status",
                     preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM]))
    assert re.search(r"SigBlk:\s0+\n", done.stdout)


def test_w22_exact_mode_hands_on_the_whole_environment(place):
    place.configure("exact").allow("env: CommandFilter, env, root")
    assert "PYTHONPATH=/nowhere" in place.run("env", env={"PYTHONPATH": "/nowhere"}).stdout


def test_w22_a_loader_variable_that_a_filter_lists_is_set(place):
    place.allow("e: EnvFilter, env, root, PYTHONPATH=, env")
    assert "PYTHONPATH=/x" in place.run("env", "PYTHONPATH=/x", "env").stdout


def test_w23_commas_and_blanks_can_be_written(place):
    place.allow("seq: RegExpFilter, seq, root, seq, [0-9]{1\\,3}")
    place.conf.write_text(f"[DEFAULT]\nfilters_path=/nowhere, {place.filters}\nexec_dirs=/nowhere, /usr/bin\n")
    assert ours_allows(place, "seq", "123") and not ours_allows(place, "seq", "1234")


def test_w24_a_denial_can_be_explained(place):
    place.allow("sleep_a: RegExpFilter, sleep, root, sleep, \\d+")
    told = place.check("sleep", "x")
    assert told.status == 1 and "near: sleep_a" in told.stdout and "word 1, 'x', is not \\d+" in told.stdout
    told = place.check("sleep", "1", "2")
    assert "takes 2 words, not 3" in told.stdout
    assert place.check("sleep", "1").status == 0


def test_check_names_each_filter_that_strict_mode_changes(place):
    place.allow("plain: CommandFilter, echo, root", "re: RegExpFilter, sleep, root, sleep, \\d+|x",
                "ip: IpFilter, ip, root", "path: PathFilter, cat, root, /etc", "env: EnvFilter, env, root, A=1, echo, x",
                "kill: KillFilter, root, /usr/bin/sleep", "who: CommandFilter, id, nobody")
    told = place.check().stdout
    assert "plain:" not in told
    for name in ("re", "ip", "path", "env", "kill", "who", "privsep-helper"):
        assert f": {name}: " in told, name


def test_the_document_names_a_test_for_each_weakness():
    text = (ROOT / "docs" / "rootwrap.md").read_text()
    tests = "".join(path.read_text() for path in (ROOT / "tests" / "rootwrap").glob("test_*.py"))
    for number in range(1, 25):
        row = re.search(rf"^\| W{number} \|.*$", text, re.M)
        named = re.findall(r"`(test_\w+)`", row[0])
        assert named and all(f"def {name}(" in tests for name in named), row[0]
