/* notify.h - sd_notify(3): what state we are in, for who started us. */
#ifndef WRIT_BROKER_NOTIFY_H
#define WRIT_BROKER_NOTIFY_H

/* "READY=1". Does nothing where nobody asked to be told (NOTIFY_SOCKET). */
void notify_state(const char *state);

#endif
