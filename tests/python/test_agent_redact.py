"""writ.agent: what is taken for a secret, and what is not."""
import time

import pytest

from writ import agent
from writ.agent.redact import Redactor

SECRET = "hunter2hunter2"


@pytest.mark.parametrize("argv", [
    ["x", "--password", SECRET], ["x", "--password=" + SECRET], ["x", "-token", SECRET],
    ["x", "--os-password", SECRET], ["x", "--metadata-proxy-shared-secret=" + SECRET],
    ["x", "--api-key", SECRET], ["x", "--Client-Secret", SECRET], ["x", "--auth", SECRET],
    ["x", "password=" + SECRET], ["env", "OS_PASSWORD=" + SECRET, "x"],
    ["sudo", "env", "MY_TOKEN=" + SECRET, "x"], ["mysql", "-p" + SECRET],
    ["ip", "netns", "exec", "n", "mysql", "-p" + SECRET], ["sshpass", "-p", SECRET, "ssh"],
    ["curl", "-u", "me:" + SECRET], ["curl", "-H", "Authorization: Bearer " + SECRET],
    ["git", "clone", "https://me:%s@host/x" % SECRET], ["snmpget", "-c", SECRET, "host"],
    ["redis-cli", "-a", SECRET], ["/usr/bin/ipmitool", "-P", SECRET],
    ["x", "https://host/?access_token=" + SECRET], ["x", "--user", "me:" + SECRET],
    ["x", "--proxy-user=me:" + SECRET], ["curl", "-U", "me:" + SECRET], ["curl", "-Ume:" + SECRET],
    ["x", "--password", "--" + SECRET], ["x", "--auth", "--password", SECRET],
    ["x", "--auth", "--token=" + SECRET],
])
def test_an_argument_that_is_a_secret(argv):
    shown = Redactor().argv(argv)
    assert not any(SECRET in word for word in shown)
    assert len(shown) == len(argv)
    assert any("[REDACTED:" in word for word in shown)


@pytest.mark.parametrize("argv", [
    ["x", "--password-file", "/etc/x"], ["x", "--password-file=/etc/x"], ["x", "--token-path", "p"],
    ["iptables-restore", "-n", "-w", "10"], ["kill", "-9", "4711"], ["mkdir", "-p", "/a/b/c/d"],
    ["ovs-vsctl", "--timeout=10", "--", "set", "Port", "tapx", "tag=5", "other_config:key=value"],
    ["ip", "-o", "link", "show", "dev", "tap0"], ["sysctl", "-w", "net.ipv4.ip_forward=1"],
    ["dnsmasq", "--no-hosts", "--pid-file=/x/pid", "--dhcp-authoritative"], ["x", 5, None],
    ["ps", "--ppid", "1", "-o", "pid="], ["conntrack", "-D", "-w", "12"], ["env", "PATH=/bin", "x"],
    ["keepalived", "-P", "-f", "/x"], ["haproxy", "-f", "/x/metadata.conf"],
    ["sudo", "--user", "root", "x"], ["x", "--user=1000:1000"],
])
def test_an_argument_that_is_none(argv):
    assert Redactor().argv(argv) == argv


@pytest.mark.parametrize("text", [
    "password=" + SECRET, "password = '%s'" % SECRET, '{"admin_password": "%s"}' % SECRET,
    "adminPassword: " + SECRET, "auth_pass " + SECRET, 'PSK "%s"' % SECRET,
    "amqp://user:%s@host/" % SECRET, "Authorization: Basic " + SECRET,
    "Cookie: session=%s" % SECRET, "nova_secret=" + SECRET,
    "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n%s\n-----END RSA PRIVATE KEY-----" % SECRET,
    "%s\n-----END PRIVATE KEY-----\nrest" % SECRET,
    "-----BEGIN EC PRIVATE KEY-----\n" + SECRET,
])
def test_a_text_with_a_secret(text):
    shown = Redactor().text("before\n" + text if "-----END" not in text[:40] else text)
    assert SECRET not in shown and "[REDACTED:" in shown


