"""`writ policy`: the command, and the directories that it reads."""
import json
import os
import re
import subprocess

import pytest

from command import ROOT, WRIT

HEAD = "[Policy]\nAllow=user:root user:daemon\n"
RULE = "[Command r]\nUser=root\nExec=/bin/true {a:int(1..9)}\n"
ANYWHERE = ["--any-user", "--any-program", "--any-owner"]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root makes files of root's")


def policy(*args, cwd="/"):
    done = subprocess.run([WRIT, "policy", *map(str, args)], cwd=cwd, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, errors="surrogateescape", timeout=60)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def directory(place):
    """One that only root can change, if root runs the tests."""
    path = place / "policy.d"
    path.mkdir(mode=0o755)
    return path


def write(path, text):
    path.write_text(text)
    path.chmod(0o644)
    return path


@as_root
def test_check_says_file_line_what_and_why(directory):
    path = write(directory / "a.policy", HEAD + RULE + "TimeoutSec=\n")
    status, out, _ = policy("check", directory)
    assert status == 1
    assert out.splitlines() == [f"{path}:6: TimeoutSec=: empty: write what it is to be, or \"none\" "
                                "where there is such a thing"]


@as_root
def test_check_is_silent_where_all_is_well(directory):
    write(directory / "a.policy", HEAD + RULE)
    assert policy("check", directory) == (0, "", "")
    assert policy("check", "-v", directory)[1] == "1 rules\n"


@as_root
def test_files_are_taken_by_name_the_first_directory_wins(place, directory):
    other = place / "lib"
    other.mkdir(mode=0o755)
    write(directory / "a.policy", "")
    write(other / "a.policy", "broken")
    write(other / "b.policy", HEAD + RULE)
    write(other / "c.policy~", "broken")
    write(other / ".d.policy", "broken")
    assert policy("check", "-v", directory, other)[1] == "1 rules\n"
    assert policy("check", other)[0] == 1


@as_root
@pytest.mark.parametrize("spoil, why", [
    (lambda f: os.chown(f, 65534, 0), "does not belong to root"),
    (lambda f: f.chmod(0o664), "can be written by others than root"),
    (lambda f: f.chmod(0o666), "can be written by others than root"),
    (lambda f: f.parent.chmod(0o777), "can be written by others than root"),
    (lambda f: os.chown(f.parent, 65534, 0), "does not belong to root"),
    (lambda f: (f.rename(f.with_suffix(".x")), f.symlink_to(f.with_suffix(".x")),
                os.chown(f, 65534, 0, follow_symlinks=False)), "does not belong to root"),
    (lambda f: (f.unlink(), f.mkdir()), "Is a directory"),
    (lambda f: (f.unlink(), os.mkfifo(f)), "Invalid argument"),
])
def test_b15_what_others_can_change_is_refused_by_name(directory, spoil, why):
    path = write(directory / "a.policy", HEAD + RULE)
    spoil(path)
    status, out, _ = policy("check", directory)
    assert status == 1 and str(directory) in out and why in out, out
    assert len(out.splitlines()) == 1


@as_root
def test_b15_a_link_below_a_strangers_directory_is_refused(place, directory):
    stranger = place / "stranger"
    stranger.mkdir()
    write(directory / "a.policy", HEAD + RULE)
    (stranger / "link").symlink_to(directory)
    os.chown(stranger, 65534, 65534)
    status, out, _ = policy("check", stranger / "link")
    assert status == 1 and "stranger does not belong to root" in out
    (place / "mine").symlink_to(directory)
    assert policy("check", place / "mine")[0] == 0


