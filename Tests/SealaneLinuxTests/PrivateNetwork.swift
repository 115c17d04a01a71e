import SealaneLinux
import TestSupport

/// Runs test bodies with real interfaces, in network namespaces that end with them.
enum PrivateNetwork {
    /// Why this host offers none; nil if it does.
    static let unavailable: String? = {
        do {
            try run {
                let queue = try TunQueue.open(name: "probe0", persistent: false)
                _ = queue.interfaceIndex
            }
            return nil
        } catch {
            return "needs a network namespace and a TUN device of its own: \(error)"
        }
    }()

    static var isAvailable: Bool {
        if let unavailable { print("skipped: \(unavailable)") }
        return unavailable == nil
    }

    /// Runs `body` on a thread in a new network namespace, and returns or throws its result.
    /// Expectations belong in the caller: Swift Testing cannot assign those of that thread to a test.
    static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) throws -> Value {
        let outcome = Lock<Result<Value, any Error>?>(nil)
        let thread = try LinuxThread.start(name: "private-network") {
            let result = Result {
                try PrivateNamespace.enter()
                return try body()
            }
            outcome.withLock { $0 = result }
        }
        thread.join()
        guard let result = outcome.withLock({ $0 }) else { throw Failure("the thread left no result") }
        return try result.get()
    }
}

/// Receives `count` datagrams.
func receive(_ count: Int, from socket: borrowing UDPSocket) throws -> [(bytes: [UInt8], source: SocketAddress)] {
    var epoll = try Epoll()
    try epoll.add(socket.fileDescriptor, for: .readable, token: 0)
    var batch = ReceiveBatch(capacity: 8, bufferByteCount: 2048)
    var found: [([UInt8], SocketAddress)] = []
    while found.count < count, epoll.wait(timeoutNanoseconds: Patience.nanoseconds) > 0 {
        guard batch.fill(from: socket) > 0 else { continue }
        for index in 0..<batch.count {
            found.append(([UInt8](batch.datagram(at: index)), batch.source(at: index)))
        }
    }
    return found
}

/// Receives messages, joined or not, of `byteCount` bytes in total.
func receiveRuns(
    _ byteCount: Int, from socket: borrowing UDPSocket
) throws -> [(bytes: [UInt8], segmentByteCount: Int)] {
    var epoll = try Epoll()
    try epoll.add(socket.fileDescriptor, for: .readable, token: 0)
    var batch = ReceiveBatch(capacity: 8, bufferByteCount: 65_535)
    var found: [([UInt8], Int)] = []
    while found.reduce(0, { $0 + $1.0.count }) < byteCount, epoll.wait(timeoutNanoseconds: Patience.nanoseconds) > 0 {
        guard batch.fill(from: socket) > 0 else { continue }
        for index in 0..<batch.count {
            found.append(([UInt8](batch.datagram(at: index)), batch.origin(at: index).segmentByteCount))
        }
    }
    return found
}

/// Sends datagrams in one batch, and returns the outcome.
@discardableResult
func send(
    _ datagrams: [[UInt8]], through socket: borrowing UDPSocket, to destination: SocketAddress
) -> SendBatch.Outcome {
    var batch = SendBatch(capacity: max(datagrams.count, 1), forIPv6Socket: socket.isIPv6)
    let all = UnsafeMutableRawBufferPointer.allocate(byteCount: datagrams.reduce(1) { $0 + $1.count }, alignment: 1)
    defer { all.deallocate() }
    var offset = 0
    for datagram in datagrams {
        let place = UnsafeMutableRawBufferPointer(rebasing: all[offset..<offset + datagram.count])
        place.copyBytes(from: datagram)
        batch.append(UnsafeRawBufferPointer(place), to: destination)
        offset += datagram.count
    }
    return batch.flush(to: socket)
}
