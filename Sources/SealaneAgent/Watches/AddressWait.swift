import Logging
import SealaneConfiguration
import SealaneControl
import SealaneDataplane
import SealaneEligibility
import SealaneFleet
import SealaneLinux
import SealanePacket
import SealaneTunnel

/// Waits, before an agent starts, until this host has the addresses to listen on. At boot they may come later, and IPv6
/// addresses are tentative at first. In the meantime prohibit routes and overlay filter are in place, and the control
/// socket answers with the reason.
final class AddressWait: Sendable {
    private struct State {
        var problems: [Configuration.ListenProblem] = []
        let since = MonotonicTime.ofHost()
    }

    private let configuration: Configuration
    private let logger: Logger
    private let ending: EventFD
    private let state = Lock(State())

    init(_ configuration: Configuration, logger: Logger) throws(SystemError) {
        self.configuration = configuration
        self.logger = logger
        ending = try EventFD()
    }

    /// Returns at once if this host has all addresses. Throws if another host has one of them.
    /// - Returns: false if the task was cancelled before this host had them.
    func run() async throws -> Bool {
        guard try !check().isEmpty else { return true }
        guard Capability.hasNetAdmin else { throw AgentError.missingNetAdmin }
        try TunDevice.requireUnused(configuration.agent.interface)
        let filter = try OverlayFilterWatch(
            OverlayFilter.Scope(configuration.agent, laneCount: Int(configuration.laneCount)), prefixes: try prefixes(),
            logger: logger)
        defer { filter.stop() }
        let server = try await ControlServer.start(
            path: configuration.agent.controlSocket, handler: self, logger: logger)
        do {
            let isThere = try await wait()
            await server.stop()
            return isThere
        } catch {
            await server.stop()
            throw error
        }
    }

    /// Throws if the peer file cannot be read: a filter without its peers must not replace one with them.
    private func prefixes() throws(PeerFileError) -> [String] {
        let added = try PeerFile(inStateDirectory: configuration.agent.stateDirectory).read()
        return (configuration.peers + added).flatMap(\.addresses).map { "\($0)" }
    }

