/* ordertext.c - an order in words: for --dry-run, and for the step that failed. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/fail.h"
#include "base/json.h"
#include "exechint.h"
#include "order.h"
#include "os/os_cap.h"

static const struct {
	enum writ_stage stage;
	const char *name;
	const char *about; /* NULL: it depends */
} kinds[] = {
	[STEP_SIGNALS] = { WRIT_STAGE_SIGNAL, "signals", "default dispositions, empty mask" },
	[STEP_SESSION] = { WRIT_STAGE_SESSION, "session", "a new one" },
	[STEP_DEATH] = { WRIT_STAGE_CONTAIN, "death", "with the launcher" },
	[STEP_DUP] = { WRIT_STAGE_DESCRIPTOR, "descriptor" },
	[STEP_KEEP] = { WRIT_STAGE_DESCRIPTOR, "descriptor" },
	[STEP_CLOSE] = { WRIT_STAGE_DESCRIPTOR, "close" },
	[STEP_UMASK] = { WRIT_STAGE_UMASK, "umask" },
	[STEP_NICE] = { WRIT_STAGE_NICE, "nice" },
	[STEP_LIMIT] = { WRIT_STAGE_LIMIT, "limit" },
	[STEP_GROUPS] = { WRIT_STAGE_IDENTITY, "groups" },
	[STEP_GID] = { WRIT_STAGE_IDENTITY, "group" },
	[STEP_UID] = { WRIT_STAGE_IDENTITY, "user" },
	[STEP_KEEP_CAPS] = { WRIT_STAGE_CAPABILITY, "keep-caps", "over the change of user" },
	[STEP_BOUNDING] = { WRIT_STAGE_CAPABILITY, "bounding" },
	[STEP_CAPS] = { WRIT_STAGE_CAPABILITY, "capabilities" },
	[STEP_NO_NEW_PRIVS] = { WRIT_STAGE_CAPABILITY, "no-new-privs", "by any program" },
	[STEP_FCHDIR] = { WRIT_STAGE_CHDIR, "chdir", "the directory that is open" },
	[STEP_CHDIR] = { WRIT_STAGE_CHDIR, "chdir" },
	[STEP_EXEC] = { WRIT_STAGE_EXEC, "exec" },
	[STEP_NETNS] = { WRIT_STAGE_NAMESPACE, "netns" },
	[STEP_MOUNTS] = { WRIT_STAGE_NAMESPACE, "mounts" },
	[STEP_BIND] = { WRIT_STAGE_NAMESPACE, "bind" },
	[STEP_BENEATH] = { WRIT_STAGE_PATH, "beneath" },
};

/* "net_admin net_raw", or "none". */
static void
add_caps(uint64_t caps, struct buf *buf)
{
	const char *between = "";

	for (int cap = 0; cap < 64; cap++) {
		const char *name = writ_cap_name(cap);

		if (!(caps & WRIT_CAP_BIT(cap)) || (name == NULL && !os_cap_is_known(cap)))
			continue;
		if (name != NULL)
			buf_printf(buf, "%s%s", between, name);
		else
			buf_printf(buf, "%s%d", between, cap);
		between = " ";
	}
	if (*between == '\0')
		buf_add_text(buf, "none");
}

static void
add_groups(const uint32_t *groups, int64_t count, struct buf *buf)
{
	for (int64_t i = 0; i < count; i++)
		buf_printf(buf, "%s%u", i > 0 ? " " : "", groups[i]);
	if (count == 0)
		buf_add_text(buf, "none");
}

static void
add_beneath(const char *base, const struct step *step, struct buf *buf)
{
	static const char *const kinds_of[] = {
		[WRIT_BENEATH_READ] = "to read",
		[WRIT_BENEATH_WRITE] = "to write",
		[WRIT_BENEATH_DIR] = "a directory",
		[WRIT_BENEATH_PARENT] = "its directory",
	};

	buf_printf(buf, "%s in %s, %s", base + strlen(base) + 1, base, kinds_of[step->b]);
	if (step->b != WRIT_BENEATH_PARENT)
		buf_printf(buf, ", as %" PRId64, step->a);
}

