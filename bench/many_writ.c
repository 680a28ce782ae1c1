/* many_writ.c - a run is a wave: 1,000 programs, 64 at a time, both outputs kept, on
 * one loop.
 */
#include <stdio.h>
#include <string.h>
#include <writ.h>

#include "harness.h"

enum { WAVE = 1000, AT_A_TIME = 64 };

static const char *const *command;
static struct writ_host *host;
static int started;
static int ended;
static int wrong;
static char note[64];

static int start_one(void);

static void
note_end(void *ctx, struct writ_proc *proc, struct writ_result *res)
{
	(void)ctx;
	(void)proc;
	ended++;
	wrong += res->cause != WRIT_EXITED || res->exit_code != 0;
	if (note[0] == '\0')
		snprintf(note, sizeof(note), "%s, %s", writ_level_name(res->containment),
			 res->guarded ? "guarded" : "not guarded");
	if (started < WAVE)
		wrong += start_one() < 0;
}

static int
start_one(void)
{
	struct writ_events events = { .size = sizeof(events), .later = true, .ended = note_end };
	struct writ_error err = { .size = sizeof(err) };
	struct writ_cmd cmd;
	char text[512];

	writ_cmd_init(&cmd, command);
	if (writ_start(host, &cmd, &events, NULL, &err) < 0)
		return bench_fail("writ_start", writ_error_text(&err, text, sizeof(text)));
	started++;
	return 0;
}

int
run_begin(const struct bench *bench)
{
	struct writ_error err = { .size = sizeof(err) };
	char text[512];

	command = (const char *const *)bench->argv;
	if (writ_host_new(NULL, &host, &err) < 0)
		return bench_fail("writ_host_new", writ_error_text(&err, text, sizeof(text)));
	return run_once();
}

int
run_once(void)
{
	started = ended = wrong = 0;
	while (started < AT_A_TIME)
		if (start_one() < 0)
			return -1;
	while (ended < WAVE && wrong == 0)
		writ_host_wait(host, -1);
	return wrong == 0 ? 0 : bench_fail(command[0], "did not end with 0");
}

const char *
run_note(void)
{
	return note;
}
