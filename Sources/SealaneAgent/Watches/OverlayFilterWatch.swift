import Logging
import SealaneControl
import SealaneLinux
import SealaneTunnel

/// Keeps the overlay filter in place while the agent runs: restores it if another program changes or removes it. The
/// filter stays in the kernel when the watch ends.
final class OverlayFilterWatch: Sendable {
    /// The error of a kernel without nf_tables, which cannot have a filter; nil: there is a filter.
    let unavailable: String?

    fileprivate struct State {
        /// Nil: there is no filter.
        var filter: OverlayFilter?
        /// Why the filter is not in place; nil: it is in place.
        var failure: String?
        var repairCount: UInt64 = 0
        /// The table's counters at the last reading.
        var counts = OverlayFilter.Counts()
        /// The counts of earlier tables that were lost.
        var past = OverlayFilter.Counts()
        var lastLogged: MonotonicTime?
        var unloggedCount = 0
    }

    private let table: String
    private let state: Lock<State>
    private let ending: EventFD
    private let thread: Lock<LinuxThread?>
    private let logger: Logger

    /// Installs the filter and watches it. Throws if it cannot be installed, unless the kernel has no nf_tables.
    /// - Parameter prefixes: those of the peers.
    init(_ scope: OverlayFilter.Scope, prefixes: [String], logger: Logger) throws(SystemError) {
        self.logger = logger
        table = OverlayFilter.tableName(interface: scope.interface)
        ending = try EventFD()
        thread = Lock(nil)
        let filter: OverlayFilter
        let box: OneShot<OverlayFilterEvents>
        do throws(SystemError) {
            (filter, box) = try Self.install(scope, prefixes)
        } catch  where error.meansNoNetfilter {
            unavailable = "\(error)"
            state = Lock(State(filter: nil))
            logger.error(
                "this kernel has no nf_tables: cleartext packets from the link are accepted as a peer's",
                metadata: ["why": "\(error)", "remedy": "load the kernel module nf_tables"])
            return
        }
        unavailable = nil
        state = Lock(State(filter: filter))
        logger.info(
            "overlay filter in place", metadata: ["table": "inet \(table)", "prefixes": "\(filter.prefixCount)"])
        let running = try LinuxThread.start(name: "sealane-filter") { [self] in
            guard let events = box.take() else { return }
            watch(events)
        }
        thread.withLock { $0 = running }
    }

    private static func install(
        _ scope: OverlayFilter.Scope, _ prefixes: [String]
    ) throws(SystemError) -> (OverlayFilter, OneShot<OverlayFilterEvents>) {
        let filter = try OverlayFilter(scope, prefixes: prefixes)
        // First, so that no event is missed.
        let events = OneShot(try OverlayFilterEvents(of: filter))
        try filter.install()
        return (filter, events)
    }

    /// Ends the watch. The filter stays in the kernel.
    func stop() {
        ending.signal()
        thread.withLock { $0 }?.join()
    }

    // MARK: Peers

    /// Protects exactly these prefixes. Returns once the kernel does.
    func protect(_ prefixes: [String]) throws(SystemError) {
        let failure = state.withLock { state -> SystemError? in
            do throws(SystemError) {
                try state.filter?.protect(prefixes)
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
    }

    // MARK: Reports

    /// Packets dropped since the agent's start, or since the table was created if that is earlier.
    func counts() -> OverlayFilter.Counts {
        state.withLock { state in
            if let now = try? state.filter?.counts() { state.record(now) }
            return state.past + state.counts
        }
    }

    func report() -> StatusReport.OverlayFilterStatus {
        state.withLock { state in
            StatusReport.OverlayFilterStatus(
                table: "inet \(table)", inPlace: state.filter != nil && state.failure == nil,
                reason: unavailable ?? state.failure, prefixes: state.filter?.prefixCount ?? 0,
                repairs: state.repairCount)
        }
    }

    // MARK: The watch

    /// The longest time between events of one change.
    private static var patience: Duration { .milliseconds(20) }
    private static var retryInterval: Duration { .seconds(1) }
    private static var logInterval: Duration { .seconds(10) }

    private func watch(_ events: consuming OverlayFilterEvents) {
        let events = events
        do throws(SystemError) {
            var epoll = try Epoll(capacity: 2)
            try epoll.add(events.fileDescriptor, for: .readable, token: 1)
            try epoll.add(ending.fileDescriptor, for: .readable, token: 2)
            try watch(events, with: &epoll)
        } catch {
            // From here on, nothing restores the filter. Reports say so.
            state.withLock { $0.failure = "nothing watches it: \(error)" }
            logger.error("the overlay filter is not watched", metadata: ["why": "\(error)"])
        }
    }

    /// Returns when the watch must end.
    private func watch(_ events: borrowing OverlayFilterEvents, with epoll: inout Epoll) throws(SystemError) {
        var isChanged = false
        var author: String?
        var wait: Duration?
        while true {
            let ready = epoll.wait(timeoutNanoseconds: wait?.nanoseconds)
            guard ready >= 0 else { throw SystemError(call: "epoll_wait", errno: Int32(-ready), subject: table) }
            for index in 0..<ready where epoll.token(at: index) == 2 { return }
            let changes = events.readChanges()
            if changes.isChanged { isChanged = true }
            author = changes.author ?? author
            wait = isChanged ? Self.patience : nil
            guard isChanged, changes.isComplete || ready == 0 else { continue }
            isChanged = !repair(after: author)
            author = nil
            if isChanged { wait = Self.retryInterval }
        }
    }

    /// Restores the filter if it was changed. False: that failed.
    private func repair(after author: String?) -> Bool {
        let outcome = state.withLock { state -> Result<Bool, SystemError> in
            guard let filter = state.filter else { return .success(false) }
            do throws(SystemError) {
                if try filter.isInPlace() {
                    state.failure = nil
                    return .success(false)
                }
                try filter.install()
                if let now = try? filter.counts() { state.record(now) }
                state.failure = nil
                state.repairCount += 1
                return .success(true)
            } catch {
                state.failure = "\(error)"
                return .failure(error)
            }
        }
        switch outcome {
        case .success(false): return true
        case .success(true):
            log(.warning, "the overlay filter was changed and has been restored", ["by": "\(author ?? "unknown")"])
            return true
        case .failure(let error):
            log(.error, "the overlay filter is gone and cannot be restored; retrying", ["why": "\(error)"])
            return false
        }
    }

    /// Logs at most one line per interval, because another program may keep changing the filter.
    private func log(_ level: Logger.Level, _ message: Logger.Message, _ metadata: Logger.Metadata) {
        let now = Now.ofHost().monotonic
        let unlogged = state.withLock { state -> Int? in
            if let last = state.lastLogged, now.since(last) < Self.logInterval {
                state.unloggedCount += 1
                return nil
            }
            state.lastLogged = now
            defer { state.unloggedCount = 0 }
            return state.unloggedCount
        }
        guard let unlogged else { return }
        var metadata = metadata
        metadata["table"] = "inet \(table)"
        if unlogged > 0 { metadata["not-logged-before"] = "\(unlogged)" }
        logger.log(level: level, message, metadata: metadata)
    }
}

extension OverlayFilterWatch.State {
    /// Records a reading. A table that was created again counts from 0.
    fileprivate mutating func record(_ now: OverlayFilter.Counts) {
        if now.received < counts.received || now.sent < counts.sent { past = past + counts }
        counts = now
    }
}

extension OverlayFilter.Counts {
    fileprivate static func + (one: Self, other: Self) -> Self {
        Self(received: one.received &+ other.received, sent: one.sent &+ other.sent)
    }
}
