#include "os/os_cap.h"

#include <linux/capability.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/fail.h"
#include "sys.h"

/* By number, as linux/capability.h has them; up to 6.18 there are no more. In place:
 * pointers to them would be as long, and to be relocated. */
static const char names[][24] = {
	"cap_chown",
	"cap_dac_override",
	"cap_dac_read_search",
	"cap_fowner",
	"cap_fsetid",
	"cap_kill",
	"cap_setgid",
	"cap_setuid",
	"cap_setpcap",
	"cap_linux_immutable",
	"cap_net_bind_service",
	"cap_net_broadcast",
	"cap_net_admin",
	"cap_net_raw",
	"cap_ipc_lock",
	"cap_ipc_owner",
	"cap_sys_module",
	"cap_sys_rawio",
	"cap_sys_chroot",
	"cap_sys_ptrace",
	"cap_sys_pacct",
	"cap_sys_admin",
	"cap_sys_boot",
	"cap_sys_nice",
	"cap_sys_resource",
	"cap_sys_time",
	"cap_sys_tty_config",
	"cap_mknod",
	"cap_lease",
	"cap_audit_write",
	"cap_audit_control",
	"cap_setfcap",
	"cap_mac_override",
	"cap_mac_admin",
	"cap_syslog",
	"cap_wake_alarm",
	"cap_block_suspend",
	"cap_audit_read",
	"cap_perfmon",
	"cap_bpf",
	"cap_checkpoint_restore",
};

enum {
	COUNT = sizeof(names) / sizeof(names[0]),
	PREFIX = 4, /* "cap_" */
};

int
writ_cap_by_name(const char *name, struct writ_error *err)
{
	const char *bare = strncasecmp(name, "cap_", PREFIX) == 0 ? name + PREFIX : name;

	for (int i = 0; i < COUNT; i++)
		if (strcasecmp(names[i] + PREFIX, bare) == 0)
			return i;
	writ_fail(err, WRIT_E_SYNTAX, WRIT_STAGE_CAPABILITY, 0, "not a capability", "%s", name);
	return writ_hint(err, WRIT_E_SYNTAX,
			 "capabilities(7) lists them: net_admin, net_raw, sys_time ...");
}

const char *
writ_cap_name(int number)
{
	return number >= 0 && number < COUNT ? names[number] : NULL;
}

bool
os_cap_is_known(int number)
{
	return prctl(PR_CAPBSET_READ, number, 0, 0, 0) >= 0;
}

uint64_t
os_caps_permitted(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct caps[2] = { { 0 } };

	if (sys_call2(SYS_capget, &head, caps) < 0)
		return 0;
	return caps[0].permitted | (uint64_t)caps[1].permitted << 32;
}

bool
os_is_root(void)
{
	return getuid() == 0 || geteuid() == 0;
}
