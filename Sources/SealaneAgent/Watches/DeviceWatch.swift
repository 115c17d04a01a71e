import Logging
import SealaneDataplane
import SealaneLinux
import SealaneTunnel

/// Keeps the tunnel device in its wanted state: checks it whenever links, addresses or routes change, and restores what
/// is missing. Belongs to the control thread.
struct DeviceWatch: ~Copyable {
    /// The wanted state. A deliberate change of the device must change it as well.
    var wanted: DeviceState
    /// The number of repairs since the agent's start.
    private(set) var counts: [DeviceState.Repair.Kind: UInt64] = [:]
    /// When to check the device; nil: nothing has changed since the last check.
    private(set) var dueAt: MonotonicTime? = .ofHost()
    private let watch: NetworkWatch
    private var pace = LookPace()
    /// The failed repair that is in the log.
    private var loggedFailure: SystemError?
    /// Repairs that are not in the log, because another program keeps undoing them.
    private var unloggedCount = 0
    private var loggedContestAt: MonotonicTime?

    /// The shortest time between log lines about a contest.
    private static var contestInterval: Duration { .seconds(60) }
    /// The time after which a failed repair is retried, whether or not anything has changed.
    static var retryAfter: Duration { .seconds(1) }

    init(_ wanted: DeviceState) throws(SystemError) {
        watch = try NetworkWatch()
        self.wanted = wanted
    }

    /// Readable when the network configuration has changed.
    var fileDescriptor: CInt { watch.fileDescriptor }

    /// Reads the changes. Returns whether they may concern the paths to the peers.
    mutating func readChanges(_ now: MonotonicTime) -> Bool {
        let changes = watch.readChanges(ofDevice: wanted.index)
        guard changes.device || changes.others else { return false }
        let moment = pace.next(after: now)
        dueAt = min(dueAt ?? moment, moment)
        return changes.others
    }

    /// Checks the device, and restores what is missing.
    /// - Returns: the repairs; nil: the device is gone.
    mutating func look(_ logger: Logger) -> [DeviceState.Repair]? {
        let began = MonotonicTime.ofHost()
        dueAt = nil
        var repairs: [DeviceState.Repair] = []
        var isThere = true
        do throws(SystemError) {
            isThere = try wanted.repair { repairs.append($0) }
            loggedFailure = nil
        } catch {
            dueAt = began + Self.retryAfter
            if loggedFailure != error {
                loggedFailure = error
                logger.error(
                    "the tunnel device cannot be restored",
                    metadata: ["interface": "\(wanted.name)", "why": "\(error)"])
            }
        }
        // Lists of the kernel's routes take megabytes with ten thousand peers.
        if wanted.routes.count > 1000 { CurrentProcess.returnFreedMemory() }
        pace.record(hasRepaired: !repairs.isEmpty, from: began, to: .ofHost())
        for repair in repairs { counts[repair.kind, default: 0] += 1 }
        if !repairs.isEmpty { log(repairs, began, logger) }
        return isThere ? repairs : nil
    }

    private mutating func log(_ repairs: [DeviceState.Repair], _ now: MonotonicTime, _ logger: Logger) {
        unloggedCount += repairs.count
        if pace.isContested, let loggedContestAt, now.since(loggedContestAt) < Self.contestInterval { return }
        var metadata: Logger.Metadata = [
            "interface": "\(wanted.name)", "what": "\(Self.summary(of: repairs))", "count": "\(unloggedCount)",
        ]
        // Only the debug level shows addresses.
        if logger.logLevel <= .debug { metadata["which"] = "\(repairs.prefix(16).map(\.what).joined(separator: ", "))" }
        if pace.isContested {
            loggedContestAt = now
            metadata["at-most-every"] = "250 ms"
            logger.warning("another program keeps changing the tunnel device: restored, less often", metadata: metadata)
        } else {
            loggedContestAt = nil
            logger.warning("another program has changed the tunnel device: restored", metadata: metadata)
        }
        unloggedCount = 0
    }

    /// `floor 2, routes 3`.
    static func summary(of repairs: [DeviceState.Repair]) -> String {
        Dictionary(grouping: repairs, by: \.kind.rawValue).sorted { $0.key < $1.key }
            .map { "\($0.key) \($0.value.count)" }.joined(separator: ", ")
    }
}
