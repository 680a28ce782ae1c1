#include "errand.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "descriptor.h"
#include "run.h"

enum { STRIKE_MS = 10000 };

struct policy_request
errand_request(struct monitor *monitor, const struct wire_ask *ask)
{
	return (struct policy_request){
		.argv = monitor->words,
		.argc = ask->argc,
		.environment = monitor->words + ask->argc + 1,
		.environment_count = ask->envc,
	};
}

static void
set_identity(struct errand *errand, const struct policy_settings *settings)
{
	errand->creds = (struct writ_creds){
		.uid = settings->uid,
		.gid = settings->gid,
		.groups = settings->groups,
		.group_count = settings->group_count,
	};
	errand->cmd.creds = &errand->creds;
	errand->cmd.ambient_caps = settings->uid != 0 ? settings->ambient : 0;
	errand->cmd.set_bounding_caps = settings->bounding != UINT64_MAX;
	errand->cmd.bounding_caps = settings->bounding;
	errand->cmd.no_new_privs = settings->no_new_privileges;
}

/* The value of the capture of that name. NULL: there is none. */
static const struct policy_capture *
find_capture(const struct policy_verdict *verdict, const char *name)
{
	for (size_t i = 0; i < verdict->capture_count; i++)
		if (strcmp(verdict->captures[i].name, name) == 0)
			return &verdict->captures[i];
	return NULL;
}

/* "NAME=" and the value of a capture. NULL: it is not there, or there is no room. */
static const char *
compose(struct errand *errand, const struct policy_assigned *assigned,
	const struct policy_request *request, const struct policy_verdict *verdict)
{
	const struct policy_capture *capture = find_capture(verdict, assigned->capture);
	size_t room = sizeof(errand->texts) - errand->text_len;
	char *text = errand->texts + errand->text_len;
	int len;

	if (capture == NULL)
		return NULL;
	len = snprintf(text, room, "%s=%.*s", assigned->name, (int)capture->len,
		       request->argv[capture->argument] + capture->offset);
	if (len < 0 || (size_t)len >= room)
		return NULL;
	errand->text_len += (size_t)len + 1;
	return text;
}

static bool
set_environment(struct errand *errand, const struct policy_settings *settings,
		const struct policy_request *request, const struct policy_verdict *verdict)
{
	const size_t max = sizeof(errand->env) / sizeof(errand->env[0]) - 1;
	size_t count = 0;

	for (size_t i = 0; count < max && settings->environment[i] != NULL; i++)
		errand->env[count++] = settings->environment[i];
	for (size_t i = 0; count < max && i < settings->assigned_count; i++) {
		errand->env[count] = compose(errand, &settings->assigned[i], request, verdict);
		if (errand->env[count++] == NULL)
			return false;
	}
	for (size_t i = 0; count < max && i < request->environment_count; i++)
		errand->env[count++] = request->environment[i];
	errand->env[count] = NULL;
	errand->cmd.env.set = errand->env;
	return true;
}

/* Paths are opened, or looked at, by the process that becomes the program. */
static bool
set_paths(struct errand *errand, const struct policy_verdict *verdict)
{
	for (size_t i = 0; i < verdict->capture_count; i++) {
		const struct policy_capture *capture = &verdict->captures[i];

		if (capture->type != POLICY_PATH && capture->type != POLICY_PATHNAME)
			continue;
		if (errand->cmd.beneath_count == WRIT_BENEATH_MAX)
			return false;
		errand->beneath[errand->cmd.beneath_count++] = (struct writ_beneath){
			.arg = capture->argument - verdict->first,
			.offset = capture->offset,
			.base = capture->base,
			.kind = capture->type == POLICY_PATH ? WRIT_BENEATH_READ
							     : WRIT_BENEATH_PARENT,
		};
	}
	errand->cmd.beneath = errand->beneath;
	return true;
}

static bool
set_netns(struct errand *errand, const struct policy_settings *settings,
	   const struct policy_verdict *verdict)
{
	if (!settings->has_netns || verdict->netns == NULL)
		return !settings->has_netns;
	if (verdict->netns_len == 0 || verdict->netns_len >= sizeof(errand->netns))
		return false;
	memcpy(errand->netns, verdict->netns, verdict->netns_len);
	errand->netns[verdict->netns_len] = '\0';
	errand->cmd.netns = errand->netns;
	return true;
}

/* The descriptors come in the order of the flags. False: one of them is not accepted. */
static bool
set_streams(struct errand *errand, const struct policy_settings *settings, uint32_t flags,
	     const int *fds)
{
	struct writ_cmd *cmd = &errand->cmd;

	cmd->in.kind = WRIT_IN_NULL;
	cmd->out.kind = cmd->err.kind = WRIT_OUT_NULL;
	for (int use = DESCRIPTOR_IN; use <= DESCRIPTOR_CWD; use++) {
		if ((flags & 1U << use) == 0)
			continue;
		if (!descriptor_is_fine(*fds, (enum descriptor_use)use))
			return false;
		if (use == DESCRIPTOR_IN && settings->stdin_from == POLICY_STDIN_PEER)
			cmd->in = (struct writ_in){ .kind = WRIT_IN_FD, .fd = *fds };
		else if (use == DESCRIPTOR_OUT)
			cmd->out = (struct writ_out){ .kind = WRIT_OUT_FD, .fd = *fds };
		else if (use == DESCRIPTOR_ERR)
			cmd->err = (struct writ_out){ .kind = WRIT_OUT_FD, .fd = *fds };
		else if (use == DESCRIPTOR_CWD && settings->directory == NULL)
			cmd->set_cwd_fd = true, cmd->cwd_fd = *fds;
		fds++;
	}
	/* the peer's directory was asked for, and not given */
	return cmd->cwd != NULL || cmd->set_cwd_fd;
}

