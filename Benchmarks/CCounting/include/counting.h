// Counts what the calling thread asks of the heap and of Swift's runtime. For one program that measures, not for the tunnel.

#ifndef COUNTING_H
#define COUNTING_H

#include <stdbool.h>
#include <stdint.h>

/// Calls of one thread so far.
struct counting_counts {
    /// malloc, calloc, realloc, posix_memalign, aligned_alloc, memalign. Always counted.
    uint64_t heap_allocations;
    /// swift_allocObject, only while the runtime is watched, as all that follows.
    uint64_t objects;
    uint64_t retains;
    uint64_t releases;
};

struct counting_counts counting_now(void);

/// Makes Swift's runtime call through its hooks for instruments, and them count; or no longer. Not while other threads run
/// Swift code. Costs a few nanoseconds for each retain and release: not while time is measured. Swift 6.3's own hooks end the
/// process when a string of at most 15 bytes is retained through them: nothing of the kind belongs into what is watched.
void counting_watch_runtime(bool watched);

#endif
