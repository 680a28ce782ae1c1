#include "policy/capability.h"

#include <string.h>

/* linux/capability.h, by number */
static const char *const names[] = {
	"CHOWN",
	"DAC_OVERRIDE",
	"DAC_READ_SEARCH",
	"FOWNER",
	"FSETID",
	"KILL",
	"SETGID",
	"SETUID",
	"SETPCAP",
	"LINUX_IMMUTABLE",
	"NET_BIND_SERVICE",
	"NET_BROADCAST",
	"NET_ADMIN",
	"NET_RAW",
	"IPC_LOCK",
	"IPC_OWNER",
	"SYS_MODULE",
	"SYS_RAWIO",
	"SYS_CHROOT",
	"SYS_PTRACE",
	"SYS_PACCT",
	"SYS_ADMIN",
	"SYS_BOOT",
	"SYS_NICE",
	"SYS_RESOURCE",
	"SYS_TIME",
	"SYS_TTY_CONFIG",
	"MKNOD",
	"LEASE",
	"AUDIT_WRITE",
	"AUDIT_CONTROL",
	"SETFCAP",
	"MAC_OVERRIDE",
	"MAC_ADMIN",
	"SYSLOG",
	"WAKE_ALARM",
	"BLOCK_SUSPEND",
	"AUDIT_READ",
	"PERFMON",
	"BPF",
	"CHECKPOINT_RESTORE",
};

enum { COUNT = sizeof(names) / sizeof(names[0]) };

bool
capability_find(const char *name, uint64_t *ret_bit)
{
	for (int i = 0; i < COUNT && strncmp(name, "CAP_", 4) == 0; i++) {
		if (strcmp(names[i], name + 4) == 0) {
			*ret_bit = UINT64_C(1) << i;
			return true;
		}
	}
	return false;
}

const char *
capability_name(uint64_t set, size_t n)
{
	for (int i = 0; i < COUNT; i++)
		if ((set >> i & 1) != 0 && n-- == 0)
			return names[i];
	return NULL;
}
