import Foundation
import Glibc
import NetworkLab
import Synchronization
import TestSupport

/// Sends datagrams to overlay addresses every two milliseconds until `stop`, from sockets of different ages.
final class OverlayTraffic: Sendable {
    private struct State {
        var isOver = false
        var sent = 0
        /// Refused datagrams by error number.
        var refused: [Int32: Int] = [:]
    }

    private let shared: Box
    private let task: Task<Void, any Error>

    init(from host: Host, to addresses: [String]) {
        let shared = Box(State())
        self.shared = shared
        task = Task {
            try await host.network.within(host.index) {
                var connected: [Int32] = addresses.map { _ in -1 }
                let targets = try addresses.map { try Target($0) }
                let free = targets.map { socket($0.family, Int32(SOCK_DGRAM.rawValue), 0) }
                defer { for number in free + connected where number >= 0 { close(number) } }
                var round = 0
                while !shared.state.withLock({ $0.isOver }) {
                    for (at, target) in targets.enumerated() {
                        shared.record(target.send(through: free[at]))
                        // Some sockets are new, others have an old route in their cache.
                        if round % 500 == at, connected[at] >= 0 {
                            close(connected[at])
                            connected[at] = -1
                        }
                        if connected[at] < 0 { connected[at] = target.connected() }
                        if connected[at] >= 0 { shared.record(Glibc.send(connected[at], "in the clear", 12, 0)) }
                    }
                    round += 1
                    usleep(2000)
                }
            }
        }
    }

    private final class Box: Sendable {
        let state: Mutex<State>

        init(_ state: State) { self.state = Mutex(state) }

        func record(_ result: Int) {
            let error = errno
            state.withLock { state in
                if result >= 0 { state.sent += 1 } else { state.refused[error, default: 0] += 1 }
            }
        }
    }

    private struct Target {
        let family: Int32
        private let bytes: [UInt8]

        init(_ address: String) throws {
            var ipv4 = sockaddr_in()
            var ipv6 = sockaddr_in6()
            if inet_pton(AF_INET, address, &ipv4.sin_addr) == 1 {
                family = AF_INET
                ipv4.sin_family = sa_family_t(AF_INET)
                ipv4.sin_port = UInt16(5514).bigEndian
                bytes = withUnsafeBytes(of: ipv4) { [UInt8]($0) }
            } else if inet_pton(AF_INET6, address, &ipv6.sin6_addr) == 1 {
                family = AF_INET6
                ipv6.sin6_family = sa_family_t(AF_INET6)
                ipv6.sin6_port = UInt16(5514).bigEndian
                bytes = withUnsafeBytes(of: ipv6) { [UInt8]($0) }
            } else {
                throw Failure("\(address) is not an address")
            }
        }

        private func withAddress<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result? {
            bytes.withUnsafeBytes { raw in
                raw.baseAddress.map { body($0.assumingMemoryBound(to: sockaddr.self), socklen_t(raw.count)) }
            }
        }

        func send(through socket: Int32) -> Int {
            withAddress { sendto(socket, "in the clear", 12, 0, $0, $1) } ?? -1
        }

        /// Returns -1 if no socket can be made now.
        func connected() -> Int32 {
            let number = socket(family, Int32(SOCK_DGRAM.rawValue), 0)
            if withAddress({ connect(number, $0, $1) }) == 0 { return number }
            close(number)
            return -1
        }
    }

    /// How many datagrams were sent, on any path.
    var sentCount: Int { shared.state.withLock { $0.sent } }

    /// How many datagrams the kernel refused with this error.
    func refusedCount(_ error: Int32) -> Int { shared.state.withLock { $0.refused[error] ?? 0 } }

    func stop() async throws {
        shared.state.withLock { $0.isOver = true }
        try await task.value
    }
}

/// Captures packets with overlay prefixes on a host's wire, outside the tunnel.
struct ClearCapture {
    private let host: Host
    private let program: Program
    private let path: String

    private static var filter: String {
        ["10.78.0.0/16", "10.90.0.0/16", "fd78::/16", "fd90::/16"].map { "net \($0)" }.joined(separator: " or ")
    }

    init(on host: Host, interface: String = "eth0") async throws {
        self.host = host
        path = host.network.directory.path("clear-\(UUID().uuidString)")
        let program = try host.start("tcpdump", "-n", "-i", interface, "-U", "-w", path, Self.filter)
        self.program = program
        try await eventually("tcpdump listens") { program.output.contains("listening on") }
    }

    /// Ends the capture. Returns one line for each packet.
    func packets() async throws -> [Substring] {
        program.send(SIGINT)
        _ = await program.status(within: .seconds(10))
        return try await host.run("tcpdump", "-n", "-r", path).output.split(separator: "\n")
            .filter { $0.contains(" > ") || $0.contains("ARP") }
    }
}
