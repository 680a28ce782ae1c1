/* policy_match.c - what a decision costs, by the clock.
 *
 * A line per case: "NAME NANOSECONDS", the median of many. The policy has 10,000
 * rules for other programs and 500 for the one that is asked about, whose
 * arguments are 200:
 *
 *   usual-accept      a short command that its rule takes
 *   usual-refuse      the same with one argument that does not fit
 *   last-accept       500 rules that differ in the last of 200 arguments
 *   last-refuse
 *   globs-accept      500 rules that differ in a pattern, then any 199 words
 *   globs-refuse
 *   ranges-accept     500 rules that all take all arguments up to the last, each
 *   ranges-refuse     by a type of its own at the first argument
 *   order-accept      40 options in any order
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "policy/policy.h"

enum {
	ARGS = 200,
	RULES = 500,
	OTHERS = 10000,
	ROUNDS = 201,
	BATCH = 20,
	ROUNDS_MAX_NS = 1000000000
};

struct text {
	char *data;
	size_t len;
	size_t size;
};

__attribute__((format(printf, 2, 3))) static void
add(struct text *text, const char *format, ...)
{
	__builtin_va_list args;

	if (text->size - text->len < 65536) {
		text->size = text->size * 2 + 1048576;
		text->data = realloc(text->data, text->size);
		if (text->data == NULL)
			exit(1);
	}
	__builtin_va_start(args, format);
	text->len +=
		(size_t)vsnprintf(text->data + text->len, text->size - text->len, format, args);
	__builtin_va_end(args);
}

static void
begin_rule(struct text *text, const char *name, int number)
{
	add(text, "[Command %s-%d]\nUser=root\nExec=", name, number);
}

static void
add_others(struct text *text)
{
	for (int i = 0; i < OTHERS; i++) {
		begin_rule(text, "other", i);
		add(text, "/usr/bin/other%d show {x:ifname} (up|down)\n", i);
	}
}

static void
add_usual(struct text *text)
{
	static const char *const verbs[] = { "set", "add", "del", "show", "change" };

	for (int i = 0; i < RULES; i++) {
		begin_rule(text, "usual", i);
		add(text,
		    "/usr/sbin/ip link%d %s {dev:ifname(tap*|qr-*)} (up|down) "
		    "[mtu {mtu:int(68..65535)}]\n",
		    i / 5, verbs[i % 5]);
	}
}

static void
add_last(struct text *text)
{
	for (int i = 0; i < RULES; i++) {
		begin_rule(text, "last", i);
		add(text, "/usr/bin/last");
		for (int k = 0; k < ARGS - 2; k++)
			add(text, k % 2 == 0 ? " word%d" : " {v%d:ifname}", k);
		add(text, " end%d\n", i);
	}
}

static void
add_globs(struct text *text)
{
	for (int i = 0; i < RULES; i++) {
		begin_rule(text, "globs", i);
		add(text, "/usr/bin/globs {d:word(t%d-*)} {w:word}...\n", i);
	}
}

static void
add_ranges(struct text *text)
{
	for (int i = 0; i < RULES; i++) {
		begin_rule(text, "ranges", i);
		add(text, "/usr/bin/ranges {d:int(0..%d)} {w:int}... end\n", 1000 + i);
	}
}

static void
add_order(struct text *text)
{
	begin_rule(text, "order", 0);
	add(text, "/usr/bin/order <");
	for (int i = 0; i < 40; i++)
		add(text, " [--option%d {o%d:word}]", i, i);
	add(text, ">\n");
}

static int
user(void *ctx, const char *name, struct policy_user *ret_user)
{
	(void)ctx;
	*ret_user = (struct policy_user){ .name = name, .home = "/" };
	return 0;
}

static int
group(void *ctx, const char *name, uint32_t *ret_gid)
{
	(void)ctx;
	(void)name;
	*ret_gid = 0;
	return 0;
}

static void
tell(void *ctx, const struct policy_finding *finding)
{
	(void)ctx;
	fprintf(stderr, "%s:%u: %s\n", finding->file, finding->line, finding->text);
}

static int64_t
now_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int
compare(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a;
	int64_t right = *(const int64_t *)b;

	return left < right ? -1 : left > right;
}

static const struct policy *policy;

static void
measure(const char *name, const char *const *argv, size_t argc, bool accept)
{
	static struct policy_capture captures[POLICY_CAPTURES_MAX];
	struct policy_peer peer = { .uid = 1000, .gid = 1000 };
	struct policy_request request = { argv, argc, NULL, 0 };
	struct policy_verdict verdict = { .captures = captures,
					  .capture_max = POLICY_CAPTURES_MAX };
	int64_t times[ROUNDS];
	int64_t end = now_ns() + ROUNDS_MAX_NS;
	int count = 0;

	for (; count < ROUNDS && (count == 0 || now_ns() < end); count++) {
		int64_t begin = now_ns();

		for (int k = 0; k < BATCH; k++)
			policy_match(policy, &peer, &request, &verdict);
		times[count] = (now_ns() - begin) / BATCH;
	}
	if ((verdict.answer == POLICY_ALLOWED) != accept) {
		fprintf(stderr, "%s: the wrong answer: %s\n", name, policy_why_name(verdict.why));
		exit(1);
	}
	qsort(times, (size_t)count, sizeof(times[0]), compare);
	printf("%s %lld\n", name, (long long)times[count / 2]);
}

/* "PROGRAM FIRST middle... LAST"; NULL as `middle` takes those of the "last" rules. */
static void
measure_long(const char *name, const char *program, const char *first, const char *middle,
	     const char *last)
{
	static char words[ARGS][32];
	const char *argv[ARGS];

	for (int k = 0; k < ARGS; k++) {
		if (middle != NULL)
			snprintf(words[k], sizeof(words[k]), "%s", middle);
		else
			snprintf(words[k], sizeof(words[k]), k % 2 == 1 ? "word%d" : "eth%d",
				 k - 1);
		argv[k] = words[k];
	}
	argv[0] = program;
	if (first != NULL)
		argv[1] = first;
	argv[ARGS - 1] = last;
	measure(name, argv, ARGS, strstr(name, "accept") != NULL);
}

