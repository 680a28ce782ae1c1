#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/net.h"
#include "audit/redact.h"
#include "unit.h"

#define SECRET "hunter2hunter2"

static char *
show(const char *const *argv, const struct redact_options *options)
{
	struct buf buf = { 0 };
	size_t argc = 0;

	while (argv[argc] != NULL)
		argc++;
	redact_argv(&buf, argv, argc, options);
	return buf_take(&buf);
}

static void
check_argv(const char *const *argv, const struct redact_options *options, const char *expected)
{
	char *shown = show(argv, options);

	CHECK_TEXT(shown, expected);
	free(shown);
}

static void
check_text(const char *text, const char *expected)
{
	struct buf buf = { 0 };
	char *shown;

	redact_text(&buf, text, NULL);
	shown = buf_take(&buf);
	CHECK_TEXT(shown, expected);
	free(shown);
}

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* The tables are those of tests/python/test_agent_redact.py. */
static void
hides_an_argument_that_is_a_secret(void)
{
	static const char *const list[][8] = {
		{ "x", "--password", SECRET },
		{ "x", "--password=" SECRET },
		{ "x", "-token", SECRET },
		{ "x", "--os-password", SECRET },
		{ "x", "--metadata-proxy-shared-secret=" SECRET },
		{ "x", "--api-key", SECRET },
		{ "x", "--Client-Secret", SECRET },
		{ "x", "--auth", SECRET },
		{ "x", "password=" SECRET },
		{ "env", "OS_PASSWORD=" SECRET, "x" },
		{ "sudo", "env", "MY_TOKEN=" SECRET, "x" },
		{ "mysql", "-p" SECRET },
		{ "ip", "netns", "exec", "n", "mysql", "-p" SECRET },
		{ "sshpass", "-p", SECRET, "ssh" },
		{ "curl", "-u", "me:" SECRET },
		{ "curl", "-H", "Authorization: Bearer " SECRET },
		{ "git", "clone", "https://me:" SECRET "@host/x" },
		{ "git", "clone", "https://me:a@" SECRET "@host/x" },
		{ "snmpget", "-c", SECRET, "host" },
		{ "redis-cli", "-a", SECRET },
		{ "/usr/bin/ipmitool", "-P", SECRET },
		{ "openssl", "rsa", "-passin", "pass:" SECRET },
		{ "x", "https://host/?access_token=" SECRET },
		{ "x", "https://host/?a=b&X-Amz-Signature=" SECRET },
		{ "x", "--password", "-" SECRET },
		{ "ovs-vsctl", "set", "x", "other_config:password=" SECRET },
	};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		char *shown = show(list[i], NULL);

		if (strstr(shown, SECRET) != NULL || strstr(shown, "[REDACTED:") == NULL)
			fprintf(stderr, "%s\n", shown);
		CHECK(strstr(shown, SECRET) == NULL);
		CHECK(strstr(shown, "[REDACTED:") != NULL);
		free(shown);
	}
}

static void
shows_an_argument_that_is_none(void)
{
	static const char *const list[][8] = {
		{ "x", "--password-file", "/etc/x" },
		{ "x", "--password-file=/etc/x" },
		{ "x", "--token-path", "p" },
		{ "iptables-restore", "-n", "-w", "10" },
		{ "kill", "-9", "4711" },
		{ "mkdir", "-p", "/a/b/c/d" },
		{ "ovs-vsctl", "--timeout=10", "--", "set", "tapx", "tag=5",
		  "other_config:key=value" },
		{ "ip", "-o", "link", "show", "dev", "tap0" },
		{ "sysctl", "-w", "net.ipv4.ip_forward=1" },
		{ "dnsmasq", "--no-hosts", "--pid-file=/x/pid", "--dhcp-authoritative" },
		{ "ps", "--ppid", "1", "-o", "pid=" },
		{ "conntrack", "-D", "-w", "12" },
		{ "env", "PATH=/bin", "x" },
		{ "keepalived", "-P", "-f", "/x" },
		{ "haproxy", "-f", "/x/metadata.conf" },
	};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		char *shown = show(list[i], NULL);

		CHECK(strstr(shown, "REDACTED") == NULL);
		free(shown);
	}
}

static void
hides_a_text_with_a_secret(void)
{
	static const char *const list[] = {
		"password=" SECRET,
		"password = '" SECRET "'",
		"{\"admin_password\": \"" SECRET "\"}",
		"adminPassword: " SECRET,
		"auth_pass " SECRET,
		"PSK \"" SECRET "\"",
		"amqp://user:" SECRET "@host/",
		"Authorization: Basic " SECRET,
		"\"authorization\": \"" SECRET "\"",
		"Cookie: session=" SECRET,
		"nova_secret=" SECRET,
		"before\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\n" SECRET
		"\n-----END RSA PRIVATE KEY-----",
		SECRET "\n-----END PRIVATE KEY-----\nrest",
		"-----BEGIN EC PRIVATE KEY-----\n" SECRET,
		"password=\"a " SECRET,
		"token=token=token=" SECRET,
		"psk=a,psk=\"b " SECRET "\"",
	};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		struct buf buf = { 0 };

		CHECK(redact_text(&buf, list[i], NULL) > 0);
		if (strstr(buf.data, SECRET) != NULL)
			fprintf(stderr, "%s\n", buf.data);
		CHECK(strstr(buf.data, SECRET) == NULL);
		buf_done(&buf);
	}
}

