/* What must hold of any usage line: random ones are read by the policy, and by a
 * slow matcher of this test, which goes back wherever it can and counts in how
 * many ways the arguments can be read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules.h"
#include "unit.h"

enum { DEPTH_MAX = 3, NODES_MAX = 64, ARGS_MAX = 12, ROUNDS = 6000, ASKED = 40, RULES_MAX = 6 };

enum kind { WORD, SEQUENCE, ONE_OF, OPTIONAL, REPEAT, ANY_ORDER };

struct node {
	int kind;
	int word;
	struct node *inner[4];
	int count;
};

/* The vocabulary: as written, and what it takes. */
static const struct {
	const char *text;  /* "%d": a number that makes its name another */
	const char *takes; /* of the list below, by index */
} words[] = {
	{ "a", "a" },
	{ "b", "b" },
	{ "-x", "-x" },
	{ "7", "7" },
	{ "\"\"", "''" },
	{ "{n%d:int}", "7 12" },
	{ "{n%d:int(10..20)}", "12" },
	{ "{n%d:word}", "a b 7 12 ab k=7 k=a ba" },
	{ "{n%d:word(a*)}", "a ab" },
	{ "{n%d:word(*b|k*)}", "b ab k=7 k=a" },
	{ "k={n%d:int}", "k=7" },
	{ "k={n%d:word}", "k=7 k=a" },
};

static const char *const arguments[] = {
	"a", "b", "-x", "7", "''", "12", "ab", "k=7", "k=a", "ba"
};

enum {
	WORDS = sizeof(words) / sizeof(words[0]),
	ARGUMENTS = sizeof(arguments) / sizeof(arguments[0])
};

static struct node nodes[NODES_MAX * RULES_MAX];
static size_t node_count;

static bool
takes(int word, int argument)
{
	char list[64];
	char *rest = list;

	snprintf(list, sizeof(list), "%s", words[word].takes);
	for (char *one; (one = strsep(&rest, " ")) != NULL;)
		if (strcmp(one, arguments[argument]) == 0)
			return true;
	return false;
}

static struct node *
grow(int depth)
{
	struct node *node = &nodes[node_count++];

	*node = (struct node){ .kind = depth == 0 || unit_random(3) == 0
					       ? WORD
					       : 1 + (int)unit_random(5) };
	node->word = (int)unit_random(WORDS);
	if (node->kind == SEQUENCE || node->kind == ONE_OF || node->kind == ANY_ORDER)
		node->count = 2 + (int)unit_random(2);
	else if (node->kind != WORD)
		node->count = 1;
	for (int i = 0; i < node->count; i++)
		node->inner[i] = grow(depth - 1);
	return node;
}

/* The name of a capture is another each time. */
static void
write_word(const char *pattern, int name, char *word, size_t size)
{
	const char *mark = strchr(pattern, '%');

	if (mark == NULL)
		snprintf(word, size, "%s", pattern);
	else
		snprintf(word, size, "%.*s%d%s", (int)(mark - pattern), pattern, name, mark + 2);
}

static void
print(const struct node *node, char *text, int *name)
{
	static const char *const open[] = { "", "(", "(", "[", "(", "<" };
	static const char *const close[] = { "", ")", ")", "]", ")...", ">" };
	char word[40];

	if (node->kind == WORD) {
		write_word(words[node->word].text, ++*name, word, sizeof(word));
		strcat(text, word);
		return;
	}
	strcat(text, open[node->kind]);
	for (int i = 0; i < node->count; i++) {
		if (i > 0)
			strcat(text, node->kind == ONE_OF ? "|" : " ");
		print(node->inner[i], text, name);
	}
	strcat(text, close[node->kind]);
}

/* The slow matcher: what is still to be read is a list of nodes. */
struct rest {
	const struct node *node;
	unsigned taken; /* of an ANY_ORDER that is gone on with, a bit each part */
	bool again;	/* a REPEAT that has been read once */
	const struct rest *next;
};

static int count_ways(const struct rest *rest, const int *argv, int argc);

static bool
is_optional(const struct node *part)
{
	return part->kind == OPTIONAL;
}

