/* A file of commands, and of what is expected of each:
 *
 *   policy neutron.policy          what is tested, relative to the file
 *   user neutron                   who asks, from here on
 *   allow link-set: ip link set tap0 up
 *   allow: ip link set tap0 down   by whichever rule
 *   refuse: ip link set eth0 up
 *   refuse argument: ip link       for this reason
 *
 * Words are split at blanks; "..." holds blanks, "" is the empty argument, \xHH
 * any byte. Words before the command that begin with a + are its variables:
 * "+TAG=x haproxy".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy.h"
#include "textfile.h"

static const struct opt opts[] = { OPT_END };

enum { WORDS_MAX = 1024 };

struct testing {
	struct policy_asking asking;
	const char *path;
	unsigned line;
	bool has_peer;
	bool skipping; /* the policy cannot be used: until the next one */
	struct policy_peer peer;
	char user[POLICY_NAME_MAX + 1];
	unsigned passed;
	unsigned failed;
	bool wrong; /* the file itself */
};

static void
wrong(struct testing *testing, const char *why, const char *what)
{
	say(&testing->asking.answering.say, "%s:%u: %s%s%.60s", testing->path, testing->line, why,
	    *what != '\0' ? ": " : "", what);
	testing->wrong = true;
}

static int
hex(const char *text)
{
	unsigned value = 0;

	for (int i = 0; i < 2; i++) {
		const char *digits = "0123456789abcdef";
		const char *digit = text[i] != '\0' ? strchr(digits, text[i]) : NULL;

		if (digit == NULL)
			return -1;
		value = value * 16 + (unsigned)(digit - digits);
	}
	return (int)value;
}

/* Splits in place. Returns how many, or -1. */
static int
split(char *text, const char *words[WORDS_MAX])
{
	int count = 0;
	char *to = text;

	for (text += strspn(text, " \t"); *text != '\0'; text += strspn(text, " \t")) {
		bool quoted = false;

		if (count == WORDS_MAX)
			return -1;
		words[count++] = to;
		for (; *text != '\0' && (quoted || (*text != ' ' && *text != '\t')); text++) {
			int byte = text[0] == '\\' && text[1] == 'x' ? hex(text + 2) : 0;

			if (*text == '"') {
				quoted = !quoted;
				continue;
			}
			*to++ = byte > 0 ? (char)byte : *text;
			text += byte > 0 ? 3 : 0;
		}
		if (quoted)
			return -1;
		text += *text != '\0'; /* before the NUL takes its place */
		*to++ = '\0';
	}
	return count;
}

/* "link-set" of any file, or "neutron/link-set" */
static bool
is_rule(const struct policy_rule *rule, const char *name)
{
	const char *full = policy_rule_name(rule);

	return strcmp(full, name) == 0 || strcmp(strrchr(full, '/') + 1, name) == 0;
}

static void
report(struct testing *testing, const char *command, const struct policy_verdict *verdict)
{
	testing->failed++;
	if (verdict->answer == POLICY_ALLOWED)
		printf("%s:%u: allowed by %s: %s\n", testing->path, testing->line,
		       policy_rule_name(verdict->rule), command);
	else
		printf("%s:%u: refused, %s: %s\n", testing->path, testing->line,
		       policy_why_name(verdict->why), command);
}

static void
expect(struct testing *testing, bool allow, const char *what, char *command)
{
	struct policy_capture captures[POLICY_CAPTURES_MAX];
	struct policy_verdict verdict = { .captures = captures,
					  .capture_max = POLICY_CAPTURES_MAX };
	const char *words[WORDS_MAX];
	struct policy_request request = { words, 0, words, 0 };
	char shown[512];
	int count;
	bool met;

	snprintf(shown, sizeof(shown), "%s", command);
	count = split(command, words);
	if (count < 1 || testing->asking.policy == NULL || !testing->has_peer) {
		wrong(testing,
		      count < 1 ? "no command, or a '\"' that is not closed"
				: "'policy' and 'user' come first",
		      "");
		return;
	}
	for (; request.environment_count + 1 < (size_t)count &&
	       words[request.environment_count][0] == '+';
	     request.environment_count++)
		words[request.environment_count]++;
	request.argv = words + request.environment_count;
	request.argc = (size_t)count - request.environment_count;
	policy_match(testing->asking.policy, &testing->peer, &request, &verdict);
	met = (verdict.answer == POLICY_ALLOWED) == allow;
	if (met && *what != '\0')
		met = allow ? is_rule(verdict.rule, what)
			    : strcmp(policy_why_name(verdict.why), what) == 0;
	if (met)
		testing->passed++;
	else
		report(testing, shown, &verdict);
}