static void
hides_what_has_the_shape_of_a_token(void)
{
	check_text("see AKIAIOSFODNN7EXAMPLE there", "\"see [REDACTED:shape] there\"");
	check_text("AKIAIOSFODNN7EXAMPLE7", "\"AKIAIOSFODNN7EXAMPLE7\"");
	check_text("ghp_a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1", "\"[REDACTED:shape]\"");
	check_text("x=glpat-aaaaaaaaaaaaaaaaaaaa.", "\"x=[REDACTED:shape].\"");
	check_text("xoxb-1234567890-abc", "\"[REDACTED:shape]\"");
	check_text("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "\"[REDACTED:shape]\"");
	check_text("eyJ-eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "\"[REDACTED:shape]\"");
	check_text("a.eyJx.eyJhbGciOiJI.eyJzdWIi.c", "\"a.[REDACTED:shape].c\"");
	check_text("a bearer abcdefghijklmnop1", "\"a bearer [REDACTED:shape]\"");
}

static void
shows_a_text_without_one(void)
{
	static const char *const list[] = {
		"iptables-restore: line 3 failed",
		"-A neutron-filter-top -j neutron-local --mark 0x1",
		"RTNETLINK answers: File exists",
		"kill: (4711): No such process",
		"key: value",
		"pass: 5",
		"dn: cn=token,ou=x",
		"inet 10.0.0.1/24 brd 10.0.0.255 scope global eth0",
		"tokens are passed on",
		"http://host:8080/path@2",
		"a@b:c",
		"",
		"-----BEGIN ",
	};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		struct buf buf = { 0 };

		CHECK_INT(redact_text(&buf, list[i], NULL), 0);
		CHECK(strstr(buf.data, "REDACTED") == NULL);
		buf_done(&buf);
	}
}

static void
hides_what_the_policy_knows_to_be_secret(void)
{
	const struct redact_secret secrets[] = {
		{ 1, 3, 4 }, { 2, 0, 100 }, { 2, 50, 1 }, { 9, 0, 5 }
	};
	const struct redact_options options = { .secrets = secrets, .secret_count = 4 };

	check_argv(WORDS("x", "-k=abcd,", "ef", "abcd", "ef"), &options,
		   "[\"x\", \"-k=[REDACTED:secret],\", \"[REDACTED:secret]\", \"abcd\", \"ef\"]");
	/* short ones only in their place: they would blot out words */
}

static void
hides_a_secret_wherever_else_it_stands(void)
{
	const struct redact_secret secret = { 3, 0, 100 };
	const struct redact_options options = { .secrets = &secret,
						.secret_count = 1,
						.exact = WORDS("swordfish") };

	check_argv(WORDS("x", "a" SECRET "b" SECRET, "y-swordfish", SECRET), &options,
		   "[\"x\", \"a[REDACTED:value]b[REDACTED:value]\", \"y-[REDACTED:value]\", "
		   "\"[REDACTED:secret]\"]");
	check_argv(WORDS(SECRET, "--password", SECRET), NULL,
		   "[\"[REDACTED:value]\", \"--password\", \"[REDACTED:option]\"]");
}

static void
keeps_control_bytes_and_other_bytes_on_one_line(void)
{
	check_argv(WORDS("a\nb\x1b[2J", "\"\\", "\xff", "%n%n%s%1$*1$d", "", "\xc3\xa4"), NULL,
		   "[\"a\\nb\\u001b[2J\", \"\\\"\\\\\", {\"base64\": \"/w==\"}, \"%n%n%s%1$*1$d\", "
		   "\"\", \"\xc3\xa4\"]");
	/* a secret among bytes that are not UTF-8 is out before they are encoded */
	check_argv(WORDS("x", "token=\xff\xff"), NULL, "[\"x\", \"token=[REDACTED:value]\"]");
	check_argv(
		WORDS("\xff", "\xff--token=a"), NULL,
		"[{\"base64\": \"/w==\"}, {\"base64\": \"/y0tdG9rZW49W1JFREFDVEVEOnZhbHVlXQ==\"}]");
}

/* Half a secret would have no name and no shape any more. */
static void
cuts_after_the_secrets_are_out(void)
{
	const struct redact_options options = { .word_bytes_max = 60 };
	char word[] = "a token=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx,"
		      "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"
		      "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy";

	check_argv(WORDS(word), &options,
		   "[\"a token=[REDACTED:value],yyyyy[... 65 bytes ...]"
		   "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\"]");
}