static int
count_any_order(const struct rest *rest, const int *argv, int argc)
{
	const struct node *node = rest->node;
	bool done = true;
	int ways = 0;

	for (int i = 0; i < node->count; i++) {
		const struct node *part = node->inner[i];
		bool repeats = part->kind == REPEAT ||
			       (is_optional(part) && part->inner[0]->kind == REPEAT);
		const struct node *body = is_optional(part) ? part->inner[0] : part;
		struct rest set = { node, rest->taken | 1u << i, false, rest->next };
		struct rest once = { repeats ? body->inner[0] : body, 0, false, &set };

		done = done && ((rest->taken >> i & 1) != 0 || is_optional(part));
		if ((rest->taken >> i & 1) == 0 || repeats)
			ways += count_ways(&once, argv, argc);
	}
	return ways + (done ? count_ways(rest->next, argv, argc) : 0);
}

static int
count_ways(const struct rest *rest, const int *argv, int argc)
{
	const struct node *node = rest != NULL ? rest->node : NULL;
	struct rest list[4];
	int ways = 0;

	if (node == NULL)
		return argc == 0;
	switch (node->kind) {
	case WORD:
		return argc > 0 && takes(node->word, *argv)
			       ? count_ways(rest->next, argv + 1, argc - 1)
			       : 0;
	case SEQUENCE:
		for (int i = node->count - 1; i >= 0; i--)
			list[i] = (struct rest){ node->inner[i], 0, false,
						 i + 1 < node->count ? &list[i + 1] : rest->next };
		return count_ways(&list[0], argv, argc);
	case ONE_OF:
		for (int i = 0; i < node->count; i++) {
			list[0] = (struct rest){ node->inner[i], 0, false, rest->next };
			ways += count_ways(&list[0], argv, argc);
		}
		return ways;
	case OPTIONAL:
		list[0] = (struct rest){ node->inner[0], 0, false, rest->next };
		return count_ways(&list[0], argv, argc) + count_ways(rest->next, argv, argc);
	case REPEAT:
		list[1] = (struct rest){ node, 0, true, rest->next };
		list[0] = (struct rest){ node->inner[0], 0, false, &list[1] };
		return count_ways(&list[0], argv, argc) +
		       (rest->again ? count_ways(rest->next, argv, argc) : 0);
	default:
		return count_any_order(rest, argv, argc);
	}
}

/* Arguments that fit, more often than not: a walk over the tree. */
static void
sample(const struct node *node, int *argv, int *argc)
{
	int start = (int)unit_random(ARGUMENTS);
	int times = node->kind == REPEAT ? 1 + (int)unit_random(3) : 1;

	if (*argc == ARGS_MAX || (node->kind == OPTIONAL && unit_random(2) == 0))
		return;
	if (node->kind == WORD) {
		while (!takes(node->word, start))
			start = (start + 1) % ARGUMENTS;
		argv[(*argc)++] = start;
		return;
	}
	if (node->kind == ONE_OF) {
		sample(node->inner[unit_random((uint32_t)node->count)], argv, argc);
		return;
	}
	start = node->kind == ANY_ORDER ? start : 0;
	for (; times > 0; times--)
		for (int i = 0; i < node->count; i++)
			sample(node->inner[(i + start) % node->count], argv, argc);
}

static void
spoil(int *argv, int *argc)
{
	int at = *argc > 0 ? (int)unit_random((uint32_t)*argc) : 0;

	switch (unit_random(4)) {
	case 0:
		if (*argc > 0)
			argv[at] = (int)unit_random(ARGUMENTS);
		break;
	case 1:
		if (*argc > 0)
			argv[at] = argv[--*argc];
		break;
	case 2:
		if (*argc < ARGS_MAX)
			argv[(*argc)++] = (int)unit_random(ARGUMENTS);
		break;
	default:
		break;
	}
}

static const struct policy_rule *last_rule;

