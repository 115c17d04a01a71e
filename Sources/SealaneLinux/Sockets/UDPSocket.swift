import CLinux
import Glibc

/// One bound, non-blocking UDP socket of the underlay. `SendBatch.flush(to:)` sends through it,
/// `ReceiveBatch.fill(from:)` receives from it.
///
/// Datagrams leave with DF set and TTL or hop limit 255 (RFC 5082), whatever path MTU the kernel remembers. A datagram
/// that is too big for the interface fails with EMSGSIZE. One that is too big for the path is dropped there, and an
/// ICMP error may report it. The socket may move to another thread. One thread at a time receives. For a second sending
/// thread, see `duplicate`.
public struct UDPSocket: ~Copyable, Sendable {
    package struct Options: Sendable {
        /// Bytes of datagrams that the kernel may queue. More than `net.core.rmem_max` needs CAP_NET_ADMIN.
        package var receiveBufferByteCount: Int
        package var sendBufferByteCount: Int
        /// The firewall mark (SO_MARK) of every datagram, for policy routing. Needs CAP_NET_ADMIN.
        package var mark: UInt32?

        package init(
            receiveBufferByteCount: Int = 4 << 20, sendBufferByteCount: Int = 4 << 20, mark: UInt32? = nil
        ) {
            self.receiveBufferByteCount = receiveBufferByteCount
            self.sendBufferByteCount = sendBufferByteCount
            self.mark = mark
        }
    }

    private let descriptor: FileDescriptor
    /// The bound address, with the port that the kernel chose if 0 was requested.
    public let localAddress: SocketAddress
    /// An IPv6 socket; bound to `::`, it carries IPv4 as well.
    public let isIPv6: Bool
    /// The part of `Options.receiveBufferByteCount` that the kernel granted.
    package let receiveBufferByteCount: Int
    /// The part of `Options.sendBufferByteCount` that the kernel granted.
    package let sendBufferByteCount: Int

    public var fileDescriptor: CInt { descriptor.number }

    /// Binds to `address`: an IPv4 or IPv6 address of this host, 0.0.0.0 (IPv4 only) or `::` (both families).
    package static func bind(
        to address: SocketAddress, options: Options = Options()
    ) throws(SystemError) -> UDPSocket {
        let isIPv6 = !address.isIPv4
        let descriptor = try FileDescriptor.socket(isIPv6 ? AF_INET6 : AF_INET, SOCK_DGRAM)
        let number = descriptor.number
        try systemCall("fcntl O_NONBLOCK", "UDP socket") { negatedErrno(fcntl(number, F_SETFL, O_NONBLOCK)) }
        let isDualStack = isIPv6 && address.isWildcard
        if isIPv6 {
            try descriptor.setOption(CInt(IPPROTO_IPV6), IPV6_V6ONLY, "IPV6_V6ONLY", to: isDualStack ? 0 : 1)
            try descriptor.setOption(
                CInt(IPPROTO_IPV6), IPV6_MTU_DISCOVER, "IPV6_MTU_DISCOVER", to: IPV6_PMTUDISC_PROBE)
            try descriptor.setOption(CInt(IPPROTO_IPV6), IPV6_UNICAST_HOPS, "IPV6_UNICAST_HOPS", to: 255)
        }
        if !isIPv6 || isDualStack {
            try descriptor.setOption(CInt(IPPROTO_IP), IP_MTU_DISCOVER, "IP_MTU_DISCOVER", to: IP_PMTUDISC_PROBE)
            try descriptor.setOption(CInt(IPPROTO_IP), IP_TTL, "IP_TTL", to: 255)
        }
        if let mark = options.mark {
            try descriptor.setMark(mark)
        }
        let receive = try descriptor.setBuffer(
            force: SO_RCVBUFFORCE, plain: SO_RCVBUF, "SO_RCVBUF", to: options.receiveBufferByteCount)
        let send = try descriptor.setBuffer(
            force: SO_SNDBUFFORCE, plain: SO_SNDBUF, "SO_SNDBUF", to: options.sendBufferByteCount)
        let advice = { (errno: Int32) -> String? in
            switch errno {
            case EADDRINUSE: "another process already receives on this address and port"
            case EADDRNOTAVAIL: "\(address.addressText) is not an address of this host"
            case EACCES: "ports below 1024 need CAP_NET_BIND_SERVICE"
            default: nil
            }
        }
        try systemCall("bind", "UDP \(address)", advice: advice) {
            address.withSockaddr(forIPv6Socket: isIPv6) { negatedErrno(Glibc.bind(number, $0, $1)) }
        }
        let localAddress = try SocketAddress.read("getsockname") { getsockname(number, $0, $1) }
        return UDPSocket(
            descriptor: descriptor, localAddress: localAddress, isIPv6: isIPv6, receiveBufferByteCount: receive,
            sendBufferByteCount: send)
    }

