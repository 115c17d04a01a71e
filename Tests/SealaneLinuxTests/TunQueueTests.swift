import Glibc
import SealaneLinux
import TestSupport
import Testing

@Suite(.enabled(if: PrivateNetwork.isAvailable, "needs a network namespace and a TUN device (root)"))
struct TunQueueTests {
    /// Opens `name`, sets it up with 10.78.0.1/24 and fd78::1/64, and routes 10.99.0.0/16 through it.
    private static func ready(_ name: String, position: TunQueue.Position = .only) throws -> TunQueue {
        let queue = try TunQueue.open(name: name, persistent: true, position: position)
        try InterfaceConfiguration.setMTU(name, to: 1420)
        try InterfaceConfiguration.setUp(name)
        try InterfaceConfiguration.replaceAddresses(of: name, with: ["10.78.0.1/24", "fd78::1/64"])
        try InterfaceConfiguration.replaceRoutes(device: name, with: ["10.99.0.0/16"])
        return queue
    }

    /// The kernel's next UDP packet of the IP version through the device. The kernel also sends other packets there.
    private static func nextUDP(_ version: UInt8, from queue: borrowing TunQueue) throws -> [UInt8] {
        var epoll = try Epoll()
        try epoll.add(queue.fileDescriptor, for: .readable, token: 0)
        var bytes = [UInt8](repeating: 0, count: 2000)
        while epoll.wait(timeoutNanoseconds: Patience.nanoseconds) > 0 {
            let count = bytes.withUnsafeMutableBytes { queue.read(into: $0) }
            guard count > 0 else { throw Failure("read: \(count)") }
            let transport = version == 4 ? bytes[9] : bytes[6]
            if bytes[0] >> 4 == version, transport == 17 { return Array(bytes[..<count]) }
        }
        throw Failure("no packet came")
    }

    @Test func `packets routed to the device are read, with DF and TTL 255`() throws {
        let packets = try PrivateNetwork.run {
            let queue = try Self.ready("sl0")
            let v4 = try UDPSocket.bind(to: address("10.78.0.1"))
            let v6 = try UDPSocket.bind(to: address("::"))
            send([[1, 2, 3]], through: v4, to: try address("10.78.0.2", 9))
            let first = try Self.nextUDP(4, from: queue)
            send([[1, 2, 3]], through: v6, to: try address("fd78::2", 9))
            let second = try Self.nextUDP(6, from: queue)
            send([[1, 2, 3]], through: v6, to: try address("10.99.1.1", 9))
            let third = try Self.nextUDP(4, from: queue)
            return [first, second, third]
        }
        #expect(packets.map(\.count) == [31, 51, 31])
        #expect(Array(packets[0][12..<20]) == [10, 78, 0, 1, 10, 78, 0, 2])
        #expect(packets[0][28...] == [1, 2, 3])
        #expect(packets[1][7] == 255)
        #expect(packets[1][39] == 2)
        #expect(Array(packets[2][16..<20]) == [10, 99, 1, 1])
        for packet in [packets[0], packets[2]] {
            #expect(packet[6] & 0x40 != 0)
            #expect(packet[8] == 255)
        }
    }

    @Test func `a datagram larger than the device's MTU is refused and not fragmented`() throws {
        let failure = try PrivateNetwork.run {
            let queue = try Self.ready("sl0")
            let socket = try UDPSocket.bind(to: address("10.78.0.1"))
            var batch = SendBatch(capacity: 1, forIPv6Socket: false)
            let bytes = [UInt8](repeating: 0, count: 1420 - 28 + 1)
            return try bytes.withUnsafeBytes { memory in
                batch.append(memory, to: try address("10.78.0.2", 9))
                _ = batch.flush(to: socket)
                _ = queue.interfaceIndex
                return batch.failure(at: 0)
            }
        }
        #expect(failure == EMSGSIZE)
    }

