#include "policy/path.h"

#include <string.h>

enum { PATH_BYTES_MAX = 4095 };

static bool
is_plain_name(const char *name, size_t len)
{
	return len > 0 && !(len == 1 && name[0] == '.') &&
	       !(len == 2 && name[0] == '.' && name[1] == '.');
}

bool
path_is_plain(const char *path, size_t len)
{
	const char *end = path + len;

	if (len < 2 || len > PATH_BYTES_MAX || path[0] != '/')
		return false;
	for (const char *name = path + 1; name <= end;) {
		const char *slash = memchr(name, '/', (size_t)(end - name));
		size_t part = (size_t)((slash != NULL ? slash : end) - name);

		if (!is_plain_name(name, part))
			return false;
		name += part + 1;
	}
	return true;
}

bool
path_is_beneath(const char *path, size_t len, const char *base, size_t base_len)
{
	return len > base_len + 1 && memcmp(path, base, base_len) == 0 && path[base_len] == '/' &&
	       path_is_plain(path, len);
}

const char *
path_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}
