import Logging
import SealaneDataplane
import SealaneLinux
import SealaneTunnel

/// Keeps the tunnel device as its agent wants it: looks whenever somebody has changed links, addresses or routes, and puts
/// back what is missing. Belongs to the control thread.
struct DeviceKeeper: ~Copyable {
    /// What is put back. Whoever changes the device on purpose changes this too.
    var wanted: DeviceState
    /// How much was put back since the agent's start.
    private(set) var counts: [DeviceState.Repair.Kind: UInt64] = [:]
    /// When the device is to be looked at; nil: nothing has changed since the last look.
    private(set) var dueAt: MonotonicTime? = .ofHost()
    private let watch: NetworkWatch
    private var pace = LookPace()
    /// What could not be put back, as far as the log has told.
    private var toldFailure: SystemError?
    /// What was put back and not told one by one, because somebody contests it.
    private var untold = 0
    private var toldContestAt: MonotonicTime?

    /// Contests are told of this often.
    private static var contestInterval: Duration { .seconds(60) }
    /// After this long, what failed is tried again, whether or not anything has changed.
    static var retryAfter: Duration { .seconds(1) }

    init(_ wanted: DeviceState) throws(SystemError) {
        watch = try NetworkWatch()
        self.wanted = wanted
    }

    /// Readable when somebody has changed something.
    var fileDescriptor: CInt { watch.fileDescriptor }

    /// Takes in what was changed. Returns whether that may concern the ways to the peers.
    mutating func takeChanges(_ now: MonotonicTime) -> Bool {
        let changes = watch.takeChanges(ofDevice: wanted.index)
        guard changes.device || changes.others else { return false }
        let moment = pace.next(after: now)
        dueAt = min(dueAt ?? moment, moment)
        return changes.others
    }

    /// Looks at the device, and puts back what is missing.
    /// - Returns: what was put back; nil: the device is gone.
    mutating func look(_ logger: Logger) -> [DeviceState.Repair]? {
        let began = MonotonicTime.ofHost()
        dueAt = nil
        var repairs: [DeviceState.Repair] = []
        var isThere = true
        do throws(SystemError) {
            isThere = try wanted.mend { repairs.append($0) }
            toldFailure = nil
        } catch {
            dueAt = began + Self.retryAfter
            if toldFailure != error {
                toldFailure = error
                logger.error(
                    "the tunnel device is not as it should be",
                    metadata: ["interface": "\(wanted.name)", "why": "\(error)"])
            }
        }
        // Lists of the kernel's routes take megabytes with ten thousand peers.
        if wanted.routes.count > 1000 { CurrentProcess.returnFreedMemory() }
        pace.note(hasRepaired: !repairs.isEmpty, from: began, to: .ofHost())
        for repair in repairs { counts[repair.kind, default: 0] += 1 }
        if !repairs.isEmpty { tell(repairs, began, logger) }
        return isThere ? repairs : nil
    }

    private mutating func tell(_ repairs: [DeviceState.Repair], _ now: MonotonicTime, _ logger: Logger) {
        untold += repairs.count
        if pace.isContested, let toldContestAt, now.since(toldContestAt) < Self.contestInterval { return }
        var metadata: Logger.Metadata = [
            "interface": "\(wanted.name)", "what": "\(Self.summary(of: repairs))", "count": "\(untold)",
        ]
        // Addresses are for the debug level only.
        if logger.logLevel <= .debug { metadata["which"] = "\(repairs.prefix(16).map(\.what).joined(separator: ", "))" }
        if pace.isContested {
            toldContestAt = now
            metadata["at-most-every"] = "250 ms"
            logger.warning("another program keeps changing the tunnel device: put back, less often", metadata: metadata)
        } else {
            toldContestAt = nil
            logger.warning("another program has changed the tunnel device: put back", metadata: metadata)
        }
        untold = 0
    }

    /// `floor 2, routes 3`.
    static func summary(of repairs: [DeviceState.Repair]) -> String {
        Dictionary(grouping: repairs, by: \.kind.rawValue).sorted { $0.key < $1.key }
            .map { "\($0.key) \($0.value.count)" }.joined(separator: ", ")
    }
}

/// How soon one may look again at something that others change: at once, unless looks would take much of a processor's time,
/// or what was put back is changed over and over.
struct LookPace {
    private var lookedAt: MonotonicTime?
    private var cost = Duration.zero
    /// Looks in a row that had something to put back.
    private var repairs = 0
    private var repairedAt: MonotonicTime?

    /// A longer quiet ends the row.
    private static var quiet: Duration { .seconds(10) }
    /// So many are no contest yet.
    private static var patience: Int { 20 }
    static var greatestRest: Duration { .milliseconds(250) }

    var isContested: Bool { repairs > Self.patience }

    func next(after now: MonotonicTime) -> MonotonicTime {
        guard let lookedAt else { return now }
        // At most a tenth of a processor.
        var rest = cost * 10
        if isContested {
            rest = max(rest, min(.milliseconds(10) * (1 << min(repairs - Self.patience, 6)), Self.greatestRest))
        }
        return max(now, lookedAt + rest)
    }

    mutating func note(hasRepaired: Bool, from began: MonotonicTime, to ended: MonotonicTime) {
        lookedAt = ended
        cost = ended.since(began)
        guard hasRepaired else { return }
        let isRow = repairedAt.map { ended.since($0) < Self.quiet } ?? false
        repairs = isRow ? repairs + 1 : 1
        repairedAt = ended
    }
}
