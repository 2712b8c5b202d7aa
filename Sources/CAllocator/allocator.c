#include "allocator.h"

#include <stdlib.h>

#if defined(__GLIBC__)
#include <malloc.h>

void leftfold_keep_heap_small(void) {
    // Fixed: by itself the threshold grows to 32 MB, and buffers below it stay in the heap when they are freed.
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
    mallopt(M_ARENA_MAX, 2);
}
#else
void leftfold_keep_heap_small(void) {}
#endif
