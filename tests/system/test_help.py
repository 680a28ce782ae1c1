"""What every command says of itself, and what it says to the clumsy."""
import os
import subprocess

import pytest

COMMANDS = ["run", "kill", "alive", "id", "tree", "child", "match", "doctor", "log"]
ANSWERS = [("--help",), ("--version",), ("help",), ("doctor",), ("doctor", "--json"), ("id", "1"),
           ("alive", "1"), ("tree", "1"), ("tree", "--json"), ("match", "-v", "1", "--", "x"), ("match", "--json", "1", "--", "x"),
           ("kill", "--json", "2147483647"), ("help", "run")] + [(name, "--help") for name in COMMANDS]


def usage_status(command):
    return 125 if command == "run" else 2


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_every_command_has_help(writ, command, option):
    done = writ(command, option).check()
    assert done.stdout.startswith(f"usage: writ {command} ") and "exit status: " in done.stdout
    assert done.stderr == ""
    assert all(len(line) <= 100 for line in done.stdout.splitlines())


@pytest.mark.parametrize("command", COMMANDS)
def test_help_by_the_command_help_is_the_same(writ, command):
    assert writ("help", command).check().stdout == writ(command, "--help").stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_the_overview_names_every_command(writ, command):
    for args in (("--help",), ("-h",), ("help",)):
        assert f"\n  {command} " in writ(*args).check().stdout


def test_without_arguments_the_overview_comes_with_status_2(writ):
    done = writ()
    assert done.status == 2 and "usage: writ COMMAND" in done.stdout


@pytest.mark.parametrize("args", [("--version",), *[(name, "--version") for name in COMMANDS]], ids=" ".join)
def test_the_version_is_told_everywhere(writ, args):
    done = writ(*args).check()
    assert done.stdout.startswith("writ 0.") and done.stdout.count("\n") == 1


@pytest.mark.parametrize("typo, meant", [("rum", "run"), ("kil", "kill"), ("aliv", "alive"), ("tre", "tree"),
                                         ("chidl", "child"), ("mach", "match"), ("docter", "doctor"),
                                         ("halp", "help")])
def test_a_mistyped_command_gets_the_nearest_one(writ, typo, meant):
    for args in ((typo,), ("help", typo)):
        done = writ(*args)
        assert done.status == 2 and done.stdout == ""
        assert f"writ: unknown command: {typo}\n  did you mean {meant}?\n" in done.stderr


def test_what_is_near_to_nothing_gets_no_guess(writ):
    assert writ("frobnicate").stderr == "writ: unknown command: frobnicate\n"


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("typo, meant", [("--jsno", "--json"), ("--hlep", "--help"), ("--quite", "--quiet")])
def test_a_mistyped_option_gets_the_nearest_one(writ, command, typo, meant):
    done = writ(command, typo, "1")
    assert done.status == usage_status(command) and done.stdout == ""
    assert f"did you mean {meant}?" in done.stderr and f"see 'writ {command} --help'" in done.stderr


@pytest.mark.parametrize("command", sorted(set(COMMANDS) - {"tree", "doctor", "run"}))
def test_too_few_operands_get_the_usage(writ, command):
    done = writ(command)
    assert done.status == 2 and done.stdout == "" and done.stderr.startswith(f"writ: usage: writ {command} ")


@pytest.mark.parametrize("args", ANSWERS, ids=" ".join)
@pytest.mark.parametrize("kind", ["full", "closed"])
def test_an_answer_that_cannot_be_written_is_no_success(writ, args, kind):
    if kind == "closed":
        writ.prefix = ["sh", "-c", 'exec "$@" >&-', "sh"]
    with open("/dev/full", "wb") as full:
        done = writ(*args, stdout=full)
    assert done.status == usage_status(args[0]), done
    assert "cannot write the answer" in done.stderr


@pytest.mark.parametrize("args", ANSWERS, ids=" ".join)
def test_a_reader_that_has_left_is_no_success(writ, args):
    ends = os.pipe()
    os.close(ends[0])
    done = writ(*args, stdout=ends[1])
    os.close(ends[1])
    assert done.status in (usage_status(args[0]), 141), done


def test_all_standard_streams_closed_is_survived(writ):
    writ.prefix = ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh"]
    for command in COMMANDS:
        assert writ(command, "--help").status == usage_status(command)
    assert writ("rum").status == 2


def test_options_are_never_abbreviated(writ):
    for args in (("kill", "--gra", "1s", "1"), ("run", "--cap", "true"), ("child", "--time", "1s", "1", "x")):
        done = writ(*args)
        assert done.status == usage_status(args[0]) and "unknown option" in done.stderr


def test_help_wins_over_a_missing_operand(writ):
    for command in COMMANDS:
        writ(command, "-q", "--help").check()


def test_the_command_needs_no_environment(writ):
    done = subprocess.run([writ.path, "run", "--", "/bin/echo", "x"], env={}, stdout=subprocess.PIPE, check=True)
    assert done.stdout == b"x\n"
