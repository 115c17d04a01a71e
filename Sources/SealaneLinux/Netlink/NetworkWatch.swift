import CLinux
import Glibc

/// Reports changes of links, addresses, routes and rules in the calling thread's network namespace (rtnetlink(7)
/// multicast). Belongs to one thread.
package struct NetworkWatch: ~Copyable {
    private let socket: NetlinkSocket

    /// Changes since the last `readChanges`.
    package struct Changes: Sendable {
        /// The given device, its addresses, or routes with our protocol number or through the device.
        package internal(set) var device = false
        /// Anything else: other links and addresses, routes, rules.
        package internal(set) var others = false
    }

    package init() throws(SystemError) {
        let socket = try NetlinkSocket()
        // Losing messages is safe: the caller then checks everything.
        _ = nl_socket_set_buffer_size(socket.handle, 1 << 20, 0)
        let groups = [
            RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE,
            RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_RULE,
        ]
        for group in groups {
            let result = nl_socket_add_membership(socket.handle, CInt(group.rawValue))
            guard result >= 0 else {
                throw SystemError(
                    call: "setsockopt NETLINK_ADD_MEMBERSHIP", errno: NetlinkSocket.errno(ofLibrary: result),
                    subject: "\(group.rawValue)")
            }
        }
        _ = nl_socket_set_nonblocking(socket.handle)
        self.socket = socket
    }

    /// Readable when changes may be waiting.
    package var fileDescriptor: CInt { nl_socket_get_fd(socket.handle) }

    /// Reads all waiting changes.
    /// - Parameter index: the device to report separately.
    package borrowing func readChanges(ofDevice index: Int32) -> Changes {
        var changes = Changes()
        while true {
            var source = sockaddr_nl()
            var buffer: UnsafeMutablePointer<UInt8>?
            var remaining = nl_recv(socket.handle, &source, &buffer, nil)
            guard remaining > 0, let buffer else {
                // 0: nothing is waiting. Any other error: messages were lost (ENOBUFS).
                guard remaining < 0, -remaining != NLE_AGAIN else { return changes }
                changes = Changes(device: true, others: true)
                if -remaining == NLE_NOMEM { continue }
                return changes
            }
            defer { free(buffer) }
            guard source.nl_pid == 0 else { continue }
            var header = UnsafeMutableRawPointer(buffer).assumingMemoryBound(to: nlmsghdr.self)
            while nlmsg_ok(header, remaining) != 0 {
                if Self.concerns(header, device: index) { changes.device = true } else { changes.others = true }
                header = nlmsg_next(header, &remaining)
            }
        }
    }

    private static func concerns(_ message: UnsafeMutablePointer<nlmsghdr>, device index: Int32) -> Bool {
        guard let data = nlmsg_data(message) else { return false }
        let byteCount = Int(nlmsg_datalen(message))
        switch Int(message.pointee.nlmsg_type) {
        case RTM_NEWLINK, RTM_DELLINK:
            guard byteCount >= MemoryLayout<ifinfomsg>.size else { return false }
            return data.loadUnaligned(as: ifinfomsg.self).ifi_index == index
        case RTM_NEWADDR, RTM_DELADDR:
            guard byteCount >= MemoryLayout<ifaddrmsg>.size else { return false }
            return data.loadUnaligned(as: ifaddrmsg.self).ifa_index == UInt32(bitPattern: index)
        case RTM_NEWROUTE, RTM_DELROUTE:
            let size = MemoryLayout<rtmsg>.size
            guard byteCount >= size else { return false }
            if data.loadUnaligned(as: rtmsg.self).rtm_protocol == InterfaceConfiguration.routeProtocol { return true }
            return nlmsg_find_attr(message, CInt(size), CInt(RTA_OIF.rawValue)).map {
                Int32(bitPattern: nla_get_u32($0)) == index
            } ?? false
        default:
            return false
        }
    }
}
