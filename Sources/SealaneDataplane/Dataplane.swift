import SealaneAEAD
import SealaneLinux
import SealanePacket
import SealaneTunnel

/// The lanes of one agent: their threads, and the mailboxes between them and the control thread.
public final class Dataplane: Sendable {
    /// What lanes have to say, for the control thread.
    public let events: Mailbox<LaneEvent>
    private let lanes: [RunningLane]

    private struct RunningLane: Sendable {
        let commands: Mailbox<LaneCommand>
        let meter: LaneMeter
        let thread: LinuxThread
    }

    /// What a lane works on: queue n of the TUN, and the socket on the port n above the agent's.
    public struct Ports: ~Copyable {
        let tun: TunQueue
        let socket: UDPSocket

        public init(tun: consuming TunQueue, socket: consuming UDPSocket) {
            self.tun = tun
            self.socket = socket
        }
    }

    /// Commands that may wait for one lane. A lane takes them at its next turn, so that this is never reached unless it
    /// hangs; whoever posts then waits.
    private static var commandCapacity: Int { 1 << 14 }
    /// Events that may wait for the control thread; a lane keeps what does not fit.
    private static var eventCapacity: Int { 1 << 12 }
    /// What strangers' datagrams leave free of it: above that they are dropped, as by a full socket.
    static var eventReserve: Int { 1 << 11 }
    /// What handshakes of others leave free for those from peers' endpoints.
    static var peerReserve: Int { 1 << 10 }

    /// How lanes work.
    public struct Settings: Sendable {
        public var laneCount: UInt8
        public var provider: AEADProvider
        public var offloads: OffloadPlan
        /// Whether a lane that has nothing to do looks again for a while before it sleeps.
        public var spins: Bool
        /// The processors that lanes are bound to, lane n to the n-th, and around; empty: to none.
        public var processors: [Int]

        public init(
            laneCount: UInt8 = 1, provider: AEADProvider = .libsodium, offloads: OffloadPlan, spins: Bool = false,
            processors: [Int] = []
        ) {
            self.provider = provider
            self.laneCount = laneCount
            self.offloads = offloads
            self.spins = spins
            self.processors = processors
        }
    }

    /// Starts the lanes, each on its own thread.
    ///
    /// - Parameters:
    ///   - ports: makes those of lane n; called here, for 0, 1, 2 ...
    ///   - failed: called, on the lane's thread, when a lane's TUN or socket is gone for good.
    public init(
        _ settings: Settings, ports: (UInt8) throws(SystemError) -> Ports,
        failed: @escaping @Sendable (SystemError) -> Void
    ) throws(SystemError) {
        events = try Mailbox(capacity: Self.eventCapacity)
        var lanes: [RunningLane] = []
        do throws(SystemError) {
            var first: UDPSocket?
            for number in 0..<settings.laneCount {
                let mailbox = try Mailbox<LaneCommand>(capacity: Self.commandCapacity)
                let meter = LaneMeter()
                let ports = try ports(number)
                if number == 0 { first = try ports.socket.duplicate() }
                // All lanes share the first one's socket for what leaves by its way.
                guard let firstSocket = try first?.duplicate() else { continue }
                let loop = try LaneLoop(
                    lane: Lane(
                        number: number, of: settings.laneCount, provider: settings.provider,
                        seed: .random(in: .min ... .max)), ports, firstSocket: firstSocket, settings,
                    commands: mailbox, events: events, meter: meter)
                let processor =
                    settings.processors.isEmpty
                    ? nil : settings.processors[Int(number) % settings.processors.count]
                let thread = try Self.start(loop, number, processor, mailbox, failed)
                lanes.append(RunningLane(commands: mailbox, meter: meter, thread: thread))
            }
        } catch {
            Self.end(lanes)
            throw error
        }
        self.lanes = lanes
    }

    private static func start(
        _ loop: consuming sending LaneLoop, _ number: UInt8, _ processor: Int?, _ mailbox: Mailbox<LaneCommand>,
        _ failed: @escaping @Sendable (SystemError) -> Void
    ) throws(SystemError) -> LinuxThread {
        // A thread's body is a copyable closure; the loop moves into it through a box that is emptied once.
        let box = OneShot(loop)
        return try LinuxThread.start(name: "sealane-lane-\(number)", on: processor) {
            guard var loop = box.take() else { return }
            guard let failure = loop.run() else { return }
            mailbox.close()
            failed(failure)
        }
    }

    public var laneCount: UInt8 { UInt8(lanes.count) }

    /// What the lanes show of themselves, by their numbers.
    public var readings: [LaneReading] { lanes.map(\.meter.now) }

    /// Tells every lane, in order with what was told before.
    public func post(_ command: LaneCommand) {
        for lane in lanes { post(command, to: lane.commands) }
    }

    /// Has lane 0, whose address peers know, send a datagram after the commands before.
    public func send(_ datagram: [UInt8], to destination: Endpoint) {
        guard let first = lanes.first else { return }
        post(.send(datagram, to: destination), to: first.commands)
    }

    private func post(_ command: LaneCommand, to mailbox: Mailbox<LaneCommand>) {
        // A closed mailbox is that of a lane that has ended.
        while !mailbox.post(command), !mailbox.isClosed { LinuxThread.yield() }
    }

    /// Ends the lanes' threads and closes what they held. Returns when they are gone; keys are wiped by then.
    public func stop() { Self.end(lanes) }

    private static func end(_ lanes: [RunningLane]) {
        for lane in lanes { lane.commands.close() }
        for lane in lanes { lane.thread.join() }
    }
}
