import CCounting
import TestSupport

/// What this thread asks of the heap and of Swift's runtime: calls in all, or for each unit of a benchmark.
struct Counts: Codable {
    /// malloc and its kin, whoever calls them.
    var heapAllocations = 0.0
    /// swift_allocObject.
    var objects = 0.0
    var retains = 0.0
    var releases = 0.0

    /// So far. All but `heapAllocations` stand still outside `watched`.
    static func now() -> Counts {
        let counts = counting_now()
        return Counts(
            heapAllocations: Double(counts.heap_allocations), objects: Double(counts.objects),
            retains: Double(counts.retains), releases: Double(counts.releases))
    }

    /// Runs `body` with the runtime's calls counted, which slows them down.
    static func watched(_ body: () -> Void) {
        counting_watch_runtime(true)
        body()
        counting_watch_runtime(false)
    }

    static func - (after: Counts, before: Counts) -> Counts {
        Counts(
            heapAllocations: after.heapAllocations - before.heapAllocations, objects: after.objects - before.objects,
            retains: after.retains - before.retains, releases: after.releases - before.releases)
    }

    static func / (counts: Counts, units: Int) -> Counts {
        Counts(
            heapAllocations: counts.heapAllocations / Double(units), objects: counts.objects / Double(units),
            retains: counts.retains / Double(units), releases: counts.releases / Double(units))
    }

    static func += (sum: inout Counts, other: Counts) {
        sum.heapAllocations += other.heapAllocations
        sum.objects += other.objects
        sum.retains += other.retains
        sum.releases += other.releases
    }
}

extension Counts {
    private final class Witness {
        var next: Witness?
    }

    /// Throws `Failure` unless the counters count what is known to happen: without this a zero would say nothing.
    static func checkThatTheyCount() throws {
        let times = 1000
        var witnesses: [Witness] = []
        witnesses.reserveCapacity(times)
        let shared = Witness()
        var made = Counts()
        var kept = Counts()
        var aligned = Counts()
        watched {
            let start = now()
            for _ in 0..<times { witnesses.append(Witness()) }
            let afterMaking = now()
            for witness in witnesses { keep(shared, in: witness) }
            for witness in witnesses { keep(nil, in: witness) }
            let afterKeeping = now()
            for _ in 0..<times { touch(.allocate(byteCount: 4096, alignment: 64)) }
            made = afterMaking - start
            kept = afterKeeping - afterMaking
            aligned = now() - afterKeeping
        }
        let expected = Double(times)
        guard made.heapAllocations >= expected, made.objects >= expected, kept.retains >= expected,
            kept.releases >= expected, aligned.heapAllocations >= expected
        else {
            throw Failure(
                """
                the counters do not count: \(times) objects made and \(times) references kept and let go gave \(made), \
                \(kept); \(times) aligned allocations gave \(aligned). A sanitizer's or another allocator is in the way, \
                or Swift's runtime has changed its hooks (CCounting).
                """)
        }
    }

    @inline(never) private static func keep(_ kept: Witness?, in witness: Witness) { witness.next = kept }

    @inline(never) private static func touch(_ memory: UnsafeMutableRawPointer) {
        memory.storeBytes(of: 1, as: UInt8.self)
        memory.deallocate()
    }
}
