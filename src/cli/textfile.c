#include "textfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int
fail(struct writ_error *err, int code, int err_no, const char *why, const char *path, int line)
{
	*err = (struct writ_error){ .code = code, .stage = WRIT_STAGE_OPEN, .err_no = err_no,
				    .line = line };
	snprintf(err->why, sizeof(err->why), "%s", why != NULL ? why : strerror(err_no));
	if (line > 0)
		snprintf(err->subject, sizeof(err->subject), "%s:%d", path, line);
	else
		snprintf(err->subject, sizeof(err->subject), "%s", path);
	return code;
}

static ssize_t
read_all(int fd, char *text, size_t size)
{
	size_t len = 0;

	while (len < size) {
		ssize_t r = read(fd, text + len, size - len);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return r;
		if (r == 0)
			break;
		len += (size_t)r;
	}
	return (ssize_t)len;
}

int
textfile_read(const char *path, char **ret_text, size_t *ret_len, struct writ_error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char *text = fd >= 0 ? malloc(TEXTFILE_BYTES_MAX + 2) : NULL;
	ssize_t len = text != NULL ? read_all(fd, text, TEXTFILE_BYTES_MAX + 1) : -1;
	int err_no = errno;

	if (fd >= 0)
		close(fd);
	if (len < 0) {
		free(text);
		return fail(err, WRIT_E_SYS, err_no, NULL, path, 0);
	}
	if (len > TEXTFILE_BYTES_MAX) {
		explicit_bzero(text, (size_t)len);
		free(text);
		return fail(err, WRIT_E_LIMIT, 0, "larger than 1M", path, 0);
	}
	text[len] = '\0';
	*ret_text = text;
	*ret_len = (size_t)len;
	return 0;
}

int
textfile_lines(char *text, size_t len, const char **ret_lines, size_t max, const char *path,
	       struct writ_error *err)
{
	size_t count = 0;
	int number = 0;

	if (strlen(text) != len)
		return fail(err, WRIT_E_SYNTAX, 0, "a NUL byte", path, 0);
	for (char *rest = text, *line; (line = strsep(&rest, "\n")) != NULL;) {
		number++;
		if (*line == '\0' || *line == '#')
			continue;
		if (strchr(line, '=') == NULL)
			return fail(err, WRIT_E_SYNTAX, 0, "not NAME=VALUE", path, number);
		if (count == max)
			return fail(err, WRIT_E_LIMIT, 0, "too many lines", path, number);
		ret_lines[count++] = line;
	}
	return (int)count;
}