static void
add_word(struct errand *errand, const char *word)
{
	if (errand->word_count < ERRAND_WORDS_MAX)
		errand->words[errand->word_count++] = word;
}

/* Runs of the rule, by their identities. */
static void
add_runs(struct errand *errand, const struct peer *peer, const struct policy_rule *rule)
{
	for (const struct run *run = peer->runs; run != NULL; run = run->next)
		if (run->rule == rule && run->proc != NULL &&
		    errand->word_count < ERRAND_WORDS_MAX)
			add_word(errand, writ_id_text(writ_proc_id(run->proc),
						      errand->ids[errand->word_count]));
}

static void
add_targets(struct errand *errand, const struct monitor *monitor, const struct policy_rule *rule)
{
	const struct policy_settings *settings = policy_rule_settings(rule);

	for (size_t i = 0; i < settings->target_count; i++) {
		const struct policy_target *target = &settings->targets[i];

		if (target->program != NULL)
			add_word(errand, target->program);
		for (size_t slot = 0; slot < PEERS_MAX && target->rule != NULL; slot++)
			if (monitor->peers[slot] != NULL)
				add_runs(errand, monitor->peers[slot], target->rule);
	}
}

static uint64_t
capabilities_to_strike(void)
{
	return WRIT_CAP_BIT(writ_cap_by_name("kill", NULL)) |
	       WRIT_CAP_BIT(writ_cap_by_name("sys_ptrace", NULL)) |
	       WRIT_CAP_BIT(writ_cap_by_name("dac_read_search", NULL));
}

/* Our own program, as a process of its own, with what it takes to look and to send. */
static void
set_strike(struct errand *errand, const struct monitor *monitor, const struct policy_peer *who,
	   const struct policy_request *request, const struct policy_verdict *verdict)
{
	snprintf(errand->signal, sizeof(errand->signal), "%d", verdict->signal);
	snprintf(errand->pid, sizeof(errand->pid), "%u", verdict->pid);
	add_word(errand, "writd");
	add_word(errand, "--strike");
	add_word(errand, "--");
	add_word(errand, errand->signal);
	add_word(errand, errand->pid);
	for (const struct policy_rule *rule = verdict->rule; rule != NULL;
	     rule = policy_signal_next(monitor->book->policy, who, request, rule))
		add_targets(errand, monitor, rule);
	errand->words[errand->word_count] = NULL;
	errand->cmd.program = monitor->self;
	errand->cmd.argv = errand->words;
	errand->cmd.cwd = "/";
	errand->cmd.set_bounding_caps = true;
	errand->cmd.bounding_caps = capabilities_to_strike();
	errand->cmd.no_new_privs = true;
	errand->cmd.timeout_ms = STRIKE_MS;
}

static int64_t
shorter(int64_t a_ms, int64_t b_ms)
{
	if (a_ms == 0 || b_ms == 0)
		return a_ms + b_ms;
	return a_ms < b_ms ? a_ms : b_ms;
}

/* What the rule makes of the request. Returns 0, or why not. */
enum wire_code
errand_make(struct errand *errand, struct monitor *monitor, const struct peer *peer,
	    const struct wire_ask *ask, const struct policy_verdict *verdict, const int *fds)
{
	const struct policy_settings *settings = policy_rule_settings(verdict->rule);
	const struct policy_request request = errand_request(monitor, ask);

	memset(errand, 0, offsetof(struct errand, words)); /* the rest is large, and its own */
	errand->cmd.size = sizeof(errand->cmd);
	if (verdict->is_signal) {
		const struct policy_peer who = peer_who(peer);

		set_strike(errand, monitor, &who, &request, verdict);
		return set_streams(errand, settings, ask->flags, fds) ? 0 : WIRE_BAD_DESCRIPTOR;
	}
	monitor->words[verdict->first] = settings->program; /* what runs is what it is called */
	errand->cmd.argv = monitor->words + verdict->first;
	errand->cmd.cwd = settings->directory;
	errand->cmd.limits = settings->limits;
	errand->cmd.set_umask = true;
	errand->cmd.umask = settings->umask;
	errand->cmd.timeout_ms = shorter(settings->timeout_ms, ask->timeout_ms);
	errand->cmd.keep_tree = settings->keep_tree;
	set_identity(errand, settings);
	if (!set_environment(errand, settings, &request, verdict) ||
	    !set_paths(errand, verdict) || !set_netns(errand, settings, verdict))
		return WIRE_MALFORMED;
	return set_streams(errand, settings, ask->flags, fds) ? 0 : WIRE_BAD_DESCRIPTOR;
}
