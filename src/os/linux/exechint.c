#include "exechint.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"
#include "os/os_fd.h"

enum { HEAD_BYTES = 256 }; /* BINPRM_BUF_SIZE: what the kernel looks at */

/* "#! /usr/bin/foo -x" -> "/usr/bin/foo" */
static const char *
script_interpreter(char *head)
{
	char *name = head + 2;

	if (head[0] != '#' || head[1] != '!')
		return NULL;
	name += strspn(name, " \t");
	name[strcspn(name, " \t\n")] = '\0';
	return name;
}

/* The program header that names the loader, of an ELF file of this machine's
 * own word size; others answer ENOEXEC, not ENOENT. */
static bool
elf_interpreter(int fd, const char *head, char name[PATH_MAX])
{
	Elf64_Ehdr header;
	Elf64_Phdr part;

	memcpy(&header, head, sizeof(header));
	if (memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64)
		return false;
	for (unsigned i = 0; i < header.e_phnum; i++) {
		off_t at = (off_t)(header.e_phoff + i * sizeof(part));

		if (pread(fd, &part, sizeof(part), at) != sizeof(part))
			return false;
		if (part.p_type == PT_INTERP && part.p_filesz < PATH_MAX) {
			ssize_t len = pread(fd, name, part.p_filesz, (off_t)part.p_offset);

			if (len <= 0)
				return false;
			name[len] = '\0';
			return true;
		}
	}
	return false;
}

/* Finds the interpreter that is missing. */
static int
missing_interpreter(struct writ_error *err, const char *exe)
{
	auto_fd fd = open(exe, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char head[HEAD_BYTES + 1] = { 0 };
	char name[PATH_MAX];
	const char *interpreter;

	if (fd < 0 || read(fd, head, HEAD_BYTES) <= 0)
		return writ_fail(err, WRIT_E_NOT_FOUND, WRIT_STAGE_EXEC, ENOENT, NULL, "%s", exe);
	interpreter = script_interpreter(head);
	if (interpreter != NULL) {
		writ_fail(err, WRIT_E_NOT_FOUND, WRIT_STAGE_EXEC, ENOENT,
			  "the interpreter of its first line is missing", "%s: %s", exe,
			  interpreter);
		return writ_hint(err, WRIT_E_NOT_FOUND,
				 "install %s, or correct the line", interpreter);
	}
	if (elf_interpreter(fd, head, name))
		return writ_fail(err, WRIT_E_NOT_FOUND, WRIT_STAGE_EXEC, ENOENT,
				 "its loader is missing (built for another system?)", "%s: %s", exe,
				 name);
	return writ_fail(err, WRIT_E_NOT_FOUND, WRIT_STAGE_EXEC, ENOENT, NULL, "%s", exe);
}

int
exec_fail(struct writ_error *err, const char *exe, int err_no)
{
	struct stat stat_buf;

	switch (err_no) {
	case ENOENT:
		if (stat(exe, &stat_buf) == 0)
			return missing_interpreter(err, exe);
		return writ_fail(err, WRIT_E_NOT_FOUND, WRIT_STAGE_EXEC, err_no, NULL, "%s", exe);
	case ENOEXEC:
		writ_fail(err, WRIT_E_NOT_EXECUTABLE, WRIT_STAGE_EXEC, err_no,
			  "neither a program of this machine nor a script with a first line '#!'",
			  "%s", exe);
		return writ_hint(err, WRIT_E_NOT_EXECUTABLE,
				 "if it is a shell script, run: sh %s", exe);
	case EACCES:
	case EISDIR:
	case EPERM:
	case ELIBBAD:
		return writ_fail(err, WRIT_E_NOT_EXECUTABLE, WRIT_STAGE_EXEC, err_no, NULL, "%s",
				 exe);
	case ETXTBSY:
		writ_fail(err, WRIT_E_NOT_EXECUTABLE, WRIT_STAGE_EXEC, err_no, NULL, "%s", exe);
		return writ_hint(err, WRIT_E_NOT_EXECUTABLE,
				 "somebody still has the file open for writing");
	case EAGAIN:
		writ_fail(err, WRIT_E_SYS, WRIT_STAGE_EXEC, err_no, NULL, "%s", exe);
		return writ_hint(err, WRIT_E_SYS,
				 "the limit of processes of the user (nproc) is reached");
	case E2BIG:
		return writ_fail(err, WRIT_E_LIMIT, WRIT_STAGE_EXEC, err_no, NULL, "%s", exe);
	default:
		return writ_fail(err, WRIT_E_SYS, WRIT_STAGE_EXEC, err_no, NULL, "%s", exe);
	}
}
