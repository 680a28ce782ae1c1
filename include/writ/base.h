/* base.h - what every other header needs: linkage, version, handles, lists.
 *
 * Threads: any; nothing here has state.
 * After fork: yes.
 */
#ifndef WRIT_BASE_H
#define WRIT_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WRIT_VERSION_MAJOR 0
#define WRIT_VERSION_MINOR 1
#define WRIT_VERSION_PATCH 0
#define WRIT_VERSION "0.1.0"

#if defined(__GNUC__)
#define WRIT_API __attribute__((visibility("default")))
#else
#define WRIT_API
#endif

/* What the system gives for an open file: a descriptor, or a HANDLE. */
#ifdef _WIN32
typedef void *writ_fd;
#else
typedef int writ_fd;
#endif

/* A NULL-ended list of strings that lives as long as the enclosing block.
 * C only: in C++ declare an array and point at it. */
#ifndef __cplusplus
#define WRIT_LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })
#endif

/* "0.1.0", of the library that is running. Static. */
WRIT_API const char *writ_version(void);

#ifdef __cplusplus
}
#endif

#endif
