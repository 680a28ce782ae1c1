/* stream_writ.c - a producer's output handed to a callback, piece by piece.
 * Its note is the capacity of the pipe, as the producer sees it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <writ.h>

#include "harness.h"

struct taken {
	int64_t bytes;
	char first[32]; /* what came first, for the note */
};

static char **command;
static struct writ_host *host;
static char note[32];

static int
take_piece(void *ctx, struct writ_proc *proc, enum writ_stream stream, const void *data, size_t len)
{
	struct taken *taken = ctx;

	(void)proc;
	(void)stream;
	if (taken->bytes == 0 && len > 0 && len < sizeof(taken->first))
		memcpy(taken->first, data, len);
	taken->bytes += (int64_t)len;
	return WRIT_FLOW_ON;
}

static int
run(const char *const *argv, struct taken *taken)
{
	struct writ_result res = { .size = sizeof(res) };
	struct writ_error err = { .size = sizeof(err) };
	struct writ_cmd cmd;
	char text[512];
	bool good;

	writ_cmd_init(&cmd, argv);
	cmd.out = (struct writ_out){ .kind = WRIT_OUT_STREAM, .sink = take_piece, .ctx = taken };
	if (writ_run(host, &cmd, &res, &err) < 0)
		return bench_fail("writ_run", writ_error_text(&err, text, sizeof(text)));
	good = res.cause == WRIT_EXITED && res.exit_code == 0;
	writ_result_done(&res);
	return good ? 0 : bench_fail(argv[0], "did not end with 0");
}

int
run_begin(const struct bench *bench)
{
	struct writ_error err = { .size = sizeof(err) };
	struct taken taken = { 0 };
	char text[512];

	command = bench->argv;
	if (writ_host_new(NULL, &host, &err) < 0)
		return bench_fail("writ_host_new", writ_error_text(&err, text, sizeof(text)));
	if (run(WRIT_LIST(command[0], "capacity"), &taken) < 0)
		return -1;
	snprintf(note, sizeof(note), "%ld", atol(taken.first));
	return 0;
}

int
run_once(void)
{
	struct taken taken = { 0 };

	if (run((const char *const *)command, &taken) < 0)
		return -1;
	return taken.bytes == atoll(command[1]) ?
		       0 :
		       bench_fail(command[0], "did not give all it should");
}

const char *
run_note(void)
{
	return note;
}
