/* in_glib - a host in the main loop of GLib, as a source that says before each wait how long. */
#include <glib.h>
#include <stdio.h>
#include <writ.h>

struct in_glib {
	GSource source; /* first: GLib allocates the whole */
	struct writ_host *host;
};

/* Asked before each wait, so no start or stop has to think of it. */
static gboolean prepare(GSource *source, int *ret_wait_ms)
{
	*ret_wait_ms = writ_host_wait_ms(((struct in_glib *)source)->host);
	return *ret_wait_ms == 0;
}

/* It is due, or the descriptor is readable, which GLib sees by itself: `check` is not needed. */
static gboolean dispatch(GSource *source, GSourceFunc callback, void *data)
{
	(void)callback, (void)data;
	writ_host_step(((struct in_glib *)source)->host);
	return G_SOURCE_CONTINUE;
}

static int on_tick(void *ticks) { return ++*(int *)ticks < 5; }

static void on_end(void *left, struct writ_proc *proc, struct writ_result *res)
{
	(void)proc, --*(int *)left;
	printf("%s: %s", writ_cause_name(res->cause), res->out.data);
}

int main(void)
{
	static GSourceFuncs funcs = { .prepare = prepare, .dispatch = dispatch };
	struct in_glib *in = (struct in_glib *)g_source_new(&funcs, sizeof(*in));
	int left = 0, ticks = 0;
	struct writ_events events = { .size = sizeof(events), .ctx = &left, .ended = on_end };
	struct writ_cmd cmd = WRIT_CMD("sh", "-c", "echo begun; exec sleep 0.9");

	if (writ_host_new(NULL, &in->host, NULL) < 0)
		return 125;
	g_source_add_unix_fd(&in->source, writ_host_fd(in->host), G_IO_IN);
	g_source_attach(&in->source, NULL);
	g_timeout_add(20, on_tick, &ticks);
	for (struct writ_proc *proc; cmd.timeout_ms <= 600; cmd.timeout_ms += 300) /* 0: none */
		left += writ_start(in->host, &cmd, &events, &proc, NULL) == 0;
	while (left > 0)
		g_main_context_iteration(NULL, TRUE);
	printf("%d ticks meanwhile\n", ticks);
	g_source_destroy(&in->source);
	writ_host_free(in->host); /* between these two: neither watched any more, nor lost */
	g_source_unref(&in->source);
	return 0;
}
