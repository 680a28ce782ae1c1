"""Argument vectors made from filters, and mutations of them. The same in each run."""
import random
import re

try:
    from re import _parser as sre_parse
except ImportError:  # before Python 3.11
    import sre_parse

ODD_WORDS = ["", "-", "--", "-n", "-b", "x\n", "x\ny", "a b", "/etc/passwd", "/etc/../root", "../x", "\u0663",
             "9" * 300, "-1", "0", "env", "ip", "netns", "exec", "vrf", "\udcff", "'", '"', "\\",
             "A=B", "LD_PRELOAD=/tmp/x.so", "root", "pass", "e", "ne", "-netns", "-force", "--batch"]


def sample(random, tree, depth=0):
    """A text that a parsed pattern matches, most of the time."""
    text = ""
    for kind, value in tree:
        kind = str(kind)
        if kind == "LITERAL":
            text += chr(value)
        elif kind == "NOT_LITERAL":
            text += "z"
        elif kind == "ANY":
            text += random.choice("abz09./-")
        elif kind == "IN":
            text += sample_set(random, value)
        elif kind in ("MAX_REPEAT", "MIN_REPEAT"):
            low, high, inner = value
            for _ in range(random.randint(low, min(high, low + 3))):
                text += sample(random, inner, depth + 1)
        elif kind == "SUBPATTERN":
            text += sample(random, value[-1], depth + 1)
        elif kind == "BRANCH":
            text += sample(random, random.choice(value[1]), depth + 1)
    return text


def sample_set(random, items):
    negated = any(str(kind) == "NEGATE" for kind, _ in items)
    if negated:
        return random.choice("abcxyz019-_")
    kind, value = random.choice(items)
    kind = str(kind)
    if kind == "LITERAL":
        return chr(value)
    if kind == "RANGE":
        return chr(random.randint(*value))
    return random.choice("0123456789") if "DIGIT" in str(value) else "x"


def of_pattern(random, pattern):
    try:
        return sample(random, sre_parse.parse(pattern))
    except (re.error, OverflowError):
        return pattern


def of_filter(random, one):
    """An argv that this filter of stock's is likely to admit."""
    kind = type(one).__name__
    base = one.exec_path.rsplit("/", 1)[-1]
    some = [random.choice(["a", "-v", "--x=y", "/etc/hosts", "10"]) for _ in range(random.randint(0, 3))]
    if kind == "RegExpFilter":
        return [of_pattern(random, arg) for arg in one.args]
    if kind == "ChainingRegExpFilter":
        return [of_pattern(random, arg) for arg in one.args] + [base]
    if kind == "PathFilter":
        return [base] + [value if value.startswith("/") else "x" for value in one.args]
    if kind == "KillFilter":
        return ["kill", *one.args[1:2], "999999999"]
    if kind == "ReadFileFilter":
        return ["cat", one.file_path]
    if kind == "IpFilter":
        return ["ip", *random.choice([["link", "set", "tap0", "up"], ["-o", "addr"], ["netns", "list"],
                                      ["-4", "route"], ["-s", "-d", "link"], ["neigh"], ["-netns", "n1", "link"]])]
    if kind == "IpNetnsExecFilter":
        return ["ip", "netns", "exec", "qdhcp-1", *random.choice([["cat", "/x"], ["sh"], ["env", "A=B", "x"]])]
    if kind == "EnvFilter":
        names = [arg for arg in one.args if "=" in arg]
        given = [arg + "v" if arg.endswith("=") else arg for arg in names]
        return random.choice([[], ["env"]]) + given + [base, *some]
    return [base, *some]


def mutated(random, argv, others):
    """One step away."""
    argv = list(argv)
    at = random.randrange(len(argv))
    how = random.randrange(11)
    if how == 0:
        del argv[at]
    elif how == 1:
        argv.insert(at, random.choice(ODD_WORDS))
    elif how == 2:
        argv[at] = random.choice(ODD_WORDS)
    elif how == 3:
        argv[at] += random.choice(["\n", "x", "|x", "/..", "\u0663", "=", " "])
    elif how == 4:
        argv[0] = "/tmp/evil/" + argv[0].rsplit("/", 1)[-1]
    elif how == 5:
        argv = ["ip", random.choice(["net", "netn", "netns", "ne"]), random.choice(["e", "ex", "exec", "list"]), "ns1"] + argv
    elif how == 6:
        argv = ["env", *random.choice([["A=B"], ["LC_ALL=C"], ["PROCESS_TAG=x"], ["PATH=/tmp"]])] + argv
    elif how == 7:
        argv = argv + random.choice(others)
    elif how == 8:
        argv[at], argv[0] = argv[0], argv[at]
    elif how == 9:
        argv = ["ip", *random.choice([["-n", "net"], ["-b", "f"], ["vrf"], ["-all"], ["-n", "netns"], ["-f", "inet"]])] + argv
    else:
        argv = random.choice([["ionice", "-c2"], ["ionice", "-c2", "-n0"], ["cgexec", "-g", "blkio:x"]]) + argv
    return [word.replace("\0", "0") for word in argv] or [""]


def make(filters, each, seed):
    """Lists of words: `each` for every filter, half of them mutated, some twice."""
    rng = random.Random(seed)
    plain = [of_filter(rng, one) for one in filters for _ in range(max(1, each // 2))]
    plain = [[word.replace("\0", "0") for word in argv] for argv in plain if argv]
    found = list(plain)
    for argv in plain:
        changed = mutated(rng, argv, plain)
        found.append(changed)
        if rng.random() < 0.3:
            found.append(mutated(rng, changed, plain))
    seen = {tuple(argv): None for argv in found}
    return [list(argv) for argv in seen]
