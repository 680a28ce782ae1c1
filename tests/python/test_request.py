"""A bad request is refused before anything is run, and the argument is named."""
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import writ

WRONG_TYPE = [
    ({"argv": "ls -l"}, "argv: must be a list of words, not str"),
    ({"argv": b"ls"}, "argv: .* not bytes"),
    ({"argv": {"ls"}}, "argv: .* not set"),
    ({"argv": None}, "argv: .* not NoneType"),
    ({"argv": 3}, "argv: .* not int"),
    ({"argv": ["ls", 3]}, r"argv\[1\]: must be str, bytes or os.PathLike, not int"),
    ({"argv": ["ls", None]}, r"argv\[1\]"),
    ({"cwd": 3}, "cwd"),
    ({"env": ["A=1"]}, "env: must be a mapping"),
    ({"env": {"A": 1}}, r"env\['A'\]: must be str, bytes or os.PathLike, not int"),
    ({"env": {1: "A"}}, "env: "),
    ({"env_set": {"A": None}}, r"env_set\['A'\]"),
    ({"env_keep": "HOME"}, "env_keep: must be a list of names, not str"),
    ({"env_keep": [3]}, r"env_keep\[0\]"),
    ({"input": "text"}, "input: must be bytes"),
    ({"input": 3}, "input: must be bytes, not int"),
    ({"input": object()}, "input: must be bytes, not object"),
    ({"input": b"x", "text": True}, "input: must be a str in text mode, not bytes"),
    ({"stdin": True}, "stdin: must be a descriptor or a file, not bool"),
    ({"stdout": object()}, "stdout: must be a descriptor or a file, not object"),
    ({"stderr": 1.5}, "stderr"),
    ({"timeout": "3"}, "timeout: must be a number of seconds, not str"),
    ({"timeout": True}, "timeout"),
    ({"grace": []}, "grace: must be a number of seconds, not list"),
    ({"teardown": 3}, "teardown: must be a list of pairs"),
    ({"teardown": [3]}, r"teardown\[0\]: must be a pair"),
    ({"stop_signal": 1.5}, "stop_signal"),
    ({"output_max": 1.5}, "output_max: must be an int, not float"),
    ({"output_max": True}, "output_max"),
    ({"overflow": 1}, "overflow: must be a str"),
    ({"user": 1.5}, "user: must be a name or a number, not float"),
    ({"umask": "022"}, "umask: must be an int, not str"),
    ({"nice": "5"}, "nice"),
    ({"limits": ["nofile=3"]}, "limits: must be a mapping"),
    ({"limits": {"nofile": 1.5}}, r"limits\['nofile'\]: must be an int, not float"),
    ({"limits": {3: 3}}, "limits"),
    ({"pass_fds": 3}, "pass_fds: must be a list of descriptors, not int"),
    ({"pass_fds": ["3"]}, r"pass_fds\[0\]"),
    ({"contain": 3}, "contain"),
    ({"keep_tree": 1}, "keep_tree: must be a bool, not int"),
    ({"record_fd": "record"}, "record_fd"),
    ({"check": 1}, "check"),
    ({"encoding": 3}, "encoding: must be a str, not int"),
    ({"shell": True}, "shell: there is no shell"),
    ({"preexec_fn": print}, "preexec_fn: "),
    ({"no_such_option": 1}, "'no_such_option' is not an option of a run"),
]

WRONG_VALUE = [
    ({"argv": []}, "argv: empty"),
    ({"argv": ["a\0b"]}, r"argv\[0\]: a NUL byte inside"),
    ({"argv": ["ls", b"\0"]}, r"argv\[1\]: a NUL byte inside"),
    ({"argv": ["ls", "\ud800"]}, r"argv\[1\]: cannot be encoded: a lone surrogate"),
    ({"cwd": "\0"}, "cwd: a NUL byte inside"),
    ({"cwd": ""}, "cwd: empty"),
    ({"env": {"A": "\0"}}, r"env\['A'\]: a NUL byte inside"),
    ({"env": {"A=B": "1"}}, r"env\['A=B'\]: a name with '=' inside"),
    ({"env": {"": "1"}}, "env"),
    ({"env": {"A B": "1"}}, "env"),
    ({"env_preset": "some"}, "env_preset: not one of none, minimal, all"),
    ({"input": b"x", "stdin": writ.NULL}, None),  # what happens anyhow
    ({"input": b"x", "stdin": writ.INHERIT}, "input: stdin is given too"),
    ({"stdin": writ.PIPE}, "stdin: nobody could write to the pipe"),
    ({"stdin": writ.STDOUT}, "stdin: STDOUT is for stderr"),
    ({"stdout": writ.STDOUT}, "stdout: STDOUT is for stderr"),
    ({"stdin": 987654}, "descriptor is not open"),
    ({"stdout": -7}, "stdout|negative|-7"),
    ({"capture_output": False}, "capture_output: say stdout=INHERIT"),
    ({"timeout": -1}, "timeout: not a number of seconds from 0 on"),
    ({"timeout": float("nan")}, "timeout"),
    ({"grace": -0.1}, "grace"),
    ({"timeout": 10 ** 400}, "timeout"),
    ({"encoding": "nonesuch"}, "encoding: there is no such encoding"),
    ({"encoding": "rot13"}, "encoding: there is no such encoding"),
    ({"errors": "nonesuch"}, "errors: there is no such handler"),
    ({"encoding": "a\0b"}, "null"),
    ({"idle_timeout": 1, "stdout": writ.NULL, "stderr": writ.NULL}, "idle"),
    ({"teardown": [("TERM",)]}, r"teardown\[0\]: not a pair"),
    ({"teardown": [("NONESUCH", 1)]}, r"teardown\[0\]: not the name of a signal"),
    ({"teardown": [("TERM", 1)] * 9}, "teardown"),
    ({"teardown": [("TERM", 1)], "grace": 1}, "teardown: stop_signal or grace is given too"),
    ({"stop_signal": 0}, "stop_signal: not from 1 to 64"),
    ({"output_max": 0}, "output_max: not from 1"),
    ({"output_max": 1 << 70}, "output_max"),
    ({"overflow": "middle"}, "overflow: not one of both, head, tail, kill"),
    ({"umask": 0o1000}, "umask: not from 0 to 511"),
    ({"nice": 20}, "nice: not from -20 to 19"),
    ({"user": -1}, "user"),
    ({"limits": {"nonesuch": 1}}, "nonesuch"),
    ({"limits": {"nofile": (2, 1)}}, "nofile"),
    ({"pass_fds": [1]}, "must become 3 or more"),
    ({"pass_fds": [987654]}, "not open"),
    ({"pass_fds": {5: 1, 6: -1}}, r"pass_fds\[1\]|negative"),
    ({"contain": "vm"}, "contain: not one of"),
    ({"record_fd": 987654}, "record_fd"),
]


