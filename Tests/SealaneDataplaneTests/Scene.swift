import Glibc
import SealaneDataplane
import SealaneLinux
import SealanePacket
import SealaneTunnel
import TestSupport

/// Two ends that know each other, and an application on the near end's overlay addresses.
///
///     application <-> kernel <-> sl0 <-> Dataplane <-> loopback <-> far end
///
/// Belongs to one thread in a private network.
final class Scene {
    static let applicationPort: UInt16 = 5000

    let near: NearEnd
    let far: FarEnd
    let application: UDPSocket
    /// What the application received.
    private(set) var heard: [ReceivedDatagram] = []
    private var epoll: Epoll
    private var isControlHeld = false
    private var reportNumber: UInt64 = 0

    init(
        underlay: Underlay = .ipv4, farMTU: Int = 1500, offloads: OffloadPlan = .none, takesRuns: Bool = true
    ) throws {
        near = try NearEnd(bind: underlay.near, reachedAt: underlay.far, offloads: offloads, takesRuns: takesRuns)
        far = try FarEnd(bind: underlay.far, interfaceMTU: farMTU)
        application = try UDPSocket.bind(to: address("::", Self.applicationPort))
        try application.reportTrafficClass()
        epoll = try Epoll()
        try epoll.add(near.dataplane.events.fileDescriptor, for: .readable, token: 0)
        try epoll.add(far.socket.fileDescriptor, for: .readable, token: 0)
        try epoll.add(application.fileDescriptor, for: .readable, token: 0)
        try near.addPeer(far.tunnel.publicKey, at: far.endpoint, as: PeerID(0), overlay: FarEnd.overlay)
        try far.addPeer(near)
        _ = try report()
    }

    enum Underlay: String, CaseIterable, Sendable {
        case ipv4, ipv6, ipv4OnDualStackSocket

        var near: String {
            switch self {
            case .ipv4: "127.0.0.1"
            case .ipv6: "::1"
            case .ipv4OnDualStackSocket: "::"
            }
        }
        var far: String { self == .ipv6 ? "::1" : "127.0.0.1" }
    }

    // MARK: What goes on

    /// Lets both ends work until `isMet`.
    func wait(for what: String, until isMet: () throws -> Bool) throws {
        let deadline = MonotonicClock.now() + patienceNanoseconds
        while true {
            if !isControlHeld { near.turn() }
            try far.turn()
            heard += try receiveAll(from: application)
            if try isMet() { return }
            let now = MonotonicClock.now()
            guard now < deadline else {
                throw Failure("not within \(patienceNanoseconds / 1_000_000_000) s: \(what)")
            }
            _ = epoll.wait(timeoutNanoseconds: deadline - now)
        }
    }

    /// Keeps the near end's control thread from working.
    func holdControl() throws {
        isControlHeld = true
        try epoll.remove(near.dataplane.events.fileDescriptor)
    }

    func letControlGo() throws {
        isControlHeld = false
        try epoll.add(near.dataplane.events.fileDescriptor, for: .readable, token: 0)
    }

    /// The lane's counters. The lane has applied every earlier command by then; a packet may overtake a command.
    func report() throws -> LaneReport {
        reportNumber += 1
        near.dataplane.post(.report(reportNumber))
        try wait(for: "report \(reportNumber)") { near.lastReport?.number == reportNumber }
        guard let report = near.lastReport else { throw Failure("no report") }
        return report
    }

    /// How packets went through the kernel up to now.
    func counters() throws -> LaneCounters {
        _ = try report()
        guard let reading = near.dataplane.readings.first else { throw Failure("no lane") }
        return reading.counters
    }

    /// Asks for reports until the lane has counted at least `count` drops for `reasons` together.
    func report(withAtLeast count: Int, of reasons: [DropReason]) throws -> LaneReport {
        let deadline = MonotonicClock.now() + patienceNanoseconds
        while true {
            let report = try report()
            let sum = reasons.reduce(0) { $0 + report.drops[$1] }
            if sum >= count { return report }
            guard MonotonicClock.now() < deadline else { throw Failure("\(sum) of \(count) drops for \(reasons)") }
        }
    }

    // MARK: The application

    /// Sends `payload` from the application into the TUN.
    func say(_ payload: [UInt8], to destination: String = "10.78.0.2") throws {
        try send([payload], through: application, to: address(destination, 9))
    }

    /// The same as one message that the kernel is to take apart (UDP_SEGMENT), or with a traffic class.
    func say(
        run payload: [UInt8], in segmentByteCount: Int, to destination: String = "10.78.0.2", trafficClass: UInt8 = 0
    ) throws {
        try SealaneDataplaneTests.send(
            run: payload, in: segmentByteCount, through: application, to: address(destination, 9),
            trafficClass: trafficClass)
    }

    /// From now on the application's packets over IPv4 may be fragmented.
    func allowFragments() throws {
        var value = IP_PMTUDISC_DONT
        let length = socklen_t(MemoryLayout<CInt>.size)
        guard setsockopt(application.fileDescriptor, CInt(IPPROTO_IP), IP_MTU_DISCOVER, &value, length) == 0 else {
            throw SystemError(call: "setsockopt IP_MTU_DISCOVER", errno: errno, subject: "the application's socket")
        }
    }

    /// Payloads of the UDP packets that came out at the far end.
    var farPayloads: [[UInt8]] { far.delivered.compactMap(udpPayload(of:)) }

    /// One packet out, one back: the session stands, and both directions work.
    func roundTrip() throws {
        let question = Array("question \(farPayloads.count)".utf8)
        try say(question)
        try wait(for: "the packet at the far end") { farPayloads.contains(question) }
        try wait(for: "a session of the far end") { far.tunnel.status(of: PeerID(0))?.state == .established }
        let answer = Array("answer \(heard.count)".utf8)
        try far.send(packet: udpPacket(from: "10.78.0.2", to: "10.78.0.1", answer))
        try wait(for: "the packet at the application") { heard.contains { $0.bytes == answer } }
    }

    /// Sends `payload` through a socket that is connected to `destination`, and waits for the error that the kernel then
    /// reports on that socket.
    func errorAfterSaying(_ payload: [UInt8], to destination: String) throws -> Int32 {
        let destination = try address(destination, 9)
        let family = destination.isIPv4 ? AF_INET : AF_INET6
        let number = socket(family, CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue), 0)
        guard number >= 0 else { throw SystemError(call: "socket", errno: errno, subject: "\(destination)") }
        defer { close(number) }
        let isSent = withUnsafeTemporaryAllocation(byteCount: SocketAddress.ipv6ByteCount, alignment: 8) { memory in
            guard let base = memory.baseAddress else { return false }
            let length = destination.store(to: base, forIPv6Socket: family == AF_INET6)
            return connect(number, base.assumingMemoryBound(to: sockaddr.self), socklen_t(length)) == 0
                && Glibc.send(number, payload, payload.count, 0) == payload.count
        }
        guard isSent else { throw SystemError(call: "send", errno: errno, subject: "\(destination)") }
        try epoll.add(number, for: [], token: 0)
        defer { try? epoll.remove(number) }
        var error: CInt = 0
        try wait(for: "an error on the socket") {
            var length = socklen_t(MemoryLayout<CInt>.size)
            return getsockopt(number, SOL_SOCKET, SO_ERROR, &error, &length) == 0 && error != 0
        }
        return error
    }
}
