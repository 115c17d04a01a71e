import CLinux
import Glibc

/// One queue of a TUN device: packets that the kernel routes to the device are read here, and packets written here
/// arrive in the kernel as received from it. Plain IP packets, one a call, without any header before them (kernel:
/// IFF_NO_PI).
///
/// A persistent device outlives its queue. When the agent is killed the device and its routes stay, and packets for
/// peers die on a device that nobody reads instead of leaving by the default route in the clear; the next agent
/// attaches to it again. An orderly stop ends it with `TunDevice.remove`. May be moved to another thread; one thread at
/// a time reads, one at a time writes.
public struct TunQueue: ~Copyable, Sendable {
    /// Which queue of the device this is to be. The device keeps the kind it was made with.
    public enum Position: Sendable {
        /// The only queue of a device that has one.
        case only
        /// The first of several (kernel: IFF_MULTI_QUEUE); nobody else may have one.
        case first
        /// One more of a device whose first queue is open.
        case additional
    }

    private let descriptor: FileDescriptor
    public let interfaceName: String
    /// The kernel's number of the interface.
    public let interfaceIndex: Int32

    public var fileDescriptor: CInt { descriptor.number }

    /// Makes the device `name`, or attaches to it if it is there already and nobody else is attached. The interface is
    /// left as it is found: a new one is down and has no address.
    /// - Parameters:
    ///   - name: 1 to 15 characters: letters, digits and `-_.`
    ///   - persistent: the device stays when its last queue is closed.
    public static func open(
        name: String, persistent: Bool, position: Position = .only
    ) throws(SystemError) -> TunQueue {
        guard isInterfaceName(name) else {
            throw SystemError(
                call: "TUN device", errno: EINVAL, subject: name,
                advice: "an interface name has 1 to 15 characters: letters, digits, '-', '_' and '.'")
        }
        if position == .first, try NetworkLink.find(name)?.hasCarrier == true {
            throw busy(name)
        }
        let descriptor = try FileDescriptor.open("/dev/net/tun", O_RDWR | O_NONBLOCK) { errno in
            switch errno {
            case ENOENT:
                "this host has no TUN device: load the kernel module (modprobe tun), or give it to the container"
            case ENODEV: "the kernel has no TUN driver: load it with modprobe tun"
            case EACCES, EPERM: "the agent needs CAP_NET_ADMIN and access to /dev/net/tun"
            default: nil
            }
        }
        let number = descriptor.number
        let attached = retryingInterrupts { Int(clinux_tun_attach(number, name, position == .only ? 0 : 1)) }
        guard attached >= 0 else {
            throw explain(attachError: Int32(-attached), name)
        }
        try systemCall("ioctl TUNSETPERSIST", name) { Int(clinux_tun_set_persistent(number, persistent ? 1 : 0)) }
        var actual = [CChar](repeating: 0, count: Int(IF_NAMESIZE))
        try systemCall("ioctl TUNGETIFF", name) { Int(clinux_tun_name(number, &actual)) }
        let interfaceName = actual.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? name }
        let index = try NetworkInterface.index(of: interfaceName)
        return TunQueue(descriptor: descriptor, interfaceName: interfaceName, interfaceIndex: index)
    }

    private init(descriptor: consuming FileDescriptor, interfaceName: String, interfaceIndex: Int32) {
        self.descriptor = descriptor
        self.interfaceName = interfaceName
        self.interfaceIndex = interfaceIndex
    }

    /// Takes the next packet that the kernel sends through the device. One that is longer than `buffer` is cut.
    /// - Returns: its length, or -errno: `-EAGAIN` when none is waiting, `-EBADFD` when the device is gone (the queue
    ///   is of no more use, and `Epoll` will report it as ready for ever).
    public borrowing func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard let base = buffer.baseAddress else { return -Int(EINVAL) }
        let number = descriptor.number
        return retryingInterrupts { negatedErrno(Glibc.read(number, base, buffer.count)) }
    }

    /// Hands one IPv4 or IPv6 packet to the kernel.
    /// - Returns: its length, or -errno: `-EIO` while the interface is down, `-EINVAL` for bytes that are no IP packet,
    ///   `-EBADFD` when the device is gone.
    public borrowing func write(_ packet: UnsafeRawBufferPointer) -> Int {
        guard let base = packet.baseAddress else { return -Int(EINVAL) }
        let number = descriptor.number
        return retryingInterrupts { negatedErrno(Glibc.write(number, base, packet.count)) }
    }

    /// The kernel also takes names with other characters, and reads `%d` as "choose a number".
    private static func isInterfaceName(_ name: String) -> Bool {
        (1..<Int(IF_NAMESIZE)).contains(name.utf8.count) && name != "." && name != ".."
            && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
    }

    private static func busy(_ name: String) -> SystemError {
        SystemError(
            call: "ioctl TUNSETIFF", errno: EBUSY, subject: name,
            advice: "another process is attached to \(name): is an agent running already?")
    }

    private static func explain(attachError errno: Int32, _ name: String) -> SystemError {
        let advice: String?
        switch errno {
        case EBUSY:
            return busy(name)
        case EPERM:
            advice = "making or attaching a TUN device needs CAP_NET_ADMIN"
        case EINVAL:
            let link = try? NetworkLink.find(name)
            switch link {
            case .none: advice = nil
            case .some(let link) where link.kind == "tun":
                advice =
                    "\(name) exists as a TAP device, or with another number of queues (one, or several); "
                    + "remove it with: ip link delete \(name)"
            case .some:
                advice = "\(name) exists and is not a TUN device; choose another name"
            }
        default:
            advice = nil
        }
        return SystemError(call: "ioctl TUNSETIFF", errno: errno, subject: name, advice: advice)
    }
}
