import CLinux
import Glibc

/// One queue of a TUN device. `read` returns packets that the kernel routes to the device, and the kernel receives
/// packets that `write` passes to it: one IP packet or super-packet a call (kernel: IFF_NO_PI).
///
/// Opened with `offloads`, `headerByteCount` (10) bytes precede every packet and are read and written together with it:
/// the `virtio_net_hdr` (linux/virtio_net.h), numbers in host order. It says whether the packet is a super-packet, to
/// be cut into segments, and which checksum is still partial. Opened without offloads, `headerByteCount` is 0, and
/// every packet is complete and at most as long as the interface's MTU.
///
/// Bytes: the queue owns no buffer. The caller's memory is used during a call only: `read` fills it, `write` copies out
/// of it, and after the return the caller may reuse it. The kernel keeps no reference to it.
///
/// Threads: the queue may move to another thread. One thread at a time reads, and one at a time writes.
///
/// End: when the value ends, it closes the descriptor. That discards the packets still waiting in this queue, and
/// removes a device that is not persistent with its last queue. It does not wake a thread in `read`, does not flush
/// anything (a write is complete when it returns), and does not remove a persistent device, its addresses or its
/// routes: packets for peers are then lost on a device that nobody reads instead of leaving by the default route in the
/// clear, and the next agent attaches to the device again. An orderly stop removes the device with `TunDevice.remove`.
///
/// Owner: the device belongs to the effective user and group of the process that opens it, before it persists or is up.
/// Other users without CAP_NET_ADMIN can never attach to it, whether or not a process is attached and whatever the mode
/// of /dev/net/tun.
public struct TunQueue: ~Copyable, Sendable {
    /// Which queue of the device to open. A device keeps the type with which it was created.
    public enum Position: Sendable {
        /// The only queue of a single-queue device.
        case only
        /// The first of several queues (kernel: IFF_MULTI_QUEUE). Fails if another process has one.
        case first
        /// A further queue of a device whose first queue is open.
        case additional
    }

    private let descriptor: FileDescriptor
    public let interfaceName: String
    /// The kernel's index of the interface.
    package let interfaceIndex: Int32

    /// Bytes before each packet, in both directions: 10, or 0 if the queue was opened without offloads or the driver
    /// supports no header.
    public let headerByteCount: Int
    /// The requested offloads that the kernel granted, and the reasons for the others.
    public let offloads: TunOffloadGrant

    public var fileDescriptor: CInt { descriptor.number }

    /// The maximum length of one `read`: the header and the longest IPv6 packet (40 + 65,535).
    @inlinable public static var maximumReadByteCount: Int { virtioHeaderByteCount + 40 + 65_535 }
    @inlinable public static var virtioHeaderByteCount: Int { 10 }

    /// Creates the device `name`, or attaches to it if it exists and no other process is attached. Leaves the
    /// interface's state unchanged: a new one is down and has no address.
    ///
    /// Header and offloads belong to the device, not to the queue: a device that an earlier process left behind takes
    /// the requested type. All queues of one device must be opened alike (another type is EINVAL). Packets that the
    /// device queued before its offloads were set are dropped.
    /// - Parameters:
    ///   - name: 1 to 15 characters: letters, digits and `-_.`
    ///   - persistent: the device stays when its last queue is closed.
    ///   - offloads: nil for plain packets. Otherwise packets have the header, and `self.offloads.granted` says what
    ///     the kernel may pass on; `[]` is the header alone. Offloads that the kernel does not support are left out,
    ///     which is no error.
    public static func open(
        name: String, persistent: Bool, position: Position = .only, offloads: TunOffloads? = nil
    ) throws(SystemError) -> TunQueue {
        guard isInterfaceName(name) else {
            throw SystemError(
                call: "TUN device", errno: EINVAL, subject: name,
                advice: "an interface name has 1 to 15 characters: letters, digits, '-', '_' and '.'")
        }
        if position == .first {
            guard let link = try NetworkLink.find(name) else { return try make(name, persistent, offloads) }
            if link.hasCarrier { throw TunDevice.busy(name) }
        }
        return try attach(name, persistent, position, offloads)
    }