@as_root
@pytest.mark.parametrize("program, why", [
    ("{}/theirs", "does not belong to root"), ("{}/open", "can be written by others than root"),
    ("{}/script", "theirs does not belong to root"), ("{}/missing", "No such file"),
    ("{}/plain", "Permission denied"), ("{}/relative", "no absolute path"), ("{}", "Permission denied"),
    ("{}/loop", "Too many levels"),
])
def test_a_program_that_others_can_change_leaves_its_rules_inert(directory, program, why):
    for name, mode, text in (("theirs", 0o755, "x"), ("open", 0o775, "x"), ("plain", 0o644, "x"),
                             ("script", 0o755, f"#!{directory}/theirs\n"),
                             ("relative", 0o755, "#! sh\n")):
        path = directory / name
        path.write_text(text)
        path.chmod(mode)
    os.chown(directory / "theirs", 65534, 0)
    (directory / "loop").symlink_to("loop")
    program = program.format(directory)
    write(directory / "a.policy", HEAD + f"[Command r]\nUser=root\nExec={program}\n"
          f"[Command s]\nUser=root\nExec={program} again\n" + RULE.replace("[Command r]", "[Command t]"))
    status, out, _ = policy("check", directory)
    assert status == 0 and out.count("warning") == 1 and why in out, out
    explain = ["explain", directory, "--user", "root", "--"]
    assert policy(*explain, program)[0] == 1
    assert policy(*explain, "true", "5")[0] == 0


@as_root
def test_names_that_are_not_known_leave_rules_inert(directory):
    write(directory / "a.policy", HEAD.replace("user:daemon", "group:nosuchgroup") + RULE +
          "[Command s]\nUser=nosuchuser\nExec=/bin/true\n")
    status, out, _ = policy("check", directory)
    assert status == 0
    assert "nosuchgroup is not known" in out and "a/s is inert: nosuchuser is not known" in out


def test_explain_names_the_rule_or_what_differs(directory):
    path = write(directory / "a.policy", HEAD + RULE)
    explain = ["explain", directory, *ANYWHERE, "--user", "root", "--"]
    assert policy(*explain, "true", "7") == (0, f"allowed by a/r ({path}:3)\n  a = 7\n", "")
    status, out, _ = policy(*explain, "true", "0")
    assert status == 1
    assert out == f"refused: argument\n  a/r ({path}:3): argument 1, '0': expected {{int(1..9)}}\n"
    assert policy(*explain, "true")[1].endswith("ends too early: expected {int(1..9)}\n")
    assert policy(*explain, "true", "1", "2")[1].endswith("one argument too many\n")
    assert policy(*explain, "false")[1] == "refused: program\n"


def test_explain_answers_in_json(directory):
    write(directory / "a.policy", HEAD + RULE)
    explain = ["explain", "--json", directory, *ANYWHERE, "--user", "root", "--"]
    answer = json.loads(policy(*explain, "true", "7")[1])
    assert answer["allowed"] and answer["rule"] == "a/r" and answer["captures"] == {"a": "7"}
    answer = json.loads(policy(*explain, "true", "x")[1])
    assert not answer["allowed"] and answer["why"] == "argument"
    assert answer["near"][0]["argument"] == 1


def test_row_46_who_is_not_served_learns_nothing(directory):
    write(directory / "a.policy", HEAD.replace("user:daemon", "") + RULE)
    for words in (["true", "7"], ["true", "x"], ["nothing"]):
        status, out, _ = policy("explain", directory, *ANYWHERE, "--user", "daemon", "--", *words)
        assert (status, out) == (1, "refused: peer\n")


def test_explain_needs_a_user_and_a_command(directory):
    assert policy("explain", directory, "--", "true")[0] == 2
    assert policy("explain", directory, "--user", "root")[0] == 2
    assert policy("explain", directory, "--user", "nosuchuser", "--", "true")[0] == 2
    assert policy("nothing")[0] == 2 and policy()[0] == 2


def test_a_test_file_tells_each_command_that_is_not_as_expected(directory):
    write(directory / "a.policy", HEAD + RULE)
    path = write(directory / "a.test", "policy a.policy\nuser root\nallow r: true 7\nallow: true 8\n"
                 "refuse argument: true x\nrefuse: true 1\nallow: true \\x31\n")
    status, out, _ = policy("test", path)
    assert status == 1
    assert out == f"{path}:6: allowed by a/r:  true 1\n4 as expected, 1 not\n"


