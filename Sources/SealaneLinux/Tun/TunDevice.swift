import CLinux
import Glibc

/// A TUN device as a whole, whichever processes are attached.
public enum TunDevice {
    /// Opens and closes the driver, as an agent does first. Creates no device.
    package static func tryDriver() throws(SystemError) {
        _ = try openDriver()
    }

    static func openDriver() throws(SystemError) -> FileDescriptor {
        try FileDescriptor.open("/dev/net/tun", O_RDWR | O_NONBLOCK) { errno in
            switch errno {
            case ENOENT:
                "this host has no /dev/net/tun: load the kernel module (modprobe tun), or pass it to the container"
            case ENODEV: "the kernel has no TUN driver: load it with modprobe tun"
            case EACCES, EPERM: "the agent needs CAP_NET_ADMIN and access to /dev/net/tun"
            default: nil
            }
        }
    }

    /// Whether a process is attached to the TUN device `name`. False if there is no device or it has another type.
    package static func isInUse(_ name: String) throws(SystemError) -> Bool {
        guard let link = try NetworkLink.find(name) else { return false }
        return link.kind == "tun" && link.hasCarrier
    }

    /// Throws if a process is attached to the TUN device `name`, and names the process if it is visible.
    package static func requireUnused(_ name: String) throws(SystemError) {
        if try isInUse(name) { throw busy(name) }
    }

    static func busy(_ name: String) -> SystemError {
        SystemError(
            call: "ioctl TUNSETIFF", errno: EBUSY, subject: name,
            advice: TunHolder.advice(
                "another process is attached to \(name): is an agent running already?", device: name))
    }

    /// Whether an interface `name` exists that is not a TUN device.
    package static func isOfOtherKind(_ name: String) throws(SystemError) -> Bool {
        guard let link = try NetworkLink.find(name) else { return false }
        return link.kind != "tun"
    }

    /// Removes the device `name` with its addresses and routes. Open queues then report that it is gone. A missing
    /// device is no error. An interface of another type is left alone and is an error.
    /// - Returns: false if there was no device.
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
            // Removed between the two calls.
        }
        return true
    }
}