@pytest.mark.parametrize("token", [
    "AKIAIOSFODNN7EXAMPLE", "ghp_" + "a1" * 18, "glpat-" + "a" * 20, "xoxb-1234567890-abc",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "gAAAAAB" + "k" * 90,
])
def test_a_text_with_the_shape_of_a_token(token):
    assert token not in Redactor().text("see %s there" % token)


@pytest.mark.parametrize("text", [
    "iptables-restore: line 3 failed\n", "-A neutron-filter-top -j neutron-local -m mark --mark 0x1\n",
    "RTNETLINK answers: File exists\n", "kill: (4711): No such process\n", "key: value", "pass: 5",
    "dn: cn=token,ou=x", "inet 10.0.0.1/24 brd 10.0.0.255 scope global eth0",
    "tokens are passed on", "http://host:8080/path@2", "a@b:c",
])
def test_a_text_without_one(text):
    assert Redactor().text(text) == text


def test_a_number_may_be_a_secret():
    assert Redactor().argv(["x", "--password", 12345678, 5]) == [
        "x", "--password", "[REDACTED:option]", 5]


def test_what_looked_like_the_value_of_another_option_is_known_too():
    shown = Redactor()
    shown.argv(["x", "--auth", "--token=" + SECRET])
    assert SECRET not in shown.text("got " + SECRET)


def test_what_an_argument_showed_is_known_in_every_text():
    shown = Redactor({"DB_PASSWORD": "swordfish"})
    shown.argv(["x", "--token", SECRET])
    assert shown.text("got %s and swordfish" % SECRET) == (
        "got [REDACTED:value] and [REDACTED:value]")


def test_nothing_is_hidden_when_that_is_wanted():
    with agent.settings.override(redact=False):
        assert Redactor().argv(["x", "--password", SECRET]) == ["x", "--password", SECRET]
        assert Redactor().text("password=" + SECRET) == "password=" + SECRET


def show(text, chars=200, redactor=None):
    with agent.settings.override(message_chars=chars):
        return (redactor or Redactor()).show(text)


def test_a_long_text_is_cut_at_the_ends_of_lines():
    text = "".join("line %d\n" % i for i in range(1000))
    head, tail = show(text).split("[... ")
    left_out, tail = tail.split(" characters ...]")
    assert head.endswith("\n") and text.startswith(head)
    assert text.endswith("\n" + tail) and len(head) + int(left_out) + len(tail) == len(text)
    assert show(text, None) == show(text, len(text)) == text
    assert len(show("x" * 10000)) < 250


@pytest.mark.parametrize("text", [
    SECRET, "password=" + SECRET, '"admin_password": "%s"' % SECRET, "amqp://me:%s@host/" % SECRET,
    "ghp_" + 4 * SECRET, "Authorization: Basic " + SECRET,
    "-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----" % SECRET,
])
def test_a_secret_that_lies_across_a_cut(text):
    known = Redactor({"TOKEN": SECRET} if text == SECRET else {})
    for shift in range(len(text) + 1):
        padding = "- " * 100
        shown = show(padding[:100 - shift] + text + padding * 20 + text + padding[:100 - shift],
                     redactor=known)
        assert not any(SECRET[i:i + 4] in shown for i in range(len(SECRET) - 3)), shown


@pytest.mark.parametrize("piece", [
    "a", "a.", "password", "-----BEGIN ", "secret=", "a-", "x://", "eyJ", " ", "authorization ", '"',
    "'", "pass_", "-", "A-----END ", "token: ", "bearer ", "cookie: ", "x://a:", "[REDACTED:",
])
def test_no_text_takes_long(piece):
    text = (piece * 65536)[:65536]
    start = time.process_time()
    Redactor().text(text)
    # linear is some hundredths of a second, quadratic some minutes
    assert time.process_time() - start < 5