static void
load(struct testing *testing, const char *path)
{
	struct policy_asking *asking = &testing->asking;

	asking->policy = policy_free(asking->policy);
	while (asking->dir_count > 0)
		free(asking->made[--asking->dir_count]);
	memset(asking->dirs, 0, sizeof(asking->dirs));
	testing->has_peer = testing->skipping = false;
	if (!asking_add_dir(asking, path, testing->path) || !asking_load(asking))
		testing->skipping = true;
	if (testing->skipping)
		wrong(testing, "the rules cannot be used", path);
}

static void
become(struct testing *testing, const char *user)
{
	if (testing->asking.names == NULL || !asking_peer(&testing->asking, user, &testing->peer))
		wrong(testing, "'policy' comes before 'user'", user);
	else
		testing->has_peer = true;
}

/* "WORD REST" or "WORD WHAT: REST" */
static void
take_line(struct testing *testing, char *line)
{
	size_t len = strcspn(line, " \t:");
	char *rest = line + len + strspn(line + len, " \t");
	char *colon;

	if (strncmp(line, "policy ", 7) == 0) {
		load(testing, rest);
		return;
	}
	if (testing->skipping)
		return;
	if (strncmp(line, "user ", 5) == 0) {
		become(testing, rest);
		return;
	}
	colon = strchr(line, ':');
	if (colon == NULL ||
	    (strncmp(line, "allow", len) != 0 && strncmp(line, "refuse", len) != 0) ||
	    (len != 5 && len != 6)) {
		wrong(testing, "neither policy, user, allow: nor refuse:", line);
		return;
	}
	*colon = '\0';
	expect(testing, line[0] == 'a', rest <= colon ? rest : "", colon + 1);
}

static void
test_file(struct testing *testing, const char *path)
{
	struct writ_error err = { 0 };
	char *text = NULL;
	size_t len = 0;

	testing->path = path;
	testing->line = 0;
	if (textfile_read(path, &text, &len, &err) < 0) {
		say_error(&testing->asking.answering.say, &err);
		testing->wrong = true;
		return;
	}
	for (char *rest = text, *line; (line = strsep(&rest, "\n")) != NULL;) {
		testing->line++;
		if (*line != '\0' && *line != '#')
			take_line(testing, line);
	}
	free(text);
}

static int
run(const struct command *command, int argc, char **argv)
{
	/* what is tested are the rules, on any machine */
	struct testing testing = {
		.asking.store = { .any_owner = true, .any_program = true, .any_user = true }
	};
	int status = STATUS_USAGE;
	int first = parse_operands(command, argc, argv, &testing.asking.answering, 1, &status);

	if (first >= 0) {
		for (int i = first; i < argc; i++)
			test_file(&testing, argv[i]);
		printf("%u as expected, %u not\n", testing.passed, testing.failed);
		status = testing.wrong ? STATUS_USAGE : testing.failed > 0 ? STATUS_NO : STATUS_YES;
		status = answer_end(&testing.asking.answering.say, status, STATUS_USAGE);
	}
	asking_done(&testing.asking);
	return status;
}

const struct command policy_test = {
	.name = "policy test",
	.operands = "FILE...",
	.summary = "commands and what is expected of each, on any machine",
	.opts = opts,
	.more = "  policy neutron.policy       what is tested, relative to the file\n"
		"  user neutron                who asks, from here on\n"
		"  allow link-set: ip link set tap0 up\n"
		"  allow: +TAG=x haproxy -f /etc/h   by any rule, with a variable\n"
		"  refuse argument: ip link set eth0 up\n"
		"  refuse: ip link\n\n"
		"Words stand between blanks; \"...\" holds blanks, \\xHH is any byte.\n\n"
		"exit status: 0 all as expected; 1 not all; 2 wrong usage, or an error\n",
	.run = run,
};
