import Glibc

/// The address and port of one end of a datagram, in IPv4 or IPv6 (kernel: `sockaddr_in`, `sockaddr_in6`).
///
/// Stores an IPv4 address as `::ffff:a.b.c.d`, so that a datagram that a dual-stack socket received over IPv4 has the
/// same value as one from an IPv4 socket.
@frozen
public struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
    /// The address's 128 bits in host order: the first eight bytes on the wire, then the last eight.
    public let high: UInt64
    public let low: UInt64
    /// The interface of a link-local IPv6 address; otherwise 0.
    public let scope: UInt32
    /// In host order.
    public let port: UInt16

    @inlinable
    public init(high: UInt64, low: UInt64, port: UInt16, scope: UInt32 = 0) {
        self.high = high
        self.low = low
        self.scope = scope
        self.port = port
    }

    /// - Parameter ipv4: in host order: 127.0.0.1 is 0x7f000001.
    @inlinable
    public init(ipv4: UInt32, port: UInt16) {
        self.init(high: 0, low: 0xffff_0000_0000 | UInt64(ipv4), port: port)
    }

    /// Parses `"10.0.0.1"` or `"fd00::1"` as inet_pton(3) does; nil for anything else.
    public init?(_ address: String, port: UInt16, scope: UInt32 = 0) {
        var ipv4 = in_addr()
        var ipv6 = in6_addr()
        if inet_pton(AF_INET, address, &ipv4) == 1 {
            self.init(ipv4: UInt32(bigEndian: ipv4.s_addr), port: port)
        } else if inet_pton(AF_INET6, address, &ipv6) == 1 {
            let (high, low) = withUnsafeBytes(of: &ipv6) {
                (
                    UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)),
                    UInt64(bigEndian: $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
                )
            }
            self.init(high: high, low: low, port: port, scope: scope)
        } else {
            return nil
        }
    }

    @inlinable public var isIPv4: Bool { high == 0 && low &>> 32 == 0xffff }

    /// 0.0.0.0 or `::`.
    public var isWildcard: Bool { high == 0 && (low == 0 || low == 0xffff_0000_0000) }

    /// The address without the port: `10.0.0.1`, `fd00::1`.
    public var addressText: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        if isIPv4 {
            var address = in_addr(s_addr: UInt32(truncatingIfNeeded: low).bigEndian)
            _ = inet_ntop(AF_INET, &address, &text, socklen_t(text.count))
        } else {
            var address = (high.bigEndian, low.bigEndian)
            _ = inet_ntop(AF_INET6, &address, &text, socklen_t(text.count))
        }
        return text.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
    }

    /// `10.0.0.1:7325`, `[fd00::1]:7325`, `[fe80::1%2]:7325`.
    public var description: String {
        if isIPv4 { return "\(addressText):\(port)" }
        return scope == 0 ? "[\(addressText)]:\(port)" : "[\(addressText)%\(scope)]:\(port)"
    }

    // The layout of sockaddr_in and sockaddr_in6, the same on every Linux: family 2 (host order), port 2 (network
    // order), then IPv4 address 4 (and 8 unused), or flow label 4, IPv6 address 16, scope 4.

    @inlinable public static var ipv4ByteCount: Int { 16 }
    @inlinable public static var ipv6ByteCount: Int { 28 }
    @usableFromInline static var familyIPv4: UInt16 { @inlinable get { 2 } }
    @usableFromInline static var familyIPv6: UInt16 { @inlinable get { 10 } }

    /// Reads an address that the kernel wrote. `memory` holds a `sockaddr_in` or at least 28 bytes. An address of
    /// another family reads as `[::]:0`.
    @inlinable
    public init(sockaddr memory: UnsafeRawPointer) {
        let family = memory.loadUnaligned(as: UInt16.self)
        if family == Self.familyIPv4 {
            self.init(
                ipv4: UInt32(bigEndian: memory.loadUnaligned(fromByteOffset: 4, as: UInt32.self)),
                port: UInt16(bigEndian: memory.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
        } else if family == Self.familyIPv6 {
            self.init(
                high: UInt64(bigEndian: memory.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
                low: UInt64(bigEndian: memory.loadUnaligned(fromByteOffset: 16, as: UInt64.self)),
                port: UInt16(bigEndian: memory.loadUnaligned(fromByteOffset: 2, as: UInt16.self)),
                scope: memory.loadUnaligned(fromByteOffset: 24, as: UInt32.self))
        } else {
            self.init(high: 0, low: 0, port: 0)
        }
    }

    /// Writes the address for the kernel into `memory` (28 bytes), and returns its length.
    /// - Parameter forIPv6Socket: an IPv6 socket accepts IPv4 addresses only in their `::ffff:` form.
    @inlinable
    public func store(to memory: UnsafeMutableRawPointer, forIPv6Socket: Bool) -> Int {
        memory.storeBytes(of: port.bigEndian, toByteOffset: 2, as: UInt16.self)
        memory.storeBytes(of: 0, toByteOffset: 8, as: UInt64.self)
        if isIPv4 && !forIPv6Socket {
            memory.storeBytes(of: Self.familyIPv4, as: UInt16.self)
            memory.storeBytes(of: UInt32(truncatingIfNeeded: low).bigEndian, toByteOffset: 4, as: UInt32.self)
            return Self.ipv4ByteCount
        }
        memory.storeBytes(of: Self.familyIPv6, as: UInt16.self)
        memory.storeBytes(of: 0, toByteOffset: 4, as: UInt32.self)
        memory.storeBytes(of: high.bigEndian, toByteOffset: 8, as: UInt64.self)
        memory.storeBytes(of: low.bigEndian, toByteOffset: 16, as: UInt64.self)
        memory.storeBytes(of: scope, toByteOffset: 24, as: UInt32.self)
        return Self.ipv6ByteCount
    }

    /// Calls `body` with the address in the form of the kernel's calls.
    func withSockaddr<Result>(
        forIPv6Socket: Bool, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        var storage = sockaddr_storage()
        return withUnsafeMutablePointer(to: &storage) { memory in
            let length = store(to: memory, forIPv6Socket: forIPv6Socket)
            return memory.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(length)) }
        }
    }

    /// The address that `body` (getsockname, getpeername) writes.
    static func read(
        _ call: String, _ body: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> CInt
    ) throws(SystemError) -> SocketAddress {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutablePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, &length) }
        }
        guard result == 0 else { throw SystemError(call: call, errno: errno, subject: "") }
        return withUnsafeBytes(of: &storage) { bytes in
            bytes.baseAddress.map { SocketAddress(sockaddr: $0) } ?? SocketAddress(high: 0, low: 0, port: 0)
        }
    }
}
