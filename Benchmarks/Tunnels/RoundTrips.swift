import ArgumentParser
import Foundation
import Glibc
import NetworkLab
import SealaneFigures
import SealaneLinux
import TunnelFigures
import TestSupport

/// Times in seconds.
struct RoundTripReport: Codable {
    let p50: Double
    let p99: Double
    /// The median of the last third of the round trips over that of the first third.
    let growth: Double
}

/// Sends every datagram back to its source, until it is ended.
struct Echo: ParsableCommand {
    @Argument var address: LoadAddress

    func run() throws {
        let socket = try BlockingSocket(boundTo: address.socketAddress)
        announceReadiness()
        while true { socket.echo() }
    }
}

/// Sends 64 bytes to an `Echo` and waits for them, repeatedly.
struct RoundTrips: ParsableCommand {
    @Option var to: LoadAddress
    @Option(help: "The greatest number of round trips.") var count: Int
    @Option(help: "The greatest number of seconds.") var seconds: Double
    @Option(help: "Start a trip at each multiple of so many microseconds; 0: directly after the previous trip.")
    var intervalMicroseconds = 0

    func run() throws {
        let socket = try BlockingSocket(boundTo: SocketAddress(ipv4: 0, port: 0))
        try socket.connect(to: to.socketAddress)
        var samples: [Double] = []
        samples.reserveCapacity(count)
        for _ in 0..<200 { _ = socket.roundTrip() }
        let end = MonotonicClock.now() + UInt64(seconds * 1e9)
        if intervalMicroseconds > 0 {
            samples = socket.roundTrips(each: UInt64(intervalMicroseconds) * 1000, until: end)
        } else {
            while samples.count < count, MonotonicClock.now() < end {
                if let nanoseconds = socket.roundTrip() { samples.append(Double(nanoseconds) / 1e9) }
            }
        }
        let third = max(1, samples.count / 3)
        guard let spread = Spread(samples), let early = Spread(Array(samples.prefix(third))),
            let late = Spread(Array(samples.suffix(third)))
        else { throw Failure("no echo from \(to.socketAddress)") }
        let report = RoundTripReport(
            p50: spread.median, p99: spread.percentile(0.99), growth: late.median / early.median)
        FileHandle.standardOutput.write(try JSONEncoder().encode(report))
    }
}

/// A UDP socket over IPv4 whose calls block in the kernel, as those of most programs do: epoll would add a call each
/// way. A datagram counts as lost after 200 ms.
private struct BlockingSocket: ~Copyable {
    private let descriptor: CInt
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 2048, alignment: 8)
    private var number: UnsafeMutablePointer<UInt64> = .allocate(capacity: 1)

    init(boundTo address: SocketAddress) throws {
        descriptor = Glibc.socket(AF_INET, CInt(SOCK_DGRAM.rawValue), 0)
        buffer.initializeMemory(as: UInt8.self, repeating: 0)
        number.initialize(to: 0)
        guard descriptor >= 0, Self.withAddress(address, { bind(descriptor, $0, $1) }) == 0 else {
            throw Failure("no UDP socket at \(address): \(String(cString: strerror(errno)))")
        }
    }

    deinit {
        close(descriptor)
        buffer.deallocate()
        number.deallocate()
    }

    private static func withAddress(
        _ address: SocketAddress, _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt
    ) -> CInt {
        var native = sockaddr_in()
        native.sin_family = sa_family_t(AF_INET)
        native.sin_port = address.port.bigEndian
        native.sin_addr.s_addr = UInt32(truncatingIfNeeded: address.low).bigEndian
        return withUnsafePointer(to: native) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    func connect(to address: SocketAddress) throws {
        var limit = timeval(tv_sec: 0, tv_usec: 200_000)
        let size = socklen_t(MemoryLayout<timeval>.size)
        guard setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size) == 0,
            Self.withAddress(address, { Glibc.connect(descriptor, $0, $1) }) == 0
        else { throw Failure("cannot connect to \(address): \(String(cString: strerror(errno)))") }
    }

    func echo() {
        var source = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &source) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { source in
                let count = recvfrom(descriptor, buffer.baseAddress, buffer.count, 0, source, &length)
                if count >= 0 { _ = sendto(descriptor, buffer.baseAddress, count, 0, source, length) }
            }
        }
    }

    /// Times in seconds. Trips directly after each other would be many while the path is fast and few while it is slow.
    /// Here each interval counts once: an interval that passes during a trip counts as a trip with the time that a
    /// datagram sent in it would have waited. Lost datagrams count too.
    func roundTrips(each interval: UInt64, until end: UInt64) -> [Double] {
        var samples: [Double] = []
        var due = MonotonicClock.now()
        while due < end {
            let now = MonotonicClock.now()
            if now < due { usleep(UInt32((due - now) / 1000)) }
            // A sleeping thread wakes up late, which is not the path's fault: start the clock here.
            let begin = MonotonicClock.now()
            _ = roundTrip()
            let back = MonotonicClock.now()
            samples.append(Double(back - begin) / 1e9)
            due += interval
            while due < back, due < end {
                samples.append(Double(back - due) / 1e9)
                due += interval
            }
        }
        return samples
    }

    /// The nanoseconds until the datagram was back; nil if it was lost.
    func roundTrip() -> UInt64? {
        number.pointee += 1
        buffer.storeBytes(of: number.pointee, as: UInt64.self)
        let begin = MonotonicClock.now()
        guard send(descriptor, buffer.baseAddress, 64, 0) == 64 else { return nil }
        while recv(descriptor, buffer.baseAddress, buffer.count, 0) == 64 {
            // Late datagrams of earlier trips are ignored.
            if buffer.load(as: UInt64.self) == number.pointee { return MonotonicClock.now() - begin }
        }
        return nil
    }
}
