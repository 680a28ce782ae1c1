#include "log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "words.h"

static const char log_path[] = "/dev/log";
static const char no_log[] = "Unable to setup syslog, maybe /dev/log socket needs to be restarted. "
			     "Ignoring syslog configuration options.";

void
log_init(struct log *log, const char *name)
{
	*log = (struct log){ .name = name, .fd = -1 };
}

void
log_warn(const struct log *log, const char *text)
{
	(void)log;
	dprintf(STDERR_FILENO, "WARNING:root:%s\n", text);
}

void
log_print(const struct log *log, const char *text)
{
	struct arena arena = { 0 };
	const char *line = arena_print(&arena, "%s: %s\n", log->name, text);
	size_t len = strlen(line);

	while (len > 0) {
		ssize_t done = write(STDERR_FILENO, line, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			break;
		line += done;
		len -= (size_t)done;
	}
	arena_done(&arena);
}

/* A log that takes nothing delays nobody: what does not fit is lost. */
static bool
open_log(struct log *log)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (log->is_tried)
		return log->fd >= 0;
	log->is_tried = true;
	memcpy(address.sun_path, log_path, sizeof(log_path));
	log->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (log->fd >= 0 && connect(log->fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		close(log->fd);
		log->fd = -1;
	}
	return log->fd >= 0;
}

void
log_configure(struct log *log, const struct config *config)
{
	log->use_syslog = config->use_syslog;
	log->always_denials = config->mode == CONFIG_STRICT;
	log->facility = config->facility;
	log->level = config->level;
	if (log->use_syslog && !open_log(log)) {
		log_warn(log, no_log);
		log->use_syslog = false;
	}
}

static int
severity(enum config_level level)
{
	if (level >= CONFIG_CRITICAL)
		return 2;
	if (level >= CONFIG_ERROR)
		return 3;
	if (level >= CONFIG_WARNING)
		return 4;
	return level >= CONFIG_INFO ? 6 : 7;
}

static void
send_line(struct log *log, enum config_level level, const char *text)
{
	char line[LOG_LINE_MAX];
	int len;

	if (!open_log(log))
		return;
	len = snprintf(line, sizeof(line), "<%d>%s: %s", log->facility * 8 + severity(level),
		       words_base(log->name), text);
	if (len < 0)
		return;
	if ((size_t)len >= sizeof(line))
		len = sizeof(line) - 1;
	/* with its NUL, as Python sends it */
	if (send(log->fd, line, (size_t)len + 1, MSG_NOSIGNAL) < 0 && errno != EAGAIN) {
		close(log->fd); /* it was restarted: once more */
		log->fd = -1;
		log->is_tried = false;
		if (open_log(log))
			(void)!send(log->fd, line, (size_t)len + 1, MSG_NOSIGNAL);
	}
}

void
log_send(struct log *log, enum config_level level, const char *text)
{
	if (log->use_syslog && (int)level >= log->level)
		send_line(log, level, text);
}

void
log_denial(struct log *log, enum config_level level, const char *text)
{
	if (log->always_denials || (log->use_syslog && (int)level >= log->level))
		send_line(log, level, text);
}
