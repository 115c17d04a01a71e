import Logging
import SealaneConfiguration
import SealaneControl
import SealaneDataplane
import SealaneFleet
import SealaneLinux
import SealanePacket
import SealaneTunnel
import ServiceLifecycle

/// Waits, before an agent starts, until this host has the addresses that it is to listen on: at boot they may come after it,
/// and IPv6 ones are tentative at first. Floor and overlay filter stand meanwhile, and the control socket answers with what
/// is waited for.
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

    /// Returns at once if all addresses are there. Throws if one of them will not be: another host has it.
    /// - Returns: false if a graceful shutdown was asked for before they were there.
    func run() async throws -> Bool {
        guard try !look().isEmpty else { return true }
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

    /// Throws if the peer file cannot be read: a filter without its peers would take the place of one that has them.
    private func prefixes() throws(PeerFileError) -> [String] {
        let added = try PeerFile(inStateDirectory: configuration.agent.stateDirectory).read()
        return (configuration.peers + added).flatMap(\.addresses).map { "\($0)" }
    }

    private func wait() async throws -> Bool {
        try await withTaskCancellationOrGracefulShutdownHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Bool, any Error>) in
                do throws(SystemError) {
                    _ = try LinuxThread.start(name: "sealane-address") { [self] in
                        continuation.resume(with: Result { try watch() })
                    }
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        } onCancelOrGracefulShutdown: { [self] in
            ending.signal()
        }
    }

    /// Looks now, and whenever somebody changes links or addresses.
    private func watch() throws -> Bool {
        let changes = try NetworkWatch()
        var epoll = try Epoll(capacity: 2)
        try epoll.add(changes.fileDescriptor, for: .readable, token: 1)
        try epoll.add(ending.fileDescriptor, for: .readable, token: 2)
        var pace = LinePace()
        var floorPace = LookPace()
        var floorDueAt: MonotonicTime?
        var floorFailure: SystemError?
        while true {
            let problems = try look()
            let now = MonotonicTime.ofHost()
            guard !problems.isEmpty else {
                logger.notice("the addresses to listen on are there", metadata: ["waited": "\(waited)"])
                return true
            }
            if pace.isDue(problems, now) { tell(problems) }
            if let due = floorDueAt, now >= due { floorDueAt = layFloor(&floorPace, &floorFailure) }
            // Nothing tells when the kernel begins to bind sockets to an address that is there.
            let isUnbound = problems.contains { $0.kind == .unbound }
            let rest = min(
                pace.rest(now), floorDueAt?.since(now) ?? LinePace.longest,
                isUnbound ? .milliseconds(100) : LinePace.longest)
            let ready = epoll.wait(timeoutNanoseconds: UInt64(rest / .nanoseconds(1)))
            guard ready >= 0 else { throw SystemError(call: "epoll_wait", errno: Int32(-ready), subject: "addresses") }
            for index in 0..<ready where epoll.token(at: index) == 2 { return false }
            let changed = changes.takeChanges(ofDevice: 0)
            if changed.device || changed.others { floorDueAt = floorDueAt ?? floorPace.next(after: .ofHost()) }
        }
    }

    /// Whatever brings up the network may flush the routes that were there.
    ///
    /// - Parameter told: the failure that the log has told; nil: none.
    /// - Returns: when to try again; nil: it is laid.
    private func layFloor(_ pace: inout LookPace, _ told: inout SystemError?) -> MonotonicTime? {
        let began = MonotonicTime.ofHost()
        defer { pace.note(hasRepaired: false, from: began, to: .ofHost()) }
        do throws(SystemError) {
            try OverlayProhibitRoutes.lay(for: configuration)
            told = nil
            return nil
        } catch {
            if told != error {
                logger.error("the overlay floor cannot be laid again; trying again", metadata: ["why": "\(error)"])
            }
            told = error
            return began + DeviceKeeper.retryAfter
        }
    }

    private func tell(_ problems: [Configuration.ListenProblem]) {
        for problem in problems {
            logger.warning(
                "waiting for an address to listen on; packets to peers are refused meanwhile",
                metadata: ["why": "\(problem.problem)", "waited": "\(waited)"])
        }
    }

    private var waited: String {
        let since = state.withLock { $0.since }
        return TimeSpan.text(seconds: Int(MonotonicTime.ofHost().since(since).components.seconds))
    }

    /// What is in the way now. Throws if that will not pass.
    private func look() throws -> [Configuration.ListenProblem] {
        let listed = configuration.listenProblems(among: try HostAddress.all())
        if let lasting = listed.first(where: { $0.kind == .duplicate }) {
            throw AgentError.addressDuplicate(lasting.problem)
        }
        let problems = listed.isEmpty ? try bindingProblems() : listed
        state.withLock { $0.problems = problems }
        return problems
    }

    /// The kernel lists an address a moment before it binds sockets to it.
    private func bindingProblems() throws(SystemError) -> [Configuration.ListenProblem] {
        guard let refusal = refusal() else { return [] }
        // The interface of a link-local address may go between the list and the attempt.
        guard SystemError.meansNoSuchAddress(refusal.errno) || SystemError.meansNoSuchDevice(refusal.errno) else {
            throw refusal
        }
        return [
            Configuration.ListenProblem(
                kind: .unbound, problem: configuration.source.problem(at: "agent.listen", "\(refusal)"))
        ]
    }

    /// Why the kernel binds no socket to `agent.listen`, on whichever port.
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

/// When a line of the log is due: at once for what was not told yet, then at intervals that double.
private struct LinePace {
    private var told: [Configuration.ListenProblem] = []
    private var dueAt = MonotonicTime.ofHost()
    private var interval = first

    private static let first = Duration.seconds(10)
    static let longest = Duration.seconds(600)

    mutating func isDue(_ problems: [Configuration.ListenProblem], _ now: MonotonicTime) -> Bool {
        // The list of this host's other addresses may change over and over.
        if problems.map(\.kind) != told.map(\.kind) { interval = Self.first } else if now < dueAt { return false }
        told = problems
        dueAt = now + interval
        interval = min(interval * 2, Self.longest)
        return true
    }

    func rest(_ now: MonotonicTime) -> Duration { now < dueAt ? dueAt.since(now) : .zero }
}

/// Whatever is asked, the answer is what is waited for.
extension AddressWait: ControlHandler {
    private var answer: ControlError {
        let problems = state.withLock { $0.problems }
        return ControlError(
            .unavailable,
            "the agent has not started: for \(waited), it has been waiting for an address to listen on; "
                + problems.map { "\($0.problem)" }.joined(separator: "; "))
    }

    func status() async throws(ControlError) -> StatusReport { throw answer }
    func metrics() async throws(ControlError) -> MetricsReport { throw answer }
    func peers() async throws(ControlError) -> PeerListReport { throw answer }
    func peer(named name: String) async throws(ControlError) -> PeerReport { throw answer }
    func check(peer name: String, source: IPAddress?) async throws(ControlError) -> CheckReport { throw answer }
    func add(_ peer: PeerDefinition) async throws(ControlError) -> PeerReport { throw answer }
    func removePeer(named name: String) async throws(ControlError) -> RemovalReport { throw answer }
    func reload() async throws(ControlError) -> ReloadReport { throw answer }
}
