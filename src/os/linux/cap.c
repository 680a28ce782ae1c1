#include "os/os_cap.h"

#include <linux/capability.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/fail.h"
#include "sys.h"

/* By number, as linux/capability.h has them; up to 6.18 there are no more. One text:
 * pointers to them would be as long, and to be relocated. */
static const char names[] =
	"cap_chown\0"
	"cap_dac_override\0"
	"cap_dac_read_search\0"
	"cap_fowner\0"
	"cap_fsetid\0"
	"cap_kill\0"
	"cap_setgid\0"
	"cap_setuid\0"
	"cap_setpcap\0"
	"cap_linux_immutable\0"
	"cap_net_bind_service\0"
	"cap_net_broadcast\0"
	"cap_net_admin\0"
	"cap_net_raw\0"
	"cap_ipc_lock\0"
	"cap_ipc_owner\0"
	"cap_sys_module\0"
	"cap_sys_rawio\0"
	"cap_sys_chroot\0"
	"cap_sys_ptrace\0"
	"cap_sys_pacct\0"
	"cap_sys_admin\0"
	"cap_sys_boot\0"
	"cap_sys_nice\0"
	"cap_sys_resource\0"
	"cap_sys_time\0"
	"cap_sys_tty_config\0"
	"cap_mknod\0"
	"cap_lease\0"
	"cap_audit_write\0"
	"cap_audit_control\0"
	"cap_setfcap\0"
	"cap_mac_override\0"
	"cap_mac_admin\0"
	"cap_syslog\0"
	"cap_wake_alarm\0"
	"cap_block_suspend\0"
	"cap_audit_read\0"
	"cap_perfmon\0"
	"cap_bpf\0"
	"cap_checkpoint_restore\0";

enum { PREFIX = 4 }; /* "cap_" */

int
writ_cap_by_name(const char *name, struct writ_error *err)
{
	const char *bare = strncasecmp(name, "cap_", PREFIX) == 0 ? name + PREFIX : name;
	const char *at = names;

	for (int i = 0; *at != '\0'; i++, at += strlen(at) + 1)
		if (strcasecmp(at + PREFIX, bare) == 0)
			return i;
	writ_fail(err, WRIT_E_SYNTAX, WRIT_STAGE_CAPABILITY, 0, "not a capability", "%s", name);
	return writ_hint(err, WRIT_E_SYNTAX,
			 "capabilities(7) lists them: net_admin, net_raw, sys_time ...");
}

const char *
writ_cap_name(int number)
{
	const char *at = names;

	if (number < 0)
		return NULL;
	for (; number > 0 && *at != '\0'; number--)
		at += strlen(at) + 1;
	return *at != '\0' ? at : NULL;
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
