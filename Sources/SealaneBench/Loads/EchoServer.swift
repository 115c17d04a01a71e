import SealaneLinux
import SealanePacket
import Synchronization

/// Sends every datagram of a served host back to its source, on a thread of its own. The caller of `init` calls `stop`.
final class EchoServer: Sendable {
    private let wake: WakeUp
    private let thread: LinuxThread

    /// - Parameter isServed: whether a source gets its datagrams back.
    init(at address: IPAddress, port: Int, isServed: @escaping @Sendable (IPAddress) -> Bool) throws(SystemError) {
        let port = UInt16(clamping: port)
        let socket = try UDPSocket.bind(to: SocketAddress(address, port: port))
        let wake = try WakeUp()
        let epoll = try Epoll(capacity: 2)
        try epoll.add(socket.fileDescriptor, for: .readable, token: 0)
        try epoll.add(wake.event.fileDescriptor, for: .readable, token: 1)
        let carried = OneShot(Echo(socket: socket, epoll: epoll))
        self.wake = wake
        thread = try LinuxThread.start(name: "bench-echo") {
            guard var echo = carried.take() else { return }
            // Two echo servers that send to each other would never stop.
            echo.run({ $0.port != port && isServed(IPAddress(high: $0.high, low: $0.low)) }, until: wake)
        }
    }

    func stop() {
        wake.call()
        thread.join()
    }
}

/// Asks a thread to end, even while it waits in epoll.
private final class WakeUp: Sendable {
    let event: EventFD
    private let called = Atomic(false)

    init() throws(SystemError) {
        event = try EventFD()
    }

    var isCalled: Bool { called.load(ordering: .relaxed) }

    func call() {
        called.store(true, ordering: .relaxed)
        event.signal()
    }
}

private struct Echo: ~Copyable {
    private let socket: UDPSocket
    private var epoll: Epoll
    private var received = ReceiveBatch(capacity: 16, bufferByteCount: 2048)
    private var answers: SendBatch

    init(socket: consuming UDPSocket, epoll: consuming Epoll) {
        answers = SendBatch(capacity: 16, forIPv6Socket: socket.isIPv6)
        self.socket = socket
        self.epoll = epoll
    }

    mutating func run(_ isAnswered: (SocketAddress) -> Bool, until wake: WakeUp) {
        while !wake.isCalled {
            guard received.fill(from: socket) > 0 else {
                guard epoll.wait(timeoutNanoseconds: nil) >= 0 else { return }
                continue
            }
            for index in 0..<received.count where !received.isTruncated(at: index) {
                let source = received.source(at: index)
                guard isAnswered(source) else { continue }
                answers.append(UnsafeRawBufferPointer(received.datagram(at: index)), to: source)
            }
            // A datagram that the kernel refuses is lost, as on a network.
            _ = answers.flush(to: socket)
            answers.removeAll()
        }
    }
}

extension SocketAddress {
    init(_ address: IPAddress, port: UInt16) {
        self.init(high: address.high, low: address.low, port: port)
    }
}