static void
is_bounded_in_every_word_and_as_a_whole(void)
{
	static char word[100001];
	static const char *argv[1000];
	struct redact_options options = { .bytes_max = 300 };
	struct buf buf = { 0 };

	memset(word, '\x01', sizeof(word) - 1);
	for (int i = 0; i < 1000; i++)
		argv[i] = i < 10 ? "0123456789" : word;
	redact_argv(&buf, argv, 1000, &options);
	CHECK(buf.len <= 300);
	CHECK(strstr(buf.data, "\"0123456789\", \"[... 990 more ...]\"]") != NULL);
	buf.len = 0;
	redact_argv(&buf, argv, 1000, NULL);
	CHECK(buf.len <= REDACT_BYTES_DEFAULT);
	buf.len = 0;
	redact_text(&buf, word, &options);
	CHECK(buf.len <= 300);
	CHECK(strstr(buf.data, " bytes ...]") != NULL);
	buf_done(&buf);
}

static void
never_cuts_within_a_character(void)
{
	struct redact_options options = { 0 };
	char text[301] = "";

	for (int i = 0; i < 100; i++)
		strcat(text, "\xe2\x82\xac");
	for (options.word_bytes_max = 1; options.word_bytes_max < 300; options.word_bytes_max++) {
		struct buf buf = { 0 };

		redact_text(&buf, text, &options);
		CHECK(strstr(buf.data, "base64") == NULL);
		buf_done(&buf);
	}
}

/* A quadratic search would take minutes; the program has a bound. */
static void
no_text_takes_long(void)
{
	static const char *const pieces[] = {
		"a",
		"a.",
		"password",
		"-----BEGIN ",
		"-----BEGIN PRIVATE KEY-----",
		"secret=",
		"a-",
		"x://",
		"eyJ",
		"eyJ-",
		"eyJaaaaaaaa.",
		"eyJaaaaaaaa.eyJa-",
		" ",
		"authorization ",
		"authorization:",
		"cookie:",
		"\"",
		"'",
		"pass_",
		"-",
		"A-----END ",
		"token: ",
		"bearer ",
		"x://a:",
		"[REDACTED:",
		"token=\"",
		"psk \"",
		"auth_pass ",
		"glpat-",
		"?sig=",
		"password=password='",
		"xoxb-",
		"AKIA",
	};
	enum { BYTES = 1 << 20 };
	char *text = malloc(BYTES + 1);
	struct spans spans = { 0 };

	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		size_t len = strlen(pieces[i]);

		for (size_t at = 0; at < BYTES; at++)
			text[at] = pieces[i][at % len];
		text[BYTES] = '\0';
		spans.count = 0;
		net_find(&spans, text, BYTES);
	}
	spans_done(&spans);
	free(text);
}

/* Half a secret at the end of what was looked at is not shown. */
static void
shows_nothing_of_what_it_did_not_look_at(void)
{
	enum { LONG = 20000 };
	const struct redact_options options = { .exact = WORDS(SECRET), .word_bytes_max = 100 };
	char *text = malloc(LONG + 1);

	for (size_t at = 0; at < 4000; at++) {
		struct buf buf = { 0 };

		memset(text, 'x', LONG);
		text[LONG] = '\0';
		/* what is hidden before lets more of the text be shown */
		memcpy(text, "token=", 6);
		text[90] = ' ';
		memcpy(text + 100 + at, SECRET, strlen(SECRET));
		redact_text(&buf, text, &options);
		CHECK(strstr(buf.data, "hu") == NULL && strstr(buf.data, "r2") == NULL);
		CHECK(strstr(buf.data, " bytes ...]\"") != NULL);
		buf_done(&buf);
	}
	free(text);
}

static void
knows_the_names_of_secret_variables(void)
{
	static const char *const secret[] = {
		"OS_PASSWORD",		 "TOKEN",	 "my_token_2", "PGPASSWORD",
		"AWS_SECRET_ACCESS_KEY", "DATABASE_URL", "db-pwd",     "X.psk"
	};
	static const char *const open[] = { "PATH",	     "HOME", "LANG", "TOKEN_FILE",
					    "SSH_AUTH_SOCK", "KEY",  "PWDX", "" };

	for (size_t i = 0; i < sizeof(secret) / sizeof(secret[0]); i++)
		CHECK(redact_is_secret_name(secret[i], strlen(secret[i])));
	for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++)
		CHECK(!redact_is_secret_name(open[i], strlen(open[i])));
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(hides_an_argument_that_is_a_secret),
		UNIT(shows_an_argument_that_is_none),
		UNIT(hides_a_text_with_a_secret),
		UNIT(hides_what_has_the_shape_of_a_token),
		UNIT(shows_a_text_without_one),
		UNIT(hides_what_the_policy_knows_to_be_secret),
		UNIT(hides_a_secret_wherever_else_it_stands),
		UNIT(keeps_control_bytes_and_other_bytes_on_one_line),
		UNIT(cuts_after_the_secrets_are_out),
		UNIT(is_bounded_in_every_word_and_as_a_whole),
		UNIT(never_cuts_within_a_character),
		UNIT(no_text_takes_long),
		UNIT(shows_nothing_of_what_it_did_not_look_at),
		UNIT(knows_the_names_of_secret_variables),
	};

	return UNIT_RUN(tests);
}
