#ifndef LEFTFOLD_PROCESS_H
#define LEFTFOLD_PROCESS_H

/// For the beginning of a process.
///
/// Large blocks go back to the system as soon as they are freed, and threads share few heaps: what a budget of memory counts is then about
/// what is resident. As many files may be open as the system allows: each run of state is one.
void leftfold_prepare_process(void);

#endif
