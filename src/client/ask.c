#include "broker.h"

#include <errno.h>
#include <string.h>

#include "base/fail.h"
#include "base/keep.h"
#include "os/os_clock.h"
#include "os/os_fd.h"
#include "os/os_poll.h"

enum { PIECE_BYTES = 64 * 1024, READS_A_TURN = 16 };

/* One stream that goes through us: ends[0] is ours of an output, ends[1] of the input. */
struct flow {
	writ_fd ours;
	writ_fd theirs;
	struct keep keep;
	int64_t bytes;
	const char *data; /* of the input */
	size_t left;
	bool failed; /* no memory */
};

struct talk {
	struct flow in;
	struct flow out;
	struct flow err;
	struct writ_result res;
	struct writ_error why;
	bool has_ended;
	bool ran;
};

static void
note_end(void *ctx, uint64_t id, struct writ_result *res, const struct writ_error *err)
{
	struct talk *talk = ctx;

	(void)id;
	talk->has_ended = true;
	talk->ran = res != NULL;
	if (res != NULL)
		talk->res = *res;
	else
		talk->why = *err;
}

static int
open_pipe(struct flow *flow, bool is_input, struct writ_error *err)
{
	writ_fd ends[2];
	int r = os_pipe_open(ends);

	if (r < 0)
		return writ_fail_sys(err, WRIT_STAGE_STREAM, -r, "pipe");
	flow->ours = ends[is_input];
	flow->theirs = ends[!is_input];
	os_fd_set_nonblocking(flow->ours);
	return 0;
}

/* Makes of what writ_ask() takes what writ_ask_start() does. */
static int
open_out(struct flow *flow, struct writ_out *out, struct writ_error *err)
{
	size_t max = out->max_bytes != 0 ? out->max_bytes : WRIT_OUT_MAX_BYTES_DEFAULT;
	int r = 0;

	if (out->kind == WRIT_OUT_CAPTURE) {
		r = open_pipe(flow, false, err);
		keep_init(&flow->keep, max, max - max / 2);
	} else if (out->kind == WRIT_OUT_FILE) {
		r = os_file_open(out->path, true, &flow->theirs, err);
	} else {
		return 0;
	}
	*out = (struct writ_out){ .kind = WRIT_OUT_FD, .fd = flow->theirs };
	return r;
}

static int
open_in(struct flow *flow, struct writ_in *in, struct writ_error *err)
{
	int r;

	if (in->kind == WRIT_IN_DATA) {
		r = open_pipe(flow, true, err);
		flow->data = in->data;
		flow->left = in->len;
	} else if (in->kind == WRIT_IN_FILE) {
		r = os_file_open(in->path, false, &flow->theirs, err);
	} else {
		return 0;
	}
	*in = (struct writ_in){ .kind = WRIT_IN_FD, .fd = flow->theirs };
	return r;
}

static int
start(struct talk *talk, struct writ_broker *broker, const struct writ_cmd *cmd,
      uint64_t *ret_id, struct writ_error *err)
{
	const struct writ_ask_events events = { .size = sizeof(events),
						.ctx = talk,
						.ended = note_end };
	struct writ_cmd request = *cmd;
	int r = open_in(&talk->in, &request.in, err);

	if (r == 0)
		r = open_out(&talk->out, &request.out, err);
	if (r == 0)
		r = open_out(&talk->err, &request.err, err);
	if (r == 0)
		r = writ_ask_start(broker, &request, &events, ret_id, err);
	/* the program's ends are its own now: our copies would keep the pipes open */
	talk->in.theirs = os_fd_close(talk->in.theirs);
	talk->out.theirs = os_fd_close(talk->out.theirs);
	talk->err.theirs = os_fd_close(talk->err.theirs);
	return r;
}

static void
feed(struct flow *flow)
{
	int64_t n = os_fd_write(flow->ours, flow->data, flow->left);

	if (n == -EAGAIN)
		return;
	if (n > 0) {
		flow->data += n;
		flow->left -= (size_t)n;
		flow->bytes += n;
	}
	if (n < 0 || flow->left == 0)
		flow->ours = os_fd_close(flow->ours);
}