def ask(options):
    options = dict(options)
    return writ.run(options.pop("argv", ["true"]), **options)


@pytest.mark.parametrize("options, says", WRONG_TYPE, ids=str)
def test_a_wrong_type_is_a_type_error_that_names_the_argument(options, says):
    with pytest.raises(TypeError, match=says):
        ask(options)


@pytest.mark.parametrize("options, says", WRONG_VALUE, ids=lambda value: ascii(value))
def test_a_wrong_value_is_a_value_error_that_names_the_argument(options, says):
    if says is None:
        assert ask(options).exit_code == 0
        return
    with pytest.raises(ValueError, match=says):
        ask(options)


def test_the_command_is_one_argument():
    for call in (lambda: writ.run(), lambda: writ.run("ls", "-l"), lambda: writ.run(argv=["ls"])):
        with pytest.raises(TypeError, match="takes the command as one list"):
            call()


def test_what_an_iterator_or_a_path_raises_goes_on():
    class Oh(Exception):
        pass

    def words():
        yield "ls"
        raise Oh

    class Path:
        def __fspath__(self):
            raise Oh

    for argv in (words(), ["ls", Path()]):
        with pytest.raises(Oh):
            writ.run(argv)


def test_none_means_not_given():
    options = dict.fromkeys(("cwd", "env", "env_keep", "env_set", "input", "stdin", "stdout", "stderr",
                             "text", "encoding", "errors", "timeout", "idle_timeout", "teardown",
                             "output_max", "user", "umask", "nice", "limits", "contain",
                             "record_fd", "executable", "path"))
    assert writ.run(["echo", "x"], **options).stdout == b"x\n"


def test_a_closed_file_is_refused(tmp_path):
    file = open(tmp_path / "file", "w")
    file.close()
    with pytest.raises(ValueError, match="closed"):
        writ.run(["true"], stdout=file)


def test_files_that_only_an_iterator_holds_stay_open(tmp_path):
    for name in "abc":
        (tmp_path / name).write_text(name)

    def opened():
        for name in "abc":
            yield open(tmp_path / name)
    r = writ.run(["sh", "-c", "cat /proc/$$/fd/[3-9] /proc/$$/fd/[1-9][0-9]* 2>&-"], pass_fds=opened())
    assert sorted(r.stdout) == sorted(b"abc")


def test_a_path_that_closes_the_hub_is_refused():
    hub = writ._writ.Hub()

    class Path:
        def __fspath__(self):
            hub.close()
            return "/"
    with pytest.raises(RuntimeError, match="closed"):
        hub.start(["true"], {"cwd": Path()}, True, None)


VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(),
                   st.lists(st.one_of(st.text(), st.binary(), st.integers()), max_size=3),
                   st.dictionaries(st.one_of(st.text(), st.integers()),
                                   st.one_of(st.text(), st.binary(), st.none(), st.integers(),
                                             st.tuples(st.integers(), st.integers())), max_size=3))
NAMES = st.sampled_from(["cwd", "env", "env_set", "env_keep", "env_secret", "env_preset", "input",
                         "text", "encoding", "errors", "timeout", "idle_timeout", "drain",
                         "drain_max", "teardown", "grace", "stop_signal", "output_max", "overflow",
                         "umask", "nice", "limits", "contain", "keep_tree", "search", "path",
                         "executable", "pass_fds", "user", "check"])


@settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.one_of(VALUES, st.lists(st.one_of(st.text(), st.binary()), min_size=1)),
       st.dictionaries(NAMES, VALUES, max_size=4))
def test_any_request_is_planned_or_refused_as_it_should_be(argv, options):
    try:
        text = writ.plan(argv, **options)
    except (TypeError, ValueError, OSError, LookupError) as error:
        assert str(error)
    else:
        assert isinstance(text, str)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.one_of(st.text(), st.binary()), max_size=5))
def test_words_arrive_as_they_were_given(words):
    words = [word for word in words if not set(word) & {"\0", 0}]
    try:
        expected = [os.fsencode(word) for word in words]
    except UnicodeEncodeError:
        with pytest.raises(ValueError, match=r"argv\[\d+\]: cannot be encoded"):
            writ.run(["printf", r"%s\0", *words])
        return
    out = writ.run(["/bin/sh", "-c", r'for w; do printf "%s\0" "$w"; done', "sh", *words]).stdout
    assert out.split(b"\0")[:-1] == expected
