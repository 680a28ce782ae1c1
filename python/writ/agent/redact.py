"""Secrets, taken out before a word of an error or a log line is written.

An argument list is read word by word, as the program would; a text (an input,
an output) is searched for what has the shape of a secret. A secret that an
argument or a variable showed is also looked for, as it is, in the texts.

This is a net, not a wall: a secret without a name and without a shape passes.
What must stay secret belongs into a file or an input, not into an argument,
which everybody may read in /proc.

Every expression is linear, or bounded in what it repeats: the texts come from
programs that may be hostile.
"""
import os
import re

from .settings import settings

#: How far from a cut a secret is looked for that lies across it: the longest shape
#: has less to either side. Of a longer private key its lines are known, see below.
_NEAR = 8192

#: A secret shorter than this is not looked for in texts: it would blot out words.
_EXACT_MIN = 6

_OPTION = re.compile(
    r"(?i)--?(?:[a-z0-9]{1,32}[-_.]){0,6}(?:password|passwd|passphrase|pass|pwd|token|bearer"
    r"|api-?key|apikey|secret|secret-key|private-key|access-key|credentials?|auth|cookie"
    r"|shared-secret|psk)\Z")
_USER_OPTION = re.compile(r"--(?:proxy-)?user\Z")
_LONG = (r"password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key"
         r"|credentials?")
_SHORT = r"pass|pwd|psk|cookie|dsn|secret[_-]?key"
_KEY = (r"(?:[A-Za-z0-9_.-]{0,64}?(?:" + _LONG + r")|(?:[A-Za-z0-9]{1,32}[_.-]){0,6}(?:"
        + _SHORT + r"))")
_NAME = re.compile(r"(?i)" + _KEY + r"\Z")
_DENIED = re.compile(r"(?i)[a-z0-9_]{0,64}?(?:TOKEN|SECRET|PASS|CRED|COOKIE|API_?KEY"
                     r"|DATABASE_URL|CONNECTION_STRING)")
_PLACE = re.compile(r"(?i)[_-](?:file|path|fd|stdin|command|dir|store|name|id|type)\Z")

#: Options of programs that take a secret: apart ("-p V"), joined ("-pV"), or both.
_PROGRAMS = {
    "mysql": ("", "-p"), "mysqldump": ("", "-p"), "mysqladmin": ("", "-p"), "mariadb": ("", "-p"),
    "sshpass": ("-p", "-p"), "redis-cli": ("-a", ""), "mongo": ("-p", ""), "mongosh": ("-p", ""),
    "ldapsearch": ("-w", ""), "ldapmodify": ("-w", ""), "ldapadd": ("-w", ""),
    "smbclient": ("-U", ""), "net": ("-U", ""), "curl": ("-u -U", "-u -U"), "zip": ("-P", "-P"),
    "7z": ("", "-p"), "docker": ("-p", ""), "podman": ("-p", ""), "snmpwalk": ("-c -A -X", ""),
    "snmpget": ("-c -A -X", ""), "ipmitool": ("-P", ""), "openssl": ("-k", ""),
}

_TEXT = (
    ("key", re.compile(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----"
                       r"(?:[^-]|-(?!----END))*(?:-----END [A-Z ]{0,40}PRIVATE KEY-----)?"), None),
    # its beginning was cut off
    ("key", re.compile(r"\A[A-Za-z0-9+/=\s]*-----END [A-Z ]{0,40}PRIVATE KEY-----"), None),
    ("url", re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,30}://[^\s/:@'\"]{0,256}:)"
                       r"([^\s/@'\"]{1,512})(?=@)"), 2),
    ("header", re.compile(r"(?i)\b((?:proxy-)?authorization['\"]?\s{0,4}[:=]\s{0,4}['\"]?"
                          r"(?:basic|bearer|digest|negotiate|token)?\s{0,4})"
                          r"([^\s'\",;]{1,4096})"), 2),
    ("header", re.compile(r"(?i)\b((?:set-)?cookie\s{0,4}:\s{0,4})([^\r\n'\"]{1,4096})"), 2),
    ("value", re.compile(r"(?i)(?<![A-Za-z0-9_.-])(" + _KEY + r"['\"]?\s{0,4}=\s{0,4})"
                         r"(\"[^\"\n]{0,4096}\"?|'[^'\n]{0,4096}'?|[^\s&,;'\"]{1,4096})"), 2),
    ("value", re.compile(r"(?i)(?<![A-Za-z0-9_.-])(['\"]?" + _KEY + r"['\"]?\s{0,4}:\s{1,4})"
                         r"(\"[^\"\n]{0,4096}\"?|'[^'\n]{0,4096}'?|[^\s,;'\"]{4,4096})"), 2),
    # keepalived and IPsec give them after a blank
    ("value", re.compile(r"(?i)\b(auth_pass\s{1,8}|\bPSK\s{1,8}(?=\"))"
                         r"(\"[^\"\n]{0,512}\"?|[^\s]{1,512})"), 2),
    ("shape", re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bgh[opusr]_[A-Za-z0-9]{36,255}"
                         r"|\bgithub_pat_[A-Za-z0-9_]{20,255}|\bglpat-[A-Za-z0-9_-]{20,64}"
                         r"|\bxox[abprs]-[A-Za-z0-9-]{10,255}|\bsk_live_[A-Za-z0-9]{10,255}"
                         r"|\bAIza[0-9A-Za-z_-]{35}|\bya29\.[A-Za-z0-9_-]{10,512}"
                         r"|\bnpm_[A-Za-z0-9]{36}|\bpypi-AgEI[A-Za-z0-9_-]{10,512}"
                         r"|\bgAAAAA[A-Za-z0-9_=-]{60,512}"
                         r"|\beyJ[A-Za-z0-9_-]{8,4096}\.eyJ[A-Za-z0-9_-]{2,4096}"
                         r"\.[A-Za-z0-9_-]{0,4096}"
                         r"|(?i:\bbearer )[A-Za-z0-9._~+/=-]{16,4096}"), None),
)


