import CLinux
import Glibc

/// One queue of a TUN device: packets that the kernel routes to the device are read here, and packets written here
/// arrive in the kernel as received from it: one IP packet a call (kernel: IFF_NO_PI).
///
/// Opened with `offloads`, every packet has `headerByteCount` (10) bytes before it, read and written together with it:
/// the `virtio_net_hdr` (linux/virtio_net.h), numbers in host order. It says whether the packet is a super-packet, to
/// be cut into segments, and where a checksum is still to be finished. Opened without, `headerByteCount` is 0 and every
/// packet is whole and at most as long as the interface's MTU.
///
/// The device belongs to the effective user and group of the process that opens it, before it persists or is up: other
/// users without CAP_NET_ADMIN cannot attach to it, neither now nor while no process is attached, whatever the mode of
/// /dev/net/tun is.
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
        /// The first of several (kernel: IFF_MULTI_QUEUE). Opening it fails if another process has one.
        case first
        /// One more of a device whose first queue is open.
        case additional
    }

    private let descriptor: FileDescriptor
    public let interfaceName: String
    /// The kernel's number of the interface.
    public let interfaceIndex: Int32

    /// Bytes before each packet, both ways: 10, or 0 when the queue was opened without offloads or the driver has none.
    public let headerByteCount: Int
    /// What the kernel granted of the offloads asked for, and why not the rest.
    public let offloads: TunOffloadGrant

    public var fileDescriptor: CInt { descriptor.number }

    /// The most bytes that one `read` gives: the header, and the longest IPv6 packet (40 + 65,535).
    @inlinable public static var maximumReadByteCount: Int { virtioHeaderByteCount + 40 + 65_535 }
    /// The most pieces of one scatter write (kernel: UIO_MAXIOV).
    @inlinable public static var maximumPieceCount: Int { 1024 }
    @inlinable public static var virtioHeaderByteCount: Int { 10 }

    /// Makes the device `name`, or attaches to it if it is there already and nobody else is attached. The interface is
    /// left as it is found: a new one is down and has no address.
    ///
    /// Header and offloads belong to the device, not to the queue: a device that an earlier process left behind takes
    /// the kind asked for now; with several queues, all must be opened alike (another kind is EINVAL). Packets that the
    /// device queued before its offloads were set are dropped.
    /// - Parameters:
    ///   - name: 1 to 15 characters: letters, digits and `-_.`
    ///   - persistent: the device stays when its last queue is closed.
    ///   - offloads: nil for plain packets. Otherwise packets carry the header, and the kernel may hand over what
    ///     `self.offloads.granted` then says; `[]` is the header alone. What the kernel does not know is left out and is
    ///     no error.
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

    /// Makes a device of several queues. Until it has an owner, any process that may open /dev/net/tun can attach to it by
    /// its name: it gets the name `name` only afterwards, and is made again if a process has attached before.
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
                // It lives as long as somebody else is attached.
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
        // From here on nobody else can attach; who has before, would be there now.
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

    /// Makes the attached device this user's and this group's, whoever had it before, and takes away what a process that
    /// was attached before may have left: programs that choose queues and drop packets.
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
        // A kernel that does not know them has none.
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
                advice: "\(name) has packets \(hasHeader ? "with" : "without") a header, set by who attached first: "
                    + "open all queues alike, or remove it with: ip link delete \(name)")
        }
        let grant: TunOffloadGrant
        if withHeader, let offloads {
            try systemCall("ioctl TUNSETVNETHDRSZ", name) {
                Int(clinux_tun_set_header_size(number, CInt(virtioHeaderByteCount)))
            }
            grant = try TunOffloadGrant.negotiate(offloads, device: name) { Int(clinux_tun_set_offloads(number, $0)) }
        } else {
            // A device left behind with segmentation on would hand over super-packets without saying so. A driver that
            // refuses to set none never had any.
            _ = clinux_tun_set_offloads(number, 0)
            grant = TunOffloadGrant.withoutHeader(
                offloads ?? [], device: name, "the TUN driver knows no virtio_net_hdr (IFF_VNET_HDR)")
        }
        // More reads than any queue is long, so that one in use ends it, too.
        withUnsafeTemporaryAllocation(byteCount: 64, alignment: 8) { memory in
            for _ in 0..<10_000 where Glibc.read(number, memory.baseAddress, memory.count) < 0 { break }
        }
        return grant
    }

    /// Takes the next packet that the kernel sends through the device, its header before it. One that is longer than
    /// `buffer` is cut; `maximumReadByteCount` is always enough.
    /// - Returns: its length with the header, or -errno: `-EAGAIN` when none is waiting, `-EBADFD` when the device is gone (the queue
    ///   is of no more use, and `Epoll` will report it as ready for ever).
    public borrowing func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard let base = buffer.baseAddress else { return -Int(EINVAL) }
        let number = descriptor.number
        return retryingInterrupts { negatedErrno(Glibc.read(number, base, buffer.count)) }
    }

    /// Hands one IPv4 or IPv6 packet, its header before it, to the kernel.
    /// - Returns: its length with the header, or -errno: `-EIO` while the interface is down, `-EINVAL` for bytes that
    ///   are no IP packet or a header that does not fit them, `-EBADFD` when the device is gone.
    public borrowing func write(_ packet: UnsafeRawBufferPointer) -> Int {
        guard let base = packet.baseAddress else { return -Int(EINVAL) }
        let number = descriptor.number
        return retryingInterrupts { negatedErrno(Glibc.write(number, base, packet.count)) }
    }

    /// Hands one packet, its header before it, to the kernel, gathered from `pieces` in their order.
    /// - Parameters:
    ///   - pieces: where the bytes are, each an address and a length as in `struct iovec`; read only. Pieces may be empty,
    ///     and may cut header and packet anywhere.
    ///   - count: 1...`maximumPieceCount`.
    /// - Returns: as `write(_:)`; `-EINVAL` also for a count out of range.
    public borrowing func write(pieces: UnsafeRawPointer, count: Int) -> Int {
        let pieces = pieces.assumingMemoryBound(to: iovec.self)
        let number = descriptor.number
        let count = CInt(clamping: count)
        return retryingInterrupts { negatedErrno(Glibc.writev(number, pieces, count)) }
    }

    /// The kernel also takes names with other characters, and reads `%d` as "choose a number".
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
