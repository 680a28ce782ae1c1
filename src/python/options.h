/* options.h - the keywords of a run, a function each: the value into the request.
 *
 * Each answers 0, or -1 with TypeError or ValueError set. What depends on several
 * keywords is done by the finishers, when all were read.
 */
#ifndef WRIT_PYTHON_OPTIONS_H
#define WRIT_PYTHON_OPTIONS_H

#include "argument.h"
#include "request.h"

typedef int option_reader(struct request *req, const struct argument *arg, PyObject *value);

option_reader option_capture_output;
option_reader option_check;
option_reader option_contain;
option_reader option_cwd;
option_reader option_cwd_fd;
option_reader option_drain;
option_reader option_drain_max;
option_reader option_encoding;
option_reader option_env;
option_reader option_env_keep;
option_reader option_env_preset;
option_reader option_env_secret;
option_reader option_env_set;
option_reader option_errors;
option_reader option_executable;
option_reader option_grace;
option_reader option_idle_timeout;
option_reader option_input;
option_reader option_keep_tree;
option_reader option_limits;
option_reader option_nice;
option_reader option_output_max;
option_reader option_overflow;
option_reader option_pass_fds;
option_reader option_path;
option_reader option_record_fd;
option_reader option_search;
option_reader option_stderr;
option_reader option_stdin;
option_reader option_stdout;
option_reader option_stop_signal;
option_reader option_teardown;
option_reader option_text;
option_reader option_timeout;
option_reader option_umask;
option_reader option_user;

/* In this order: the input is encoded as the output is decoded. */
void option_finish_env(struct request *req);
int option_finish_source(struct request *req);
int option_finish_decoding(struct request *req);
int option_finish_input(struct request *req);
int option_finish_teardown(struct request *req);

#endif
