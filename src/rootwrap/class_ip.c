/* class_ip.c - IpFilter and IpNetnsExecFilter: ip(8) with and without a command behind it. */
#include <string.h>

#include "classes.h"

static bool
is_one_of(const char *word, const char *const *list)
{
	for (; *list != NULL; list++)
		if (strcmp(word, *list) == 0)
			return true;
	return false;
}

/* As the stock has them: not each abbreviation, and not only where they mean that. */
static const char *const netns_words[] = { "net", "netn", "netns", NULL };
static const char *const exec_words[] = { "e", "ex", "exe", "exec", NULL };

/* The first pair that begins with "netns" decides. */
static bool
match_by_pairs(const struct words *argv)
{
	if (strcmp(argv->list[0], "ip") != 0)
		return false;
	for (size_t i = 1; i + 1 < argv->count; i++)
		if (is_one_of(argv->list[i], netns_words))
			return !is_one_of(argv->list[i + 1], exec_words);
	return true;
}

/* iproute2 takes any beginning of a word, and the first in its table that fits; so what is
 * a beginning of "netns" may be "neighbor". Here it is all that it could be. */
static bool
may_mean(const char *word, const char *full)
{
	return strncmp(word, full, strlen(word)) == 0;
}

/* The options of ip(8) before the object: those that take the next word, and the rest. One
 * that is not known might take a word too, and hide the object. */
static const char *const with_value[] = { "-loops", "-family", "-rcvbuf", "-netns", NULL };
static const char *const alone[] = {
	"-0",	      "-4",	  "-6",
	"-B",	      "-I",	  "-M",
	"-D",	      "-human",	  "-human-readable",
	"-iec",	      "-stats",	  "-statistics",
	"-details",   "-resolve", "-oneline",
	"-timestamp", "-tshort",  "-Version",
	"-force",     "-brief",	  "-json",
	"-pretty",    "-color",	  "-help",
	"-Numeric",   "-all",	  "-echo",
	NULL,
};

/* What an option may be, by all that it could be short for: "-r" is -resolve in one version,
 * and -rcvbuf, which takes a word, in another. */
struct option {
	bool is_alone;
	bool takes_word;
};

static struct option
option_of(const char *word)
{
	struct option option = { 0 };

	if (word[1] == '-')
		word++; /* "--netns" is "-netns" */
	/* a file of commands, read by ip itself: what is in it is not seen here. A lone '-' is the
	 * first there is */
	if (word[1] == '\0' || may_mean(word, "-batch"))
		return option;
	for (const char *const *full = with_value; *full != NULL; full++)
		option.takes_word |= may_mean(word, *full);
	for (const char *const *full = alone; *full != NULL; full++)
		option.is_alone |= may_mean(word, *full);
	option.is_alone |= strncmp(word, "-color=", 7) == 0 || strncmp(word, "-c=", 3) == 0;
	return option;
}

/* "netns exec" and "vrf exec", where the object of an ip command stands. */
static bool
is_exec(const struct words *argv, size_t at)
{
	const char *object;

	if (at + 1 >= argv->count)
		return false;
	object = argv->list[at];
	return (may_mean(object, "netns") || may_mean(object, "vrf")) &&
	       may_mean(argv->list[at + 1], "exec");
}

/* Goes through the options in every way in which they could be read. One that is not known
 * may be anything. */
static bool
may_run_a_command(struct query *query, const struct words *argv)
{
	bool *reached = arena_array(query->arena, argv->count + 3, sizeof(*reached));

	reached[1] = true;
	for (size_t i = 1; i < argv->count; i++) {
		const char *word = argv->list[i];
		struct option option;

		if (!reached[i])
			continue;
		if (*word != '-' || strcmp(word, "--") == 0) {
			if (is_exec(argv, *word == '-' ? i + 1 : i))
				return true;
			continue;
		}
		option = option_of(word);
		if (!option.is_alone && !option.takes_word)
			return true;
		reached[i + 1] |= option.is_alone;
		reached[i + 2] |= option.takes_word;
	}
	return false;
}

static bool
match_ip(struct query *query, struct filter *filter, struct words *argv)
{
	(void)filter;
	return match_by_pairs(argv) && !(query_is_strict(query) && may_run_a_command(query, argv));
}

/* "ip netns exec NAME COMMAND..." */
static bool
match_netns(struct query *query, struct filter *filter, struct words *argv)
{
	if (strcmp(filter->run_as, "root") != 0 || argv->count < 4 ||
	    strcmp(argv->list[0], "ip") != 0 || !is_one_of(argv->list[1], netns_words) ||
	    !is_one_of(argv->list[2], exec_words))
		return false;
	/* a name that ip would take as a path, or as something else than a name */
	return !query_is_strict(query) ||
	       (argv->list[3][0] != '-' && strchr(argv->list[3], '/') == NULL &&
		strcmp(argv->list[3], ".") != 0 && strcmp(argv->list[3], "..") != 0);
}

static struct words
inner_of_netns(struct query *query, const struct filter *filter, const struct words *argv)
{
	(void)filter;
	return class_inner_from(query, argv, 4);
}

const struct filter_class class_ip = {
	.name = "IpFilter",
	.args_min = 2,
	.has_path = true,
	.has_user = true,
	.match = match_ip,
	.make = class_make_plain,
};

const struct filter_class class_ip_netns_exec = {
	.name = "IpNetnsExecFilter",
	.args_min = 2,
	.has_path = true,
	.has_user = true,
	.chains = true,
	.match = match_netns,
	.inner = inner_of_netns,
	.make = class_make_plain,
};
