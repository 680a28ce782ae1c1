"""What a program may: capabilities, and no new ones by what it executes."""
import re
import subprocess
from pathlib import Path

import pytest

from programs import setuid_root

NET_ADMIN, NET_RAW = 1 << 12, 1 << 13
STATUS = ("sh", "-c", "cat /proc/self/status")


def told(done):
    """The lines of /proc/PID/status that the program printed of itself."""
    lines = dict(re.findall(r"^(\w+):\s*(.*)$", done.check().stdout, re.M))
    caps = {name: int(lines[f"Cap{name}"], 16) for name in ("Inh", "Prm", "Eff", "Bnd", "Amb")}
    return {**caps, "Uid": lines["Uid"].split(), "Groups": lines["Groups"].split(),
            "NoNewPrivs": lines["NoNewPrivs"]}


@pytest.fixture
def of_root(as_root, level):
    if level == "ordinary":
        pytest.skip("an ordinary user has no capabilities to give")


def bounding():
    return int(re.search(r"^CapBnd:\s*(\w+)$", Path("/proc/self/status").read_text(), re.M)[1], 16)


def test_another_user_has_the_ambient_capabilities_and_no_more(writ, of_root):
    had = told(writ.run("-u", "1234:4321", "--ambient-caps", "net_admin,+CAP_NET_RAW", "--", *STATUS))
    for name in ("Inh", "Prm", "Eff", "Amb"):
        assert had[name] == NET_ADMIN | NET_RAW, name
    assert had["Bnd"] == bounding()
    assert had["Uid"] == ["1234"] * 4 and had["Groups"] == ["4321"]


def test_another_user_has_none_that_were_not_asked_for(writ, of_root):
    had = told(writ.run("-u", "1234:4321", "--", *STATUS))
    assert [had[name] for name in ("Inh", "Prm", "Eff", "Amb")] == [0, 0, 0, 0]


def test_root_keeps_what_the_bounding_set_has(writ, of_root):
    had = told(writ.run("--bounding-caps", "net_admin,net_raw", "--", *STATUS))
    assert [had[name] for name in ("Inh", "Prm", "Eff", "Bnd", "Amb")] == [
        0, NET_ADMIN | NET_RAW, NET_ADMIN | NET_RAW, NET_ADMIN | NET_RAW, 0]
    had = told(writ.run("--bounding-caps", "none", "--", *STATUS))
    assert [had[name] for name in ("Prm", "Eff", "Bnd")] == [0, 0, 0]
    had = told(writ.run("--bounding-caps", "~net_admin,net_raw", "--", *STATUS))
    assert had["Bnd"] == had["Eff"] == bounding() & ~(NET_ADMIN | NET_RAW)


def test_ambient_and_bounding_set_go_together(writ, of_root):
    had = told(writ.run("-u", "1234:4321", "--ambient-caps", "net_raw", "--bounding-caps",
                        "net_admin,net_raw", "--no-new-privs", "--", *STATUS))
    assert (had["Eff"], had["Bnd"], had["NoNewPrivs"]) == (NET_RAW, NET_ADMIN | NET_RAW, "1")


def test_what_a_program_leaves_behind_is_ended_whoever_it_became(writ, of_root):
    script = "setsid sh -c 'echo $$ >pid; exec sleep 1000' & while [ ! -s pid ]; do sleep 0.01; done"
    done = writ.run("-u", "1234:4321", "--ambient-caps", "kill", "--", "sh", "-c", script).check()
    assert done.record["left_behind"]["killed"] == 1 and done.record["containment"] == writ.level


def test_with_no_new_privs_a_setuid_program_gains_nothing(ordinary, place):
    become_root = (setuid_root(place), "--reuid=0", "id", "-u")
    assert ordinary.run("--", *become_root).check().stdout == "0\n"
    done = ordinary.run("--no-new-privs", "--", *become_root)
    assert done.status not in (0, 125) and "not permitted" in done.stderr
    assert told(ordinary.run("--no-new-privs", "--", *STATUS))["NoNewPrivs"] == "1"


def test_no_new_privs_holds_at_each_level(writ, level):
    assert told(writ.run("--no-new-privs", "--", *STATUS))["NoNewPrivs"] == "1"
    assert told(writ.run("--", *STATUS))["NoNewPrivs"] == "0"


@pytest.mark.parametrize("args", [
    ("--ambient-caps", "net_raw"), ("--bounding-caps", "none"), ("--bounding-caps", "~net_raw")], ids=" ".join)
def test_an_ordinary_user_is_refused(ordinary, place, args):
    done = ordinary.run(*args, "--", "touch", place / "started")
    assert done.status == 125 and not (place / "started").exists()
    assert "Operation not permitted" in done.stderr and done.record["error"]["errno"] == 1
    assert done.record["error"]["stage"] == "capability"
    assert len(done.stderr.splitlines()) == 2, done  # and what it takes


def test_ambient_capabilities_for_root_are_refused_with_a_remedy(writ, as_root, place):
    for user in ((), ("-u", "root")):
        done = writ.run(*user, "--ambient-caps", "net_raw", "--", "touch", place / "started")
        assert done.status == 125 and not (place / "started").exists()
        assert "root" in done.stderr and "bounding" in done.stderr


def test_a_capability_outside_the_bounding_set_is_refused(writ, as_root):
    done = writ.run("-u", "1234:4321", "--ambient-caps", "net_raw", "--bounding-caps", "chown", "--", "true")
    assert done.status == 125 and "bounding" in done.stderr


def test_the_dry_run_tells_all_of_it(writ, as_root):
    plan = writ("run", "-n", "-u", "1234:4321", "--ambient-caps", "net_raw", "--bounding-caps",
                "net_raw,chown", "--no-new-privs", "--", "true").check().stdout
    assert re.search(r"^bounding +cap_chown cap_net_raw$", plan, re.M)
    assert re.search(r"^capabilities ambient cap_net_raw$", plan, re.M)
    assert re.search(r"^no-new-privs ", plan, re.M)


def test_a_caller_with_ambient_capabilities_gives_those(writ, as_root):
    """Not root, but not without privileges either, as a service may be."""
    writ.prefix = ["setpriv", "--reuid=1234", "--regid=4321", "--clear-groups", "--inh-caps=+net_raw,+net_admin",
                   "--ambient-caps=+net_raw,+net_admin"]
    writ.env["WRIT_CGROUP"] = "none"
    if subprocess.run([*writ.prefix, writ.path, "--version"], check=False).returncode != 0:
        pytest.skip("the command cannot be reached by others")
    had = told(writ("run", "--ambient-caps", "net_raw", "--", *STATUS))
    assert [had[name] for name in ("Inh", "Prm", "Eff", "Amb")] == [NET_RAW] * 4
    had = told(writ("run", "--", *STATUS))
    assert had["Amb"] == NET_ADMIN | NET_RAW  # asked for nothing: as it was
