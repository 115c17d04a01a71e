import CLinux
import Glibc

/// One interface of the calling thread's network namespace.
package struct NetworkInterface: Hashable, Sendable {
    package struct Address: Hashable, Sendable {
        /// `10.0.0.1`, `fd00::1`.
        package let text: String
        /// 4 or 16 bytes in network order.
        package let bytes: [UInt8]
        package let prefixLength: Int
    }

    package let name: String
    package let index: Int32
    /// Kernel: IFF_UP and the like.
    package let flags: UInt32
    package var addresses: [Address]

    package var isUp: Bool { flags & UInt32(IFF_UP) != 0 }
    package var isLoopback: Bool { flags & UInt32(IFF_LOOPBACK) != 0 }

    /// All interfaces with their IPv4 and IPv6 addresses, in the kernel's order.
    package static func all() throws(SystemError) -> [NetworkInterface] {
        var list: UnsafeMutablePointer<ifaddrs>?
        try systemCall("getifaddrs", "") { negatedErrno(getifaddrs(&list)) }
        defer { freeifaddrs(list) }
        var interfaces: [NetworkInterface] = []
        var position: [String: Int] = [:]
        var entry = list
        while let current = entry {
            entry = current.pointee.ifa_next
            let name = String(cString: current.pointee.ifa_name)
            let place = position[name] ?? interfaces.count
            if place == interfaces.count {
                position[name] = place
                interfaces.append(
                    NetworkInterface(
                        name: name, index: Int32(bitPattern: if_nametoindex(name)), flags: current.pointee.ifa_flags,
                        addresses: []))
            }
            guard let raw = current.pointee.ifa_addr else { continue }
            let family = CInt(raw.pointee.sa_family)
            guard family == AF_INET || family == AF_INET6 else { continue }
            let address = SocketAddress(sockaddr: raw)
            var length = address.isIPv4 ? 32 : 128
            if let mask = current.pointee.ifa_netmask {
                let bits = SocketAddress(sockaddr: mask)
                length =
                    family == AF_INET
                    ? UInt32(truncatingIfNeeded: bits.low).nonzeroBitCount
                    : bits.high.nonzeroBitCount + bits.low.nonzeroBitCount
            }
            interfaces[place].addresses.append(
                Address(
                    text: address.addressText, bytes: NetworkPrefix(address: address, length: length).bytes,
                    prefixLength: length))
        }
        return interfaces
    }

    /// The interface with `address`; nil if this host does not have the address. Ignores its port. A scope other than 0
    /// selects the interface.
    package static func holding(_ address: SocketAddress) throws(SystemError) -> NetworkInterface? {
        let bytes = NetworkPrefix(address: address, length: 0).bytes
        return try all().first { interface in
            (address.scope == 0 || address.scope == UInt32(bitPattern: interface.index))
                && interface.addresses.contains { $0.bytes == bytes }
        }
    }

    /// Whether the interface `name` has IPv6. For the name `default`: whether interfaces created later have it.
    package enum IPv6: Hashable, Sendable {
        case on
        /// net.ipv6.conf.NAME.disable_ipv6 is 1.
        case disabled
        /// The kernel runs without IPv6, or the interface's MTU is below 1280.
        case absent
    }

    package static func ipv6(of name: String) -> IPv6 {
        let path = "/proc/sys/net/ipv6/conf/\(name)/disable_ipv6"
        guard let bytes = try? AtomicFile.read(path, maximumByteCount: 16) else { return .absent }
        return bytes.first == UInt8(ascii: "1") ? .disabled : .on
    }

    /// The kernel's index of the interface `name`.
    package static func index(of name: String) throws(SystemError) -> Int32 {
        Int32(
            truncatingIfNeeded: try systemCall("if_nametoindex", name) {
                let index = if_nametoindex(name)
                return index == 0 ? -Int(errno) : Int(index)
            })
    }

    /// The name of the interface with the index `index`; nil if there is none.
    package static func name(of index: Int32) -> String? {
        var name = [CChar](repeating: 0, count: Int(IF_NAMESIZE))
        guard if_indextoname(UInt32(bitPattern: index), &name) != nil else { return nil }
        return name.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } }
    }

    /// The length of the longest IP packet that the interface `name` carries, in bytes.
    package static func mtu(of name: String) throws(SystemError) -> Int {
        let socket = try FileDescriptor.socket(AF_INET, SOCK_DGRAM)
        let number = socket.number
        return try systemCall("ioctl SIOCGIFMTU", name) { Int(clinux_interface_mtu(number, name)) }
    }
}
