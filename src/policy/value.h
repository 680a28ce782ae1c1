/* value.h - is a text a value of a type? A function for each kind, which `type.c` has in its
 * table; what all kinds have in common (length, a '-' in front, patterns) is seen to there.
 */
#ifndef WRIT_POLICY_VALUE_H
#define WRIT_POLICY_VALUE_H

#include "policy/type.h"

enum { VALUE_IFNAME_BYTES_MAX = 15, VALUE_NAME_BYTES_MAX = 255 };

bool value_is_int(const struct type *type, const char *text, size_t len);
bool value_is_word(const struct type *type, const char *text, size_t len);
bool value_is_name(const struct type *type, const char *text, size_t len);
bool value_is_ipv4(const struct type *type, const char *text, size_t len);
bool value_is_ipv6(const struct type *type, const char *text, size_t len);
bool value_is_ip(const struct type *type, const char *text, size_t len);
bool value_is_cidr(const struct type *type, const char *text, size_t len);
bool value_is_mac(const struct type *type, const char *text, size_t len);
bool value_is_uuid(const struct type *type, const char *text, size_t len);
bool value_is_hex(const struct type *type, const char *text, size_t len);
bool value_is_size(const struct type *type, const char *text, size_t len);
bool value_is_rate(const struct type *type, const char *text, size_t len);
bool value_is_duration(const struct type *type, const char *text, size_t len);
bool value_is_user(const struct type *type, const char *text, size_t len);
bool value_is_text(const struct type *type, const char *text, size_t len);
bool value_is_regex(const struct type *type, const char *text, size_t len);
bool value_is_any(const struct type *type, const char *text, size_t len);
bool value_is_path(const struct type *type, const char *text, size_t len);
bool value_is_pid(const struct type *type, const char *text, size_t len);

/* The numbers of an int or a port; false: not one in canonical form. */
bool value_read_int(const char *text, size_t len, int64_t *ret_value);

#endif
