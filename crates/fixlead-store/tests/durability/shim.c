/* Loaded with LD_PRELOAD into the process that writes. It stands between the
 * process and the files below one directory and does two things:
 *
 * - it records every call that changes them, in their order, with the bytes;
 * - it makes a share of them fail, and lets the disk be full.
 *
 * FIXLEAD_SHIM_ROOT     the directory, as an absolute path without links
 * FIXLEAD_SHIM_TRACE    the file that is written, if anything is recorded
 * FIXLEAD_SHIM_MARKS    a file outside; what is written to it becomes a mark
 *                       in the trace, and `die` ends the process at once
 * FIXLEAD_SHIM_CONTROL  a file of sizeof(struct control) that says what fails
 *
 * One lock is held during each call and its record, so that the order of the
 * trace is the order of what happened. Real syncs are left out while it
 * records: what they promise is what the replayer decides about.
 *
 * Files whose names end in "-shm" hold SQLite's index of the write-ahead log,
 * which is mapped into memory and made anew after a crash. They are not
 * recorded; the replayer puts rubbish in their place. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* Shared with the tests: `shim.rs` writes the same layout. */
struct control {
    uint32_t fail;      /* per mille of calls that fail with EIO */
    uint32_t full;      /* per mille of growing writes that fail with ENOSPC */
    uint32_t brief;     /* per mille of writes that write only a part */
    uint32_t sync;      /* per mille of syncs that fail with EIO */
    int64_t room;       /* bytes that are left on the disk; negative: no end */
    uint64_t injected;  /* how many calls failed or were cut short */
    uint32_t pause;     /* microseconds that a recorded sync takes */
    uint32_t read;      /* per mille of reads that fail with EIO */
};

enum kind { UNKNOWN, OUTSIDE, INSIDE, INDEX, DIRECTORY, MARKS };
#define MOST_FILES 4096

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned char kinds[MOST_FILES];
static char root[PATH_MAX], marks[PATH_MAX];
static size_t root_length;
static int trace = -1;
static struct control none = { .room = -1 };
static volatile struct control *control = &none;
static uint64_t chance = 88172645463325252u;

static void stop(const char *why) {
    dprintf(2, "shim: %s (%s)\n", why, strerror(errno));
    _exit(97);
}

__attribute__((constructor)) static void begin(void) {
    const char *text = getenv("FIXLEAD_SHIM_ROOT");
    if (!text) return;
    snprintf(root, sizeof root, "%s", text);
    root_length = strlen(root);
    if ((text = getenv("FIXLEAD_SHIM_MARKS"))) snprintf(marks, sizeof marks, "%s", text);
    if ((text = getenv("FIXLEAD_SHIM_TRACE"))) {
        trace = syscall(SYS_openat, AT_FDCWD, text, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (trace < 0) stop("the trace cannot be opened");
    }
    if ((text = getenv("FIXLEAD_SHIM_CONTROL"))) {
        int file = syscall(SYS_openat, AT_FDCWD, text, O_RDWR | O_CLOEXEC);
        if (file < 0) stop("the control file cannot be opened");
        void *shared = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        if (shared == MAP_FAILED) stop("the control file cannot be mapped");
        control = shared;
        syscall(SYS_close, file);
    }
    struct timespec now;
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
    chance ^= (uint64_t)now.tv_nsec << 20 ^ (uint64_t)getpid();
}

static int happens(uint32_t per_mille) {
    chance ^= chance << 13, chance ^= chance >> 7, chance ^= chance << 17;
    if (chance % 1000 >= per_mille) return 0;
    control->injected++;
    return 1;
}

/* --- what a path or a descriptor is ------------------------------------- */

static int inside(const char *path) {
    return root_length && !strncmp(path, root, root_length) && (path[root_length] == '/' || !path[root_length]);
}

static enum kind kind_of(const char *path) {
    if (marks[0] && !strcmp(path, marks)) return MARKS;
    if (!inside(path)) return OUTSIDE;
    size_t length = strlen(path);
    return length > 4 && !strcmp(path + length - 4, "-shm") ? INDEX : INSIDE;
}

static int path_of(int file, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, path, PATH_MAX - 1);
    if (length < 0) return 0;
    path[length] = 0;
    static const char deleted[] = " (deleted)";
    size_t end = sizeof deleted - 1;
    if ((size_t)length > end && !strcmp(path + length - end, deleted)) path[length - end] = 0;
    return 1;
}

