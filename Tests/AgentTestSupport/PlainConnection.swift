import Foundation
import Glibc
import TestSupport
import Testing

/// A stream socket without anything above it: for saying what no client would say, and for leaving sockets behind.
package enum PlainConnection {
    /// Sends `request` whole to the socket at `path`, and returns what comes back until the other end closes. On a
    /// thread of its own: the agent under test needs those that tests run on.
    package static func exchange(_ path: String, _ request: [UInt8]) async -> String? {
        await exchange(request) { open(path, { connect($0, $1, $2) }) }
    }

    package static func exchange(_ path: String, _ request: String) async -> String? {
        await exchange(path, Array(request.utf8))
    }

    /// The same over TCP, with 127.0.0.1.
    package static func exchange(port: UInt16, _ request: String) async -> String? {
        await exchange(Array(request.utf8)) { open(port: port, { connect($0, $1, $2) }) }
    }

    private static func exchange(_ request: [UInt8], _ open: @escaping @Sendable () -> CInt?) async -> String? {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                guard let descriptor = open() else { return continuation.resume(returning: nil) }
                continuation.resume(returning: exchangeBlocking(descriptor, request))
            }
        }
    }

    private static func exchangeBlocking(_ descriptor: CInt, _ request: [UInt8]) -> String {
        defer { close(descriptor) }
        var sent = 0
        while sent < request.count {
            let count = request.withUnsafeBytes { bytes in
                send(descriptor, bytes.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { break }
            sent += count
        }
        shutdown(descriptor, Int32(SHUT_WR))
        return received(descriptor)
    }

    private static func received(_ descriptor: CInt) -> String {
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            answer += buffer[..<count]
        }
        return String(decoding: answer, as: UTF8.self)
    }

    /// Sends `request` to the socket at `path`, then byte after byte without end, and reads nothing. Whether the other
    /// end closes the connection before `Patience` is over.
    package static func isClosedWhileTrickling(_ path: String, _ request: String) async -> Bool {
        await isClosedWhileTrickling(request) { open(path, { connect($0, $1, $2) }) }
    }

    /// The same over TCP, with 127.0.0.1.
    package static func isClosedWhileTrickling(port: UInt16, _ request: String) async -> Bool {
        await isClosedWhileTrickling(request) { open(port: port, { connect($0, $1, $2) }) }
    }

    private static func isClosedWhileTrickling(
        _ request: String, _ open: @escaping @Sendable () -> CInt?
    ) async -> Bool {
        await onThread { () -> Bool in
            guard let descriptor = open() else { return false }
            defer { close(descriptor) }
            _ = send(descriptor, request, request.utf8.count, Int32(MSG_NOSIGNAL))
            let end = ContinuousClock.now + Patience.limit
            while ContinuousClock.now < end {
                guard send(descriptor, "x", 1, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)) == 1 || errno == EAGAIN
                else { return true }
                var polled = pollfd(fd: descriptor, events: 0, revents: 0)
                if poll(&polled, 1, 5) != 0 { return true }
            }
            return false
        }
    }

    /// Sends `request` to the socket at `path`, and reads nothing until the other end has closed the connection. How
    /// many bytes of the answer have come by then; 0 if it is still open when `Patience` is over.
    package static func countUnread(_ path: String, _ request: String) async -> Int {
        await onThread { () -> Int in
            guard let descriptor = open(path, { connect($0, $1, $2) }) else { return 0 }
            defer { close(descriptor) }
            _ = send(descriptor, request, request.utf8.count, Int32(MSG_NOSIGNAL))
            var polled = pollfd(fd: descriptor, events: 0, revents: 0)
            guard poll(&polled, 1, Int32(Patience.nanoseconds / 1_000_000)) > 0 else { return 0 }
            return received(descriptor).utf8.count
        }
    }

    private static func onThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: body()) }
        }
    }

    /// Binds a socket at `path` and closes it without removing it, as a killed process does.
    package static func leaveBehind(_ path: String) -> Bool {
        guard let descriptor = open(path, { bind($0, $1, $2) }) else { return false }
        close(descriptor)
        return true
    }

    /// Opens `count` connections to `path` that say nothing, and waits until the other end has closed `expected` of
    /// them. Returns how many it has closed, which may be fewer after 10 s.
    package static func openSilent(_ count: Int, _ path: String, untilClosed expected: Int) async -> Int {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                var descriptors = (0..<count).compactMap { _ in open(path, { connect($0, $1, $2) }) }
                defer { for descriptor in descriptors { close(descriptor) } }
                while count - descriptors.count < expected {
                    var polled = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
                    guard poll(&polled, nfds_t(polled.count), 10_000) > 0 else { break }
                    for ended in polled where ended.revents != 0 { close(ended.fd) }
                    descriptors = polled.filter { $0.revents == 0 }.map(\.fd)
                }
                continuation.resume(returning: count - descriptors.count)
            }
        }
    }

    /// Runs `body` while `count` connections to `path` are open that say nothing.
    package static func withSilent(_ count: Int, _ path: String, _ body: () async throws -> Void) async throws {
        let descriptors = await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(returning: (0..<count).compactMap { _ in open(path, { connect($0, $1, $2) }) })
            }
        }
        defer { for descriptor in descriptors { close(descriptor) } }
        try #require(descriptors.count == count)
        try await body()
    }

    /// A port of 127.0.0.1 that somebody listens on while `body` runs.
    package static func withListener(_ body: (_ port: UInt16) async throws -> Void) async throws {
        let descriptor = try #require(open(port: 0, { bind($0, $1, $2) }), "no port is free")
        defer { close(descriptor) }
        try #require(listen(descriptor, 1) == 0)
        try await body(port(of: descriptor))
    }

    /// A port of 127.0.0.1 that nobody listened on a moment ago.
    package static func freePort() throws -> UInt16 {
        let descriptor = try #require(open(port: 0, { bind($0, $1, $2) }), "no port is free")
        defer { close(descriptor) }
        return port(of: descriptor)
    }

    private static func port(of descriptor: CInt) -> UInt16 {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        return UInt16(bigEndian: address.sin_port)
    }

    private static func open(
        _ path: String, _ attach: (CInt, UnsafePointer<sockaddr>, socklen_t) -> CInt
    ) -> CInt? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        return open(AF_UNIX, &address, attach)
    }

    private static func open(
        port: UInt16, _ attach: (CInt, UnsafePointer<sockaddr>, socklen_t) -> CInt
    ) -> CInt? {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return open(AF_INET, &address, attach)
    }

    private static func open<Address>(
        _ family: CInt, _ address: inout Address, _ attach: (CInt, UnsafePointer<sockaddr>, socklen_t) -> CInt
    ) -> CInt? {
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue), 0)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                attach(descriptor, $0, socklen_t(MemoryLayout<Address>.size))
            }
        }
        guard result == 0 else {
            close(descriptor)
            return nil
        }
        return descriptor
    }
}
