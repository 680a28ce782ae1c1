#include "audit/resume.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fail.h"

enum { READ_BYTES = 64 * 1024 };

/* Goes through a file from its beginning. */
static int
read_file(const char *path, int fd, struct audit_verify *verify, uint64_t *ret_bytes,
	  struct writ_error *err)
{
	auto_free char *data = malloc(READ_BYTES);
	uint64_t bytes = 0;
	ssize_t len;

	if (data == NULL)
		return writ_fail_nomem(err, WRIT_STAGE_RECORD);
	audit_verify_file(verify);
	while ((len = pread(fd, data, READ_BYTES, (off_t)bytes)) != 0) {
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return writ_fail_sys(err, WRIT_STAGE_RECORD, errno, path);
		audit_verify_add(verify, data, (size_t)len);
		bytes += (uint64_t)len;
	}
	audit_verify_end(verify);
	*ret_bytes = bytes;
	return 0;
}

/* The head of the newest of the older files. */
static int
resume_older(struct shelf *shelf, struct pen *pen, struct resumed *ret_resumed,
	     struct writ_error *err)
{
	for (unsigned age = 1; age < shelf->files_max; age++) {
		struct audit_verify verify;
		uint64_t bytes;
		int fd;
		int r = shelf_find(shelf, age, &fd, err);

		if (r == WRIT_E_NOT_FOUND)
			continue;
		if (r < 0)
			return r;
		audit_verify_begin(&verify, NULL);
		r = read_file(shelf->path, fd, &verify, &bytes, err);
		close(fd);
		if (r < 0)
			return r;
		pen->head = verify.head;
		if (ret_resumed->fault == AUDIT_INTACT) {
			ret_resumed->fault = verify.fault;
			ret_resumed->at = verify.at;
		}
		return 0;
	}
	return 0;
}

int
resume(struct shelf *shelf, struct pen *pen, struct resumed *ret_resumed, struct writ_error *err)
{
	struct audit_verify verify;
	int r = shelf_find(shelf, 0, &pen->fd, err);

	audit_verify_begin(&verify, NULL);
	if (r == WRIT_E_NOT_FOUND)
		return resume_older(shelf, pen, ret_resumed, err);
	if (r == 0)
		r = read_file(shelf->path, pen->fd, &verify, &pen->bytes, err);
	if (r < 0)
		return r;

	pen->head = verify.head;
	pen->is_torn = verify.is_open;
	pen->torn = verify.open;
	pen->torn_bytes = verify.open_bytes;
	pen->torn_ends = verify.open_ends;
	ret_resumed->refused_bytes = verify.refused_bytes;
	if (!verify.is_open) {
		ret_resumed->fault = verify.fault;
		ret_resumed->at = verify.at;
	}
	/* empty, or its first line was torn */
	return verify.head.n == 0 ? resume_older(shelf, pen, ret_resumed, err) : 0;
}
