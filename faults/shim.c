/* Faults of the machine, for one program: LD_PRELOAD this, name the controls in EDGE_FAULTS.
 *
 * The controls are a file of four 64-bit numbers, mapped, so that they work at once:
 *   0  nanoseconds to add to the wall clock (CLOCK_REALTIME); the others run on
 *   1  nanoseconds that each fdatasync or fsync takes longer: a slow card
 *   2  how many of them fail with EIO from now on; counted down
 *   3  counts all of them
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { CLOCK, DELAY, FAILURES, SYNCS, CONTROLS };
static volatile int64_t none[CONTROLS];
static volatile int64_t *controls = none;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("EDGE_FAULTS");
    int file = path ? open(path, O_RDWR) : -1;
    if (file < 0) return;
    void *map = mmap(NULL, sizeof none, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (map != MAP_FAILED) controls = map;
    close(file);
}

static void nanos(struct timespec *time, int64_t more) {
    int64_t all = time->tv_sec * INT64_C(1000000000) + time->tv_nsec + more;
    time->tv_sec = all / 1000000000;
    time->tv_nsec = all % 1000000000;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    int status = (int)syscall(SYS_clock_gettime, clock, time);
    if (!status && clock == CLOCK_REALTIME && controls[CLOCK]) nanos(time, controls[CLOCK]);
    return status;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    time->tv_sec = now.tv_sec;
    time->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *where) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (where) *where = now.tv_sec;
    return now.tv_sec;
}

static int synced(long call, int file) {
    __atomic_add_fetch(&controls[SYNCS], 1, __ATOMIC_RELAXED);
    if (controls[DELAY] > 0) {
        struct timespec wait = {controls[DELAY] / 1000000000, controls[DELAY] % 1000000000};
        nanosleep(&wait, NULL);
    }
    if (controls[FAILURES] > 0 && __atomic_sub_fetch(&controls[FAILURES], 1, __ATOMIC_RELAXED) >= 0) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(call, file);
}

int fdatasync(int file) { return synced(SYS_fdatasync, file); }
int fsync(int file) { return synced(SYS_fsync, file); }
