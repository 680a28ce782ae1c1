/* clone.h - clone(2) and clone3(2) with a function for the child.
 *
 * After fork: the child runs `run(arg)` on its own stack; it must not return.
 */
#ifndef WRIT_OS_LINUX_CLONE_H
#define WRIT_OS_LINUX_CLONE_H

#include "sys.h"

/* The system call `number` with five arguments; the child calls `run(arg)`.
 * Returns the pid, or a negative errno. */
#if defined(__x86_64__)

static inline long
clone_call(long number, long a, long b, long c, long d, long e, void (*run)(void *), void *arg)
{
	long result;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register void (*r12)(void *) __asm__("r12") = run;
	register void *r13 __asm__("r13") = arg;

	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "xor %%ebp, %%ebp\n\t"
			 "mov %%r13, %%rdi\n\t"
			 "call *%%r12\n\t"
			 "hlt\n"
			 "1:"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r12),
			   "r"(r13)
			 : "rcx", "r11", "memory", "cc");
	return result;
}

#elif defined(__aarch64__)

static inline long
clone_call(long number, long a, long b, long c, long d, long e, void (*run)(void *), void *arg)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register void (*x20)(void *) __asm__("x20") = run;
	register void *x21 __asm__("x21") = arg;

	__asm__ volatile("svc 0\n\t"
			 "cbnz x0, 1f\n\t"
			 "mov x29, xzr\n\t"
			 "mov x0, x21\n\t"
			 "blr x20\n\t"
			 "brk 0\n"
			 "1:"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x20), "r"(x21)
			 : "memory", "cc");
	return x0;
}

#endif

/* The arguments of clone3(2) up to `cgroup` (Linux 5.7). */
struct clone3_args {
	uint64_t flags;
	uint64_t pidfd;
	uint64_t child_tid;
	uint64_t parent_tid;
	uint64_t exit_signal;
	uint64_t stack;
	uint64_t stack_size;
	uint64_t tls;
	uint64_t set_tid;
	uint64_t set_tid_size;
	uint64_t cgroup;
};

#define CLONE3_CLEAR_SIGHAND 0x100000000ULL
#define CLONE3_INTO_CGROUP 0x200000000ULL

#endif
