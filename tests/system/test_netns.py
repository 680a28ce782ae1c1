"""Runs in a network namespace that has a name, as `ip netns exec` has them."""
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from command import AS_ORDINARY

NAMED = Path("/run/netns")


def sh(*words):
    subprocess.run(words, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


class Netns:
    """A namespace, and the files that go with it."""

    def __init__(self):
        self.name = f"writ-test-{os.getpid()}"
        self.path = NAMED / self.name
        self.files = Path("/etc/netns") / self.name
        self.made_parent = not self.files.parent.exists()

    def add_file(self, name, text):
        self.files.mkdir(parents=True, exist_ok=True)
        (self.files / name).write_text(text)
        return self.files / name

    def remove(self):
        subprocess.run(["ip", "netns", "del", self.name], stderr=subprocess.DEVNULL, check=False)
        shutil.rmtree(self.files, ignore_errors=True)
        if self.made_parent and self.files.parent.exists():
            self.files.parent.rmdir()


@pytest.fixture
def netns(as_root):
    if shutil.which("ip") is None:
        pytest.skip("there is no ip(8) here (Debian: iproute2)")
    made = Netns()
    try:
        sh("ip", "netns", "add", made.name)
    except subprocess.CalledProcessError as failed:
        pytest.skip(f"no network namespace can be made here: {failed.stderr.decode().strip()}")
    yield made
    made.remove()


@pytest.fixture
def other(netns):
    """A name beside it, for what is no such namespace."""
    path = NAMED / f"{netns.name}-other"
    yield path
    subprocess.run(["umount", "-q", path], stderr=subprocess.DEVNULL, check=False)
    path.unlink(missing_ok=True)


@pytest.fixture
def of_root(level):
    if level == "ordinary":
        pytest.skip("an ordinary user cannot enter a namespace")


def refused(writ, name, place, *why):
    done = writ.run("--netns", name, "--", "touch", place / "started")
    assert done.status == 125 and not (place / "started").exists()
    assert done.record["error"]["stage"] == "namespace"
    for word in why:
        assert word in done.stderr, done.stderr
    return done


def test_the_program_is_in_it_and_sees_its_sys(writ, netns, level, of_root):
    before = Path("/proc/self/mountinfo").read_text()
    done = writ.run("--netns", netns.name, "--", "sh", "-c",
                    "readlink /proc/self/ns/net; ls /sys/class/net; readlink /proc/self/ns/mnt").check()
    net, *devices, mnt = done.stdout.split()
    assert net == f"net:[{netns.path.stat().st_ino}]" != os.readlink("/proc/self/ns/net")
    assert devices == ["lo"] and mnt != os.readlink("/proc/self/ns/mnt")
    assert done.record["containment"] == writ.level
    assert Path("/proc/self/mountinfo").read_text() == before


def test_each_of_its_files_is_over_that_in_etc(writ, netns, level, of_root):
    real = Path("/etc/hosts").read_text()
    netns.add_file("hosts", "192.0.2.1 there\n")
    netns.add_file("passwd", "only:x:1:1::/:/bin/sh\n")
    done = writ.run("--netns", netns.name, "--", "cat", "/etc/hosts", "/etc/passwd").check()
    assert done.stdout == "192.0.2.1 there\nonly:x:1:1::/:/bin/sh\n"
    assert Path("/etc/hosts").read_text() == real


def test_another_user_has_the_capabilities_of_it(writ, netns, level, of_root):
    done = writ.run("--netns", netns.name, "-u", "nobody", "--ambient-caps", "net_admin", "--no-new-privs", "--",
                    "sh", "-c", "ip link set lo up && ip -br link show lo && id -u").check()
    assert "UP" in done.stdout and done.stdout.endswith("65534\n")


def test_the_working_directory_stays(writ, netns, place, level, of_root):
    (place / "here").mkdir()
    assert writ.run("--netns", netns.name, "--", "pwd", cwd=place / "here").check().stdout == f"{place}/here\n"
    assert writ.run("--netns", netns.name, "-C", place / "here", "--", "pwd").check().stdout == f"{place}/here\n"


def test_what_is_left_behind_there_is_ended(writ, netns, level, of_root):
    done = writ.run("--netns", netns.name, "--", "sh", "-c", "setsid sleep 1000 </dev/null >/dev/null 2>&1 &").check()
    assert done.record["left_behind"]["killed"] == done.record["left_behind"]["count"]


def test_the_dry_run_tells_what_is_mounted(writ, netns):
    netns.add_file("hosts", "")
    plan = writ("run", "-n", "--netns", netns.name, "--", "true").check().stdout
    assert re.search(rf"^netns +{netns.name}$", plan, re.M) and re.search(r"^mounts +", plan, re.M)
    assert re.search(rf"^bind +{netns.files}/hosts over /etc/hosts$", plan, re.M)


def test_one_that_is_not_there_is_named_with_a_remedy(writ, netns, place):
    done = refused(writ, "no-such-netns", place, "no-such-netns", "ip netns list")
    assert done.record["error"]["code"] == "E_NOT_FOUND"


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../netns/x", "n" * 256])
def test_what_is_no_name_is_refused(writ, as_root, place, name):
    assert refused(writ, name, place).record["error"]["code"] == "E_INVAL"


@pytest.mark.parametrize("kind", ["file", "fifo", "directory", "uts", "link"])
def test_what_is_no_network_namespace_is_refused(writ, netns, other, place, kind, level, of_root):
    if kind == "fifo":
        os.mkfifo(other)
    elif kind == "directory":
        other.mkdir()
    elif kind == "link":
        other.symlink_to(netns.path)
    else:
        other.touch()
    if kind == "uts":
        sh("mount", "--bind", "/proc/self/ns/uts", other)
    done = refused(writ, other.name, place, other.name)
    assert done.record["error"]["errno"] == (40 if kind == "link" else 22)  # ELOOP, EINVAL
    if kind == "directory":
        other.rmdir()


def namespace_of(other, *words):
    """The network namespace of a new user namespace gets that name."""
    process = subprocess.Popen([*words, "unshare", "--user", "--net", "sh", "-c", "echo; exec sleep 1000"],
                               stdout=subprocess.PIPE)
    try:
        if not process.stdout.readline():
            pytest.skip("no user namespace can be made here")
        other.touch()
        sh("mount", "--bind", f"/proc/{process.pid}/ns/net", other)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_namespace_in_which_another_user_rules_is_refused(writ, other, place, level, of_root):
    namespace_of(other, *AS_ORDINARY)
    done = refused(writ, other.name, place, "Permission denied", "root")
    assert done.record["error"]["errno"] == 13


def test_a_namespace_in_which_root_rules_is_taken(writ, other):
    namespace_of(other)
    done = writ.run("--netns", other.name, "--", "readlink", "/proc/self/ns/net").check()
    assert done.stdout == f"net:[{other.stat().st_ino}]\n"


def test_a_file_that_is_not_roots_is_refused(writ, netns, place, level, of_root):
    os.chown(netns.add_file("hosts", "192.0.2.1 there\n"), 65534, 65534)
    refused(writ, netns.name, place, f"{netns.files}/hosts", "Permission denied")


def test_a_directory_that_others_may_write_to_is_refused(writ, netns, place):
    netns.add_file("hosts", "192.0.2.1 there\n")
    netns.files.chmod(0o777)
    refused(writ, netns.name, place, str(netns.files), "others than root")


def test_a_file_without_one_in_etc_is_refused(writ, netns, place):
    netns.add_file(f"no-such-{os.getpid()}", "")
    refused(writ, netns.name, place, "No such file")


def test_too_many_files_are_refused(writ, netns, place):
    for i in range(65):
        netns.add_file(f"file{i}", "")
    assert refused(writ, netns.name, place).record["error"]["code"] == "E_LIMIT"


def test_an_ordinary_user_is_refused(ordinary, netns, place):
    done = refused(ordinary, netns.name, place, "Operation not permitted", "privilege")
    assert done.record["error"]["errno"] == 1
