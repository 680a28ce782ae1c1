#include "policy/reader.h"

#include <string.h>

#include "policy/sending.h"
#include "policy/value.h"

/* Captures past the caller's room are counted only. */
static void
keep_captures(const struct policy_rule *rule, const struct state *state, const struct word *word,
	      size_t argument, const struct span *spans, struct policy_verdict *verdict)
{
	for (size_t i = 0; i < word->capture_count; i++) {
		const struct usage_capture *capture = &rule->captures[state->name + i];
		size_t at = verdict->capture_count++;

		if (at >= verdict->capture_max)
			continue;
		verdict->captures[at] = (struct policy_capture){ .name = capture->name,
								 .type = capture->type,
								 .base = capture->base,
								 .argument = (uint32_t)argument,
								 .offset = spans[i].offset,
								 .len = spans[i].len };
	}
}

/* What a word says beyond fitting. */
static void
note_word(const struct policy *policy, const struct policy_rule *rule, const struct state *state,
	  const struct policy_request *request, size_t argument, const struct span *spans,
	  struct policy_verdict *verdict)
{
	const struct word *word = policy->words.list[state->word];
	const char *arg = request->argv[argument];
	int64_t pid;

	if (word->kind == WORD_PROGRAM)
		verdict->first = argument;
	if (word->capture_count == 0)
		return;
	keep_captures(rule, state, word, argument, spans, verdict);
	for (size_t i = 0; i < word->capture_count; i++) {
		const struct usage_capture *capture = &rule->captures[state->name + i];

		if (rule->netns_capture == (int)(state->name + i)) {
			verdict->netns = arg + spans[i].offset;
			verdict->netns_len = spans[i].len;
		}
		if (capture->type == POLICY_PID && value_read_int(arg, strlen(arg), &pid))
			verdict->pid = (uint32_t)pid;
	}
}

/* "-9", "-KILL", "-s KILL": before the number of the process; TERM if there is
 * none. */
static void
note_signal(const struct policy_rule *rule, const struct policy_request *request,
	    struct policy_verdict *verdict)
{
	const char *form =
		request->argc - rule->prefix_words > 1 ? request->argv[request->argc - 2] : "TERM";

	verdict->is_signal = true;
	verdict->signal = sending_number(form + (form[0] == '-'));
}

bool
reader_accepts(const struct policy *policy, const struct policy_rule *rule,
	       const struct policy_request *request, struct policy_verdict *verdict,
	       struct stop *ret_stop)
{
	struct standing standing;
	struct span spans[WORD_CAPTURES_MAX];

	machine_begin(&rule->machine, &standing);
	for (size_t i = 0; i < request->argc; i++) {
		const struct state *state = machine_take(&rule->machine, &policy->words, &standing,
							 request->argv[i], spans);

		if (state == NULL) {
			if (ret_stop != NULL)
				*ret_stop = (struct stop){ standing, i };
			return false;
		}
		if (verdict != NULL)
			note_word(policy, rule, state, request, i, spans, verdict);
	}
	if (!machine_may_end(&rule->machine, &standing)) {
		if (ret_stop != NULL)
			*ret_stop = (struct stop){ standing, request->argc };
		return false;
	}
	if (verdict != NULL && rule->settings.signals != 0)
		note_signal(rule, request, verdict);
	return true;
}
