import SealaneAEAD
import SealaneLinux
import SealanePacket
import SealaneTunnel

/// The lanes of one agent: their threads, and the mailboxes between them and the control thread.
package final class Dataplane: Sendable {
    /// The events of all lanes, for the control thread.
    package let events: Mailbox<LaneEvent>
    private let lanes: [RunningLane]

    private struct RunningLane: Sendable {
        let commands: Mailbox<LaneCommand>
        let meter: LaneMeter
        let thread: LinuxThread
    }

    /// The queue of the TUN and the socket of lane n; its port is n above the agent's.
    package struct Ports: ~Copyable {
        let tun: TunQueue
        let socket: UDPSocket

        package init(tun: consuming TunQueue, socket: consuming UDPSocket) {
            self.tun = tun
            self.socket = socket
        }
    }

    /// Commands that may wait for one lane. A lane applies them at its next turn, so the queue fills up only if the lane hangs. The
    /// sender then waits.
    private static var commandCapacity: Int { 1 << 14 }
    /// Events that may wait for the control thread. A lane keeps those that do not fit.
    private static var eventCapacity: Int { 1 << 12 }
    /// Slots reserved for events that strangers' datagrams cannot cause. Without a free slot beyond these, lanes drop such events.
    static var eventReserve: Int { 1 << 11 }
    /// Slots reserved for handshakes from peers' endpoints.
    static var peerReserve: Int { 1 << 10 }

    /// The configuration of the lanes.
    package struct Settings: Sendable {
        package var laneCount: UInt8
        package var provider: AEADProvider
        package var offloads: OffloadPlan
        /// Whether an idle lane polls for a while before it sleeps.
        package var spins: Bool
        /// The processors that lanes are bound to: lane n to the n-th, in turn. Empty: lanes run on any.
        package var processors: [Int]

        package init(
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
    ///   - ports: makes the ports of lane n; called here, for 0, 1, 2 ...
    ///   - failed: called, on the lane's thread, when a lane's TUN or socket is gone for good.
    package init(
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
                // All lanes share lane 0's socket for datagrams that leave by its path.
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

    package var laneCount: UInt8 { UInt8(lanes.count) }

    /// Counters and lost offloads of the lanes, by number.
    package var readings: [LaneReading] { lanes.map(\.meter.now) }

    /// Posts the command to every lane. Lanes apply commands in the order of the calls.
    package func post(_ command: LaneCommand) {
        for lane in lanes { post(command, to: lane.commands) }
    }

    /// Lane 0, whose address peers know, sends the datagram after the commands before it.
    package func send(_ datagram: [UInt8], to destination: Endpoint) {
        guard let first = lanes.first else { return }
        post(.send(datagram, to: destination), to: first.commands)
    }

    private func post(_ command: LaneCommand, to mailbox: Mailbox<LaneCommand>) {
        // A closed mailbox belongs to a lane that has ended.
        while !mailbox.post(command), !mailbox.isClosed { LinuxThread.yield() }
    }

    /// Ends the lanes' threads and closes their ports. Returns once the threads have ended and the keys are wiped.
    package func stop() { Self.end(lanes) }

    private static func end(_ lanes: [RunningLane]) {
        for lane in lanes { lane.commands.close() }
        for lane in lanes { lane.thread.join() }
    }
}