@pytest.mark.parametrize("text", ["allow: x\n", "user root\n", "policy missing.policy\n", "what\n",
                                  "policy a.policy\nuser root\nallow:\n"])
def test_a_test_file_that_is_wrong_is_no_failure_of_the_policy(directory, text):
    write(directory / "a.policy", HEAD + RULE)
    assert policy("test", write(directory / "a.test", text))[0] == 2


def lint(directory, exec_line, more=""):
    write(directory / "a.policy", HEAD + f"[Command r]\nUser=root\nExec={exec_line}\n{more}")
    status, out, err = policy("lint", directory, *ANYWHERE)
    assert err == ""
    return status, {line.split(": ")[2] for line in out.splitlines()}


@pytest.mark.parametrize("found, exec_line, clean", [
    ("B2", "/bin/x {a:regex(.*)}", "/bin/x {a:regex([a-z]+)}"),
    ("B3", "/bin/x {a:any}", "/bin/x {a:text}"),
    ("B3", "/bin/x {a:regex(-.*)}", "/bin/x -a"),
    ("B5", "/usr/sbin/ip netns exec {ns:netns} id", "/usr/sbin/ip netns add {ns:new-netns}"),
    ("B5", "/usr/bin/nice -n 5 id", "/usr/bin/id"),
    ("B5", "/usr/bin/tcpdump -z {a:word}", "/usr/bin/tcpdump -i {a:ifname}"),
    ("B6", "/usr/sbin/ip -b {f:path(/tmp)}", "/usr/sbin/ip link"),
    ("B6", "/usr/sbin/haproxy -f {f:word}", "/usr/sbin/haproxy -f /etc/haproxy.cfg"),
    ("B6", "/usr/sbin/dnsmasq --conf-file={f:word}", "/usr/sbin/dnsmasq --conf-file=/etc/d.conf"),
    ("B10", "/bin/x {f:path(/tmp)}", "/bin/x {f:path(/usr/share)}"),
    ("B16", "/bin/sh -c id", "/bin/true"),
    ("B16", "/usr/bin/python3.11 x.py", "/bin/true"),
    ("B17", "/usr/bin/tee {f:word}", "/usr/bin/tee /etc/motd"),
    ("B18", "/usr/bin/systemd-run id", "/bin/true"),
    ("B19", "/bin/x --password={password:word}", "/bin/x --password={password:secret}"),
])
def test_lint_finds_its_class_and_only_there(directory, found, exec_line, clean):
    status, classes = lint(directory, exec_line)
    assert status == 1 and found in classes
    assert lint(directory, clean) == (0, set())


@pytest.mark.parametrize("found, more", [
    ("B8", "PassEnvironment=LD_PRELOAD:word\n"), ("B8", "PassEnvironment=TC_LIB_DIR:word\n"),
    ("B9", "PassEnvironment=TAG:any\n"), ("B13", "CapabilityBoundingSet=CAP_NET_ADMIN\n"),
    ("B14", "WorkingDirectory=peer\n"), ("B14", "NoNewPrivileges=no\n"), ("B14", "Namespace=any\n"),
    ("B20", "TimeoutSec=infinity\n"),
])
def test_lint_looks_at_the_settings(directory, found, more):
    assert lint(directory, "/bin/true", more) == (1, {found})
    accepted = more + f'Accept="{found}: it is meant so"\n'
    assert lint(directory, "/bin/true", accepted) == (0, set())


def test_the_examples_are_clean_and_as_their_tests_say():
    examples = ROOT / "examples" / "policy"
    assert policy("check", *ANYWHERE, examples) == (0, "", "")
    assert policy("lint", *ANYWHERE, examples) == (0, "", "")
    for path in sorted(examples.glob("*.test")):
        status, out, err = policy("test", path)
        assert status == 0 and err == "", out + err
        assert int(re.match(r"(\d+) as expected, 0 not", out)[1]) > 50


