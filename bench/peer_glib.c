/* peer_glib.c - GSubprocess with the null device, two pipes and communicate(). */
#include <gio/gio.h>

#include "harness.h"

static char **command;

int
run_begin(const struct bench *bench)
{
	command = bench->argv;
	return run_once();
}

int
run_once(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GSubprocess) process = NULL;
	g_autoptr(GBytes) out = NULL;
	g_autoptr(GBytes) err = NULL;

	process = g_subprocess_newv((const char *const *)command,
				    G_SUBPROCESS_FLAGS_STDOUT_PIPE |
					    G_SUBPROCESS_FLAGS_STDERR_PIPE,
				    &error);
	if (process == NULL)
		return bench_fail("g_subprocess_newv", error->message);
	if (!g_subprocess_communicate(process, NULL, NULL, &out, &err, &error))
		return bench_fail("g_subprocess_communicate", error->message);
	return g_subprocess_get_successful(process) ? 0 :
						      bench_fail(command[0], "did not end with 0");
}

const char *
run_note(void)
{
	static char note[64];

	g_snprintf(note, sizeof(note), "GLib %u.%u.%u", glib_major_version, glib_minor_version,
		   glib_micro_version);
	return note;
}