    private func wait() async throws -> Bool {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Bool, any Error>) in
                do throws(SystemError) {
                    _ = try LinuxThread.start(name: "sealane-address") { [self] in
                        continuation.resume(with: Result { try watch() })
                    }
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        } onCancel: { [self] in
            ending.signal()
        }
    }

    /// Checks now, and whenever links or addresses change.
    private func watch() throws -> Bool {
        let changes = try NetworkWatch()
        var epoll = try Epoll(capacity: 2)
        try epoll.add(changes.fileDescriptor, for: .readable, token: 1)
        try epoll.add(ending.fileDescriptor, for: .readable, token: 2)
        var pace = LinePace()
        var routesPace = LookPace()
        var routesDueAt: MonotonicTime?
        var routesFailure: SystemError?
        while true {
            let problems = try check()
            let now = MonotonicTime.ofHost()
            guard !problems.isEmpty else {
                logger.notice("this host has the addresses to listen on", metadata: ["waited": "\(waited)"])
                return true
            }
            if pace.isDue(problems, now) { log(problems) }
            if let due = routesDueAt, now >= due { routesDueAt = addRoutes(&routesPace, &routesFailure) }
            // No event says when the kernel starts to bind sockets to an existing address.
            let isUnbound = problems.contains { $0.kind == .unbound }
            let rest = min(
                pace.rest(now), routesDueAt?.since(now) ?? LinePace.longest,
                isUnbound ? .milliseconds(100) : LinePace.longest)
            let ready = epoll.wait(timeoutNanoseconds: UInt64(rest / .nanoseconds(1)))
            guard ready >= 0 else { throw SystemError(call: "epoll_wait", errno: Int32(-ready), subject: "addresses") }
            for index in 0..<ready where epoll.token(at: index) == 2 { return false }
            let changed = changes.readChanges(ofDevice: 0)
            if changed.device || changed.others { routesDueAt = routesDueAt ?? routesPace.next(after: .ofHost()) }
        }
    }

    /// Adds the prohibit routes again, because the program that brings up the network may have flushed them.
    ///
    /// - Parameter logged: the failure that is in the log; nil: none.
    /// - Returns: when to retry; nil: the routes are in place.
    private func addRoutes(_ pace: inout LookPace, _ logged: inout SystemError?) -> MonotonicTime? {
        let began = MonotonicTime.ofHost()
        defer { pace.record(hasRepaired: false, from: began, to: .ofHost()) }
        do throws(SystemError) {
            try OverlayProhibitRoutes.add(for: configuration)
            logged = nil
            return nil
        } catch {
            if logged != error {
                logger.error("the prohibit routes cannot be added again; retrying", metadata: ["why": "\(error)"])
            }
            logged = error
            return began + DeviceWatch.retryAfter
        }
    }

    private func log(_ problems: [Configuration.ListenProblem]) {
        for problem in problems {
            logger.warning(
                "waiting for an address to listen on; packets to peers are refused meanwhile",
                metadata: ["why": "\(problem.problem)", "waited": "\(waited)"])
        }
    }

    /// What every request gets: the reason for the wait.
    var answer: ControlError {
        let problems = state.withLock { $0.problems }
        return ControlError(
            .unavailable,
            "the agent has not started: it has been waiting for an address to listen on for \(waited); "
                + problems.map { "\($0.problem)" }.joined(separator: "; "))
    }

    private var waited: String {
        let since = state.withLock { $0.since }
        return TimeSpan.text(seconds: Int(MonotonicTime.ofHost().since(since).components.seconds))
    }

    /// The current problems. Throws if one of them is permanent.
    private func check() throws -> [Configuration.ListenProblem] {
        let listed = configuration.listenProblems(among: try HostAddress.all())
        if let lasting = listed.first(where: { $0.kind == .duplicate }) {
            throw AgentError.addressDuplicate(lasting.problem)
        }
        let problems = listed.isEmpty ? try bindingProblems() : listed
        state.withLock { $0.problems = problems }
        return problems
    }

    /// The kernel lists an address shortly before it binds sockets to it.
    private func bindingProblems() throws(SystemError) -> [Configuration.ListenProblem] {
        guard let refusal = refusal() else { return [] }
        // The interface of a link-local address may disappear between the list and the attempt.
        guard SystemError.meansNoSuchAddress(refusal.errno) || SystemError.meansNoSuchDevice(refusal.errno) else {
            throw refusal
        }
        return [
            Configuration.ListenProblem(
                kind: .unbound, problem: configuration.source.problem(at: "agent.listen", "\(refusal)"))
        ]
    }

    /// Why the kernel does not bind a socket to the address of `agent.listen`, on any port; nil: it does.
    private func refusal() -> SystemError? {
        do throws(SystemError) {
            let address = try configuration.agent.socketAddress()
            _ = try UDPSocket.bind(
                to: SocketAddress(high: address.high, low: address.low, port: 0, scope: address.scope))
            return nil
        } catch {
            return error
        }
    }
}

/// When to log: at once for new problems, then at intervals that double.
private struct LinePace {
    private var logged: [Configuration.ListenProblem] = []
    private var dueAt = MonotonicTime.ofHost()
    private var interval = first

    private static let first = Duration.seconds(10)
    static let longest = Duration.seconds(600)

    mutating func isDue(_ problems: [Configuration.ListenProblem], _ now: MonotonicTime) -> Bool {
        // Only kinds are compared: the text lists this host's other addresses, which may keep changing.
        if problems.map(\.kind) != logged.map(\.kind) { interval = Self.first } else if now < dueAt { return false }
        logged = problems
        dueAt = now + interval
        interval = min(interval * 2, Self.longest)
        return true
    }

    func rest(_ now: MonotonicTime) -> Duration { now < dueAt ? dueAt.since(now) : .zero }
}
