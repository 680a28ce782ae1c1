#include "tell.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void
tell(const char *format, ...)
{
	char line[2048] = "writd: ";
	size_t len = strlen(line);
	va_list args;

	va_start(args, format);
	vsnprintf(line + len, sizeof(line) - len - 1, format, args);
	va_end(args);
	for (char *at = line; *at != '\0'; at++)
		if ((unsigned char)*at < ' ' || *at == '\x7f')
			*at = '?';
	len = strlen(line);
	line[len++] = '\n';
	if (write(STDERR_FILENO, line, len) < 0)
		return; /* nobody reads it: there is nobody to tell */
}

void
tell_error(const char *what, const struct writ_error *err)
{
	char text[1024];

	tell("%s: %s", what, writ_error_text(err, text, sizeof(text)));
	if (err->hint[0] != '\0')
		tell("%s", err->hint);
}
