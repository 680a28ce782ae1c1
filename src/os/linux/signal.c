#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/num.h"
#include "writ/text.h"

static const struct {
	const char *name;
	int number;
} names[] = {
	{ "HUP", SIGHUP },   { "INT", SIGINT },	      { "QUIT", SIGQUIT }, { "ILL", SIGILL },
	{ "TRAP", SIGTRAP }, { "ABRT", SIGABRT },     { "BUS", SIGBUS },   { "FPE", SIGFPE },
	{ "KILL", SIGKILL }, { "USR1", SIGUSR1 },     { "SEGV", SIGSEGV }, { "USR2", SIGUSR2 },
	{ "PIPE", SIGPIPE }, { "ALRM", SIGALRM },     { "TERM", SIGTERM }, { "CHLD", SIGCHLD },
	{ "CONT", SIGCONT }, { "STOP", SIGSTOP },     { "TSTP", SIGTSTP }, { "TTIN", SIGTTIN },
	{ "TTOU", SIGTTOU }, { "URG", SIGURG },	      { "XCPU", SIGXCPU }, { "XFSZ", SIGXFSZ },
	{ "PROF", SIGPROF }, { "VTALRM", SIGVTALRM }, { "WINCH", SIGWINCH }, { "POLL", SIGPOLL },
	{ "PWR", SIGPWR },   { "SYS", SIGSYS },
};

enum { NAME_COUNT = sizeof(names) / sizeof(names[0]) };

static int
find_number(const char *name)
{
	uint64_t offset;

	for (int i = 0; i < NAME_COUNT; i++)
		if (strcmp(names[i].name, name) == 0)
			return names[i].number;
	if (strcmp(name, "RTMIN") == 0)
		return SIGRTMIN;
	if (strcmp(name, "RTMAX") == 0)
		return SIGRTMAX;
	if (strncmp(name, "RTMIN+", 6) == 0 &&
	    num_parse(name + 6, (uint64_t)(SIGRTMAX - SIGRTMIN), &offset))
		return SIGRTMIN + (int)offset;
	return -1;
}

int
writ_signal_parse(const char *text, int *ret_signal, struct writ_error *err)
{
	uint64_t number;
	int found;

	if (num_parse(text, (uint64_t)SIGRTMAX, &number) && number > 0)
		found = (int)number;
	else
		found = find_number(strncmp(text, "SIG", 3) == 0 ? text + 3 : text);
	if (found < 0) {
		writ_fail(err, WRIT_E_SYNTAX, WRIT_STAGE_SIGNAL, 0, "not a signal", "%s", text);
		return writ_hint(err, WRIT_E_SYNTAX,
				 "write a name (TERM, HUP, USR1 ...) or a number from 1 to %d",
				 SIGRTMAX);
	}
	*ret_signal = found;
	return 0;
}

char *
writ_signal_name(int signal, char buf[16])
{
	snprintf(buf, 16, "SIG%d", signal);
	for (int i = 0; i < NAME_COUNT; i++)
		if (names[i].number == signal)
			snprintf(buf, 16, "%s", names[i].name);
	return buf;
}
