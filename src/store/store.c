#include "store/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "store/names.h"
#include "store/trust.h"
#include "writ.h"

#define SUFFIX ".policy"

/* Past what systems give out, and not the overflow uid. */
#define MADE_UP UINT32_C(4000000000)
enum { MADE_UP_COUNT = 200000000 };

/* The files that were found, by their paths. */
struct files {
	char *paths[POLICY_FILES_MAX];
	size_t count;
};

struct loading {
	const struct store_options *options;
	const struct policy_ear *ear;
	struct files files;
	bool refused;
};

static void
tell(struct loading *loading, const char *path, const char *what, const char *why)
{
	char text[512];
	struct policy_finding finding = { POLICY_FATAL, path, 0, text };

	snprintf(text, sizeof(text), "%s: %s", what, why);
	loading->refused = true;
	if (loading->ear != NULL && loading->ear->tell != NULL)
		loading->ear->tell(loading->ear->ctx, &finding);
}

static const char *
name_of(const char *path)
{
	return strrchr(path, '/') + 1;
}

static bool
is_policy(const char *name)
{
	size_t len = strlen(name);

	return name[0] != '.' && len > sizeof(SUFFIX) - 1 &&
	       strcmp(name + len - (sizeof(SUFFIX) - 1), SUFFIX) == 0;
}

static bool
is_replaced(const struct files *files, const char *name)
{
	for (size_t i = 0; i < files->count; i++)
		if (strcmp(name_of(files->paths[i]), name) == 0)
			return true;
	return false;
}

static void
add_file(struct loading *loading, const char *dir, const char *name)
{
	struct files *files = &loading->files;
	char *path = NULL;

	if (!is_policy(name) || is_replaced(files, name))
		return;
	if (files->count == POLICY_FILES_MAX) {
		tell(loading, dir, "not read", "more than 1024 files");
		return;
	}
	if (asprintf(&path, "%s/%s", dir, name) < 0)
		tell(loading, dir, "not read", "out of memory");
	else
		files->paths[files->count++] = path;
}

static void
add_path(struct loading *loading, const char *path)
{
	struct files *files = &loading->files;

	if (files->count == POLICY_FILES_MAX || (files->paths[files->count] = strdup(path)) == NULL)
		tell(loading, path, "not read", "too many files");
	else
		files->count++;
}

/* Only names; the walk to each file looks at its directory again. */
static void
list_dir(struct loading *loading, const char *path, bool may_be_missing)
{
	char link[32];
	char why[TRUST_WHY_MAX];
	struct stat stat;
	DIR *dir;
	int fd = trust_open(path, loading->options->any_owner, &stat, why);

	if (fd == -ENOENT && may_be_missing)
		return;
	if (fd < 0) {
		tell(loading, path, "not read", why[0] != '\0' ? why : strerror(-fd));
		return;
	}
	if (S_ISREG(stat.st_mode)) {
		close(fd);
		add_path(loading, path);
		return;
	}
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	dir = opendir(link);
	if (dir == NULL)
		tell(loading, path, "not read", strerror(errno));
	for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;)
		add_file(loading, path, entry->d_name);
	if (dir != NULL)
		closedir(dir);
	close(fd);
}

static int
read_all(int fd, size_t max, char **ret_text, size_t *ret_len)
{
	auto_free char *text = malloc(max + 1);
	size_t len = 0;

	if (text == NULL)
		return -ENOMEM;
	for (ssize_t r = 1; r > 0;) {
		r = read(fd, text + len, max + 1 - len);
		if (r < 0 && errno == EINTR)
			r = 1;
		else if (r < 0)
			return -errno;
		else
			len += (size_t)r;
		if (len > max)
			return -EFBIG;
	}
	*ret_text = realloc(text, len + 1);
	if (*ret_text == NULL)
		*ret_text = text;
	text = NULL;
	(*ret_text)[len] = '\0';
	*ret_len = len;
	return 0;
}

int
store_read(const char *path, size_t max, bool any_owner, char **ret_text, size_t *ret_len,
	   char why[320])
{
	char link[32];
	struct stat stat;
	int path_fd = trust_open(path, any_owner, &stat, why);
	int fd = -1;
	int r = path_fd;

	if (r >= 0)
		r = S_ISREG(stat.st_mode) ? 0 : S_ISDIR(stat.st_mode) ? -EISDIR : -EINVAL;
	if (r == 0) {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", path_fd);
		fd = open(link, O_RDONLY | O_CLOEXEC | O_NOCTTY);
		r = fd < 0 ? -errno : read_all(fd, max, ret_text, ret_len);
	}
	if (r < 0 && why[0] == '\0')
		snprintf(why, TRUST_WHY_MAX, "%s", strerror(-r));
	if (fd >= 0)
		close(fd);
	if (path_fd >= 0)
		close(path_fd);
	return r;
}

