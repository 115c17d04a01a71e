import SealaneLinux
import SealanePacket
import SealaneTunnel

/// The lanes of one agent: their threads, and the mailboxes between them and the control thread.
public final class Dataplane: Sendable {
    /// What lanes have to say, for the control thread.
    public let events: Mailbox<LaneEvent>
    private let commands: [Mailbox<LaneCommand>]
    private let threads: [LinuxThread]

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

    /// Starts one lane on its own thread. `failed` is called, on the lane's thread, when its TUN or socket is gone for good.
    public init(
        _ ports: consuming Ports, failed: @escaping @Sendable (SystemError) -> Void
    ) throws(SystemError) {
        events = try Mailbox(capacity: Self.eventCapacity)
        let mailbox = try Mailbox<LaneCommand>(capacity: Self.commandCapacity)
        commands = [mailbox]
        let loop = try LaneLoop(
            lane: Lane(number: 0, of: 1), tun: ports.tun, socket: ports.socket, commands: mailbox, events: events)
        // A thread's body is a copyable closure; the loop moves into it through a box that is emptied once.
        let box = Handover(loop)
        threads = [
            try LinuxThread.start(name: "sealane-lane-0") {
                guard var loop = box.take() else { return }
                guard let failure = loop.run() else { return }
                mailbox.close()
                failed(failure)
            }
        ]
    }

    public var laneCount: UInt8 { UInt8(commands.count) }

    /// Tells every lane, in order with what was told before.
    public func post(_ command: LaneCommand) {
        for mailbox in commands { post(command, to: mailbox) }
    }

    /// Has lane 0, whose address peers know, send a datagram after the commands before.
    public func send(_ datagram: [UInt8], to destination: Endpoint) {
        guard let first = commands.first else { return }
        post(.send(datagram, to: destination), to: first)
    }

    private func post(_ command: LaneCommand, to mailbox: Mailbox<LaneCommand>) {
        // A closed mailbox is that of a lane that has ended.
        while !mailbox.post(command), !mailbox.isClosed { LinuxThread.yield() }
    }

    /// Ends the lanes' threads and closes what they held. Returns when they are gone; keys are wiped by then.
    public func stop() {
        for mailbox in commands { mailbox.close() }
        for thread in threads { thread.join() }
    }
}
