/* sending.h - rules that send signals: Signal= and Target=. */
#ifndef WRIT_POLICY_SENDING_H
#define WRIT_POLICY_SENDING_H

#include "policy/reading.h"

/* "HUP TERM ...", by names only. */
void sending_take_signal(struct reading *reading, const char *value);

/* "/path/of/program run(RULE) ..." */
void sending_take_target(struct reading *reading, const char *value);

/* The number of a signal that rules may send, by "HUP", "SIGHUP" or "1"; 0: none. */
int sending_number(const char *name);

/* "HUP"; NULL: none that rules may send. */
const char *sending_name(int signal);

#endif
