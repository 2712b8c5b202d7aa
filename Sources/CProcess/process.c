#include "process.h"

#include <stdlib.h>
#include <sys/resource.h>

#if defined(__GLIBC__)
#include <malloc.h>

static void keep_heap_small(void) {
    // Fixed: by itself the threshold grows to 32 MB, and buffers below it stay in the heap when they are freed.
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
    mallopt(M_ARENA_MAX, 2);
}
#else
static void keep_heap_small(void) {}
#endif

void leftfold_prepare_process(void) {
    keep_heap_small();
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0) return;
    files.rlim_cur = files.rlim_max;
    // Where it is refused the limit stays: a file that cannot be opened says so.
    setrlimit(RLIMIT_NOFILE, &files);
}
