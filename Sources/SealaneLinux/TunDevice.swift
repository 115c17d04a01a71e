import CLinux
import Glibc

/// A TUN device as a whole, whoever is attached to it.
public enum TunDevice {
    /// Opens and closes the driver, as an agent would at first; makes no device.
    public static func tryDriver() throws(SystemError) {
        _ = try openDriver()
    }

    static func openDriver() throws(SystemError) -> FileDescriptor {
        try FileDescriptor.open("/dev/net/tun", O_RDWR | O_NONBLOCK) { errno in
            switch errno {
            case ENOENT:
                "this host has no TUN device: load the kernel module (modprobe tun), or give it to the container"
            case ENODEV: "the kernel has no TUN driver: load it with modprobe tun"
            case EACCES, EPERM: "the agent needs CAP_NET_ADMIN and access to /dev/net/tun"
            default: nil
            }
        }
    }

    /// Whether a process is attached to the TUN device `name`. No device, or one of another kind: false.
    public static func isInUse(_ name: String) throws(SystemError) -> Bool {
        guard let link = try NetworkLink.find(name) else { return false }
        return link.kind == "tun" && link.hasCarrier
    }

    /// Throws if a process is attached to the TUN device `name`, and names it where it can be seen.
    public static func requireUnused(_ name: String) throws(SystemError) {
        if try isInUse(name) { throw busy(name) }
    }

    static func busy(_ name: String) -> SystemError {
        SystemError(
            call: "ioctl TUNSETIFF", errno: EBUSY, subject: name,
            advice: TunHolder.advice(
                "another process is attached to \(name): is an agent running already?", device: name))
    }

    /// Whether there is an interface `name` that is no TUN device.
    public static func isOfOtherKind(_ name: String) throws(SystemError) -> Bool {
        guard let link = try NetworkLink.find(name) else { return false }
        return link.kind != "tun"
    }

    /// Removes the device `name` with its addresses and routes. Queues that are still open find it gone. Nothing to
    /// remove is fine; an interface of another kind is left alone and is an error.
    /// - Returns: false if there was none.
    @discardableResult
    public static func remove(_ name: String) throws(SystemError) -> Bool {
        guard let link = try NetworkLink.find(name) else { return false }
        guard link.kind == "tun" else {
            throw SystemError(
                call: "RTM_DELLINK", errno: EINVAL, subject: name, advice: "\(name) is not a TUN device: not removed")
        }
        let message = try NetlinkMessage(RTM_DELLINK)
        try message.append(
            ifinfomsg(ifi_family: 0, __ifi_pad: 0, ifi_type: 0, ifi_index: link.index, ifi_flags: 0, ifi_change: 0))
        do throws(SystemError) {
            try NetlinkSocket().acknowledge(message, "RTM_DELLINK", name)
        } catch  where error.errno == ENODEV {
            // Gone between the two calls.
        }
        return true
    }
}
