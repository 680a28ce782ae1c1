#include "load.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trust.h"

enum { FILES_MAX = 1024 };

static void
tell(const struct loading *loading, enum load_told told, const char *text)
{
	if (loading->tell != NULL)
		loading->tell(loading->ctx, told, text);
}

static ssize_t
read_all(int fd, char *text, size_t size)
{
	size_t len = 0;

	while (len < size) {
		ssize_t r = read(fd, text + len, size - len);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -1;
		if (r == 0)
			break;
		len += (size_t)r;
	}
	return (ssize_t)len;
}

/* Returns NULL with errno. No FIFO is waited for. */
static char *
read_file(struct arena *arena, const char *path, size_t *ret_len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat found;
	ssize_t len = -1;
	size_t size;
	char *text;
	int err;

	if (fd < 0)
		return NULL;
	errno = EINVAL;
	if (fstat(fd, &found) == 0 && S_ISREG(found.st_mode)) {
		size = found.st_size < INI_BYTES_MAX ? (size_t)found.st_size + 1
						     : (size_t)INI_BYTES_MAX + 1;
		text = arena_take(arena, size + 1);
		len = read_all(fd, text, size);
	}
	err = errno;
	close(fd);
	errno = err;
	if (len < 0)
		return NULL;
	*ret_len = (size_t)len;
	return text;
}

static const char *
absolute(struct arena *arena, const char *path)
{
	char *current;

	if (*path == '/')
		return path;
	current = getcwd(NULL, 0);
	path = arena_print(arena, "%s/%s", current != NULL ? current : "", path);
	free(current);
	return path;
}

static void
tell_above(const struct loading *loading, const struct trust *trust)
{
	if (trust->above != NULL)
		tell(loading, LOAD_WARNED,
		     arena_print(loading->arena,
				 "%s: belongs to uid %u, who can move what is below it; "
				 "please type: chown root %s",
				 trust->above, trust->above_uid, trust->above));
}

static int
fail_config(const struct loading *loading, const char *path, const char *detail,
	    const char **ret_why)
{
	*ret_why = detail == NULL
			   ? arena_print(loading->arena, "Incorrect configuration file: %s", path)
			   : arena_print(loading->arena, "Incorrect value in %s: %s", path, detail);
	return -1;
}

int
load_config(const struct loading *loading, const char *path, struct config *ret_config,
	    const char **ret_why, const char **ret_more)
{
	struct trust trust = { .kind = TRUST_FILE };
	const char *detail = NULL;
	struct ini_fault fault;
	struct ini ini;
	size_t len;
	char *text = read_file(loading->arena, path, &len);
	int r;

	*ret_more = NULL;
	if (text == NULL) {
		*ret_more = strerror(errno);
		return fail_config(loading, path, NULL, ret_why);
	}
	r = ini_parse(loading->arena, text, len, true, &ini, &fault);
	if (r < 0) {
		*ret_more = arena_print(loading->arena, "line %d: %s", fault.line, fault.why);
		return fail_config(loading, path, r == INI_NOT_TEXT ? "utf-8" : NULL, ret_why);
	}
	r = config_read(loading->arena, &ini, getenv("PATH"), ret_config, &detail);
	if (r < 0) {
		if (r == CONFIG_NOT_ONE)
			*ret_more = "there is no filters_path in [DEFAULT]";
		return fail_config(loading, path, detail, ret_why);
	}
	/* whatever its mode: one that others wrote says what they like */
	trust.refuse_above = ret_config->refuse_paths;
	if (!trust_look(loading->arena, absolute(loading->arena, path), &trust)) {
		*ret_more = trust.why;
		return fail_config(loading, path, NULL, ret_why);
	}
	tell_above(loading, &trust);
	return 0;
}

/* Where we read filters from, and what of it. */
struct place {
	const struct loading *loading;
	const struct config *config;
	struct filters *filters;
	const char *path; /* of the file */
};

static void
skip(const struct place *place, int line, const char *what, const char *why)
{
	const char *path = place->path;

	tell(place->loading, LOAD_SKIPPED,
	     line > 0 ? arena_print(place->loading->arena, "skipped: %s:%d: %s: %s", path, line,
				    what, why)
		      : arena_print(place->loading->arena, "skipped: %s", why));
}

static void
add_filter(const struct place *place, const struct ini_option *option)
{
	struct arena *arena = place->loading->arena;
	bool exact = place->config->mode == CONFIG_EXACT;
	struct filter *filter;
	const char *why;
	enum filter_made made =
		filter_make(arena, option->name, option->value, exact, &filter, &why);

	switch (made) {
	case FILTER_UNKNOWN:
		tell(place->loading, LOAD_UNKNOWN,
		     arena_print(arena,
				 "Skipping unknown filter class (%s) specified in filter "
				 "definitions",
				 filter_class_name(arena, option->value)));
		return;
	case FILTER_BAD:
		skip(place, option->line, option->name, why);
		return;
	case FILTER_NO_USER:
	case FILTER_NEVER:
		tell(place->loading, LOAD_WARNED,
		     arena_print(arena, "%s:%d: %s: %s: %s", place->path, option->line,
				 option->name,
				 made == FILTER_NEVER ? "matches nothing" : "will not run", why));
		break;
	case FILTER_MADE:
		break;
	}
	if (place->filters->count == FILTERS_MAX) {
		skip(place, option->line, option->name, "too many filters");
		return;
	}
	filter->file = place->path;
	filter->line = option->line;
	filters_add(place->filters, filter);
}