    /// Creates a device of several queues. Until it has an owner, any process that may open /dev/net/tun can attach to
    /// it by its name. So it gets the name `name` only afterwards, and is created again if a process attached before.
    private static func make(
        _ name: String, _ persistent: Bool, _ offloads: TunOffloads?
    ) throws(SystemError) -> TunQueue {
        var attempt = 1
        while true {
            let temporary = "sl-" + String(UInt64.random(in: 1 << 58...UInt64.max), radix: 36).prefix(12)
            do throws(SystemError) {
                let queue = try attach(temporary, false, .first, offloads)
                try InterfaceConfiguration.rename(queue.interfaceIndex, from: temporary, to: name)
                return try queue.renamed(to: name, persistent: persistent)
            } catch {
                // It lives as long as another process is attached.
                try TunDevice.remove(temporary)
                guard error.errno == EBUSY, attempt < 8 else { throw error }
            }
            attempt += 1
        }
    }

    private consuming func renamed(to name: String, persistent: Bool) throws(SystemError) -> TunQueue {
        try Self.setPersistent(persistent, descriptor.number, name)
        return TunQueue(
            descriptor: descriptor, interfaceName: name, interfaceIndex: interfaceIndex,
            headerByteCount: headerByteCount, offloads: offloads)
    }

    private static func attach(
        _ name: String, _ persistent: Bool, _ position: Position, _ offloads: TunOffloads?
    ) throws(SystemError) -> TunQueue {
        let descriptor = try TunDevice.openDriver()
        let number = descriptor.number
        let withHeader = offloads != nil && clinux_tun_knows_header(number) == 1
        let attached = retryingInterrupts {
            Int(clinux_tun_attach(number, name, position == .only ? 0 : 1, withHeader ? 1 : 0))
        }
        guard attached >= 0 else {
            throw explain(attachError: Int32(-attached), name)
        }
        try own(number, name)
        // From here on no other process can attach; an earlier one would be attached already.
        if position == .first { try TunDevice.requireQueues(1, of: name) }
        let grant = try setKind(of: number, name, withHeader: withHeader, offloads: offloads)
        try setPersistent(persistent, number, name)
        var actual = [CChar](repeating: 0, count: Int(IF_NAMESIZE))
        try systemCall("ioctl TUNGETIFF", name) { Int(clinux_tun_name(number, &actual)) }
        let interfaceName = actual.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? name }
        let index = try NetworkInterface.index(of: interfaceName)
        return TunQueue(
            descriptor: descriptor, interfaceName: interfaceName, interfaceIndex: index,
            headerByteCount: withHeader ? virtioHeaderByteCount : 0, offloads: grant)
    }

    /// Makes this user and group the owners of the attached device, and removes what an earlier process may have left:
    /// programs that choose queues and drop packets.
    private static func own(_ number: CInt, _ name: String) throws(SystemError) {
        let advice = { (errno: Int32) -> String? in
            errno == EINVAL ? "this user or group is not known to the network namespace's user namespace" : nil
        }
        let (user, group) = (geteuid(), getegid())
        try systemCall("ioctl TUNSETOWNER", "\(name) to uid \(user)", advice: advice) {
            Int(clinux_tun_set_owner(number, user))
        }
        try systemCall("ioctl TUNSETGROUP", "\(name) to gid \(group)", advice: advice) {
            Int(clinux_tun_set_group(number, group))
        }
        // A kernel that does not know these calls has no such programs.
        _ = clinux_tun_clear_steering(number)
        _ = clinux_tun_clear_filter(number)
    }

    private static func setPersistent(_ persistent: Bool, _ number: CInt, _ name: String) throws(SystemError) {
        try systemCall("ioctl TUNSETPERSIST", name) { Int(clinux_tun_set_persistent(number, persistent ? 1 : 0)) }
    }

    private init(
        descriptor: consuming FileDescriptor, interfaceName: String, interfaceIndex: Int32, headerByteCount: Int,
        offloads: TunOffloadGrant
    ) {
        self.descriptor = descriptor
        self.interfaceName = interfaceName
        self.interfaceIndex = interfaceIndex
        self.headerByteCount = headerByteCount
        self.offloads = offloads
    }

    /// Gives the attached device the header and the offloads, whatever an earlier process left.
    private static func setKind(
        of number: CInt, _ name: String, withHeader: Bool, offloads: TunOffloads?
    ) throws(SystemError) -> TunOffloadGrant {
        // The kernel ignores the header flag of every queue but a device's first.
        let hasHeader = try systemCall("ioctl TUNGETIFF", name) { Int(clinux_tun_has_header(number)) } == 1
        guard hasHeader == withHeader else {
            throw SystemError(
                call: "ioctl TUNSETIFF", errno: EINVAL, subject: name,
                advice:
                    "\(name) has packets \(hasHeader ? "with" : "without") a header, as its first queue was opened: "
                    + "open all queues alike, or remove it with: ip link delete \(name)")
        }
        let grant: TunOffloadGrant
        if withHeader, let offloads {
            try systemCall("ioctl TUNSETVNETHDRSZ", name) {
                Int(clinux_tun_set_header_size(number, CInt(virtioHeaderByteCount)))
            }
            grant = try TunOffloadGrant.negotiate(offloads, device: name) { Int(clinux_tun_set_offloads(number, $0)) }
        } else {
            // A device left behind with segmentation on would pass on super-packets without marking them. A driver that
            // refuses to set no offloads never had any.
            _ = clinux_tun_set_offloads(number, 0)
            grant = TunOffloadGrant.withoutHeader(
                offloads ?? [], device: name, "the TUN driver does not support virtio_net_hdr (IFF_VNET_HDR)")
        }
        // A bound on the reads, longer than any queue, so that a busy queue ends the loop too.
        withUnsafeTemporaryAllocation(byteCount: 64, alignment: 8) { memory in
            for _ in 0..<10_000 where Glibc.read(number, memory.baseAddress, memory.count) < 0 { break }
        }
        return grant
    }

    /// Reads the next packet that the kernel sends through the device, preceded by its header. Truncates a packet that
    /// is longer than `buffer`; `maximumReadByteCount` is always enough.
    /// - Returns: its length with the header, or -errno: `-EAGAIN` if no packet is waiting, `-EBADFD` if the device is gone
    ///   (the queue is then unusable, and `Epoll` reports it as ready for ever).
    public borrowing func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard let base = buffer.baseAddress else { return -Int(EINVAL) }
        let number = descriptor.number
        return retryingInterrupts { negatedErrno(Glibc.read(number, base, buffer.count)) }
    }

    /// Passes one IPv4 or IPv6 packet, preceded by its header, to the kernel.
    /// - Returns: its length with the header, or -errno: `-EIO` while the interface is down, `-EINVAL` for bytes that
    ///   are not an IP packet or a header that does not fit them, `-EBADFD` if the device is gone.
    public borrowing func write(_ packet: UnsafeRawBufferPointer) -> Int {
        guard let base = packet.baseAddress else { return -Int(EINVAL) }
        let number = descriptor.number
        return retryingInterrupts { negatedErrno(Glibc.write(number, base, packet.count)) }
    }

    /// Passes one packet, preceded by its header and gathered from `pieces` in order, to the kernel.
    /// - Parameters:
    ///   - pieces: addresses and lengths of the bytes, as in `struct iovec`; read only. Pieces may be empty, and may
    ///     split header and packet anywhere.
    ///   - count: 1...1024 (kernel: UIO_MAXIOV).
    /// - Returns: as `write(_:)`; `-EINVAL` also for a count out of range.
    public borrowing func write(pieces: UnsafeRawPointer, count: Int) -> Int {
        let pieces = pieces.assumingMemoryBound(to: iovec.self)
        let number = descriptor.number
        let count = CInt(clamping: count)
        return retryingInterrupts { negatedErrno(Glibc.writev(number, pieces, count)) }
    }

    /// The kernel also accepts names with other characters, and replaces `%d` with a number of its choice.
    private static func isInterfaceName(_ name: String) -> Bool {
        (1..<Int(IF_NAMESIZE)).contains(name.utf8.count) && name != "." && name != ".."
            && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
    }

    private static func explain(attachError errno: Int32, _ name: String) -> SystemError {
        let advice: String?
        switch errno {
        case EBUSY:
            return TunDevice.busy(name)
        case EPERM:
            advice = "creating or attaching to a TUN device needs CAP_NET_ADMIN"
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