def refused(*argv, uid=1000):
    return json.dumps({"answer": "refused", "peer": {"uid": uid}, "argv": argv}) + "\n"


def test_learn_makes_rules_as_tight_as_the_samples(directory):
    log = directory / "log"
    log.write_text("".join(refused("/bin/x", "set", f"tap{i}", str(1400 + i), "ab"[i % 2])
                           for i in range(6)) +
                   refused("/bin/x", "set", "tap0", "1", "a", uid=1001) + "not json\n" +
                   refused("/bin/sh", "-c", "a\n[Command x]\nb") +
                   json.dumps({"answer": "allowed", "peer": {"uid": 1}, "argv": ["/bin/y"]}))
    status, out, err = policy("learn", log)
    assert (status, err) == (0, "")
    assert "#Exec=/bin/x set {v2:ifname} {v3:int(1400..1405)} (a|b)\n" in out
    assert "# uid 1001, 1 different request\n" in out and "# lint: B16" in out
    assert "#Exec=/bin/sh -c a\\x0a\\x5bCommand\\x20x\\x5d\\x0ab\n" in out
    assert "/bin/y" not in out and "1 lines were not understood" in out
    assert all(line.startswith("#") for line in out.splitlines() if line)
    assert policy("learn", directory / "missing")[0] == 2


FILTERS = """[Filters]
# a comment
true: CommandFilter, /bin/true, root
echo = CommandFilter, echo, daemon
re: RegExpFilter, /bin/cat, root, cat, -n, /proc/[0-9]+/stat
other: RegExpFilter, /bin/cat, root, dog, x
chown: PathFilter, /bin/ls, root, -l, pass, /usr/share
kill: KillFilter, root, /bin/sleep, -9, -HUP
read: ReadFileFilter, /etc/hostname
env: EnvFilter, env, root, TAG=, MODE=, /bin/true
ip: IpFilter, ip, root
netns: IpNetnsExecFilter, ip, root
nice: ChainingRegExpFilter, nice, root, nice, -?\\d+
gone: CommandFilter, /no/such program, root
what: WhatFilter, x, root
"""


def test_convert_allows_no_more_than_the_filters(directory):
    filters = directory / "filters"
    filters.mkdir()
    write(filters / "a.filters", FILTERS)
    conf = write(directory / "rootwrap.conf",
                 f"[DEFAULT]\nfilters_path = {filters}\nexec_dirs=/usr/bin,/bin\n")
    status, out, err = policy("convert", "--from", "rootwrap", "--user", "root", conf)
    assert (status, err) == (0, "")
    path = write(directory / "a.policy", out)
    assert policy("check", *ANYWHERE, path) == (0, "", "")
    lost = {line.split(": ")[1] for line in out.splitlines() if line.startswith("#   ")}
    assert lost == {"other", "ip", "nice", "what"}
    write(directory / "a.test", """policy a.policy
user root
allow: true
allow: true -x --y "a b"
allow: ip netns exec blue true
allow: echo a
refuse: ip netns exec blue echo a
allow: cat -n /proc/12/stat
refuse: cat -n /proc/12/stat/x
refuse: cat -n /proc/x/stat
refuse: dog x
allow: ls -l x /usr/share/doc
refuse: ls -l x /usr/share/../x
refuse: ls -a x /usr/share/doc
allow: kill -9 4711
refuse: kill -15 4711
refuse: kill 4711
allow: cat /etc/hostname
refuse: cat /etc/shadow
allow: env TAG=a MODE=b true
allow: env MODE=b TAG=a true x
refuse: env TAG=a true
refuse: env TAG=a LD_PRELOAD=b true
refuse: ip link
refuse: nice 5 true
refuse: /tmp/true
""")
    status, out, err = policy("test", directory / "a.test")
    assert status == 0, out + err