static void
measure_all(void)
{
	static const char *const accepted[] = {
		"ip", "link99", "set", "tap0", "up", "mtu", "1500"
	};
	static const char *const refused[] = { "ip", "link99", "set",	  "tap0",
					       "up", "mtu",    "15000000" };
	static char options[40][2][16];
	const char *order[81] = { "order" };

	for (int i = 0; i < 40; i++) {
		snprintf(options[i][0], 16, "--option%d", 39 - i);
		order[1 + 2 * i] = options[i][0];
		order[2 + 2 * i] = "value";
	}
	measure("usual-accept", accepted, 7, true);
	measure("usual-refuse", refused, 7, false);
	measure_long("last-accept", "last", NULL, NULL, "end499");
	measure_long("last-refuse", "last", NULL, NULL, "end500");
	measure_long("globs-accept", "globs", "t499-1", "x", "x");
	measure_long("globs-refuse", "globs", "t499-1", "x", "-x");
	measure_long("ranges-accept", "ranges", "7", "8", "end");
	measure_long("ranges-refuse", "ranges", "7", "8", "9");
	measure("order-accept", order, 81, true);
}

int
main(void)
{
	struct policy_names names = { user, group, NULL };
	struct policy_ear ear = { tell, NULL };
	struct policy *made = policy_new();
	struct text text = { 0 };
	int64_t begin;

	add(&text, "[Policy]\nAllow=user:1000\n");
	add_others(&text);
	add_usual(&text);
	add_last(&text);
	add_globs(&text);
	add_ranges(&text);
	add_order(&text);
	begin = now_ns();
	if (made == NULL || policy_add(made, "bench.policy", text.data, text.len, &ear) < 0 ||
	    policy_seal(made, &names, &ear) < 0)
		return 1;
	fprintf(stderr, "load: %lld us\n", (long long)((now_ns() - begin) / 1000));
	policy = made;
	measure_all();
	policy_free(made);
	free(text.data);
	return 0;
}