    private init(
        descriptor: consuming FileDescriptor, localAddress: SocketAddress, isIPv6: Bool, receiveBufferByteCount: Int,
        sendBufferByteCount: Int
    ) {
        self.descriptor = descriptor
        self.localAddress = localAddress
        self.isIPv6 = isIPv6
        self.receiveBufferByteCount = receiveBufferByteCount
        self.sendBufferByteCount = sendBufferByteCount
    }

    /// Allows the kernel to join datagrams of one sender into runs (UDP_GRO); see `ReceiveBatch`. Off by default. While
    /// on, receiving needs buffers of 65,535 bytes.
    ///
    /// ENOPROTOOPT on kernels that do not support it, and below Linux 5.12, where it has bugs and cannot be read back.
    package borrowing func setGRO(_ isOn: Bool) throws(SystemError) {
        let wanted: CInt = isOn ? 1 : 0
        let result = descriptor.setOption(CInt(IPPROTO_UDP), UDP_GRO, to: wanted)
        if result >= 0, try descriptor.option(CInt(IPPROTO_UDP), UDP_GRO, "UDP_GRO") == wanted { return }
        throw SystemError(
            call: "setsockopt UDP_GRO", errno: result < 0 ? Int32(-result) : EINVAL, subject: "\(localAddress)",
            advice: "this kernel does not join datagrams")
    }

    /// Makes the kernel report the traffic class of every datagram: see `DatagramOrigin.trafficClass`.
    package borrowing func reportTrafficClass() throws(SystemError) {
        if isIPv6 {
            try descriptor.setOption(CInt(IPPROTO_IPV6), IPV6_RECVTCLASS, "IPV6_RECVTCLASS", to: 1)
        }
        if !isIPv6 || localAddress.isWildcard {
            try descriptor.setOption(CInt(IPPROTO_IP), IP_RECVTOS, "IP_RECVTOS", to: 1)
        }
    }

    /// Makes the kernel report, for every datagram, its destination address, the TTL or hop limit with which it
    /// arrived, and whether it arrived in fragments: see `DatagramOrigin`.
    ///
    /// IPv6 routers do not fragment, but a device that encapsulates IPv6 may, and the report costs nothing for IPv6.
    package borrowing func reportPath() throws(SystemError) {
        if isIPv6 {
            try descriptor.setOption(CInt(IPPROTO_IPV6), Self.receiveFragmentSize6, "IPV6_RECVFRAGSIZE", to: 1)
            try descriptor.setOption(CInt(IPPROTO_IPV6), IPV6_RECVPKTINFO, "IPV6_RECVPKTINFO", to: 1)
            try descriptor.setOption(CInt(IPPROTO_IPV6), IPV6_RECVHOPLIMIT, "IPV6_RECVHOPLIMIT", to: 1)
        }
        if !isIPv6 || localAddress.isWildcard {
            try descriptor.setOption(CInt(IPPROTO_IP), IP_PKTINFO, "IP_PKTINFO", to: 1)
            try descriptor.setOption(CInt(IPPROTO_IP), IP_RECVTTL, "IP_RECVTTL", to: 1)
            try descriptor.setOption(CInt(IPPROTO_IP), Self.receiveFragmentSize4, "IP_RECVFRAGSIZE", to: 1)
        }
    }

    // kernel: IP_RECVFRAGSIZE and IPV6_RECVFRAGSIZE, since Linux 4.10
    private static var receiveFragmentSize4: CInt { 25 }
    private static var receiveFragmentSize6: CInt { 77 }

    /// A second descriptor of the same socket, for a thread that only sends. The kernel lets several threads send
    /// through one socket concurrently without locking the socket.
    public borrowing func duplicate() throws(SystemError) -> UDPSocket {
        let number = descriptor.number
        let copy = try systemCall("fcntl F_DUPFD_CLOEXEC", "\(localAddress)") {
            negatedErrno(fcntl(number, F_DUPFD_CLOEXEC, 0))
        }
        return UDPSocket(
            descriptor: FileDescriptor(owning: CInt(copy)), localAddress: localAddress, isIPv6: isIPv6,
            receiveBufferByteCount: receiveBufferByteCount, sendBufferByteCount: sendBufferByteCount)
    }
}

extension FileDescriptor {
    func setMark(_ mark: UInt32) throws(SystemError) {
        try systemCall(
            "setsockopt SO_MARK", "\(mark)", advice: { $0 == EPERM ? "needs CAP_NET_ADMIN" : nil }
        ) { setOption(SOL_SOCKET, SO_MARK, to: CInt(bitPattern: mark)) }
    }

    /// Requests `byteCount` beyond the system's limit, then within it, and returns the granted size.
    func setBuffer(
        force: CInt, plain: CInt, _ name: String, to byteCount: Int
    ) throws(SystemError) -> Int {
        let wanted = CInt(clamping: byteCount)
        if setOption(SOL_SOCKET, force, to: wanted) < 0 {
            try setOption(SOL_SOCKET, plain, name, to: wanted)
        }
        // The kernel doubles the requested size for its own bookkeeping, and reports the double (socket(7)).
        return Int(try option(SOL_SOCKET, plain, name)) / 2
    }
}