static void
drain(struct flow *flow)
{
	char piece[PIECE_BYTES];

	for (int i = 0; i < READS_A_TURN; i++) {
		int64_t n = os_fd_read(flow->ours, piece, sizeof(piece));

		if (n == -EAGAIN)
			return;
		if (n <= 0) {
			flow->ours = os_fd_close(flow->ours);
			return;
		}
		flow->bytes += n;
		flow->failed |= !keep_add(&flow->keep, piece, (size_t)n);
	}
}

static int
watch(struct os_watch *few, struct talk *talk, writ_fd channel)
{
	int count = 0;

	if (!talk->has_ended)
		few[count++] = (struct os_watch){ channel, OS_POLL_READ, NULL };
	if (talk->in.ours >= 0)
		few[count++] = (struct os_watch){ talk->in.ours, OS_POLL_WRITE, &talk->in };
	if (talk->out.ours >= 0)
		few[count++] = (struct os_watch){ talk->out.ours, OS_POLL_READ, &talk->out };
	if (talk->err.ours >= 0)
		few[count++] = (struct os_watch){ talk->err.ours, OS_POLL_READ, &talk->err };
	return count;
}

/* One turn; `wait_ms` < 0: as long as it takes. How many events there were. */
static int
turn(struct talk *talk, struct writ_broker *broker, int wait_ms)
{
	struct os_watch few[OS_WATCH_MAX];
	struct os_event events[OS_WATCH_MAX];
	int n = os_poll_few(few, watch(few, talk, broker->channel), events, wait_ms);

	for (int i = 0; i < n; i++) {
		if (events[i].source == NULL)
			writ_broker_step(broker);
		else if (events[i].source == &talk->in)
			feed(&talk->in);
		else
			drain(events[i].source);
	}
	return n;
}

/* What is still in the pipes after the end; and what a descendant that lives on
 * holds open gets the usual grace. */
static void
drain_rest(struct talk *talk, struct writ_broker *broker)
{
	int64_t end_ns = os_clock_ns() + WRIT_DRAIN_MAX_MS_DEFAULT * NS_PER_MS;

	talk->in.ours = os_fd_close(talk->in.ours);
	while ((talk->out.ours >= 0 || talk->err.ours >= 0) && os_clock_ns() < end_ns)
		if (turn(talk, broker, WRIT_DRAIN_MS_DEFAULT) == 0)
			break;
}

static void
hand_out(struct flow *flow, struct writ_output *ret)
{
	if (flow->keep.max == 0)
		return;
	ret->held_by_descendant = flow->ours >= 0;
	ret->truncated = flow->keep.full || flow->failed;
	ret->bytes = flow->bytes;
	ret->data = keep_take(&flow->keep, &ret->len, &ret->cut_at);
}

static void
done(struct talk *talk)
{
	struct flow *flows[] = { &talk->in, &talk->out, &talk->err };

	for (size_t i = 0; i < sizeof(flows) / sizeof(flows[0]); i++) {
		os_fd_close(flows[i]->ours);
		os_fd_close(flows[i]->theirs);
		keep_done(&flows[i]->keep);
	}
}

int
writ_ask(struct writ_broker *broker, const struct writ_cmd *cmd, struct writ_result *ret_res,
	 struct writ_error *err)
{
	struct talk talk = { .in = { .ours = -1, .theirs = -1 },
			     .out = { .ours = -1, .theirs = -1 },
			     .err = { .ours = -1, .theirs = -1 } };
	uint64_t id;
	int r = start(&talk, broker, cmd, &id, err);

	while (r == 0 && !talk.has_ended)
		turn(&talk, broker, -1);
	if (r == 0 && talk.ran) {
		drain_rest(&talk, broker);
		hand_out(&talk.out, &talk.res.out);
		hand_out(&talk.err, &talk.res.err);
		if (talk.in.data != NULL)
			talk.res.in.bytes = talk.in.bytes;
		*ret_res = talk.res;
	} else if (r == 0) {
		r = writ_fail_as(err, &talk.why);
	}
	done(&talk);
	return r;
}
