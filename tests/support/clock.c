/* Preloaded into a process, plays a host whose clock is wrong: by CLOCK_SKEW seconds, and its time
   since the boot fast by CLOCK_DRIFT microseconds a second. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static long setting(const char *name) {
    const char *value = getenv(name);
    return value ? atol(value) : 0;
}

static void drift(struct timespec *now) {
    long long ns = now->tv_sec * 1000000000LL + now->tv_nsec;
    ns += ns / 1000000 * setting("CLOCK_DRIFT");
    now->tv_sec = ns / 1000000000LL;
    now->tv_nsec = ns % 1000000000LL;
}

int clock_gettime(clockid_t id, struct timespec *now) {
    static int (*original)(clockid_t, struct timespec *);
    if (!original) *(void **)&original = dlsym(RTLD_NEXT, "clock_gettime");
    int result = original(id, now);
    if (id == CLOCK_REALTIME) now->tv_sec += setting("CLOCK_SKEW");
    if (id == CLOCK_MONOTONIC) drift(now);
    return result;
}

int gettimeofday(struct timeval *now, void *zone) {
    struct timespec precise;
    int result = clock_gettime(CLOCK_REALTIME, &precise);
    now->tv_sec = precise.tv_sec;
    now->tv_usec = precise.tv_nsec / 1000;
    return result;
}

time_t time(time_t *result) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (result) *result = now.tv_sec;
    return now.tv_sec;
}
