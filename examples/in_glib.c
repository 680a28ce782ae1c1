/* in_glib - a host in the main loop of GLib: one source of a descriptor, deadlines
 * included. */
#include <glib-unix.h>
#include <stdio.h>
#include <writ.h>

static gboolean
step(gint fd, GIOCondition what, gpointer host)
{
	(void)fd;
	(void)what;
	writ_host_step(host);
	return G_SOURCE_CONTINUE;
}

static void
note_end(void *ctx, struct writ_proc *proc, struct writ_result *res)
{
	int *left = ctx;

	(void)proc;
	printf("%s: %s", writ_cause_name(res->cause), res->out.data ? res->out.data : "\n");
	(*left)--;
}

/* Three at once: the longest without a time-out, two with one. */
static int
start_three(struct writ_host *host, int *left)
{
	struct writ_events events = {
		.size = sizeof(events), .ctx = left, .later = true, .ended = note_end
	};
	struct writ_cmd cmd = WRIT_CMD("sh", "-c", "echo begun; exec sleep 0.9");

	for (; cmd.timeout_ms <= 600; cmd.timeout_ms += 300)
		*left += writ_start(host, &cmd, &events, NULL, NULL) == 0;
	return *left == 3 ? 0 : -1;
}

int
main(void)
{
	struct writ_host *host = NULL;
	int left = 0;
	guint source;

	if (writ_host_new(NULL, &host, NULL) < 0 || writ_host_attach(host) < 0)
		return 125;
	source = g_unix_fd_add(writ_host_fd(host), G_IO_IN, step, host);
	if (start_three(host, &left) < 0)
		return 125;
	while (left > 0)
		g_main_context_iteration(NULL, TRUE);
	g_source_remove(source);
	writ_host_free(host);
	return 0;
}
