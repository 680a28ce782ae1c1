/* both - copies its input to its output and to its error output. */
#include <unistd.h>

static int
write_all(int fd, const char *data, ssize_t len)
{
	while (len > 0) {
		ssize_t part = write(fd, data, (size_t)len);

		if (part < 0)
			return -1;
		data += part;
		len -= part;
	}
	return 0;
}

int
main(void)
{
	char buf[8192];
	ssize_t len;

	while ((len = read(0, buf, sizeof(buf))) > 0)
		if (write_all(1, buf, len) < 0 || write_all(2, buf, len) < 0)
			return 1;
	return 0;
}
