import Glibc
import NetworkLab
import Synchronization
import TestSupport

/// Sends datagrams to one host from many sources, from one thread and as fast as possible, until `stop`.
final class ForgedFlood: Sendable {
    private final class End: Sendable {
        let isAsked = Atomic(false)
    }

    private let end = End()
    private let task: Task<Int, any Error>

    /// - Parameters:
    ///   - host: the sending host, which has a route to `destination`.
    ///   - sourceCount: the number of sources: 198.18.N.1 (RFC 2544), each in its own /24.
    ///   - payloads: the payloads of the datagrams, in turn.
    init(
        from host: Host, to destination: (address: String, port: UInt16), sourceCount: Int, _ payloads: [[UInt8]]
    ) {
        let end = end
        task = Task {
            try await host.network.within(host.index) {
                try Self.send(to: destination, sourceCount: sourceCount, payloads) {
                    end.isAsked.load(ordering: .relaxed)
                }
            }
        }
    }

    /// Stops. Returns the number of datagrams sent.
    func stop() async throws -> Int {
        end.isAsked.store(true, ordering: .relaxed)
        return try await task.value
    }

    private static func send(
        to destination: (address: String, port: UInt16), sourceCount: Int, _ payloads: [[UInt8]],
        until isOver: () -> Bool
    ) throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_RAW.rawValue), Int32(IPPROTO_RAW))
        guard descriptor >= 0 else { throw Failure("no raw socket: errno \(errno)") }
        defer { close(descriptor) }
        var target = sockaddr_in()
        target.sin_family = sa_family_t(AF_INET)
        guard inet_pton(AF_INET, destination.address, &target.sin_addr) == 1 else {
            throw Failure("\(destination.address) is not an IPv4 address")
        }
        var packets = payloads.map { packet($0, to: target.sin_addr, destination.port) }
        var count = 0
        while !isOver() {
            let at = count % packets.count
            packets[at][14] = UInt8(count % sourceCount & 0xFF)
            let sent = withUnsafePointer(to: target) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    sendto(descriptor, packets[at], packets[at].count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            // A full queue drops datagrams, as on any link.
            guard sent > 0 || errno == ENOBUFS || errno == EAGAIN else { throw Failure("sendto: errno \(errno)") }
            count += 1
        }
        return count
    }

    /// The kernel fills in length, identification and checksum of the IPv4 header. A UDP checksum of 0 means none (RFC
    /// 768).
    private static func packet(_ payload: [UInt8], to destination: in_addr, _ port: UInt16) -> [UInt8] {
        let udpByteCount = UInt16(8 + payload.count)
        var header: [UInt8] = [0x45, 0, 0, 0, 0, 0, 0x40, 0, 255, UInt8(IPPROTO_UDP), 0, 0, 198, 18, 0, 1]
        header += withUnsafeBytes(of: destination.s_addr) { Array($0) }
        for field in [7325, port, udpByteCount, 0] { header += [UInt8(field >> 8), UInt8(field & 0xFF)] }
        return header + payload
    }
}
