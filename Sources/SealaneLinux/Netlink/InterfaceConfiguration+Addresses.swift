import CLinux
import Glibc

extension InterfaceConfiguration {
    /// The addresses of `name`, as `10.78.0.1/24`, including link-local IPv6 addresses.
    package static func addresses(of name: String) throws(SystemError) -> [String] {
        try listAddresses(index: try NetworkInterface.index(of: name), NetlinkSocket()).map(\.description)
    }

    /// Gives `name` exactly these addresses: adds missing ones, then removes unlisted ones. Leaves unlisted link-local
    /// IPv6 addresses (fe80::/10) alone. IPv6 addresses work at once: the kernel skips duplicate address detection
    /// (IFA_F_NODAD), because a tunnel has no duplicates.
    /// - Parameter prefixes: `10.78.0.1/24`, `fd78::1/64`.
    package static func replaceAddresses(of name: String, with prefixes: [String]) throws(SystemError) {
        _ = try setAddresses(
            of: name, try NetworkInterface.index(of: name), to: prefixes, NetlinkSocket(), keepingOthers: false)
    }

    /// - Parameter keepingOthers: leaves unlisted addresses alone.
    /// - Returns: the addresses that were missing.
    static func setAddresses(
        of name: String, _ index: Int32, to prefixes: [String], _ socket: borrowing NetlinkSocket, keepingOthers: Bool
    ) throws(SystemError) -> [String] {
        var wanted: Set<NetworkPrefix> = []
        for text in prefixes { wanted.insert(try NetworkPrefix(text)) }
        var lacked: Set<NetworkPrefix> = []
        // Removing an IPv4 address also removes the secondary addresses of its subnet, and the kernel does not add an
        // IPv6 address that exists with another prefix length. A second pass corrects both.
        for _ in 0..<3 {
            let present = try listAddresses(index: index, socket)
            let missing = wanted.subtracting(present)
            let extra = present.subtracting(wanted).filter { other in
                // An address with another prefix length blocks the listed one.
                keepingOthers ? wanted.contains { $0.address == other.address } : !other.isLinkLocalIPv6
            }
            lacked.formUnion(missing)
            if missing.isEmpty && extra.isEmpty { return sorted(lacked).map(\.description) }
            for prefix in sorted(missing) { try addAddress(prefix, name, index, socket) }
            for prefix in sorted(extra) { try removeAddress(prefix, name, index, socket) }
        }
        let missing = wanted.subtracting(try listAddresses(index: index, socket))
        if let first = sorted(missing).first {
            throw SystemError(
                call: "RTM_NEWADDR", errno: EADDRNOTAVAIL, subject: "\(first.description) on \(name)",
                advice: "the address does not stay on the interface: does another program manage it?")
        }
        return sorted(lacked).map(\.description)
    }

    /// A stable order, so that the same configuration always has the same primary address.
    private static func sorted(_ prefixes: Set<NetworkPrefix>) -> [NetworkPrefix] {
        prefixes.sorted { ($0.address.high, $0.address.low, $0.length) < ($1.address.high, $1.address.low, $1.length) }
    }

    private static func listAddresses(
        index: Int32, _ socket: borrowing NetlinkSocket
    ) throws(SystemError) -> Set<NetworkPrefix> {
        var found: Set<NetworkPrefix> = []
        try socket.dump("RTM_GETADDR", rtnl_addr_alloc_cache) { address in
            guard rtnl_addr_get_ifindex(address) == index, let local = rtnl_addr_get_local(address),
                let prefix = NetworkPrefix(libraryAddress: local, family: rtnl_addr_get_family(address))
            else { return }
            // The prefix length of the interface: `local` of a point-to-point address has its own.
            found.insert(NetworkPrefix(address: prefix.address, length: Int(rtnl_addr_get_prefixlen(address))))
        }
        return found
    }

    private static func addAddress(
        _ prefix: NetworkPrefix, _ name: String, _ index: Int32, _ socket: borrowing NetlinkSocket
    ) throws(SystemError) {
        let message = try addressMessage(prefix, index, "RTM_NEWADDR") {
            rtnl_addr_build_add_request($0, NLM_F_CREATE | NLM_F_EXCL, $1)
        }
        do throws(SystemError) {
            try socket.acknowledge(message, "RTM_NEWADDR", "\(prefix.description) on \(name)") { errno in
                adviceOnIPv6(name, prefix, errno)
            }
        } catch  where error.errno == EEXIST {
            // The address exists with another prefix length. The caller removes it and tries again.
        }
    }

    private static func removeAddress(
        _ prefix: NetworkPrefix, _ name: String, _ index: Int32, _ socket: borrowing NetlinkSocket
    ) throws(SystemError) {
        let message = try addressMessage(prefix, index, "RTM_DELADDR") { rtnl_addr_build_delete_request($0, 0, $1) }
        do throws(SystemError) {
            try socket.acknowledge(message, "RTM_DELADDR", "\(prefix.description) on \(name)")
        } catch  where error.errno == EADDRNOTAVAIL {
            // Removed together with the primary address of its subnet.
        }
    }

    private static func addressMessage(
        _ prefix: NetworkPrefix, _ index: Int32, _ call: String,
        build: (OpaquePointer, UnsafeMutablePointer<OpaquePointer?>) -> CInt
    ) throws(SystemError) -> NetlinkMessage {
        guard let address = rtnl_addr_alloc() else { throw NetlinkSocket.outOfMemory }
        defer { rtnl_addr_put(address) }
        rtnl_addr_set_ifindex(address, index)
        rtnl_addr_set_family(address, prefix.family)
        _ = try prefix.withLibraryAddress { rtnl_addr_set_local(address, $0) }
        rtnl_addr_set_prefixlen(address, CInt(prefix.length))
        if !prefix.address.isIPv4 { rtnl_addr_set_flags(address, UInt32(IFA_F_NODAD)) }
        return try NetlinkMessage(call, prefix.description) { build(address, $0) }
    }
}