static enum kind look(int file) {
    if (!root_length || file < 0) return OUTSIDE;
    if (file < MOST_FILES && kinds[file] != UNKNOWN) return kinds[file];
    char path[PATH_MAX];
    enum kind kind = path_of(file, path) ? kind_of(path) : OUTSIDE;
    struct stat about;
    if (kind == INSIDE && !fstat(file, &about) && S_ISDIR(about.st_mode)) kind = DIRECTORY;
    if (file < MOST_FILES) kinds[file] = kind;
    return kind;
}

static void forget(int file) {
    if (file >= 0 && file < MOST_FILES) kinds[file] = UNKNOWN;
}

static void absolute(int directory, const char *path, char *out) {
    char base[PATH_MAX];
    if (path[0] == '/') {
        snprintf(out, PATH_MAX, "%s", path);
        return;
    }
    if (directory == AT_FDCWD ? syscall(SYS_getcwd, base, sizeof base) < 0 : !path_of(directory, base)) base[0] = 0;
    snprintf(out, PATH_MAX, "%.2000s/%.2000s", base, path);
}

/* --- the trace ----------------------------------------------------------- */

static void put(const void *bytes, size_t length) {
    const char *next = bytes;
    while (length) {
        ssize_t written = syscall(SYS_write, trace, next, length);
        if (written <= 0) stop("the trace cannot be written");
        next += written, length -= written;
    }
}

/* A letter, three numbers, two lengths, a path, bytes. `trace.rs` reads it. */
static void record(char what, uint64_t node, uint64_t a, const char *path, const void *bytes, size_t length) {
    if (trace < 0) return;
    struct __attribute__((packed)) { char what; uint64_t node, a; uint32_t path, bytes; } head = {
        what, node, a, path ? strlen(path) : 0, length };
    struct iovec parts[3] = { { &head, sizeof head }, { (void *)path, head.path }, { (void *)bytes, length } };
    size_t whole = sizeof head + head.path + length;
    ssize_t written = syscall(SYS_writev, trace, parts, 3);
    if (written < 0) stop("the trace cannot be written");
    if ((size_t)written < whole) {
        if ((size_t)written < sizeof head + head.path) stop("the trace was cut short");
        size_t done = written - sizeof head - head.path;
        put((const char *)bytes + done, length - done);
    }
}

static uint64_t node_of(int file) {
    struct stat about;
    return fstat(file, &about) ? 0 : about.st_ino;
}

/* What is not understood must not pass unseen. */
static void strange(int file, const char *call) {
    enum kind kind = look(file);
    if (kind == INSIDE || kind == DIRECTORY) record('?', 0, 0, call, NULL, 0);
}

/* --- opening and closing ------------------------------------------------- */

static int open_at(int directory, const char *name, int flags, mode_t mode) {
    if (!root_length) return syscall(SYS_openat, directory, name, flags, mode);
    char path[PATH_MAX];
    absolute(directory, name, path);
    enum kind kind = kind_of(path);
    if (kind == OUTSIDE) {
        int file = syscall(SYS_openat, directory, name, flags, mode);
        forget(file);
        return file;
    }
    pthread_mutex_lock(&lock);
    struct stat about;
    int was = !syscall(SYS_faccessat, AT_FDCWD, path, F_OK, 0);
    int file, why = 0;
    if (!was && kind != MARKS && (flags & O_CREAT) && (control->room == 0 || happens(control->full))) {
        file = -1, why = ENOSPC;
    } else if (!was && kind != MARKS && (flags & O_CREAT) && happens(control->fail)) {
        file = -1, why = EIO;
    } else {
        file = syscall(SYS_openat, directory, name, flags, mode);
        why = errno;
    }
    if (file >= 0) {
        forget(file);
        if (kind == INSIDE && !fstat(file, &about)) {
            if ((flags & O_TMPFILE) == O_TMPFILE) record('?', 0, 0, "O_TMPFILE", NULL, 0);
            if (!was && (flags & O_CREAT)) record('C', about.st_ino, 0, path, NULL, 0);
            if (was && (flags & O_TRUNC)) record('T', about.st_ino, 0, NULL, NULL, 0);
        }
    }
    pthread_mutex_unlock(&lock);
    if (file < 0) errno = why;
    return file;
}

