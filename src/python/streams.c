#include "streams.h"

void
streams_init(struct streams *streams, void *owner)
{
	streams->in = streams->out = streams->err = streams->cwd =
		(struct flow){ .ours = -1, .theirs = -1, .poll = -1, .owner = owner };
}

int
streams_open(struct streams *streams, struct writ_cmd *cmd, int poll, struct writ_error *err)
{
	int r = flow_open_in(&streams->in, &cmd->in, poll, err);

	if (r == 0)
		r = flow_open_out(&streams->out, &cmd->out, 1, poll, err);
	if (r == 0)
		r = flow_open_out(&streams->err, &cmd->err, 2, poll, err);
	if (r == 0 && cmd->set_cwd_fd)
		r = flow_check(cmd->cwd_fd, err);
	return r;
}

static int
own_in(struct flow *flow, struct writ_in *in, struct writ_error *err)
{
	int r;

	if (flow->theirs >= 0 || (in->kind != WRIT_IN_FD && in->kind != WRIT_IN_INHERIT))
		return 0;
	r = flow_own(flow, in->kind == WRIT_IN_FD ? in->fd : 0, err);
	if (r == 0)
		*in = (struct writ_in){ .kind = WRIT_IN_FD, .fd = flow->theirs };
	return r;
}

static int
own_out(struct flow *flow, struct writ_out *out, int inherited, struct writ_error *err)
{
	int r;

	if (flow->theirs >= 0 || (out->kind != WRIT_OUT_FD && out->kind != WRIT_OUT_INHERIT))
		return 0;
	r = flow_own(flow, out->kind == WRIT_OUT_FD ? out->fd : inherited, err);
	if (r == 0)
		*out = (struct writ_out){ .kind = WRIT_OUT_FD, .fd = flow->theirs };
	return r;
}

int
streams_own(struct streams *streams, struct writ_cmd *cmd, struct writ_error *err)
{
	int r = own_in(&streams->in, &cmd->in, err);

	if (r == 0)
		r = own_out(&streams->out, &cmd->out, 1, err);
	if (r == 0)
		r = own_out(&streams->err, &cmd->err, 2, err);
	if (r == 0 && cmd->set_cwd_fd && streams->cwd.theirs < 0) {
		r = flow_own(&streams->cwd, cmd->cwd_fd, err);
		cmd->cwd_fd = streams->cwd.theirs;
	}
	return r;
}

void
streams_part(struct streams *streams)
{
	flow_part(&streams->in);
	flow_part(&streams->out);
	flow_part(&streams->err);
	flow_part(&streams->cwd);
}

void
streams_close_pipes(struct streams *streams)
{
	struct flow *flows[] = { &streams->in, &streams->out, &streams->err };

	for (size_t i = 0; i < sizeof(flows) / sizeof(flows[0]); i++)
		if (flows[i]->ours >= 0)
			flow_done(flows[i], false);
}

void
streams_done(struct streams *streams, bool is_inherited)
{
	flow_done(&streams->in, is_inherited);
	flow_done(&streams->out, is_inherited);
	flow_done(&streams->err, is_inherited);
	flow_done(&streams->cwd, is_inherited);
}
