/* sys.h - system calls without libc: for the code between clone and exec, and
 * for the launcher, which has no libc at all.
 *
 * They return the kernel's answer, a negative errno on failure, and touch
 * neither errno nor any other thread-local state. On machines without an entry
 * here, libc's syscall(3) is used and there is no launcher.
 */
#ifndef WRIT_OS_LINUX_SYS_H
#define WRIT_OS_LINUX_SYS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

/* since 5.3, 5.3, 5.9; not in every header */
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_clone3
#define SYS_clone3 435
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

/* The analyzer cannot see that a system call fills a buffer; it is given the
 * libc's. */
#if defined(__x86_64__) && !defined(__clang_analyzer__)

#define SYS_HAS_ASM 1

static inline long
sys_call6(long number, long a, long b, long c, long d, long e, long f)
{
	long result;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

#elif defined(__aarch64__)

#define SYS_HAS_ASM 1

static inline long
sys_call6(long number, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory", "cc");
	return x0;
}

#else

#include <errno.h>
#include <unistd.h>

static inline long
sys_call6(long number, long a, long b, long c, long d, long e, long f)
{
	long result = syscall(number, a, b, c, d, e, f);

	return result < 0 ? -errno : result;
}

#endif

#define sys_call5(n, a, b, c, d, e) \
	sys_call6((n), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)
#define sys_call4(n, a, b, c, d) sys_call5(n, a, b, c, d, 0)
#define sys_call3(n, a, b, c) sys_call5(n, a, b, c, 0, 0)
#define sys_call2(n, a, b) sys_call5(n, a, b, 0, 0, 0)
#define sys_call1(n, a) sys_call5(n, a, 0, 0, 0, 0)
#define sys_call0(n) sys_call5(n, 0, 0, 0, 0, 0)

/* The kernel's own signal set and action; libc's differ in size and order. */
typedef uint64_t sys_sigset;

struct sys_sigaction {
	void *handler;
	unsigned long flags;
	void *restorer;
	sys_sigset mask;
};

/* An entry as getdents64(2) gives it. */
struct sys_dirent {
	uint64_t inode;
	int64_t offset;
	uint16_t length;
	uint8_t type;
	char name[];
};

enum { SYS_SIGNALS = 64 }; /* _NSIG of the kernel on every machine but MIPS */

#endif
