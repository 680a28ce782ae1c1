"""The filters that the tests are made from.

Beside those written here, a corpus of all that OpenStack has ever shipped, where
there is one: WRIT_ROOTWRAP_CORPUS, or shared/data/rootwrap-corpus.txt beside the tree. A line is
PROJECT, a tab, and "name: Class, arguments".
"""
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLACES = [os.environ.get("WRIT_ROOTWRAP_CORPUS", ""),
          ROOT.parent / "shared" / "data" / "rootwrap-corpus.txt"]

# What each class has to offer, in the manner of Neutron, Nova and Cinder.
LINES = """\
echo: CommandFilter, echo, root
true_path: CommandFilter, /bin/true, root
as_nobody: CommandFilter, id, nobody
missing: CommandFilter, no-such-program, root
missing_path: CommandFilter, /no/such/program, root
sleep: RegExpFilter, sleep, root, sleep, \\d+
tc_qdisc: RegExpFilter, tc, root, tc, qdisc, del, dev, .+, (root|ingress|parent .+)
alternatives: RegExpFilter, seq, root, seq, 1|2
other_name: RegExpFilter, ls, root, list, .*
netns_file: RegExpFilter, /bin/touch, root, touch, /etc/netns/qdhcp-[0-9a-z./-]+/resolv.conf
not_dots: RegExpFilter, head, root, head, /etc/(?!\\.\\.).*
find: RegExpFilter, find, root, find, ^[/]*([^/\\0]+(/+)?)*$, -maxdepth, \\d+, -inum, \\d+
anchored: RegExpFilter, tail, root, tail, ^-n$, ^\\d+$
chown: PathFilter, chown, root, nova, /var/lib/images
stat: PathFilter, stat, root, pass, /etc/
read_hosts: ReadFileFilter, /etc/hosts
ip: IpFilter, ip, root
ip_exec: IpNetnsExecFilter, ip, root
nice: ChainingRegExpFilter, nice, root, nice, -?\\d+
ionice: ChainingRegExpFilter, ionice, root, ionice, -c[0-3]
chaining: ChainingFilter, cat, root
tagged: EnvFilter, env, root, PROCESS_TAG=, uname
tagged_args: EnvFilter, env, root, PROCESS_TAG=, wc, -c, .*
locale: EnvFilter, env, root, LC_ALL=C, LVM_SYSTEM_DIR=, date
by_name: EnvFilter, /usr/bin/uname, root, TAG=
env_itself: CommandFilter, env, root
kill_one: KillFilter, root, /usr/bin/sleep, -9, -HUP
""".splitlines()


def shipped():
    """[(project, line)], or None where there is no corpus."""
    for path in PLACES:
        if path and Path(path).is_file():
            lines = Path(path).read_text().splitlines()
            return [tuple(line.split("\t", 1)) for line in lines if "\t" in line]
    return None


def renamed(lines):
    """Each filter under a name of its own: of options with one name only the last counts.
    A line that begins with "--" goes on with the filter that ends with a comma."""
    going_on = [line.strip() for line in lines if line.strip().startswith("--")]
    found = []
    for number, line in enumerate(lines):
        if line.strip() in going_on:
            continue
        name, delimiter, rest = line.partition(":")
        found.append(f"{name.strip().replace('=', '_')}_{number}{delimiter}{rest}")
        if rest.rstrip().endswith(","):
            found[-1] = "\n    ".join([found[-1], *going_on])
    return found
