#include "order.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fail.h"

enum {
	MOVES_MAX = OS_MAP_MAX + 4,
	TEXTS_BYTES_MAX = 2 * PATH_MAX + 64,
};

struct making {
	struct order *order;
	uint32_t size; /* allocated */
};

/* Of what is asked seldom: steps, and bytes of texts. */
static void
count_more(const struct os_start *start, size_t *steps, size_t *bytes)
{
	if (start->creds != NULL)
		*bytes += start->creds->group_count * sizeof(uint32_t);
	if (start->netns != NULL) {
		*steps += start->netns->file_count;
		*bytes += NAME_MAX + 16 + start->netns->files_size;
	}
	*steps += start->beneath_count;
	for (size_t i = 0; i < start->beneath_count; i++)
		*bytes += strlen(start->beneath[i].base) + strlen(start->beneath[i].path) + 16;
}

/* Room for the steps of `start` and their texts; the steps come first, so the
 * texts begin behind STEP_COUNT_MAX of them and are moved up at the end. */
static int
begin(struct making *making, const struct os_start *start, struct writ_error *err)
{
	size_t limits = start != NULL ? start->limit_count : 0;
	size_t steps = limits + 3 * MOVES_MAX + 24;
	size_t bytes = TEXTS_BYTES_MAX;

	if (start != NULL)
		count_more(start, &steps, &bytes);
	making->size = (uint32_t)(sizeof(struct order) + steps * sizeof(struct step) + bytes);
	making->order = malloc(making->size);
	if (making->order == NULL)
		return writ_fail_nomem(err, WRIT_STAGE_CLONE);
	making->order->count = 0;
	making->order->size =
		(uint32_t)(sizeof(struct order) + steps * sizeof(struct step)); /* texts follow */
	return 0;
}

static struct step *
add(struct making *making, enum step_op op, int64_t a, int64_t b)
{
	struct step *step = &making->order->steps[making->order->count++];

	*step = (struct step){ .op = op, .a = a, .b = b };
	return step;
}

/* Puts bytes behind the steps; returns their offset. The sizes are bounded by
 * begin(): two paths, and what count_more() counts. */
static uint32_t
add_bytes(struct making *making, const void *bytes, size_t len)
{
	struct order *order = making->order;
	uint32_t at = order->size;

	memcpy((char *)order + at, bytes, len);
	order->size += (uint32_t)((len + 7) & ~(size_t)7);
	return at;
}

/* Closes the gap between the last step and the first text. */
static struct order *
finish(struct making *making, size_t texts_at)
{
	struct order *order = making->order;
	size_t steps_end = sizeof(*order) + order->count * sizeof(struct step);
	size_t gap = texts_at - steps_end;

	memmove((char *)order + steps_end, (char *)order + texts_at, order->size - texts_at);
	order->size -= (uint32_t)gap;
	for (uint32_t i = 0; i < order->count; i++)
		if (order->steps[i].at != 0)
			order->steps[i].at -= (uint32_t)gap;
	return order;
}

struct move {
	int from;
	int to;
	bool closes; /* on exec */
	bool done;
};

static bool
is_source(const struct move *moves, size_t count, const struct move *mine)
{
	for (size_t i = 0; i < count; i++)
		if (&moves[i] != mine && !moves[i].done && moves[i].from == mine->to)
			return true;
	return false;
}

/* The smallest number that nobody uses: a low limit of descriptors holds. */
static int
free_number(const struct move *moves, size_t count)
{
	for (int number = 3;; number++) {
		bool used = false;

		for (size_t i = 0; i < count && !used; i++)
			used = moves[i].from == number || moves[i].to == number;
		if (!used)
			return number;
	}
}

static void
make_move(struct making *making, struct move *move)
{
	move->done = true;
	if (move->from != move->to)
		add(making, STEP_DUP, move->from, move->to)->c = move->closes ? O_CLOEXEC : 0;
	else if (!move->closes)
		add(making, STEP_KEEP, move->to, 0); /* dup3(x, x) would leave it closing */
}

/* All at once, as it were: a target may be the source of another. First those
 * whose target nobody needs any more; a circle is opened by a copy. */
static void
add_moves(struct making *making, struct move *moves, size_t count)
{
	for (size_t left = count; left > 0;) {
		size_t before = left;
		size_t i;

		for (i = 0; i < count; i++) {
			if (moves[i].done || is_source(moves, count, &moves[i]))
				continue;
			make_move(making, &moves[i]);
			left--;
		}
		if (left < before)
			continue;

		for (i = 0; moves[i].done; i++)
			;
		int from = moves[i].from;
		int spare = free_number(moves, count);

		add(making, STEP_DUP, from, spare);
		for (i = 0; i < count; i++)
			if (!moves[i].done && moves[i].from == from)
				moves[i].from = spare;
	}
}

static int
compare_int(const void *a, const void *b)
{
	int x = *(const int *)a;
	int y = *(const int *)b;

	return (x > y) - (x < y);
}

