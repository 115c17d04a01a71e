import Foundation
import Glibc

/// A Unix stream socket without anything above it: for saying what no client would say, and for leaving sockets behind.
enum UnixConnection {
    /// Sends `request` whole to the socket at `path`, and returns what comes back until the other end closes. On a thread of
    /// its own: the agent under test needs those that tests run on.
    static func exchange(_ path: String, _ request: [UInt8]) async -> String? {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: exchangeBlocking(path, request)) }
        }
    }

    static func exchange(_ path: String, _ request: String) async -> String? {
        await exchange(path, Array(request.utf8))
    }

    private static func exchangeBlocking(_ path: String, _ request: [UInt8]) -> String? {
        guard let descriptor = open(path, { connect($0, $1, $2) }) else { return nil }
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
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            answer += buffer[..<count]
        }
        return String(decoding: answer, as: UTF8.self)
    }

    /// Binds a socket at `path` and closes it without removing it, as a killed process does.
    static func leaveBehind(_ path: String) -> Bool {
        guard let descriptor = open(path, { bind($0, $1, $2) }) else { return false }
        close(descriptor)
        return true
    }

    private static func open(
        _ path: String, _ attach: (CInt, UnsafePointer<sockaddr>, socklen_t) -> CInt
    ) -> CInt? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                attach(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else {
            close(descriptor)
            return nil
        }
        return descriptor
    }
}