static void
load_file(const struct place *place)
{
	struct arena *arena = place->loading->arena;
	const struct ini_option *option;
	struct ini_fault fault;
	struct ini ini;
	size_t len;
	char *text = read_file(arena, place->path, &len);

	if (text == NULL) {
		skip(place, 0, "", arena_print(arena, "%s: %s", place->path, strerror(errno)));
		return;
	}
	if (ini_parse(arena, text, len, false, &ini, &fault) < 0) {
		skip(place, 0, "",
		     arena_print(arena, "%s:%d: %s", place->path, fault.line, fault.why));
		return;
	}
	if (!ini_items(arena, &ini, "Filters", &option)) {
		skip(place, 0, "", arena_print(arena, "%s: no section [Filters]", place->path));
		return;
	}
	for (; option != NULL; option = option->next)
		add_filter(place, option);
}

/* What editors and package managers leave beside a file that they have replaced. */
static bool
is_left_over(const char *name)
{
	static const char *const patterns[] = { "*~",	     "#*#",	 "*.rpmsave", "*.rpmnew",
						"*.rpmorig", "*.dpkg-*", "*.ucf-*",   "*.bak",
						"*.orig",    "*.rej",	 "*.swp" };

	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		if (fnmatch(patterns[i], name, 0) == 0)
			return true;
	return false;
}

static bool
is_regular(const char *path)
{
	struct stat found;

	return stat(path, &found) == 0 && S_ISREG(found.st_mode);
}

static void
consider_file(const struct loading *loading, const struct config *config, const struct trust *dir,
	      const char *path, struct filters *filters)
{
	struct place place = { loading, config, filters, path };
	struct trust trust = { .kind = TRUST_FILE, .refuse_above = config->refuse_paths };

	if (config->mode == CONFIG_STRICT) {
		bool trusted = trust_look_in(loading->arena, dir, path, &trust);

		if (!trusted && !is_regular(path))
			return;
		if (is_left_over(words_base(path))) {
			skip(&place, 0, "", arena_print(loading->arena, "%s: a left-over", path));
			return;
		}
		if (!trusted) {
			skip(&place, 0, "", trust.why);
			return;
		}
	} else if (!is_regular(path)) {
		return;
	}
	load_file(&place);
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names in a directory, in the order in which they come. */
static struct words
list_directory(const struct loading *loading, DIR *dir)
{
	struct words names = words_room(loading->arena, FILES_MAX);
	struct dirent *entry;

	while (names.count < FILES_MAX && (entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			words_add(&names,
				  arena_copy(loading->arena, entry->d_name, strlen(entry->d_name)));
	return names;
}

static void
load_directory(const struct loading *loading, const struct config *config, const char *path,
	       struct filters *filters)
{
	struct trust trust = { .kind = TRUST_DIRECTORY, .refuse_above = config->refuse_paths };
	struct words names;
	DIR *dir;

	path = absolute(loading->arena, path);
	dir = opendir(path);
	if (dir == NULL)
		return; /* as stock: filters_path may name what is not installed */
	names = list_directory(loading, dir);
	closedir(dir);
	if (config->mode == CONFIG_STRICT) {
		if (!trust_look(loading->arena, path, &trust)) {
			tell(loading, LOAD_SKIPPED,
			     arena_print(loading->arena, "skipped: %s", trust.why));
			return;
		}
		tell_above(loading, &trust);
		qsort(names.list, names.count, sizeof(names.list[0]), compare_names);
	}
	for (size_t i = 0; i < names.count; i++)
		consider_file(loading, config, &trust,
			      arena_print(loading->arena, "%s/%s", path, names.list[i]), filters);
}

/* A directory that is not there is no fault; one that others may write to is. */
static void
choose_exec_dirs(const struct loading *loading, struct config *config)
{
	struct words dirs = words_room(loading->arena, config->exec_dirs.count);

	for (size_t i = 0; i < config->exec_dirs.count; i++) {
		const char *dir = config->exec_dirs.list[i];
		struct trust trust = { .kind = TRUST_DIRECTORY,
				       .refuse_above = config->refuse_paths };

		if (*dir != '/')
			continue;
		if (!trust_look(loading->arena, dir, &trust)) {
			if (access(dir, F_OK) == 0)
				tell(loading, LOAD_SKIPPED,
				     arena_print(loading->arena, "skipped: exec_dirs: %s",
						 trust.why));
			continue;
		}
		tell_above(loading, &trust);
		words_add(&dirs, dir);
	}
	config->exec_dirs = dirs;
}

void
load_filters(const struct loading *loading, struct config *config, struct filters *ret_filters)
{
	bool exact = config->mode == CONFIG_EXACT;

	filters_init(ret_filters);
	if (!exact && loading->thorough)
		choose_exec_dirs(loading, config);
	for (size_t i = 0; i < config->filters_path.count; i++)
		load_directory(loading, config, config->filters_path.list[i], ret_filters);
	filters_add(ret_filters, filter_make_privsep(loading->arena, exact));
}
