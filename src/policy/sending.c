#include "policy/sending.h"

#include <signal.h>
#include <string.h>

#include "base/num.h"
#include "policy/bytes.h"
#include "policy/path.h"

void
sending_take_target(struct reading *reading, const char *value)
{
	const char *const *list = reading_split(reading, value);

	for (const char *const *target = list; target != NULL && *target != NULL; target++) {
		size_t len = strlen(*target);
		bool run = strncmp(*target, "run(", 4) == 0 && (*target)[len - 1] == ')' && len > 5;

		if (!run && !path_is_plain(*target, len))
			reading_wrong(reading, "neither a program's absolute path nor run(RULE): %s",
			      *target);
	}
	if (list != NULL && list[0] == NULL)
		reading_wrong(reading, "a signal rule needs a target");
	reading->rule->target_texts = list;
}

static const struct {
	const char *name;
	int signal;
} signals[] = {
	{ "HUP", SIGHUP },   { "INT", SIGINT },	  { "QUIT", SIGQUIT },	 { "KILL", SIGKILL },
	{ "USR1", SIGUSR1 }, { "USR2", SIGUSR2 }, { "TERM", SIGTERM },	 { "CONT", SIGCONT },
	{ "STOP", SIGSTOP }, { "ALRM", SIGALRM }, { "WINCH", SIGWINCH },
};

enum { SIGNAL_COUNT = sizeof(signals) / sizeof(signals[0]) };

int
sending_number(const char *name)
{
	uint64_t number = 0;

	num_parse(name, 64, &number);
	if (strncmp(name, "SIG", 3) == 0)
		name += 3;
	for (int i = 0; i < SIGNAL_COUNT; i++)
		if (strcmp(signals[i].name, name) == 0 || signals[i].signal == (int)number)
			return signals[i].signal;
	return 0;
}

const char *
sending_name(int signal)
{
	for (int i = 0; i < SIGNAL_COUNT; i++)
		if (signals[i].signal == signal)
			return signals[i].name;
	return NULL;
}

void
sending_take_signal(struct reading *reading, const char *value)
{
	const char *const *list = reading_split(reading, value);

	for (; list != NULL && *list != NULL; list++) {
		int signal = byte_is(BYTE_DIGIT, **list) ? 0 : sending_number(*list);

		if (signal == 0)
			reading_wrong(reading, "no signal that a rule may send: %s", *list);
		else
			reading->rule->settings.signals |= UINT64_C(1) << (signal - 1);
	}
	if (reading->rule->settings.signals == 0)
		reading_wrong(reading, "names no signal");
}