/* What is not a target is closed. */
static void
add_closes(struct making *making, int *targets, size_t count)
{
	int first = 0;

	qsort(targets, count, sizeof(*targets), compare_int);
	for (size_t i = 0; i < count; i++) {
		if (first < targets[i])
			add(making, STEP_CLOSE, first, targets[i] - 1);
		first = targets[i] + 1;
	}
	add(making, STEP_CLOSE, first, INT_MAX);
}

static void
add_descriptors(struct making *making, const struct os_map *map, size_t map_count,
		const struct move *more, size_t more_count)
{
	struct move moves[MOVES_MAX];
	int targets[MOVES_MAX];
	size_t count = 0;
	size_t target_count = 0;

	for (size_t i = 0; i < map_count; i++) {
		targets[target_count++] = map[i].to;
		moves[count++] = (struct move){ .from = map[i].from, .to = map[i].to };
	}
	for (size_t i = 0; i < more_count; i++) {
		targets[target_count++] = more[i].to;
		moves[count++] = more[i];
	}
	add_moves(making, moves, count);
	add_closes(making, targets, target_count);
}

/* What an identity has is set before the privilege to do so goes with it, but for
 * the capabilities: those that are to stay are all that is left then. */
static void
add_identity(struct making *making, const struct os_start *start)
{
	const struct os_creds *creds = start->creds;

	if (start->bounding_caps != UINT64_MAX && start->set_caps)
		add(making, STEP_BOUNDING, (int64_t)start->bounding_caps, 0);
	if (creds != NULL) {
		uint32_t at = add_bytes(making, creds->groups,
					creds->group_count * sizeof(*creds->groups));

		if (start->ambient_caps != 0)
			add(making, STEP_KEEP_CAPS, 0, 0);
		add(making, STEP_GROUPS, (int64_t)creds->group_count, 0)->at = at;
		add(making, STEP_GID, creds->gid, 0);
		add(making, STEP_UID, creds->uid, 0);
	}
	if (start->set_caps)
		add(making, STEP_CAPS,
		    (int64_t)(start->is_root ? start->bounding_caps : start->ambient_caps),
		    (int64_t)start->ambient_caps);
	if (start->no_new_privs)
		add(making, STEP_NO_NEW_PRIVS, 0, 0);
}

static void
add_netns(struct making *making, const struct os_netns *netns, int cwd_at)
{
	uint32_t name = add_bytes(making, netns->name, strlen(netns->name) + 1);
	uint32_t file = making->order->size;

	if (netns->file_count > 0)
		add_bytes(making, netns->files, netns->files_size);
	add(making, STEP_NETNS, 0, 0)->at = name;
	add(making, STEP_MOUNTS, cwd_at, 0)->at = name;
	for (size_t i = 0; i < netns->file_count; i++) {
		add(making, STEP_BIND, 0, 0)->at = file;
		file += (uint32_t)strlen((const char *)making->order + file) + 1;
	}
}

static void
add_beneath(struct making *making, const struct os_start *start)
{
	for (size_t i = 0; i < start->beneath_count; i++) {
		const struct os_beneath *beneath = &start->beneath[i];
		uint32_t at = making->order->size;
		size_t base_size = strlen(beneath->base) + 1;
		size_t path_size = strlen(beneath->path) + 1;
		char *text = (char *)making->order + at;

		memcpy(text, beneath->base, base_size);
		memcpy(text + base_size, beneath->path, path_size);
		making->order->size += (uint32_t)((base_size + path_size + 7) & ~(size_t)7);
		add(making, STEP_BENEATH, beneath->fd, beneath->kind)->at = at;
	}
}

/* Limits are raised before the privilege to do so goes. */
static void
add_attributes(struct making *making, const struct os_start *start, int cwd_at)
{
	if (start->set_umask)
		add(making, STEP_UMASK, start->umask, 0);
	if (start->set_nice)
		add(making, STEP_NICE, start->nice, 0);
	for (size_t i = 0; i < start->limit_count; i++)
		add(making, STEP_LIMIT, start->limits[i].resource, (int64_t)start->limits[i].soft)
			->c = (int64_t)start->limits[i].hard;
	if (start->netns != NULL)
		add_netns(making, start->netns, cwd_at);
	add_identity(making, start);
}

/* What may hang. The directory is entered with the rights of the program; `cwd_at`:
 * where the descriptor of it is, or -1. */
static void
add_places(struct making *making, const struct os_start *start, int cwd_at)
{
	add_beneath(making, start);
	if (start->cwd != NULL) {
		uint32_t at = add_bytes(making, start->cwd, strlen(start->cwd) + 1);

		add(making, STEP_CHDIR, 0, 0)->at = at;
	} else if (cwd_at >= 0) {
		add(making, STEP_FCHDIR, cwd_at, 0);
	}
}

static void
add_exec(struct making *making, const char *exe)
{
	uint32_t at = add_bytes(making, exe, strlen(exe) + 1);

	add(making, STEP_EXEC, 0, 0)->at = at;
}

