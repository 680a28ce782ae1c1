/* log.h - what is told, and to whom: the system log, and standard error. */
#ifndef WRIT_ROOTWRAP_LOG_H
#define WRIT_ROOTWRAP_LOG_H

#include "config.h"

struct log {
	const char *name; /* argv[0], as we were called */
	int fd;		  /* of the system log; -1: none, yet */
	bool is_tried;
	bool use_syslog;
	bool always_denials; /* strict: denials are logged, whatever use_syslog says */
	int facility;
	int level;
};

enum { LOG_LINE_MAX = 8 * 1024 };

void log_init(struct log *log, const char *name);

/* From now on as the configuration says. */
void log_configure(struct log *log, const struct config *config);

/* A line for the system log, as oslo.rootwrap sends it, if the level is high enough. */
void log_send(struct log *log, enum config_level level, const char *text);

/* The same for what was refused, or could not be used: where strict, always. */
void log_denial(struct log *log, enum config_level level, const char *text);

/* "NAME: TEXT" on standard error; the text is not changed. */
void log_print(const struct log *log, const char *text);

/* A warning on standard error, as Python's logging words it. */
void log_warn(const struct log *log, const char *text);

#endif
