import CLinux
import Glibc

extension NetworkRoute {
    /// The kernel's decision, by its routes and rules, on packets to a destination.
    package enum Answer: Hashable, Sendable {
        /// They leave by one of these next hops.
        case out([Hop])
        /// They are refused. The sender gets this error number: EACCES if a route prohibits them.
        case refused(errno: Int32)
    }

    package struct Hop: Hashable, Sendable {
        package let interfaceIndex: Int32
        /// The router's address; nil if the destination is on the link.
        package let gateway: String?
    }

    /// The kernel's current decision for `destination`. Sends nothing.
    /// - Parameter destination: an address, without a port or prefix length.
    package static func answer(to destination: String) throws(SystemError) -> Answer {
        guard let address = SocketAddress(destination, port: 0) else { throw invalid(destination) }
        return try lookUp(address, from: nil, NetlinkSocket())
    }

    /// The kernel's decisions for packets from the local address `source` to each of `destinations`, with all next hops
    /// of a route that has several.
    package static func paths(
        to destinations: [SocketAddress], from source: SocketAddress
    ) throws(SystemError) -> [Answer] {
        let socket = try NetlinkSocket()
        var answers: [Answer] = []
        for destination in destinations {
            // Kernels before 4.13 do not support the flag, and report one next hop.
            var answer = try lookUp(destination, from: source, flags: fibMatch, socket)
            if answer == .out([]) || answer == .refused(errno: EINVAL) {
                answer = try lookUp(destination, from: source, socket)
            }
            answers.append(answer)
        }
        return answers
    }

    /// Kernel: RTM_F_FIB_MATCH, which requests the route itself instead of the decision for one packet.
    private static var fibMatch: UInt32 { 0x2000 }

    private static func invalid(_ text: String) -> SystemError {
        SystemError(call: "RTM_GETROUTE", errno: EINVAL, subject: text, advice: "expected an IPv4 or IPv6 address")
    }

    /// Kernel: RTM_GETROUTE, with source and mark, so that rules by source and mark apply.
    static func lookUp(
        _ destination: SocketAddress, from source: SocketAddress?, mark: UInt32? = nil, flags: UInt32 = 0,
        _ socket: borrowing NetlinkSocket
    ) throws(SystemError) -> Answer {
        let to = NetworkPrefix(address: destination, length: destination.isIPv4 ? 32 : 128)
        let message = try NetlinkMessage(RTM_GETROUTE)
        var header = rtmsg()
        header.rtm_family = UInt8(to.family)
        header.rtm_dst_len = UInt8(to.length)
        header.rtm_flags = flags
        let from = source.map { NetworkPrefix(address: $0, length: $0.isIPv4 ? 32 : 128) }
        if let from { header.rtm_src_len = UInt8(from.length) }
        try message.append(header)
        try message.append(attribute: RTA_DST.rawValue, bytes: to.bytes)
        if let from { try message.append(attribute: RTA_SRC.rawValue, bytes: from.bytes) }
        if let mark { try message.append(attribute: RTA_MARK.rawValue, mark) }
        if destination.scope != 0 { try message.append(attribute: RTA_OIF.rawValue, destination.scope) }
        var hops: [Hop] = []
        let errno = try socket.request(message, "RTM_GETROUTE") { hops += Self.hops(in: $0, to.family) }
        return errno == 0 ? .out(hops) : .refused(errno: errno)
    }

    private static func hops(in answer: UnsafeMutablePointer<nlmsghdr>, _ family: CInt) -> [Hop] {
        let header = CInt(MemoryLayout<rtmsg>.size)
        if let index = nlmsg_find_attr(answer, header, CInt(RTA_OIF.rawValue)) {
            let gateway = nlmsg_find_attr(answer, header, CInt(RTA_GATEWAY.rawValue))
            return [
                Hop(
                    interfaceIndex: Int32(bitPattern: nla_get_u32(index)),
                    gateway: gateway.flatMap { address(in: $0, family) })
            ]
        }
        guard let list = nlmsg_find_attr(answer, header, CInt(RTA_MULTIPATH.rawValue)), let data = nla_data(list) else {
            return []
        }
        // A sequence of struct rtnexthop, each with its attributes.
        var hops: [Hop] = []
        var offset = 0
        let byteCount = Int(nla_len(list))
        let size = MemoryLayout<rtnexthop>.size
        while offset + size <= byteCount {
            let hop = data.loadUnaligned(fromByteOffset: offset, as: rtnexthop.self)
            let length = Int(hop.rtnh_len)
            guard length >= size, offset + length <= byteCount else { break }
            defer { offset += (length + 3) & ~3 }
            // RTNH_F_DEAD: the kernel skips it.
            guard hop.rtnh_flags & 1 == 0 else { continue }
            let attributes = (data + offset + size).assumingMemoryBound(to: nlattr.self)
            let gateway = nla_find(attributes, CInt(length - size), CInt(RTA_GATEWAY.rawValue))
            hops.append(
                Hop(interfaceIndex: hop.rtnh_ifindex, gateway: gateway.flatMap { address(in: $0, family) }))
        }
        return hops
    }

    private static func address(in attribute: UnsafeMutablePointer<nlattr>, _ family: CInt) -> String? {
        guard let built = nl_addr_build(family, nla_data(attribute), Int(nla_len(attribute))) else { return nil }
        defer { nl_addr_put(built) }
        return NetworkPrefix(libraryAddress: built, family: family)?.address.addressText
    }
}
