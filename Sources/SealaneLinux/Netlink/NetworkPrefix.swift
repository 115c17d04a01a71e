import CLinux
import Glibc

/// An address and a prefix length, as in rtnetlink's tables.
struct NetworkPrefix: Hashable {
    let address: SocketAddress
    /// 0...32 or 0...128, in the address's own family.
    let length: Int

    /// Parses `10.78.0.1/24` or `fd78::1/64`; a single address is a /32 or /128.
    init(_ text: String) throws(SystemError) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let address = SocketAddress(String(first), port: 0) else {
            throw Self.invalid(text)
        }
        let maximum = address.isIPv4 ? 32 : 128
        var length = maximum
        if parts.count == 2 {
            guard let stated = Int(parts[1]), (0...maximum).contains(stated), parts[1].allSatisfy(\.isNumber) else {
                throw Self.invalid(text)
            }
            length = stated
        }
        self.init(address: address, length: length)
    }

    init(address: SocketAddress, length: Int) {
        self.address = address
        self.length = length
    }

    /// - Parameter libraryAddress: libnl's `nl_addr`, of AF_INET or AF_INET6; nil for other families.
    init?(libraryAddress: OpaquePointer, family: CInt) {
        guard family == AF_INET || family == AF_INET6 else { return nil }
        var bytes = (UInt64(0), UInt64(0))
        let length = Int(nl_addr_get_len(libraryAddress))
        // The destination of a default route has no bytes.
        if length > 0, length <= 16, let source = nl_addr_get_binary_addr(libraryAddress) {
            withUnsafeMutableBytes(of: &bytes) {
                $0.copyMemory(from: UnsafeRawBufferPointer(start: source, count: length))
            }
        }
        let high = UInt64(bigEndian: bytes.0)
        let low = UInt64(bigEndian: bytes.1)
        let address =
            family == AF_INET
            ? SocketAddress(ipv4: UInt32(truncatingIfNeeded: high &>> 32), port: 0)
            : SocketAddress(high: high, low: low, port: 0)
        self.init(address: address, length: Int(nl_addr_get_prefixlen(libraryAddress)))
    }

    private static func invalid(_ text: String) -> SystemError {
        SystemError(
            call: "address", errno: EINVAL, subject: text,
            advice: "expected an IPv4 or IPv6 address with a prefix length, like 10.78.0.1/24 or fd78::1/64")
    }

    var family: CInt { address.isIPv4 ? AF_INET : AF_INET6 }

    var isLinkLocalIPv6: Bool { address.high &>> 54 == 0xfe80 &>> 6 }

    /// In network order: 4 or 16 bytes.
    var bytes: [UInt8] {
        let all = withUnsafeBytes(of: (address.high.bigEndian, address.low.bigEndian)) { [UInt8]($0) }
        return address.isIPv4 ? [UInt8](all[12...]) : all
    }

    /// The prefix with the host's bits cleared.
    var network: NetworkPrefix {
        let hostBits = (address.isIPv4 ? 32 : 128) - length
        let lowMask: UInt64 = hostBits >= 64 ? 0 : UInt64.max << UInt64(hostBits)
        let highMask: UInt64 = hostBits <= 64 ? UInt64.max : hostBits >= 128 ? 0 : UInt64.max << UInt64(hostBits - 64)
        return NetworkPrefix(
            address: SocketAddress(high: address.high & highMask, low: address.low & lowMask, port: 0), length: length)
    }

    var description: String { "\(address.addressText)/\(length)" }

    /// Calls `body` with the prefix as libnl's `nl_addr`, which is valid during the call.
    func withLibraryAddress<Result>(_ body: (OpaquePointer) -> Result) throws(SystemError) -> Result {
        guard let built = nl_addr_build(family, bytes, bytes.count) else { throw NetlinkSocket.outOfMemory }
        defer { nl_addr_put(built) }
        nl_addr_set_prefixlen(built, CInt(length))
        return body(built)
    }
}
