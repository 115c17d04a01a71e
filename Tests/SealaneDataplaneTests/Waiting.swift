import Glibc
import SealaneDataplane
import SealaneLinux
import TestSupport

/// For each condition of these tests.
let patienceNanoseconds = Patience.nanoseconds

func isReadable(_ fileDescriptor: CInt, withinNanoseconds limit: UInt64 = 0) throws -> Bool {
    var epoll = try Epoll(capacity: 1)
    try epoll.add(fileDescriptor, for: .readable, token: 0)
    let deadline = MonotonicClock.now() + limit
    while true {
        let now = MonotonicClock.now()
        if epoll.wait(timeoutNanoseconds: deadline > now ? deadline - now : 0) > 0 { return true }
        if now >= deadline { return false }
    }
}

/// How long `body` took on a thread of its own. Throws, and leaves the thread behind, if it does not end.
func duration(of what: String, _ body: @escaping @Sendable () -> Void) throws -> Duration {
    let ended = try Mailbox<Bool>(capacity: 1)
    let began = MonotonicClock.now()
    let thread = try LinuxThread.start(name: "timed") {
        body()
        _ = ended.post(true)
    }
    guard try isReadable(ended.fileDescriptor, withinNanoseconds: patienceNanoseconds) else {
        throw Failure("\(what) has not ended after \(patienceNanoseconds / 1_000_000_000) s")
    }
    let took = Duration.nanoseconds(MonotonicClock.now() - began)
    thread.join()
    return took
}

/// Sends datagrams in batches; throws if the kernel does not take them all.
func send(_ datagrams: [[UInt8]], through socket: borrowing UDPSocket, to destination: SocketAddress) throws {
    var batch = SendBatch(capacity: 1, forIPv6Socket: socket.isIPv6)
    for datagram in datagrams {
        let outcome = datagram.withUnsafeBytes { bytes in
            batch.append(bytes, to: destination)
            return batch.flush(to: socket)
        }
        guard outcome.sent == 1 else {
            let errno = outcome.failed > 0 ? batch.failure(at: 0) : outcome.stoppedBy
            throw SystemError(call: "sendmmsg", errno: errno, subject: "\(datagram.count) bytes to \(destination)")
        }
        batch.removeAll()
    }
}

/// Sends one message of datagrams that the kernel takes apart; throws if it does not take it.
func send(
    run bytes: [UInt8], in segmentByteCount: Int, through socket: borrowing UDPSocket, to destination: SocketAddress,
    trafficClass: UInt8 = 0
) throws {
    var batch = SendBatch(capacity: 1, forIPv6Socket: socket.isIPv6)
    let outcome = bytes.withUnsafeBytes { bytes in
        batch.append(run: bytes, segmentByteCount: segmentByteCount, trafficClass: trafficClass, to: destination)
        return batch.flush(to: socket)
    }
    guard outcome.sent == 1 else {
        let errno = outcome.failed > 0 ? batch.failure(at: 0) : outcome.stoppedBy
        throw SystemError(call: "sendmmsg", errno: errno, subject: "a run of \(bytes.count) bytes to \(destination)")
    }
}

/// A datagram as a socket received it.
struct ReceivedDatagram: Sendable {
    let bytes: [UInt8]
    let source: SocketAddress
    let trafficClass: UInt8
}

/// All datagrams that wait at `socket`, which has no GRO.
func receiveAll(from socket: borrowing UDPSocket) throws -> [ReceivedDatagram] {
    var batch = ReceiveBatch(capacity: 32, bufferByteCount: 65_536)
    var found: [ReceivedDatagram] = []
    while true {
        let count = batch.fill(from: socket)
        guard count > 0 else {
            if count == -Int(EAGAIN) { return found }
            throw SystemError(call: "recvmmsg", errno: Int32(-count), subject: "\(socket.localAddress)")
        }
        for index in 0..<count {
            found.append(
                ReceivedDatagram(
                    bytes: [UInt8](batch.datagram(at: index)), source: batch.source(at: index),
                    trafficClass: batch.origin(at: index).trafficClass))
        }
    }
}
