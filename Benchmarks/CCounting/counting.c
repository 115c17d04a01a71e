#include "counting.h"

#include <errno.h>
#include <stddef.h>

static _Thread_local struct counting_counts counts;

struct counting_counts counting_now(void) { return counts; }

// MARK: The heap. A program's own malloc takes the place of glibc's, in the program and in every library that it loads;
// glibc exports the originals under other names. Sanitizers have a malloc of their own: there, nothing is counted.

#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

void *malloc(size_t size) {
    counts.heap_allocations++;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    counts.heap_allocations++;
    return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size) {
    counts.heap_allocations++;
    return __libc_realloc(memory, size);
}

void *memalign(size_t alignment, size_t size) {
    counts.heap_allocations++;
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **memory, size_t alignment, size_t size) {
    if (alignment < sizeof(void *) || (alignment & (alignment - 1)) != 0) return EINVAL;
    void *result = memalign(alignment, size);
    if (result == NULL) return ENOMEM;
    *memory = result;
    return 0;
}

#endif

// MARK: Swift's runtime. It exports these pointers, and calls through them while the flag is set; it sets the flag itself
// when it finds one of them changed (swift/stdlib/public/runtime/HeapObject.cpp, CALL_IMPL_CHECK).

extern _Atomic(bool) _swift_enableSwizzlingOfAllocationAndRefCountingFunctions_forInstrumentsOnly;
extern void *(*_swift_allocObject)(const void *metadata, size_t size, size_t alignment_mask);
extern void *(*_swift_retain)(void *object);
extern void *(*_swift_retain_n)(void *object, uint32_t times);
extern void *(*_swift_tryRetain)(void *object);
extern void (*_swift_release)(void *object);
extern void (*_swift_release_n)(void *object, uint32_t times);

static void *(*original_alloc_object)(const void *, size_t, size_t);
static void *(*original_retain)(void *);
static void *(*original_retain_n)(void *, uint32_t);
static void *(*original_try_retain)(void *);
static void (*original_release)(void *);
static void (*original_release_n)(void *, uint32_t);

static void *counted_alloc_object(const void *metadata, size_t size, size_t alignment_mask) {
    counts.objects++;
    return original_alloc_object(metadata, size, alignment_mask);
}

static void *counted_retain(void *object) {
    counts.retains++;
    return original_retain(object);
}

static void *counted_retain_n(void *object, uint32_t times) {
    counts.retains += times;
    return original_retain_n(object, times);
}

static void *counted_try_retain(void *object) {
    counts.retains++;
    return original_try_retain(object);
}

static void counted_release(void *object) {
    counts.releases++;
    original_release(object);
}

static void counted_release_n(void *object, uint32_t times) {
    counts.releases += times;
    original_release_n(object, times);
}

void counting_watch_runtime(bool watched) {
    if (original_retain == NULL) {
        original_alloc_object = _swift_allocObject;
        original_retain = _swift_retain;
        original_retain_n = _swift_retain_n;
        original_try_retain = _swift_tryRetain;
        original_release = _swift_release;
        original_release_n = _swift_release_n;
    }
    _swift_allocObject = watched ? counted_alloc_object : original_alloc_object;
    _swift_retain = watched ? counted_retain : original_retain;
    _swift_retain_n = watched ? counted_retain_n : original_retain_n;
    _swift_tryRetain = watched ? counted_try_retain : original_try_retain;
    _swift_release = watched ? counted_release : original_release;
    _swift_release_n = watched ? counted_release_n : original_release_n;
    _swift_enableSwizzlingOfAllocationAndRefCountingFunctions_forInstrumentsOnly = watched;
}