    @Test func `a written packet reaches the kernel's sockets, and bytes that are not a packet are refused`() throws {
        let result = try PrivateNetwork.run {
            let queue = try Self.ready("sl0")
            let socket = try UDPSocket.bind(to: address("10.78.0.1", 5000))
            // IPv4, 28 + 2 bytes, 10.78.0.2:7 -> 10.78.0.1:5000, without a UDP checksum.
            var packet: [UInt8] = [
                0x45, 0, 0, 30, 0, 0, 0x40, 0, 64, 17, 0, 0, 10, 78, 0, 2, 10, 78, 0, 1,
                0, 7, 0x13, 0x88, 0, 10, 0, 0, 0xab, 0xcd,
            ]
            var sum: UInt32 = 0
            for index in stride(from: 0, to: 20, by: 2) {
                sum += UInt32(packet[index]) << 8 | UInt32(packet[index + 1])
            }
            sum = (sum & 0xffff) + (sum >> 16)
            packet[10] = UInt8(truncatingIfNeeded: ~sum >> 8)
            packet[11] = UInt8(truncatingIfNeeded: ~sum)
            let written = packet.withUnsafeBytes { queue.write($0) }
            let refused = [UInt8](repeating: 0xff, count: 40).withUnsafeBytes { queue.write($0) }
            let got = try receive(1, from: socket)
            return (written, refused, got.map(\.bytes), got.map(\.source.description))
        }
        #expect(result.0 == 30)
        #expect(result.1 == -Int(EINVAL))
        #expect(result.2 == [[0xab, 0xcd]])
        #expect(result.3 == ["10.78.0.2:7"])
    }

    @Test func `a read without a packet returns EAGAIN`() throws {
        let result = try PrivateNetwork.run {
            let queue = try TunQueue.open(name: "sl0", persistent: false)
            var bytes = [UInt8](repeating: 0, count: 2000)
            return bytes.withUnsafeMutableBytes { queue.read(into: $0) }
        }
        #expect(result == -Int(EAGAIN))
    }

    @Test func `a queue holds the configured number of packets, and fewer after it is shortened`() throws {
        let counts = try PrivateNetwork.run {
            let queue = try Self.ready("sl0")
            let socket = try UDPSocket.bind(to: address("10.78.0.1"))
            return try [700, 7, 70].map { length in
                try InterfaceConfiguration.setQueueLength("sl0", to: length)
                try send(Array(repeating: [1, 2, 3], count: length + 20), through: socket, to: address("10.78.0.2", 9))
                var bytes = [UInt8](repeating: 0, count: 2000)
                var (all, datagrams) = (0, 0)
                while true {
                    let count = bytes.withUnsafeMutableBytes { queue.read(into: $0) }
                    guard count > 0 else { break }
                    all += 1
                    // The kernel may send IPv6 packets of its own at any time.
                    if bytes[0] == 0x45, count == 31 { datagrams += 1 }
                }
                return all >= length && datagrams <= length
            }
        }
        #expect(counts == [true, true, true])
    }

    // Fail closed: while no agent runs, packets for peers reach a device that nobody reads.
    @Test
    func `a persistent device keeps addresses and routes while no process is attached, and can be attached again`()
        throws
    {
        let result = try PrivateNetwork.run {
            let uplink = try TunQueue.open(name: "uplink0", persistent: false)
            try InterfaceConfiguration.setUp("uplink0")
            try InterfaceConfiguration.replaceAddresses(of: "uplink0", with: ["192.0.2.1/24"])
            try InterfaceConfiguration.replaceRoutes(device: "uplink0", with: ["0.0.0.0/0", "::/0"])
            let index = try {
                let queue = try Self.ready("sl0")
                return queue.interfaceIndex
            }()
            let dead = try ["10.78.0.2", "10.99.0.9", "fd78::2"].map {
                try NetworkRoute.probe(to: address($0)).interfaceIndex == index
            }
            let elsewhere = try NetworkRoute.probe(to: address("198.51.100.1")).interfaceIndex
            let again = try TunQueue.open(name: "sl0", persistent: true)
            let addresses = try InterfaceConfiguration.addresses(of: "sl0")
            return (dead, elsewhere == uplink.interfaceIndex, again.interfaceIndex == index, addresses)
        }
        #expect(result.0 == [true, true, true])
        #expect(result.1)
        #expect(result.2)
        #expect(Set(result.3).isSuperset(of: ["10.78.0.1/24", "fd78::1/64"]))
    }

