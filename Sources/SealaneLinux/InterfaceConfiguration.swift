import CLinux
import Glibc

/// Changes interfaces of the calling thread's network namespace through rtnetlink: all of it may be repeated, and
/// leaves things as if done once. Needs CAP_NET_ADMIN.
///
/// In order: `setMTU`, `setUp`, `replaceAddresses`, `replaceRoutes`. The kernel drops the routes of an interface that
/// goes down or loses its last IPv4 address, so routes come last.
public enum InterfaceConfiguration {
    /// Sets the interface up, as `ip link set NAME up` does.
    public static func setUp(_ name: String) throws(SystemError) {
        let up = UInt32(IFF_UP)
        try changeLink(name, flags: up, mask: up, mtu: nil)
    }

    /// - Parameter mtu: in bytes. Below 1280 the kernel takes IPv6 away from the interface.
    public static func setMTU(_ name: String, to mtu: Int) throws(SystemError) {
        guard let mtu = UInt32(exactly: mtu) else {
            throw SystemError(call: "RTM_NEWLINK", errno: EINVAL, subject: "\(name) mtu \(mtu)")
        }
        try changeLink(name, flags: 0, mask: 0, mtu: mtu)
    }

    private static func changeLink(_ name: String, flags: UInt32, mask: UInt32, mtu: UInt32?) throws(SystemError) {
        let index = try NetworkInterface.index(of: name)
        let message = try NetlinkMessage(RTM_NEWLINK)
        try message.append(
            ifinfomsg(
                ifi_family: 0, __ifi_pad: 0, ifi_type: 0, ifi_index: index, ifi_flags: flags, ifi_change: mask))
        if let mtu { try message.append(attribute: UInt32(IFLA_MTU), mtu) }
        let subject = mtu.map { "\(name) mtu \($0)" } ?? "\(name) up"
        try NetlinkSocket().acknowledge(message, "RTM_NEWLINK", subject) { errno in
            errno == EINVAL && mtu != nil ? "the interface does not take this MTU" : nil
        }
    }

    /// Words for what the kernel refuses on an interface without IPv6; nil when that is not the reason.
    static func adviceOnIPv6(_ name: String, _ prefix: NetworkPrefix, _ errno: Int32) -> String? {
        guard !prefix.address.isIPv4, [EACCES, EAFNOSUPPORT, EOPNOTSUPP, EINVAL, ENODEV].contains(errno) else {
            return nil
        }
        let path = "/proc/sys/net/ipv6/conf/\(name)/disable_ipv6"
        switch try? AtomicFile.read(path, maximumByteCount: 16) {
        case .some(let bytes) where bytes.first == UInt8(ascii: "1"):
            return
                "IPv6 is disabled on \(name): set net.ipv6.conf.\(name).disable_ipv6 to 0, or use IPv4 addresses only"
        case .none: return "\(name) has no IPv6: its MTU is below 1280, or the kernel runs without IPv6"
        case .some: return nil
        }
    }
}