/* What a step is about, as a text. */
static void
describe(const struct order *order, const struct step *step, struct buf *buf)
{
	const char *text = (const char *)order + step->at;

	switch ((enum step_op)step->op) {
	case STEP_SIGNALS:
	case STEP_SESSION:
	case STEP_DEATH:
	case STEP_KEEP_CAPS:
	case STEP_NO_NEW_PRIVS:
	case STEP_FCHDIR:
		buf_add_text(buf, kinds[step->op].about);
		break;
	case STEP_DUP:
		buf_printf(buf, "%" PRId64 " as %" PRId64, step->a, step->b);
		break;
	case STEP_CLOSE:
		if (step->b == INT_MAX)
			buf_printf(buf, "%" PRId64 " and above", step->a);
		else
			buf_printf(buf, "%" PRId64 " to %" PRId64, step->a, step->b);
		break;
	case STEP_UMASK:
		buf_printf(buf, "%04" PRIo64, (uint64_t)step->a);
		break;
	case STEP_LIMIT:
		buf_printf(buf, "%s=%" PRId64 ":%" PRId64, os_limit_name((int)step->a), step->b,
			   step->c); /* -1: unlimited */
		break;
	case STEP_GROUPS:
		add_groups((const uint32_t *)(const void *)text, step->a, buf);
		break;
	case STEP_BOUNDING:
		add_caps((uint64_t)step->a, buf);
		break;
	case STEP_CAPS:
		buf_add_text(buf, "ambient ");
		add_caps((uint64_t)step->b, buf);
		break;
	case STEP_KEEP:
	case STEP_NICE:
	case STEP_GID:
	case STEP_UID:
		buf_printf(buf, "%" PRId64, step->a);
		break;
	case STEP_NETNS:
	case STEP_CHDIR:
	case STEP_EXEC:
		buf_add_text(buf, step->at != 0 ? text : "writ-launcher");
		break;
	case STEP_MOUNTS:
		buf_printf(buf, "its own, /sys of %s", text);
		break;
	case STEP_BIND:
		buf_printf(buf, "%s over /etc%s", text, strrchr(text, '/'));
		break;
	case STEP_BENEATH:
		add_beneath(text, step, buf);
		break;
	}
}

void
order_print(const struct order *order, bool json, struct buf *buf)
{
	for (uint32_t i = 0; i < order->count; i++) {
		const struct step *step = &order->steps[i];
		auto_buf about = { 0 };
		auto_free char *text = NULL;

		describe(order, step, &about);
		text = buf_take(&about);
		if (text == NULL) {
			buf->failed = true;
		} else if (json) {
			struct json out = { .buf = buf, .comma = i > 0 };

			json_begin(&out, NULL, '{');
			json_text(&out, "step", kinds[step->op].name);
			json_text(&out, "subject", text);
			json_end(&out, '}');
		} else {
			buf_printf(buf, "%-12s %s\n", kinds[step->op].name, text);
		}
	}
}

static int
add_hint(struct writ_error *err, int stage, int err_no)
{
	static const struct {
		int stage; /* 0: any */
		int err_no;
		const char *hint;
	} hints[] = {
		{ WRIT_STAGE_NAMESPACE, EINVAL, "it is not what 'ip netns add' makes" },
		{ WRIT_STAGE_NAMESPACE, EACCES, "only what is root's is taken" },
		{ WRIT_STAGE_PATH, ELOOP, "symbolic links are not followed there" },
		{ WRIT_STAGE_PATH, EXDEV, "the path leads out of the directory" },
		{ WRIT_STAGE_PATH, EINVAL, "it is not a regular file" },
		{ 0, EPERM, "this takes a privilege that the caller does not have" },
		{ 0, EOPNOTSUPP, "the system only said that it was done; is there a filter?" },
	};

	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++)
		if (hints[i].err_no == err_no &&
		    (hints[i].stage == 0 || hints[i].stage == stage)) {
			writ_hint(err, WRIT_E_SYS, "%s", hints[i].hint);
			break;
		}
	return WRIT_E_SYS;
}

int
order_fail(struct writ_error *err, const struct order *order, const struct os_start *start,
	   const struct step_failure *failure)
{
	const struct step *step;
	auto_buf about = { 0 };
	auto_free char *subject = NULL;

	if (failure->index == STEP_INDEX_CLONE)
		return writ_fail_sys(err, WRIT_STAGE_CLONE, failure->err_no, start->exe);
	if (failure->index == STEP_INDEX_APART)
		return writ_fail_sys(err, WRIT_STAGE_DESCRIPTOR, failure->err_no, "close_range");
	if (failure->index >= order->count)
		return writ_fail_sys(err, WRIT_STAGE_CGROUP, failure->err_no, "cgroup.procs");
	step = &order->steps[failure->index];
	if (step->op == STEP_EXEC && step->at != 0)
		return exec_fail(err, start->exe, failure->err_no);
	describe(order, step, &about);
	subject = buf_take(&about);
	writ_fail_sys(err, (int)kinds[step->op].stage, failure->err_no,
		      subject != NULL ? subject : "?");
	return add_hint(err, (int)kinds[step->op].stage, failure->err_no);
}
