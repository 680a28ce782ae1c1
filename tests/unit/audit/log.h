/* log.h - a record in a directory of its own, and what is in it. */
#ifndef TEST_LOG_H
#define TEST_LOG_H

#include "audit/audit.h"
#include "audit/verify.h"

enum { LOG_BYTES_MAX = 4 * 1024 * 1024 };

/* The path of the file that is `age` turns old. */
const char *log_path(unsigned age);

/* Opens the record, with `bytes_max` a file and four files, and a clock that
 * goes on by a second with each line. */
struct audit *log_open(uint64_t bytes_max);

/* Writes `count` lines of a kind, each with its number. */
void log_fill(struct audit *audit, enum audit_kind kind, unsigned count);

/* The text of a file; valid until the next call with the same age. */
const char *log_text(unsigned age, size_t *ret_len);
void log_replace(unsigned age, const char *text, size_t len);
void log_append(const char *text);

/* All files, the oldest first. `head` may be NULL. */
enum audit_fault log_verify(const struct audit_head *head, struct audit_verify *ret_verify);

/* How many times `part` is in the files. */
unsigned log_count(const char *part);

#endif
