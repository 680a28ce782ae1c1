/* status.h - the exit statuses of oslo.rootwrap, and those that it has no number for. */
#ifndef WRIT_ROOTWRAP_STATUS_H
#define WRIT_ROOTWRAP_STATUS_H

enum rootwrap_status {
	STATUS_NO_PROGRAM = 96, /* a filter matched, its program is not there */
	STATUS_BAD_CONFIG = 97,
	STATUS_NO_COMMAND = 98,
	STATUS_DENIED = 99,
	STATUS_NOT_DONE = 125,
	STATUS_NOT_EXECUTABLE = 126,
	STATUS_TIMED_OUT = 124,
	STATUS_SIGNALED = 128, /* plus the signal */
};

#endif