static bool
answer(const struct policy *policy, const int *argv, int argc)
{
	const char *list[ARGS_MAX + 2] = { "x" };

	for (int i = 0; i < argc; i++)
		list[i + 1] = strcmp(arguments[argv[i]], "''") == 0 ? "" : arguments[argv[i]];
	last_rule = rules_ask_argv(policy, list)->rule;
	return last_rule != NULL;
}

static void
says(const char *text, const int *argv, int argc, int ways, bool allowed)
{
	fprintf(stderr, "%s\nx", text);
	for (int i = 0; i < argc; i++)
		fprintf(stderr, " %s", arguments[argv[i]]);
	fprintf(stderr, ": %d ways, %s\n", ways, allowed ? "allowed" : "refused");
}

static void
a_line_that_loads_has_one_reading_and_is_read_so(void)
{
	int loaded = 0;
	int fitted = 0;

	for (int round = 0; round < ROUNDS; round++) {
		char exec[2048] = "/bin/x ";
		struct node *tree;
		struct policy *policy;
		int name = 0;

		node_count = 0;
		tree = grow(DEPTH_MAX);
		print(tree, exec, &name);
		policy = rules_of_exec(exec);
		if (policy == NULL)
			continue;
		loaded++;
		for (int i = 0; i < ASKED; i++) {
			struct rest rest = { tree, 0, false, NULL };
			int argv[ARGS_MAX + 1];
			int argc = 0;
			int ways;
			bool allowed;

			sample(tree, argv, &argc);
			if (i % 2 == 1)
				spoil(argv, &argc);
			ways = count_ways(&rest, argv, argc);
			allowed = answer(policy, argv, argc);
			fitted += ways;
			if (ways > 1 || allowed != (ways == 1))
				says(exec, argv, argc, ways, allowed);
			CHECK(ways <= 1 && allowed == (ways == 1));
		}
		policy_free(policy);
	}
	CHECK(loaded > ROUNDS / 20 && fitted > loaded);
}

static void
many_rules_together_allow_what_one_of_them_allows(void)
{
	static char text[RULES_MAX * 2048 + 64];
	int loaded = 0;

	for (int round = 0; round < ROUNDS / 3; round++) {
		struct node *trees[RULES_MAX];
		struct policy *policy;
		int name = 0;
		int count = 0;

		node_count = 0;
		strcpy(text, "[Policy]\nAllow=user:alice\n");
		while (count < RULES_MAX) {
			char exec[2048] = "/bin/x ";
			size_t before = node_count;

			trees[count] = grow(DEPTH_MAX - 1);
			print(trees[count], exec, &name);
			policy = rules_of_exec(exec);
			if (policy == NULL) {
				node_count = before;
				continue;
			}
			policy_free(policy);
			snprintf(text + strlen(text), sizeof(text) - strlen(text),
				 "[Command r%d]\nUser=writ-run\nExec=%s\n", count++, exec);
		}
		policy = rules_of(text);
		CHECK(policy != NULL);
		loaded++;
		for (int i = 0; i < ASKED; i++) {
			int argv[ARGS_MAX + 1];
			int argc = 0;
			int ways = 0;
			int first = -1;
			char name_of_first[32];
			bool allowed;

			sample(trees[i % RULES_MAX], argv, &argc);
			if (i % 2 == 1)
				spoil(argv, &argc);
			for (int k = RULES_MAX - 1; k >= 0; k--) {
				struct rest rest = { trees[k], 0, false, NULL };
				int more = count_ways(&rest, argv, argc);

				ways += more;
				first = more > 0 ? k : first;
			}
			allowed = answer(policy, argv, argc);
			if (allowed != (ways > 0))
				says(text, argv, argc, ways, allowed);
			CHECK(allowed == (ways > 0));
			snprintf(name_of_first, sizeof(name_of_first), "test/r%d", first);
			if (allowed)
				CHECK_TEXT(policy_rule_name(last_rule), name_of_first);
		}
		policy_free(policy);
	}
	CHECK(loaded > 0);
}

static const struct unit_test tests[] = {
	UNIT(a_line_that_loads_has_one_reading_and_is_read_so),
	UNIT(many_rules_together_allow_what_one_of_them_allows),
};

int
main(void)
{
	return UNIT_RUN(tests);
}