#define MODE(flags) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | O_TMPFILE)) { va_list more; va_start(more, flags); mode = va_arg(more, mode_t); va_end(more); }

int open(const char *path, int flags, ...) { MODE(flags) return open_at(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags) return open_at(AT_FDCWD, path, flags, mode); }
int openat(int directory, const char *path, int flags, ...) { MODE(flags) return open_at(directory, path, flags, mode); }
int openat64(int directory, const char *path, int flags, ...) { MODE(flags) return open_at(directory, path, flags, mode); }
int creat(const char *path, mode_t mode) { return open_at(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char *path, mode_t mode) { return open_at(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }

int close(int file) {
    forget(file);
    return syscall(SYS_close, file);
}
int dup2(int from, int to) {
    forget(to);
    return from == to ? to : syscall(SYS_dup3, from, to, 0);
}
int dup3(int from, int to, int flags) {
    forget(to);
    return syscall(SYS_dup3, from, to, flags);
}

/* --- writing ------------------------------------------------------------- */

static ssize_t write_at(int file, const void *bytes, size_t length, int64_t place) {
    enum kind kind = look(file);
    if (kind == OUTSIDE || kind == DIRECTORY || kind == UNKNOWN)
        return place < 0 ? syscall(SYS_write, file, bytes, length) : syscall(SYS_pwrite64, file, bytes, length, place);
    pthread_mutex_lock(&lock);
    ssize_t written;
    int why = 0;
    if (kind == MARKS) {
        written = syscall(SYS_write, file, bytes, length);
        why = errno;
        if (written > 0) record('A', 0, 0, NULL, bytes, written);
        /* With the lock held no other thread is in the middle of a record. */
        if (written == 4 && !memcmp(bytes, "die\n", 4)) syscall(SYS_kill, getpid(), SIGKILL);
    } else {
        struct stat about;
        if (fstat(file, &about)) stop("a file cannot be looked at");
        int64_t at = place;
        if (place < 0) {
            int flags = syscall(SYS_fcntl, file, F_GETFL);
            at = flags & O_APPEND ? about.st_size : syscall(SYS_lseek, file, 0, SEEK_CUR);
        }
        int64_t growth = at + (int64_t)length - about.st_size;
        if (happens(control->fail)) {
            written = -1, why = EIO;
        } else if (growth > 0 && control->room >= 0 && growth > control->room) {
            control->injected++;
            written = -1, why = ENOSPC;
        } else if (growth > 0 && happens(control->full)) {
            written = -1, why = ENOSPC;
        } else {
            if (length > 1 && happens(control->brief)) length /= 2;
            written = place < 0 ? syscall(SYS_write, file, bytes, length)
                                : syscall(SYS_pwrite64, file, bytes, length, place);
            why = errno;
            if (written > 0 && kind == INSIDE) record('W', about.st_ino, at, NULL, bytes, written);
            growth = at + written - about.st_size;
            if (growth > 0 && control->room > 0) control->room -= growth;
        }
    }
    pthread_mutex_unlock(&lock);
    if (written < 0) errno = why;
    return written;
}

ssize_t write(int file, const void *bytes, size_t length) { return write_at(file, bytes, length, -1); }
ssize_t pwrite(int file, const void *bytes, size_t length, off_t at) { return write_at(file, bytes, length, at); }
ssize_t pwrite64(int file, const void *bytes, size_t length, off_t at) { return write_at(file, bytes, length, at); }

static ssize_t write_parts(int file, const struct iovec *parts, int count, int64_t place) {
    ssize_t whole = 0;
    for (int part = 0; part < count; part++) {
        ssize_t written = write_at(file, parts[part].iov_base, parts[part].iov_len, place < 0 ? -1 : place + whole);
        if (written < 0) return whole ? whole : -1;
        whole += written;
        if ((size_t)written < parts[part].iov_len) break;
    }
    return whole;
}

ssize_t writev(int file, const struct iovec *parts, int count) {
    if (look(file) == OUTSIDE) return syscall(SYS_writev, file, parts, count);
    return write_parts(file, parts, count, -1);
}
ssize_t pwritev(int file, const struct iovec *parts, int count, off_t at) { return write_parts(file, parts, count, at); }
ssize_t pwritev64(int file, const struct iovec *parts, int count, off_t at) { return write_parts(file, parts, count, at); }

static ssize_t read_at(int file, void *bytes, size_t length, int64_t place) {
    if (control->read && look(file) == INSIDE) {
        pthread_mutex_lock(&lock);
        int fails = happens(control->read);
        pthread_mutex_unlock(&lock);
        if (fails) {
            errno = EIO;
            return -1;
        }
    }
    return place < 0 ? syscall(SYS_read, file, bytes, length) : syscall(SYS_pread64, file, bytes, length, place);
}
ssize_t read(int file, void *bytes, size_t length) { return read_at(file, bytes, length, -1); }
ssize_t pread(int file, void *bytes, size_t length, off_t at) { return read_at(file, bytes, length, at); }
ssize_t pread64(int file, void *bytes, size_t length, off_t at) { return read_at(file, bytes, length, at); }

static int resize(int file, int64_t size) {
    enum kind kind = look(file);
    if (kind == OUTSIDE) return syscall(SYS_ftruncate, file, size);
    pthread_mutex_lock(&lock);
    int result, why = 0;
    struct stat about = { 0 };
    fstat(file, &about);
    if (happens(control->fail)) {
        result = -1, why = EIO;
    } else {
        result = syscall(SYS_ftruncate, file, size);
        why = errno;
        if (!result && kind == INSIDE) record('T', about.st_ino, size, NULL, NULL, 0);
        if (!result && size < about.st_size && control->room >= 0) control->room += about.st_size - size;
    }
    pthread_mutex_unlock(&lock);
    if (result < 0) errno = why;
    return result;
}
int ftruncate(int file, off_t size) { return resize(file, size); }
int ftruncate64(int file, off_t size) { return resize(file, size); }

/* SQLite allocates nothing ahead unless it is told to. */
int fallocate(int file, int mode, off_t at, off_t length) {
    strange(file, "fallocate");
    return syscall(SYS_fallocate, file, mode, at, length);
}
int fallocate64(int file, int mode, off_t at, off_t length) { return fallocate(file, mode, at, length); }
int posix_fallocate(int file, off_t at, off_t length) { return fallocate(file, 0, at, length) ? errno : 0; }
int posix_fallocate64(int file, off_t at, off_t length) { return fallocate(file, 0, at, length) ? errno : 0; }
ssize_t copy_file_range(int in, off64_t *from, int out, off64_t *to, size_t length, unsigned flags) {
    strange(out, "copy_file_range");
    return syscall(SYS_copy_file_range, in, from, out, to, length, flags);
}
ssize_t sendfile(int out, int in, off_t *from, size_t length) {
    strange(out, "sendfile");
    return syscall(SYS_sendfile, out, in, from, length);
}
ssize_t sendfile64(int out, int in, off64_t *from, size_t length) { return sendfile(out, in, from, length); }
void *mmap(void *where, size_t length, int access, int flags, int file, off_t at) {
    if (file >= 0 && (access & PROT_WRITE) && (flags & MAP_SHARED)) strange(file, "mmap");
    return (void *)syscall(SYS_mmap, where, length, access, flags, file, at);
}
void *mmap64(void *where, size_t length, int access, int flags, int file, off_t at) {
    return mmap(where, length, access, flags, file, at);
}

/* --- syncing ------------------------------------------------------------- */

static int sync_file(int file, long number) {
    enum kind kind = look(file);
    if (kind != INSIDE && kind != DIRECTORY) return syscall(number, file);
    if (trace >= 0 && control->pause) {
        struct timespec pause = { 0, control->pause * 1000l };
        syscall(SYS_nanosleep, &pause, NULL);
    }
    pthread_mutex_lock(&lock);
    int result = 0, why = 0;
    char path[PATH_MAX] = "";
    if (happens(control->sync)) {
        result = -1, why = EIO;
        if (kind == INSIDE) record('f', node_of(file), 0, NULL, NULL, 0);
    } else {
        if (trace < 0) {
            result = syscall(number, file);
            why = errno;
        }
        if (!result && kind == DIRECTORY && path_of(file, path)) record('D', 0, 0, path, NULL, 0);
        else if (!result) record('F', node_of(file), 0, NULL, NULL, 0);
    }
    pthread_mutex_unlock(&lock);
    if (result < 0) errno = why;
    return result;
}
int fsync(int file) { return sync_file(file, SYS_fsync); }
int fdatasync(int file) { return sync_file(file, SYS_fdatasync); }

/* --- names --------------------------------------------------------------- */

/* `call` has been made with the lock held; `b` may be missing. */
static int named(char what, long result, const char *a, const char *b) {
    int why = errno;
    if (!result) record(what, 0, 0, a, b, b ? strlen(b) : 0);
    pthread_mutex_unlock(&lock);
    errno = why;
    return result;
}

static int fails_by_name(const char *path) {
    pthread_mutex_lock(&lock);
    if (kind_of(path) != INSIDE || !happens(control->fail)) return 0;
    pthread_mutex_unlock(&lock);
    errno = EIO;
    return 1;
}

static int remove_at(int directory, const char *name, int flags) {
    char path[PATH_MAX];
    absolute(directory, name, path);
    if (kind_of(path) != INSIDE) return syscall(SYS_unlinkat, directory, name, flags);
    if (fails_by_name(path)) return -1;
    struct stat about;
    int64_t size = stat(path, &about) ? 0 : about.st_size;
    long result = syscall(SYS_unlinkat, directory, name, flags);
    if (!result && control->room >= 0) control->room += size;
    return named(flags & AT_REMOVEDIR ? 'X' : 'U', result, path, NULL);
}
int unlink(const char *path) { return remove_at(AT_FDCWD, path, 0); }
int unlinkat(int directory, const char *path, int flags) { return remove_at(directory, path, flags); }
int rmdir(const char *path) { return remove_at(AT_FDCWD, path, AT_REMOVEDIR); }
int remove(const char *path) {
    int result = remove_at(AT_FDCWD, path, 0);
    return result && errno == EISDIR ? remove_at(AT_FDCWD, path, AT_REMOVEDIR) : result;
}

static int make_at(int directory, const char *name, mode_t mode) {
    char path[PATH_MAX];
    absolute(directory, name, path);
    if (kind_of(path) != INSIDE) return syscall(SYS_mkdirat, directory, name, mode);
    if (fails_by_name(path)) return -1;
    return named('M', syscall(SYS_mkdirat, directory, name, mode), path, NULL);
}
int mkdir(const char *path, mode_t mode) { return make_at(AT_FDCWD, path, mode); }
int mkdirat(int directory, const char *path, mode_t mode) { return make_at(directory, path, mode); }

static int two(char what, int from, const char *old, int to, const char *new, unsigned flags) {
    char a[PATH_MAX], b[PATH_MAX];
    absolute(from, old, a);
    absolute(to, new, b);
    int known = kind_of(a) == INSIDE || kind_of(b) == INSIDE;
    if (known && fails_by_name(b)) return -1;
    if (known && (flags || kind_of(a) != INSIDE || kind_of(b) != INSIDE)) record('?', 0, 0, "rename or link", NULL, 0);
    long result = what == 'R' ? syscall(SYS_renameat2, from, old, to, new, flags)
                              : syscall(SYS_linkat, from, old, to, new, flags);
    return known ? named(what, result, a, b) : (int)result;
}
int rename(const char *old, const char *new) { return two('R', AT_FDCWD, old, AT_FDCWD, new, 0); }
int renameat(int from, const char *old, int to, const char *new) { return two('R', from, old, to, new, 0); }
int renameat2(int from, const char *old, int to, const char *new, unsigned flags) { return two('R', from, old, to, new, flags); }
int link(const char *old, const char *new) { return two('L', AT_FDCWD, old, AT_FDCWD, new, 0); }
int linkat(int from, const char *old, int to, const char *new, int flags) { return two('L', from, old, to, new, flags); }
int symlink(const char *to, const char *path) {
    if (kind_of(path) == INSIDE) record('?', 0, 0, "symlink", NULL, 0);
    return syscall(SYS_symlinkat, to, AT_FDCWD, path);
}
