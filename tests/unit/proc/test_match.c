#include <stdlib.h>
#include <string.h>

#include "proc/argv.h"
#include "unit.h"

/* Both as words separated by '|'. */
struct words {
	char running_text[200];
	char expected_text[200];
	char *running_list[20];
	const char *expected_list[20];
};

static void
split(struct words *words, const char *running, const char *expected)
{
	char *rest = strcpy(words->running_text, running);
	size_t count = 0;

	for (char *word; (word = strsep(&rest, "|")) != NULL;)
		words->running_list[count++] = word;
	rest = strcpy(words->expected_text, expected);
	count = 0;
	for (char *word; (word = strsep(&rest, "|")) != NULL;)
		words->expected_list[count++] = word;
}

static bool
match(const char *running, const char *expected)
{
	struct words words = { 0 };

	split(&words, running, expected);
	return argv_match(words.running_list, words.expected_list);
}

static int
script(const char *running, const char *expected)
{
	struct words words = { 0 };

	split(&words, running, expected);
	return argv_match_script(words.running_list, words.expected_list);
}

static void
the_same_command_matches(void)
{
	CHECK(match("sleep|10", "sleep|10"));
	CHECK(match("/bin/sleep|10", "sleep|10"));
	CHECK(match("sleep|10", "/usr/bin/sleep|10"));
	CHECK(match("x", "x"));
	CHECK(match("cmd||a b", "cmd||a b"));
}

static void
another_command_does_not(void)
{
	CHECK(!match("sleep|10", "sleep|100"));
	CHECK(!match("sleep|100", "sleep|10"));
	CHECK(!match("sleep|10", "sleep"));
	CHECK(!match("sleep", "sleep|10"));
	CHECK(!match("sleep|/x/10", "sleep|10")); /* only the program by its base name */
	CHECK(!match("xsleep|10", "sleep|10"));
	CHECK(!match("sleep|10|20", "sleep|10"));
	CHECK(!match("vim|sleep|10", "sleep|100"));
}

static void
the_interpreter_of_a_script_is_tolerated(void)
{
	CHECK(script("/usr/bin/python3|/usr/bin/tool|run|-v", "tool|run|-v") == 1);
	CHECK(script("/bin/sh|-e|/opt/x/script|a", "script|a") == 2);
	CHECK(script("python3|/usr/bin/tool|run", "tool|run|-v") == 0);
	CHECK(script("a|b|tool|run", "tool|run") == 0);
	CHECK(script("sh|-c|x|tool|run", "tool|run") == 0);
	CHECK(!match("/usr/bin/python3|/usr/bin/tool|run|-v", "tool|run|-v"));
}

static void
a_title_that_a_process_set_itself_is_tolerated(void)
{
	CHECK(match("agent (/usr/bin/agent --port 9)", "agent|--port|9"));
	CHECK(match("neutron-agent (agent --port 9)", "/opt/agent|--port|9"));
	CHECK(match("name (cmd)", "cmd"));
	CHECK(match("name (cmd)|||", "cmd")); /* shorter than what it covers */
	CHECK(!match("agent (agent --port 9", "agent|--port|9"));
	CHECK(!match("agent (agent --port 99)", "agent|--port|9"));
	CHECK(!match("agent (agent --port 9)", "agent|--port"));
	CHECK(!match("agent (xagent --port 9)", "agent|--port|9"));
	CHECK(!match("agent (agent --port 9)|more", "agent|--port|9"));
	CHECK(!match("()", "x"));
	CHECK(!match(" ()", "x"));
}

static void
an_empty_command_line_matches_nothing(void)
{
	char *none[] = { NULL };
	const char *some[] = { "x", NULL };

	CHECK(!argv_match(none, some));
	CHECK(!match("", "x"));
}

static void
splits_blocks_with_and_without_a_last_nul(void)
{
	char block[] = "a\0\0b c\0last";
	char **list = argv_split(block, sizeof(block) - 1);

	CHECK_TEXT(list[0], "a");
	CHECK_TEXT(list[1], "");
	CHECK_TEXT(list[2], "b c");
	CHECK_TEXT(list[3], "last");
	CHECK(list[4] == NULL);
	free(list);
	list = argv_split(block, sizeof(block));
	CHECK_TEXT(list[3], "last");
	CHECK(list[4] == NULL);
	free(list);
	list = argv_split(block, 0);
	CHECK(list[0] == NULL);
	free(list);
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(the_same_command_matches),
		UNIT(another_command_does_not),
		UNIT(the_interpreter_of_a_script_is_tolerated),
		UNIT(a_title_that_a_process_set_itself_is_tolerated),
		UNIT(an_empty_command_line_matches_nothing),
		UNIT(splits_blocks_with_and_without_a_last_nul),
	};

	return UNIT_RUN(tests);
}