def _mark(rule):
    return "[REDACTED:%s]" % rule


def is_secret_name(name):
    """Does a variable of this name hold a secret?"""
    return bool(_DENIED.match(name) or _NAME.match(name)) and not _PLACE.search(name)


class Redactor:
    """Takes the secrets of one command out of all that is said about it."""

    def __init__(self, env=None):
        """`env`: variables of the command; the secrets among them are learnt."""
        self._exact = set()
        for name, value in (env or {}).items():
            if is_secret_name(name):
                self._remember(value)

    def _remember(self, value):
        """A value that must not be seen, whatever its shape."""
        if len(value) >= _EXACT_MIN:
            self._exact.add(value)

    def _hide(self, value, rule):
        self._remember(value)
        return _mark(rule)

    def _word(self, word, program):
        """One argument that stands for itself."""
        head, equals, value = word.partition("=")
        if equals and value and not _PLACE.search(head):
            if _OPTION.match(head) or not head.startswith("-") and is_secret_name(head):
                return head + "=" + self._hide(value, "value")
            if _USER_OPTION.match(head):
                return head + "=" + self._user(value)
        for option in _PROGRAMS.get(program, ("", ""))[1].split():
            if word.startswith(option) and len(word) > len(option) and not word.startswith("--"):
                return option + self._hide(word[len(option):], "option")
        return self.text(word)

    def _user(self, value):
        """The value of --user: a name, NAME:PASSWORD, or the numbers UID:GID."""
        name, colon, password = value.partition(":")
        if not password or password.isdigit():
            return self.text(value)
        return name + colon + self._hide(password, "option")

    def _argument(self, word, option, program):
        """One argument, as the word before it, which may be an option, has it."""
        text = str(word)
        # always: what is taken for a value may itself be an option that shows a secret
        shown = self._word(text, program)
        if _OPTION.match(option) or option in _PROGRAMS.get(program, ("",))[0].split():
            return self._hide(text, "option")
        if _USER_OPTION.match(option):
            return self._user(text)
        return shown if isinstance(word, str) else word

    def argv(self, argv):
        """A command, as the list that may be shown."""
        if not settings.redact:
            return list(argv)
        shown = []
        option = program = ""
        for word in argv:
            shown.append(self._argument(word, option, program))
            option = str(word)
            if os.path.basename(option) in _PROGRAMS:
                program = os.path.basename(option)
        return shown

    def text(self, text):
        """A text without what looks like a secret."""
        return _without_shapes(self._without_known(text))

    def _without_known(self, text):
        if not settings.redact:
            return text
        # the longest first: one secret may be the beginning of another
        for secret in sorted(self._exact, key=len, reverse=True):
            text = text.replace(secret, _mark("value"))
        return text

    def show(self, text):
        """A text as an error or a log line may hold it: bounded, without secrets."""
        text = self._without_known(text)
        chars = settings.message_chars
        if chars is None or len(text) <= chars:
            return _without_shapes(text)
        begin, end = _middle(text, chars)
        return "%s[... %d characters ...]%s" % (
            _without_shapes(text[:begin]), end - begin, _without_shapes(text[end:]))


def _without_shapes(text):
    if not settings.redact:
        return text
    for rule, expression, group in _TEXT:
        if group is None:
            text = expression.sub(lambda _, mark=_mark(rule): mark, text)
        else:
            text = expression.sub(_keep_head(rule), text)
    return text


def _keep_head(rule):
    def replaced(match):
        if match.group(2).startswith("[REDACTED:"):
            return match.group(0)
        return match.group(1) + _mark(rule)
    return replaced


def _secrets_near(text, at):
    """The places of what has the shape of a secret, around `at`."""
    return [match.span() for _, expression, _ in _TEXT
            for match in expression.finditer(text, max(0, at - _NEAR), at + _NEAR)]


def _middle(text, chars):
    """What a text that is longer than `chars` loses: where it begins, and where it ends.

    It is cut at the ends of lines where there are any near, and never through a
    secret: half of one has no shape any more.
    """
    half = chars // 2
    begin, end = half, len(text) - half
    begin = text.rfind("\n", half // 2, begin) + 1 or begin
    end = text.find("\n", end, end + half // 2) + 1 or end
    for start, stop in sorted(_secrets_near(text, begin), reverse=True):
        if start < begin <= stop:  # what comes behind it may be what tells it
            begin = start
    for start, stop in sorted(_secrets_near(text, end), key=lambda place: place[1]):
        if start < end < stop:
            end = stop
    return begin, end
