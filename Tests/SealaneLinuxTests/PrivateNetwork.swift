import SealaneLinux
import Synchronization
import TestSupport

/// Runs tests' bodies on real interfaces, in network namespaces that end with them.
enum PrivateNetwork {
    /// Why there is none here, or nil.
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

    /// Runs `body` on a thread that has moved into a new network namespace, and gives back what it returns or throws.
    /// Expectations belong into the caller: on that thread, they would not be known to be this test's.
    static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) throws -> Value {
        let outcome = Mutex<Result<Value, any Error>?>(nil)
        let shared = Shared(outcome)
        let thread = try LinuxThread.start(name: "private-network") {
            let result = Result {
                try NetworkNamespace.enterPrivate()
                return try body()
            }
            shared.value.withLock { $0 = result }
        }
        thread.join()
        guard let result = shared.value.withLock({ $0 }) else { throw Failure("the thread left no result") }
        return try result.get()
    }

    private final class Shared<Value: Sendable>: Sendable {
        let value: Mutex<Result<Value, any Error>?>

        init(_ value: consuming Mutex<Result<Value, any Error>?>) {
            self.value = value
        }
    }
}

/// Receives until `count` datagrams came.
func receive(_ count: Int, from socket: borrowing UDPSocket) throws -> [(bytes: [UInt8], source: SocketAddress)] {
    var epoll = try Epoll()
    try epoll.add(socket.fileDescriptor, for: .readable, token: 0)
    var batch = ReceiveBatch(capacity: 8, bufferByteCount: 2048)
    var found: [([UInt8], SocketAddress)] = []
    while found.count < count, epoll.wait(timeoutNanoseconds: Patience.nanoseconds) > 0 {
        guard socket.receive(into: &batch) > 0 else { continue }
        for index in 0..<batch.count {
            found.append(([UInt8](batch.datagram(at: index)), batch.source(at: index)))
        }
    }
    return found
}

/// Receives messages, joined or not, until `byteCount` bytes came.
func receiveRuns(
    _ byteCount: Int, from socket: borrowing UDPSocket
) throws -> [(bytes: [UInt8], segmentByteCount: Int)] {
    var epoll = try Epoll()
    try epoll.add(socket.fileDescriptor, for: .readable, token: 0)
    var batch = ReceiveBatch(capacity: 8, bufferByteCount: 65_535)
    var found: [([UInt8], Int)] = []
    while found.reduce(0, { $0 + $1.0.count }) < byteCount, epoll.wait(timeoutNanoseconds: Patience.nanoseconds) > 0 {
        guard socket.receive(into: &batch) > 0 else { continue }
        for index in 0..<batch.count {
            found.append(([UInt8](batch.datagram(at: index)), batch.origin(at: index).segmentByteCount))
        }
    }
    return found
}

/// Sends datagrams one batch a time, and gives back what became of them.
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
    return socket.send(&batch)
}
