/* A wall that a test can set: adds the seconds that stand in a file to what the
   system says of the time of day. Other clocks are as they are. */

#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now) {
    int result = (int)syscall(SYS_clock_gettime, clock, now);
    const char *path = getenv("FIXLEAD_TEST_CLOCK");
    if (result != 0 || clock != CLOCK_REALTIME || path == NULL)
        return result;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return result;
    char text[32] = {0};
    if (read(file, text, sizeof text - 1) > 0)
        now->tv_sec += atol(text);
    close(file);
    return result;
}
