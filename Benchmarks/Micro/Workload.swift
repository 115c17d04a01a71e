import SealaneLinux

/// Something to be measured: done again and again, a few microseconds at a time.
protocol Workload: ~Copyable {
    /// What one `act` does: packets, segments, lookups, handshakes.
    var unitsPerAct: Int { get }
    /// Whether Swift's runtime may be watched meanwhile: see `counting_watch_runtime`.
    static var isCountable: Bool { get }
    /// Makes ready for one `act`. Neither timed nor counted.
    mutating func prepare()
    mutating func act()
}

extension Workload where Self: ~Copyable {
    mutating func prepare() {}
    static var isCountable: Bool { true }
}

/// A workload under its name, with the figures taken of it.
class Benchmark {
    let name: String
    let unit: String
    /// For each round, the nanoseconds that a unit took.
    private(set) var nanoseconds: [Double] = []
    /// Nil if they cannot be had.
    fileprivate(set) var counts: Counts?

    fileprivate init(_ name: String, _ unit: String) {
        self.name = name
        self.unit = unit
    }

    /// Works for this long and keeps the time as one round's.
    func round(lasting duration: UInt64) { nanoseconds.append(time(lasting: duration)) }

    /// Works for this long. Returns the nanoseconds that a unit took.
    func time(lasting duration: UInt64) -> Double { 0 }

    /// Counts over `units` or a little more, after the workload has been warmed up. Returns the sum.
    @discardableResult func count(units: Int) -> Counts { Counts() }

    static func of<Measured: Workload & ~Copyable>(
        _ name: String, per unit: String, _ workload: consuming Measured
    ) -> Benchmark {
        WorkloadBenchmark(name, unit, workload)
    }
}

private final class WorkloadBenchmark<Measured: Workload & ~Copyable>: Benchmark {
    private var workload: Measured

    init(_ name: String, _ unit: String, _ workload: consuming Measured) {
        self.workload = workload
        super.init(name, unit)
    }

    override func time(lasting duration: UInt64) -> Double {
        let start = MonotonicClock.now()
        var (spent, units, now) = (UInt64(0), 0, start)
        while now &- start < duration || units == 0 {
            workload.prepare()
            let before = MonotonicClock.now()
            workload.act()
            now = MonotonicClock.now()
            spent += now &- before
            units += workload.unitsPerAct
        }
        return Double(spent) / Double(units)
    }

    override func count(units wanted: Int) -> Counts {
        var (sum, units) = (Counts(), 0)
        guard Measured.isCountable else { return sum }
        Counts.watched {
            while units < wanted {
                workload.prepare()
                let before = Counts.now()
                workload.act()
                sum += Counts.now() - before
                units += workload.unitsPerAct
            }
        }
        counts = sum / units
        return sum
    }
}
