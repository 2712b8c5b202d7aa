#ifndef LEFTFOLD_ALLOCATOR_H
#define LEFTFOLD_ALLOCATOR_H

/// Has large blocks go back to the system as soon as they are freed, and threads share few heaps: what a budget of memory counts is then
/// about what is resident. For the beginning of a process.
void leftfold_keep_heap_small(void);

#endif
