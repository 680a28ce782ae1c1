#include <signal.h>
#include <stdio.h>

#include "unit.h"
#include "writ/text.h"

static void
knows_names_numbers_and_real_time_signals(void)
{
	static const struct {
		const char *text;
		int signal;
	} good[] = { { "TERM", SIGTERM }, { "SIGTERM", SIGTERM }, { "15", 15 },
		     { "1", SIGHUP },	  { "KILL", SIGKILL },	  { "SIGUSR1", SIGUSR1 },
		     { "POLL", SIGPOLL } };
	char text[16];
	int signal = 0;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		CHECK_INT(writ_signal_parse(good[i].text, &signal, NULL), 0);
		CHECK_INT(signal, good[i].signal);
	}
	CHECK_INT(writ_signal_parse("RTMIN", &signal, NULL), 0);
	CHECK_INT(signal, SIGRTMIN);
	CHECK_INT(writ_signal_parse("SIGRTMIN+1", &signal, NULL), 0);
	CHECK_INT(signal, SIGRTMIN + 1);
	CHECK_INT(writ_signal_parse("RTMAX", &signal, NULL), 0);
	CHECK_INT(signal, SIGRTMAX);
	snprintf(text, sizeof(text), "%d", SIGRTMAX);
	CHECK_INT(writ_signal_parse(text, &signal, NULL), 0);
	CHECK_INT(signal, SIGRTMAX);
}

static void
refuses_what_is_no_signal(void)
{
	static const char *const bad[] = { "",	       "0",	 "-9",	       "65",	 "term",
					   "SIG",      "FOO",	 "SIGSIGTERM", "15x",	 " TERM",
					   "RTMIN+99", "RTMIN+", "RTMIN-1",    "RTMAX+1" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct writ_error err = { 0 };
		int signal = 77;

		CHECK_INT(writ_signal_parse(bad[i], &signal, &err), WRIT_E_SYNTAX);
		CHECK_INT(writ_signal_parse(bad[i], &signal, NULL), WRIT_E_SYNTAX);
		CHECK_INT(signal, 77);
		CHECK_TEXT(err.subject, bad[i]);
	}
}

static void
every_name_can_be_read_back(void)
{
	for (int signal = 1; signal <= 31; signal++) {
		char name[16];
		int read = 0;

		if (signal == 16) /* SIGSTKFLT: nobody sends it */
			continue;
		CHECK_INT(writ_signal_parse(writ_signal_name(signal, name), &read, NULL), 0);
		CHECK_INT(read, signal);
	}
	char name[16];

	CHECK_TEXT(writ_signal_name(SIGTERM, name), "TERM");
	CHECK_TEXT(writ_signal_name(99, name), "SIG99");
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(knows_names_numbers_and_real_time_signals),
		UNIT(refuses_what_is_no_signal),
		UNIT(every_name_can_be_read_back),
	};

	return UNIT_RUN(tests);
}
