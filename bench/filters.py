"""A configuration with filters of the size and shape of those that Neutron installs."""

FILES = {
    "debug": ["ping: RegExpFilter, ping, root, ping, -w, \\d+, -c, \\d+, [0-9\\.]+",
              "ping_alt: RegExpFilter, ping, root, ping, -c, \\d+, -w, \\d+, [0-9\\.]+",
              "ping6: RegExpFilter, ping6, root, ping6, -w, \\d+, -c, \\d+, [0-9A-Fa-f:]+",
              "ping6_alt: RegExpFilter, ping6, root, ping6, -c, \\d+, -w, \\d+, [0-9A-Fa-f:]+"],
    "dhcp": ["dnsmasq: CommandFilter, dnsmasq, root", "dnsmasq_env: EnvFilter, env, root, PROCESS_TAG=, dnsmasq",
             "kill_dnsmasq: KillFilter, root, /sbin/dnsmasq, -9, -HUP, -15",
             "kill_dnsmasq_usr: KillFilter, root, /usr/sbin/dnsmasq, -9, -HUP, -15",
             "ovs-vsctl: CommandFilter, ovs-vsctl, root", "ivs-ctl: CommandFilter, ivs-ctl, root",
             "mm-ctl: CommandFilter, mm-ctl, root", "dhcp_release: CommandFilter, dhcp_release, root",
             "dhcp_release6: CommandFilter, dhcp_release6, root", "haproxy: RegExpFilter, haproxy, root, haproxy, -f, .*",
             "haproxy_env: EnvFilter, env, root, PROCESS_TAG=, haproxy, -f, .*",
             "kill_haproxy: KillFilter, root, haproxy, -15, -9, -HUP",
             "ip: IpFilter, ip, root", "ip_exec: IpNetnsExecFilter, ip, root"],
    "dibbler": ["dibbler-client: CommandFilter, dibbler-client, root",
                "kill_dibbler-client: KillFilter, root, dibbler-client, -9"],
    "ebtables": ["ebtables: CommandFilter, ebtables, root"],
    "ipset-firewall": ["ipset: CommandFilter, ipset, root"],
    "iptables-firewall": [f"{name}: CommandFilter, {name}, root" for name in (
        "iptables-save", "iptables-restore", "ip6tables-save", "ip6tables-restore", "iptables", "ip6tables",
        "sysctl", "conntrack")],
    "l3": ["arping: CommandFilter, arping, root", "sysctl: CommandFilter, sysctl, root",
           "route: CommandFilter, route, root", "radvd: CommandFilter, radvd, root",
           "radvd_env: EnvFilter, env, root, PROCESS_TAG=, radvd", "haproxy: RegExpFilter, haproxy, root, haproxy, -f, .*",
           "haproxy_env: EnvFilter, env, root, PROCESS_TAG=, haproxy, -f, .*",
           "kill_haproxy: KillFilter, root, haproxy, -15, -9, -HUP", "kill_radvd: KillFilter, root, /sbin/radvd, -15, -9, -HUP",
           "ip: IpFilter, ip, root", "find: RegExpFilter, find, root, find, /sys/class/net, -maxdepth, 1, -type, l, -printf, %.*",
           "ip_exec: IpNetnsExecFilter, ip, root",
           "l3_tc_show_qdisc: RegExpFilter, tc, root, tc, qdisc, show, dev, .+",
           "l3_tc_add_qdisc_ingress: RegExpFilter, tc, root, tc, qdisc, add, dev, .+, ingress",
           "l3_tc_add_qdisc_egress: RegExpFilter, tc, root, tc, qdisc, add, dev, .+, root, handle, 1:, htb",
           "l3_tc_show_filters: RegExpFilter, tc, root, tc, -p, -s, -d, filter, show, dev, .+, parent, .+, prio, 1",
           "l3_tc_delete_filters: RegExpFilter, tc, root, tc, filter, del, dev, .+, parent, .+, prio, 1, handle, .+, u32",
           "l3_tc_add_filter_ingress: RegExpFilter, tc, root, tc, filter, add, dev, .+, parent, .+, protocol, ip, prio, 1, "
           "u32, match, ip, dst, .+, police, rate, .+, burst, .+, drop, flowid, :1",
           "kill_ip_monitor: KillFilter, root, ip, -9", "conntrack: CommandFilter, conntrack, root",
           "keepalived: CommandFilter, keepalived, root", "keepalived_env: EnvFilter, env, root, PROCESS_TAG=, keepalived",
           "kill_keepalived: KillFilter, root, keepalived, -HUP, -15, -9",
           "rt_tables_mkdir: RegExpFilter, mkdir, root, mkdir, -p, /etc/netns/qrouter-[^/].*",
           "rt_tables_rmdir: RegExpFilter, rm, root, rm, -r, -f, /etc/netns/qrouter-[^/].*"],
    "linuxbridge-plugin": ["brctl: CommandFilter, brctl, root", "bridge: CommandFilter, bridge, root",
                           "ip: IpFilter, ip, root", "find: RegExpFilter, find, root, find, /sys/class/net, -maxdepth, 1, -type, l, -printf, %.*",
                           "ip_exec: IpNetnsExecFilter, ip, root",
                           "tc_replace_tbf: RegExpFilter, tc, root, tc, qdisc, replace, dev, .+, root, tbf, rate, .+, latency, .+, burst, .+",
                           "tc_add_ingress: RegExpFilter, tc, root, tc, qdisc, add, dev, .+, ingress, handle, .+",
                           "tc_delete: RegExpFilter, tc, root, tc, qdisc, del, dev, .+, .+",
                           "tc_show_filters: RegExpFilter, tc, root, tc, filter, show, dev, .+, parent, .+"],
    "openvswitch-plugin": [f"{name}: CommandFilter, {name}, root" for name in ("ovs-vsctl", "ovs-ofctl", "ovs-dpctl", "ovsdb-client", "xe")]
                          + ["kill_ovsdb_client: KillFilter, root, /usr/bin/ovsdb-client, 9", "ip: IpFilter, ip, root",
                             "ip_exec: IpNetnsExecFilter, ip, root"],
    "privsep": ["privsep: PathFilter, privsep-helper, root,\n --config-file, /etc,\n --privsep_context, neutron.privileged.default,\n"
                " --privsep_sock_path, /"],
}


def write(where, noop):
    """Returns the path of the configuration, which allows `noop` too."""
    folder = where / "rootwrap.d"
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in {**FILES, "zz-noop": [f"noop: CommandFilter, {noop}, root"]}.items():
        (folder / f"{name}.filters").write_text("[Filters]\n\n" + "".join(f"# {name}\n{line}\n" for line in lines))
    conf = where / "rootwrap.conf"
    conf.write_text(f"[DEFAULT]\nfilters_path={folder}\nexec_dirs=/sbin,/usr/sbin,/bin,/usr/bin,/usr/local/bin,"
                    "/usr/local/sbin\nuse_syslog=False\nsyslog_log_facility=syslog\nsyslog_log_level=ERROR\n"
                    "daemon_timeout=600\nrlimit_nofile=1024\n")
    return conf
