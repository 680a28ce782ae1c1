/* writ-launcher: what the library starts where it cannot, or must not, do the
 * work in its own memory. Without libc it starts as fast as a program can.
 *
 *   exec   take the steps of an order, and become the program
 *   run    start the program, and stay until nothing of it is left
 *   guard  end a host's runs when their owner dies
 */
#include <fcntl.h>
#include <sys/prctl.h>

#include "../child.h"
#include "../sys.h"
#include "apart.h"
#include "guard.h"
#include "plain.h"
#include "receive.h"
#include "run.h"

enum { STATUS_USAGE = 125 };

static union {
	struct note note;
	char bytes[NOTE_BYTES_MAX];
} first;

/* The order stands behind the first note. */
static struct order *
receive_order(int sock)
{
	struct order *order = (struct order *)(void *)(&first.note + 1);
	int fd;
	long len = note_receive(sock, &first.note, sizeof(first), &fd);

	if (len <= 0 || first.note.type != NOTE_ORDER ||
	    first.note.text_len < (int32_t)sizeof(*order) ||
	    order->size != (uint32_t)first.note.text_len)
		return NULL;
	return order;
}

static int
become(int sock, const struct order *order, char *const *argv, char *const *envp)
{
	struct note note = { .type = NOTE_FAILED };
	struct step_failure failure = { 0, 0 };

	child_run(order, argv, envp, take_apart, &failure);
	note.code = (int32_t)failure.index;
	note.status = failure.err_no;
	note_send(sock, &note);
	return 127;
}

static int
launch(char *const *argv, char *const *envp)
{
	const char *rest = argv[2];
	int fd[3] = { -1, -1, -1 };
	struct order *order;

	for (int i = 0; i < 3 && *rest != '\0'; i++) {
		fd[i] = (int)number_read(&rest);
		if (fd[i] >= 0)
			sys_call3(SYS_fcntl, fd[i], F_SETFD, FD_CLOEXEC);
		if (*rest == ' ')
			rest++;
	}
	if (text_same(argv[1], "guard"))
		return guard_keep(fd[0], fd[1], fd[2], argv[NOTE_ARGV_FIRST]);

	order = receive_order(fd[0]);
	if (order == NULL)
		return STATUS_USAGE;
	if (text_same(argv[1], "run"))
		return run_keep(fd[0], fd[1], order, argv + NOTE_ARGV_FIRST, envp,
				first.note.code != 0);
	return become(fd[0], order, argv + NOTE_ARGV_FIRST, envp);
}

_Noreturn void launcher_main(long *stack);

/* What the kernel left on the stack: argc, argv, NULL, envp, NULL. */
__attribute__((used)) _Noreturn void
launcher_main(long *stack)
{
	long argc = stack[0];
	char *const *argv = (char *const *)(stack + 1);

	if (argc <= NOTE_ARGV_FIRST)
		child_exit(STATUS_USAGE);
	sys_call5(SYS_prctl, PR_SET_NAME, NOTE_NAME, 0, 0, 0);
	child_exit(launch(argv, argv + argc + 1));
}

#if defined(__x86_64__)
__asm__(".globl _start\n"
	"_start:\n\t"
	"xor %ebp, %ebp\n\t"
	"mov %rsp, %rdi\n\t"
	"and $-16, %rsp\n\t"
	"call launcher_main\n\t"
	"hlt\n");
#elif defined(__aarch64__)
__asm__(".globl _start\n"
	"_start:\n\t"
	"mov x29, xzr\n\t"
	"mov x0, sp\n\t"
	"bl launcher_main\n\t"
	"brk 0\n");
#endif