static int
compare_names(const void *left, const void *right)
{
	return strcmp(name_of(*(char *const *)left), name_of(*(char *const *)right));
}

static int
add_all(struct loading *loading, struct policy *policy)
{
	int worst = 0;

	qsort(loading->files.paths, loading->files.count, sizeof(char *), compare_names);
	for (size_t i = 0; i < loading->files.count && worst != WRIT_E_NOMEM; i++) {
		const char *path = loading->files.paths[i];
		auto_free char *text = NULL;
		char why[TRUST_WHY_MAX];
		size_t len = 0;
		int r;

		if (store_read(path, POLICY_FILE_BYTES_MAX, loading->options->any_owner, &text,
			       &len, why) < 0) {
			tell(loading, path, "not read", why);
			continue;
		}
		r = policy_add(policy, path, text, len, loading->ear);
		worst = r < 0 && r != WRIT_E_STATE ? r : worst;
	}
	return worst < 0 ? worst : loading->refused ? WRIT_E_SYNTAX : 0;
}

static int
check_program(void *ctx, const char *path, char why[TRUST_WHY_MAX])
{
	const struct store_options *options = ((struct loading *)ctx)->options;
	int r = options->any_program ? 0 : trust_program(path, options->any_owner, why);

	if (r < 0 && r != -EPERM)
		snprintf(why, TRUST_WHY_MAX, "%s", strerror(-r));
	return r < 0 ? WRIT_E_NOT_EXECUTABLE : 0;
}

/* What the policy asks of the machine. */
struct world {
	struct names *names;
	struct loading *loading;
};

/* A number for a name that nobody has: the same each time, and no real one. */
static uint32_t
make_up(const char *name)
{
	uint32_t number = 5381;

	for (; *name != '\0'; name++)
		number = number * 33 + (unsigned char)*name;
	return MADE_UP + number % MADE_UP_COUNT;
}

static int
ask_user(void *ctx, const char *name, struct policy_user *ret_user)
{
	const struct world *world = ctx;
	int r = names_user(world->names, name, ret_user);

	if (r == 0 || !world->loading->options->any_user)
		return r;
	*ret_user = (struct policy_user){
		.uid = make_up(name), .gid = make_up(name), .name = name, .home = "/nonexistent"
	};
	return 0;
}

static int
ask_group(void *ctx, const char *name, uint32_t *ret_gid)
{
	const struct world *world = ctx;
	int r = names_group(world->names, name, ret_gid);

	if (r == 0 || !world->loading->options->any_user)
		return r;
	*ret_gid = make_up(name);
	return 0;
}

static int
ask_program(void *ctx, const char *path, char why[TRUST_WHY_MAX])
{
	return check_program(((struct world *)ctx)->loading, path, why);
}

int
store_peer(const struct store_options *options, struct names *names, const char *user,
	   struct policy_user *ret_user)
{
	struct loading loading = { .options = options };
	struct world world = { names, &loading };

	return ask_user(&world, user, ret_user);
}

static int
load(struct loading *loading, struct policy *policy, struct names *names)
{
	struct world world = { names, loading };
	struct policy_names asked = { ask_user, ask_group, &world, ask_program };
	static const char *const standard[] = { STORE_DIR_ETC, STORE_DIR_LIB, NULL };
	const char *const *dirs = loading->options->dirs;
	int r;

	for (const char *const *dir = dirs != NULL ? dirs : standard; *dir != NULL; dir++)
		list_dir(loading, *dir, dirs == NULL);
	r = add_all(loading, policy);
	return r < 0 ? r : policy_seal(policy, &asked, loading->ear);
}

int
store_load(const struct store_options *options, struct names *names, const struct policy_ear *ear,
	   struct policy **ret_policy)
{
	struct loading loading = { .options = options, .ear = ear };
	struct policy *policy = policy_new();
	struct names *own = names == NULL ? names_new() : NULL;
	int r = WRIT_E_NOMEM;

	if (policy != NULL && (names != NULL || own != NULL))
		r = load(&loading, policy, names != NULL ? names : own);
	for (size_t i = 0; i < loading.files.count; i++)
		free(loading.files.paths[i]);
	names_free(own);
	if (r < 0) {
		policy_free(policy);
		return r;
	}
	*ret_policy = policy;
	return 0;
}
