import CLinux
import Glibc

extension TunDevice {
    /// The state of a TUN device as rtnetlink reports it, whichever processes are attached.
    public struct State: Hashable, Sendable {
        package let interfaceIndex: Int32
        /// The user who may attach without CAP_NET_ADMIN. Without an owner and a group, every user may.
        package let owner: UInt32?
        /// The group that a user without CAP_NET_ADMIN must belong to as well.
        package let group: UInt32?
        package let isPersistent: Bool
        /// The device supports several queues (kernel: IFF_MULTI_QUEUE).
        package let isMultiQueue: Bool
        /// Attached queues, including those that their holder has disabled. A single-queue device reports no number;
        /// its carrier shows whether a process is attached.
        package let queueCount: Int

        /// A user without privileges may attach.
        package var isOpenToAll: Bool { owner == nil && group == nil }

        package init(
            interfaceIndex: Int32, owner: UInt32?, group: UInt32?, isPersistent: Bool, isMultiQueue: Bool,
            queueCount: Int
        ) {
            self.interfaceIndex = interfaceIndex
            self.owner = owner
            self.group = group
            self.isPersistent = isPersistent
            self.isMultiQueue = isMultiQueue
            self.queueCount = queueCount
        }
    }

    /// Nil if there is no interface `name` or it has another type. Needs no privilege.
    package static func stateIfTun(of name: String) throws(SystemError) -> State? {
        guard let found = try find(name), found.kind == "tun" else { return nil }
        return found.state
    }

    /// Nil if there is no interface `name`; an error if it is not a TUN device. Needs no privilege.
    public static func state(of name: String) throws(SystemError) -> State? {
        guard let found = try find(name) else { return nil }
        guard found.kind == "tun", let state = found.state else {
            throw SystemError(
                call: "RTM_GETLINK", errno: EINVAL, subject: name, advice: "\(name) is not a TUN device")
        }
        return state
    }

    private static func find(_ name: String) throws(SystemError) -> (kind: String?, state: State?)? {
        let message = try NetlinkMessage(RTM_GETLINK)
        try message.append(
            ifinfomsg(ifi_family: 0, __ifi_pad: 0, ifi_type: 0, ifi_index: 0, ifi_flags: 0, ifi_change: 0))
        try message.append(attribute: UInt32(IFLA_IFNAME), bytes: [UInt8](name.utf8) + [0])
        var kind: String?
        var state: State?
        let errno = try NetlinkSocket().request(message, "RTM_GETLINK") { answer in
            kind = linkKind(answer)
            state = tunState(answer)
        }
        if errno == ENODEV { return nil }
        guard errno == 0 else { throw SystemError(call: "RTM_GETLINK", errno: errno, subject: name) }
        return (kind, state)
    }

    /// Throws unless exactly `count` queues are attached to `name`: those that the calling process has opened. The
    /// error names the processes with the other queues, if they are visible.
    package static func requireQueues(_ count: Int, of name: String) throws(SystemError) {
        guard let state = try state(of: name) else {
            throw SystemError(call: "RTM_GETLINK", errno: ENODEV, subject: name, advice: "the device was removed")
        }
        guard state.queueCount != count else { return }
        let advice = TunHolder.advice(
            "\(state.queueCount) queues are attached and this agent opened \(count)", device: name)
        throw SystemError(call: "TUN device", errno: EBUSY, subject: name, advice: advice)
    }

    private static func linkKind(_ answer: UnsafeMutablePointer<nlmsghdr>) -> String? {
        linkInformation(answer, IFLA_INFO_KIND).map { String(cString: nla_get_string($0)) }
    }

    private static func linkInformation(
        _ answer: UnsafeMutablePointer<nlmsghdr>, _ attribute: Int
    ) -> UnsafeMutablePointer<nlattr>? {
        guard let link = nlmsg_find_attr(answer, CInt(MemoryLayout<ifinfomsg>.size), CInt(IFLA_LINKINFO)) else {
            return nil
        }
        return nested(link, attribute)
    }

    private static func nested(
        _ attribute: UnsafeMutablePointer<nlattr>, _ type: Int
    ) -> UnsafeMutablePointer<nlattr>? {
        guard let data = nla_data(attribute) else { return nil }
        return nla_find(data.assumingMemoryBound(to: nlattr.self), nla_len(attribute), CInt(type))
    }

    /// Kernel: tun_fill_info.
    private static func tunState(_ answer: UnsafeMutablePointer<nlmsghdr>) -> State? {
        guard let data = linkInformation(answer, IFLA_INFO_DATA), let header = nlmsg_data(answer) else { return nil }
        func flag(_ type: Int) -> Bool { nested(data, type).map { nla_get_u8($0) != 0 } ?? false }
        func number(_ type: Int) -> UInt32? { nested(data, type).map { nla_get_u32($0) } }
        let carrier = nlmsg_find_attr(answer, CInt(MemoryLayout<ifinfomsg>.size), CInt(IFLA_CARRIER))
        let isHeld = carrier.map { nla_get_u8($0) != 0 } ?? true
        let isMultiQueue = flag(IFLA_TUN_MULTI_QUEUE)
        let counted = number(IFLA_TUN_NUM_QUEUES).map { Int($0) + Int(number(IFLA_TUN_NUM_DISABLED_QUEUES) ?? 0) }
        return State(
            interfaceIndex: header.loadUnaligned(as: ifinfomsg.self).ifi_index, owner: number(IFLA_TUN_OWNER),
            group: number(IFLA_TUN_GROUP), isPersistent: flag(IFLA_TUN_PERSIST), isMultiQueue: isMultiQueue,
            queueCount: counted ?? (isHeld ? 1 : 0))
    }
}
