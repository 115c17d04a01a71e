import Glibc
import SealaneLinux
import TestSupport
import Testing

@Suite struct UDPSocketTests {
    static let hasIPv6 = systemError { _ = try UDPSocket.bind(to: address("::1")).localAddress } == nil

    @Test(arguments: ["127.0.0.1", "::1"])
    func `a batch of datagrams arrives complete, in order and with its source`(text: String) throws {
        guard text != "::1" || Self.hasIPv6 else { return print("skipped: this host has no ::1") }
        let receiver = try UDPSocket.bind(to: address(text))
        let sender = try UDPSocket.bind(to: address(text))
        #expect(receiver.localAddress.port != 0)
        #expect(receiver.isIPv6 == (text == "::1"))
        let datagrams = (0..<20).map { [UInt8](repeating: UInt8($0), count: 1 + $0 * 70) }
        let outcome = send(datagrams, through: sender, to: receiver.localAddress)
        #expect(outcome == .init(sent: 20))
        let found = try receive(20, from: receiver)
        #expect(found.map(\.bytes) == datagrams)
        #expect(found.allSatisfy { $0.source == sender.localAddress })
    }

    @Test(.enabled(if: hasIPv6, "this host has no ::1"))
    func `a socket on the IPv6 wildcard carries both families and shows IPv4 addresses as IPv4`() throws {
        let both = try UDPSocket.bind(to: address("::"))
        for text in ["127.0.0.1", "::1"] {
            let other = try UDPSocket.bind(to: address(text))
            send([[1]], through: other, to: try address(text, both.localAddress.port))
            let arrived = try receive(1, from: both)
            #expect(arrived.map(\.source) == [other.localAddress])
            #expect(send([[2]], through: both, to: other.localAddress) == .init(sent: 1))
            let answered = try receive(1, from: other)
            #expect(answered.map(\.source) == [try address(text, both.localAddress.port)])
        }
    }

    // gotatun, 2025: an oversized datagram ended the receiver.
    @Test func `an oversized datagram is marked as truncated, and the next ones arrive`() throws {
        let receiver = try UDPSocket.bind(to: address("127.0.0.1"))
        let sender = try UDPSocket.bind(to: address("127.0.0.1"))
        var batch = ReceiveBatch(capacity: 4, bufferByteCount: 100)
        for _ in 0..<2 {
            send([[7], Array(repeating: 8, count: 101), [9]], through: sender, to: receiver.localAddress)
            #expect(batch.fill(from: receiver) == 3)
            #expect((0..<3).map { batch.isTruncated(at: $0) } == [false, true, false])
            #expect((0..<3).map { batch.datagram(at: $0).count } == [1, 100, 1])
            #expect(batch.datagram(at: 2)[0] == 9)
        }
        #expect(batch.fill(from: receiver) == -Int(EAGAIN))
        #expect(batch.count == 0)
    }

    @Test func `an empty datagram is a datagram`() throws {
        let receiver = try UDPSocket.bind(to: address("127.0.0.1"))
        #expect(send([[]], through: receiver, to: receiver.localAddress) == .init(sent: 1))
        #expect(try receive(1, from: receiver).map(\.bytes) == [[]])
    }

    @Test func `datagrams that the kernel refuses do not stop their neighbours`() throws {
        let receiver = try UDPSocket.bind(to: address("127.0.0.1"))
        let sender = try UDPSocket.bind(to: address("127.0.0.1"))
        let bytes = [UInt8](repeating: 5, count: 65_508)  // one more than UDP over IPv4 carries
        try bytes.withUnsafeBytes { memory in
            let small = UnsafeRawBufferPointer(rebasing: memory[..<10])
            var batch = SendBatch(capacity: 4, forIPv6Socket: false)
            batch.append(small, to: receiver.localAddress)
            batch.append(memory, to: receiver.localAddress)
            batch.append(small, to: try address("::1", 9))
            batch.append(small, to: receiver.localAddress)
            #expect(batch.flush(to: sender) == .init(sent: 2, failed: 2))
            #expect((0..<4).map { batch.failure(at: $0) } == [0, EMSGSIZE, EAFNOSUPPORT, 0])
        }
        #expect(try receive(2, from: receiver).count == 2)
    }

    @Test func `the error names a busy port`() throws {
        let first = try UDPSocket.bind(to: address("127.0.0.1"))
        let taken = first.localAddress
        let error = systemError { _ = try UDPSocket.bind(to: taken).fileDescriptor }
        #expect(error?.errno == EADDRINUSE)
        #expect(error?.description.contains("UDP \(taken)") == true)
    }

    @Test(arguments: ["192.0.2.1", "2001:db8::1"])
    func `the error names an address of another host`(text: String) throws {
        guard text != "2001:db8::1" || Self.hasIPv6 else { return print("skipped: this host has no IPv6") }
        let error = systemError { _ = try UDPSocket.bind(to: address(text, 7325)).fileDescriptor }
        #expect(error?.errno == EADDRNOTAVAIL)
        #expect(error?.advice == "\(text) is not an address of this host")
    }

    @Test func `granted buffer sizes are read back`() throws {
        let options = UDPSocket.Options(receiveBufferByteCount: 200_000, sendBufferByteCount: 100_000)
        let socket = try UDPSocket.bind(to: address("127.0.0.1"), options: options)
        #expect(socket.receiveBufferByteCount == 200_000)
        #expect(socket.sendBufferByteCount == 100_000)
    }

    @Test(.enabled(if: Capability.hasNetAdmin, "needs CAP_NET_ADMIN"))
    func `a mark can be set`() throws {
        let options = UDPSocket.Options(mark: 0x5ea1)
        let socket = try UDPSocket.bind(to: address("127.0.0.1"), options: options)
        var value: CInt = 0
        var length = socklen_t(MemoryLayout<CInt>.size)
        #expect(getsockopt(socket.fileDescriptor, SOL_SOCKET, SO_MARK, &value, &length) == 0)
        #expect(value == 0x5ea1)
    }
}