    @Test func `a device that is not persistent ends with its queue`() throws {
        let error = try PrivateNetwork.run {
            _ = try {
                let queue = try TunQueue.open(name: "sl0", persistent: false)
                return queue.interfaceIndex
            }()
            return systemError { _ = try NetworkInterface.index(of: "sl0") }
        }
        #expect(error?.errno == ENODEV)
    }

    @Test func `a device with another process attached is busy, whatever its type`() throws {
        let errors = try PrivateNetwork.run {
            let single = try TunQueue.open(name: "one0", persistent: true)
            let several = try TunQueue.open(name: "many0", persistent: true, position: .first)
            let second = try TunQueue.open(name: "many0", persistent: true, position: .additional)
            guard single.interfaceIndex > 0, second.interfaceIndex == several.interfaceIndex else {
                throw Failure("queues of different devices")
            }
            return [
                systemError { _ = try TunQueue.open(name: "one0", persistent: true).interfaceIndex },
                systemError { _ = try TunQueue.open(name: "many0", persistent: true, position: .first).interfaceIndex },
            ]
        }
        for error in errors {
            #expect(error?.errno == EBUSY)
            #expect(error?.advice?.contains("is an agent running already?") == true)
        }
    }

    @Test func `a device of several queues can be attached again after all were closed`() throws {
        let indexes = try PrivateNetwork.run {
            try (0..<2).map { _ in
                let first = try TunQueue.open(name: "many0", persistent: true, position: .first)
                let second = try TunQueue.open(name: "many0", persistent: true, position: .additional)
                return [first.interfaceIndex, second.interfaceIndex]
            }
        }
        #expect(Set(indexes.joined()).count == 1)
    }

    @Test func `unusable names are refused with the reason`() throws {
        let errors = try PrivateNetwork.run {
            let several = try TunQueue.open(name: "many0", persistent: true, position: .first)
            _ = several.interfaceIndex
            return ["lo", "many0", "", "a/b", "sl%d", "sealane-too-long", "sl 0", ".."].map { name in
                systemError { _ = try TunQueue.open(name: name, persistent: true).interfaceIndex }
            }
        }
        #expect(errors.allSatisfy { $0?.errno == EINVAL })
        #expect(errors[0]?.advice == "lo exists and is not a TUN device; choose another name")
        #expect(errors[1]?.advice?.contains("ip link delete many0") == true)
        for error in errors[2...] { #expect(error?.advice?.contains("1 to 15 characters") == true) }
    }

    @Test func `remove removes the device, accepts a missing one, and leaves other interfaces alone`() throws {
        let result = try PrivateNetwork.run {
            _ = try {
                let queue = try Self.ready("sl0")
                return queue.interfaceIndex
            }()
            try TunDevice.remove("sl0")
            try TunDevice.remove("sl0")
            let names = try NetworkInterface.all().map(\.name)
            return (names, systemError { try TunDevice.remove("lo") })
        }
        #expect(!result.0.contains("sl0"))
        #expect(result.1?.advice == "lo is not a TUN device: not removed")
    }

    // boringtun#125: a deleted device kept a core busy without an error.
    @Test func `a queue without its device reports it`() throws {
        let result = try PrivateNetwork.run {
            let queue = try Self.ready("sl0")
            try TunDevice.remove("sl0")
            var epoll = try Epoll()
            try epoll.add(queue.fileDescriptor, for: .readable, token: 0)
            let ready = epoll.wait(timeoutNanoseconds: Patience.nanoseconds)
            var bytes = [UInt8](repeating: 0x45, count: 40)
            let read = bytes.withUnsafeMutableBytes { queue.read(into: $0) }
            let written = bytes.withUnsafeBytes { queue.write($0) }
            return (ready, epoll.readiness(at: 0).contains(.failed), read, written)
        }
        #expect(result.0 == 1)
        #expect(result.1)
        #expect(result.2 == -Int(EBADFD))
        #expect(result.3 == -Int(EBADFD))
    }
}
