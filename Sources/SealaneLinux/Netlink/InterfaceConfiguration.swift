import CLinux
import Glibc

/// Changes interfaces of the calling thread's network namespace through rtnetlink. Every call is idempotent. Needs
/// CAP_NET_ADMIN.
///
/// Call in this order: `setMTU`, `setUp`, `replaceAddresses`, `replaceRoutes`. The kernel drops the routes of an
/// interface that goes down or loses its last IPv4 address, so routes come last.
package enum InterfaceConfiguration {
    /// As `ip link set NAME up`.
    package static func setUp(_ name: String) throws(SystemError) {
        let up = UInt32(IFF_UP)
        try changeLink(name, "up", flags: up, mask: up)
    }

    /// - Parameter mtu: in bytes. Below 1280 the kernel removes IPv6 from the interface.
    package static func setMTU(_ name: String, to mtu: Int) throws(SystemError) {
        guard let mtu = UInt32(exactly: mtu) else {
            throw SystemError(call: "RTM_NEWLINK", errno: EINVAL, subject: "\(name) mtu \(mtu)")
        }
        try changeLink(name, "mtu \(mtu)", attributes: [(IFLA_MTU, mtu)], "the interface does not support this MTU")
    }

    /// Sets the maximum length, headers included, of a super-packet that the kernel sends through the interface, as `ip
    /// link set NAME gso_max_size N`. Affects only packets that the kernel builds afterwards.
    /// - Parameter byteCount: at most 65,536, which is the kernel's default.
    package static func setSuperpacketLimit(_ name: String, to byteCount: Int) throws(SystemError) {
        guard let limit = UInt32(exactly: byteCount) else {
            throw SystemError(call: "RTM_NEWLINK", errno: EINVAL, subject: "\(name) gso_max_size \(byteCount)")
        }
        try changeLink(
            name, "gso_max_size \(limit)", attributes: [(IFLA_GSO_MAX_SIZE, limit)],
            "the interface does not support super-packets of this size")
    }

    /// Sets how many packets each queue of the interface holds, as `ip link set NAME txqueuelen N`. For a TUN device
    /// these are the queues that its readers read. A super-packet counts as one packet, and the kernel drops packets
    /// for a full queue.
    package static func setQueueLength(_ name: String, to packetCount: Int) throws(SystemError) {
        guard let length = UInt32(exactly: packetCount) else {
            throw SystemError(call: "RTM_NEWLINK", errno: EINVAL, subject: "\(name) txqueuelen \(packetCount)")
        }
        try changeLink(name, "txqueuelen \(length)", attributes: [(IFLA_TXQLEN, length)])
    }

    /// Renames the interface with the index `index`. Before Linux 6.2 it must be down.
    static func rename(_ index: Int32, from name: String, to newName: String) throws(SystemError) {
        let message = try NetlinkMessage(RTM_NEWLINK)
        try message.append(
            ifinfomsg(ifi_family: 0, __ifi_pad: 0, ifi_type: 0, ifi_index: index, ifi_flags: 0, ifi_change: 0))
        try message.append(attribute: UInt32(IFLA_IFNAME), bytes: [UInt8](newName.utf8) + [0])
        try NetlinkSocket().acknowledge(message, "RTM_NEWLINK", "\(name) to \(newName)") { errno in
            errno == EEXIST ? "another program created an interface of this name meanwhile" : nil
        }
    }

    /// Makes the kernel ignore routes through the interface while no process is attached to it, so that packets match
    /// the next route instead of being lost on the interface (kernel: ignore_routes_with_linkdown, of this interface
    /// only).
    package static func ignoreRoutesWithoutCarrier(_ name: String) throws(SystemError) {
        for family in ["ipv4", "ipv6"] {
            let path = "/proc/sys/net/\(family)/conf/\(name)/ignore_routes_with_linkdown"
            do throws(SystemError) {
                let file = try FileDescriptor.open(path, O_WRONLY)
                let number = file.number
                try systemCall("write", path) { negatedErrno(Glibc.write(number, "1", 1)) }
            } catch  where error.errno == ENOENT && family == "ipv6" {
                // The kernel runs without IPv6.
            }
        }
    }

    private static func changeLink(
        _ name: String, _ change: String, flags: UInt32 = 0, mask: UInt32 = 0, attributes: [(Int, UInt32)] = [],
        _ adviceOnRefusal: String? = nil
    ) throws(SystemError) {
        let index = try NetworkInterface.index(of: name)
        let message = try NetlinkMessage(RTM_NEWLINK)
        try message.append(
            ifinfomsg(
                ifi_family: 0, __ifi_pad: 0, ifi_type: 0, ifi_index: index, ifi_flags: flags, ifi_change: mask))
        for (attribute, value) in attributes { try message.append(attribute: UInt32(attribute), value) }
        try NetlinkSocket().acknowledge(message, "RTM_NEWLINK", "\(name) \(change)") { errno in
            errno == EINVAL ? adviceOnRefusal : nil
        }
    }

    /// An explanation if the kernel refused a change because the interface has no IPv6; nil for other errors.
    static func adviceOnIPv6(_ name: String, _ prefix: NetworkPrefix, _ errno: Int32) -> String? {
        guard !prefix.address.isIPv4, [EACCES, EAFNOSUPPORT, EOPNOTSUPP, EINVAL, ENODEV].contains(errno) else {
            return nil
        }
        switch NetworkInterface.ipv6(of: name) {
        case .disabled:
            return
                "IPv6 is disabled on \(name): set net.ipv6.conf.\(name).disable_ipv6 to 0, or use IPv4 addresses only"
        case .absent: return "\(name) has no IPv6: its MTU is below 1280, or the kernel runs without IPv6"
        case .on: return nil
        }
    }
}