/* The first number from `*next` on that the program does not get. */
static int
next_free(const struct os_start *start, int *next)
{
	for (;; (*next)++) {
		bool used = false;

		for (size_t i = 0; i < start->map_count && !used; i++)
			used = start->map[i].to == *next;
		for (size_t i = 0; i < start->beneath_count && !used; i++)
			used = start->beneath[i].fd == *next;
		if (!used)
			return (*next)++;
	}
}

/* It is the first, so that all orders of a start know it. */
static int
next_for_cwd(const struct os_start *start, int *next)
{
	return start->set_cwd_fd ? next_free(start, next) : -1;
}

int
order_direct(const struct os_start *start, int closing, struct order **ret_order,
	     struct writ_error *err)
{
	struct move more[2];
	struct making making;
	size_t count = 0;
	size_t texts_at;
	int next = 3;
	int cwd_at = next_for_cwd(start, &next);
	int r = begin(&making, start, err);

	if (r < 0)
		return r;
	texts_at = making.order->size;
	if (cwd_at >= 0)
		more[count++] = (struct move){ start->cwd_fd, cwd_at, .closes = true };
	if (closing >= 0)
		more[count++] =
			(struct move){ closing, next_free(start, &next), .closes = true };
	add(&making, STEP_SIGNALS, 0, 0);
	if (!start->on_terminal)
		add(&making, STEP_SESSION, 0, 0);
	/* early: a directory that hangs must not hold the pipes of other runs, and a low
	 * limit of descriptors is for the program */
	add_descriptors(&making, start->map, start->map_count, more, count);
	add_attributes(&making, start, cwd_at);
	add_places(&making, start, cwd_at);
	add_exec(&making, start->exe);
	*ret_order = finish(&making, texts_at);
	return 0;
}

int
order_boot(const struct os_start *start, struct order_extra *extra, struct order **ret_order,
	   struct writ_error *err)
{
	struct making making;
	struct move more[4];
	size_t count = 0;
	size_t texts_at;
	int next = 3;
	int cwd_at = next_for_cwd(start, &next);
	int r = begin(&making, start, err);

	if (r < 0)
		return r;
	texts_at = making.order->size;
	if (cwd_at >= 0)
		more[count++] = (struct move){ start->cwd_fd, cwd_at };
	extra->socket_at = next_free(start, &next);
	extra->launcher_at = next_free(start, &next);
	extra->owner_at = extra->owner >= 0 ? next_free(start, &next) : -1;
	more[count++] = (struct move){ .from = extra->socket, .to = extra->socket_at };
	more[count++] =
		(struct move){ .from = extra->launcher, .to = extra->launcher_at, .closes = true };
	if (extra->owner >= 0)
		more[count++] = (struct move){ .from = extra->owner, .to = extra->owner_at };

	add(&making, STEP_SIGNALS, 0, 0);
	add_descriptors(&making, start->map, start->map_count, more, count);
	add(&making, STEP_EXEC, extra->launcher_at, 0);
	*ret_order = finish(&making, texts_at);
	return 0;
}

int
order_rest(const struct os_start *start, bool stays, struct order **ret_order,
	   struct writ_error *err)
{
	struct making making;
	size_t texts_at;
	int next = 3;
	int cwd_at = next_for_cwd(start, &next);
	int r = begin(&making, start, err);

	if (r < 0)
		return r;
	texts_at = making.order->size;
	if (!start->on_terminal)
		add(&making, STEP_SESSION, 0, 0);
	add_attributes(&making, start, cwd_at);
	if (stays) /* a change of identity clears it, so after that */
		add(&making, STEP_DEATH, SIGKILL, 0);
	add_places(&making, start, cwd_at);
	if (cwd_at >= 0) /* only the launcher's own are closed by exec */
		add(&making, STEP_CLOSE, cwd_at, cwd_at);
	add_exec(&making, start->exe);
	*ret_order = finish(&making, texts_at);
	if ((*ret_order)->size <= STEP_BYTES_MAX)
		return 0;
	*ret_order = mfree(*ret_order);
	return writ_fail(err, WRIT_E_LIMIT, WRIT_STAGE_CLONE, 0, "more than one order holds",
			 "groups, limits and paths");
}

int
order_guardian(const struct os_map *map, size_t count, int launcher, struct order **ret_order,
	       struct writ_error *err)
{
	struct move own = { .from = launcher, .to = (int)count, .closes = true };
	struct making making;
	size_t texts_at;
	int r = begin(&making, NULL, err);

	if (r < 0)
		return r;
	texts_at = making.order->size;
	add(&making, STEP_SIGNALS, 0, 0);
	add(&making, STEP_SESSION, 0, 0);
	add_descriptors(&making, map, count, &own, 1);
	add(&making, STEP_CHDIR, 0, 0)->at = add_bytes(&making, "/", 2);
	add(&making, STEP_EXEC, own.to, 0);
	*ret_order = finish(&making, texts_at);
	return 0;
}
