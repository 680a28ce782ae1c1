#include "policy/fact.h"

#include <string.h>

#include "base/strv.h"

#define ANY NULL

/* Checked against the programs' own documentation; where it matters, tried. */
const struct fact facts[] = {
	{ "ip", "B5", "exec", false, "'ip netns exec' and 'ip vrf exec' run any command" },
	{ "ip tc bridge", "B6", "-b -batch -force", true, "reads further commands from a file" },
	{ "ip", "B6", "obj object", true, "loads code into the kernel from a file" },
	{ "tc", "B5", "exec", false, "'tc exec' runs any command" },
	{ "tc", "B6", "obj object object-file", true, "loads code into the kernel from a file" },
	{ "ss", "B17", "-D --diag", true, "writes a file" },
	{ "iptables* ip6tables* ebtables* arptables*", "B5", "-M --modprobe", false,
	  "runs any command to load modules" },
	{ "iptables-save ip6tables-save", "B17", "-f --file", true, "writes a file" },
	{ "ebtables*", "B17", "--atomic-file --atomic-save --atomic-init", true, "writes a file" },
	{ "ipset", "B17", "-file -f", true, "writes a file" },
	{ "nft", "B6", "-f --file", true, "reads further commands from a file" },
	{ "haproxy", "B6", "-f -C", true,
	  "its configuration names programs to run, files to write and code to load" },
	{ "haproxy", "B17", "-p", true, "writes a file" },
	{ "keepalived conntrackd radvd", "B6", "-f -C --use-file --config", true,
	  "its configuration names programs to run or files to write" },
	{ "keepalived radvd conntrackd", "B17", "-p -r -c --pid --vrrp_pid --pidfile -l --logfile", true,
	  "writes a file" },
	{ "dnsmasq", "B5", "--dhcp-script --dhcp-luascript --conf-script -6", true,
	  "runs a program for each lease" },
	{ "dnsmasq", "B6", "-C --conf-file --conf-dir -7 --dhcp-hostsfile --dhcp-optsfile "
			  "--addn-hosts --dhcp-hostsdir --dhcp-optsdir",
	  true, "reads further configuration from files" },
	{ "dnsmasq", "B17", "--pid-file -x --dhcp-leasefile -l --log-facility -8", true,
	  "writes a file" },
	{ "dhclient", "B5", "-sf", true, "runs any program" },
	{ "dhclient", "B6", "-cf", true, "its configuration names programs to run" },
	{ "ovs-vsctl ovs-ofctl ovs-appctl ovsdb-client", "B17", "--log-file --pidfile --detach -o", true,
	  "writes a file" },
	{ "vtysh", "B6", "-c -f --command --inputfile", false, "runs commands, a shell among them" },
	{ "tcpdump", "B5", "-z", false, "runs any command on each file" },
	{ "tcpdump", "B17", "-w", true, "writes a file" },
	{ "tshark", "B8", "-X", false, "loads a script" },
	{ "sysctl", "B5", "-p --load --system kernel.core_pattern kernel.modprobe", true,
	  "names a program that the kernel runs as root" },
	{ "mount umount", "B17", ANY, false, "changes what every path means, and runs helpers" },
	{ "nsenter unshare chroot setpriv capsh runuser su sudo doas setsid", "B5", ANY, false,
	  "runs any command that follows" },
	{ "env nice ionice chrt taskset timeout time nohup stdbuf setarch softlimit cpulimit choom "
	  "cgexec prlimit numactl xargs watch start-stop-daemon flock parallel",
	  "B5", ANY, false, "runs the command that follows; the rule of that command is what is "
			    "wanted, with CallerPrefix=" },
	{ "systemd-run docker podman kubectl lxc lxd nerdctl machinectl", "B18", ANY, false,
	  "has another run the command, as root" },
	{ "privsep-helper rabbitmqctl", "B18", ANY, false, "runs code that the caller names" },
	{ "systemctl", "B6", "link enable edit", false, "installs a unit of the caller's" },
	{ "journalctl dmesg busctl systemctl less more man", "B16", ANY, false,
	  "may start a pager, which runs commands" },
	{ "sh bash dash ash zsh ksh csh busybox", "B16", ANY, false, "is a shell" },
	{ "python* perl* ruby* lua* node nodejs php* tclsh* expect gdb R make", "B16", ANY, false,
	  "is an interpreter" },
	{ "vi vim view nvim ed nano emacs", "B16", ANY, false, "is an editor: it runs commands" },
	{ "sed", "B16", ANY, false, "its scripts run commands and write files" },
	{ "awk mawk gawk", "B16", ANY, false, "its programs run commands and write files" },
	{ "find", "B5", "-exec -execdir -ok -okdir -delete -fprintf -fprint -fls", false,
	  "runs commands, or writes and deletes files" },
	{ "tar", "B5", "--checkpoint-action -I --use-compress-program --to-command --rsh-command -F "
		      "--info-script", false, "runs any command" },
	{ "tar cpio unzip zip", "B17", ANY, false, "writes files wherever the archive says" },
	{ "rsync", "B5", "-e --rsh --rsync-path", false, "runs any command" },
	{ "ssh scp sftp sshfs", "B5", "-o -F -S", false, "runs any command" },
	{ "ssh-keygen", "B8", "-D", false, "loads a library" },
	{ "openssl", "B8", "-engine -provider -provider-path", false, "loads a library" },
	{ "openssl", "B17", "-out", true, "writes a file" },
	{ "curl wget", "B17", "-o -O --output -K --config --use-askpass", true,
	  "writes a file, or runs a program" },
	{ "git", "B5", "-c --exec-path -C --config-env", false, "runs commands that a configuration names" },
	{ "dd tee cp mv install ln truncate shred", "B17", ANY, true, "writes a file, as the user it runs as" },
	{ "chmod chown chgrp setfacl", "B17", ANY, true, "gives a file away" },
	{ "rm rmdir", "B17", ANY, true, "removes a file" },
	{ "mkfs*", "B5", "-t", false, "runs a program by a part of its name" },
	{ "dmsetup", "B5", "--exec", false, "runs any command" },
	{ "debugfs", "B16", ANY, false, "runs commands and reads any file" },
	{ "lvs vgs pvs lvcreate lvextend lvremove lvchange vgcreate vgchange pvcreate lvm", "B5",
	  "--config --profile", false, "its configuration names programs to run" },
	{ "qemu-img qemu-nbd", "B6", ANY, false,
	  "follows what an image names, unless its format is pinned" },
	{ "losetup kpartx cryptsetup iscsiadm multipath", "B17", ANY, false, "makes a device of a file" },
	{ "logrotate", "B6", ANY, true, "its configuration holds scripts" },
	{ "run-parts service crontab at batch", "B5", ANY, false, "runs any program" },
	{ "apt apt-get dpkg rpm yum dnf pip* npm", "B18", ANY, false, "runs the scripts of packages" },
	{ "strace ltrace script valgrind perf scanmem", "B5", ANY, false, "runs any command" },
	{ "openvpn wg-quick socat nc ncat nmap", "B5", ANY, false, "runs commands that it is told" },
	{ "ldconfig", "B8", "-f -C", true, "changes which libraries are loaded" },
	{ "update-alternatives", "B17", "--install", false, "changes what a command means" },
	{ "screen tmux", "B16", ANY, false, "runs a shell" },
	{ "kill pkill killall", "B11", ANY, false, "signals by number or name: write a rule with Signal=" },
	{ "cat head tail stat base64 od xxd grep", "B17", ANY, true, "shows a file, as the user it runs as" },
};

const size_t fact_count = sizeof(facts) / sizeof(facts[0]);

bool
fact_is_loader(const char *name, size_t len)
{
	static const char *const names[] = {
		"LD_*", "GCONV_PATH", "GETCONF_DIR", "LOCPATH", "NLSPATH", "MALLOC_*", "GLIBC_TUNABLES",
		"BASH_ENV", "BASH_FUNC*", "ENV", "IFS", "SHELLOPTS", "PS4", "PYTHON*", "PERL*", "RUBY*",
		"NODE_*", "LUA_*", "JAVA_*", "_JAVA_OPTIONS", "CLASSPATH", "TC_LIB_DIR", "IP_LIB_DIR",
		"XTABLES_LIBDIR", "IPTABLES_LIB_DIR", "LESSOPEN", "LESSCLOSE", "PAGER", "*_PAGER",
		"EDITOR", "VISUAL", "*_EDITOR", "GIT_*", "LVM_SYSTEM_DIR", "OPENSSL_*", "SSL_*",
		"TMPDIR", "PATH", "CHARSETALIASDIR", "TERMINFO*", "TERMCAP", NULL,
	};

	for (const char *const *one = names; *one != NULL; one++)
		if (glob_match(*one, name, len))
			return true;
	return false;
}
