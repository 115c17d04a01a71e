import CLinux
import Glibc

/// A connection to nf_tables. One thread at a time uses it.
struct NetfilterSocket: ~Copyable, @unchecked Sendable {
    // Sendable: libnl's sockets are not bound to a thread.
    private let socket: NetlinkSocket

    init() throws(SystemError) {
        socket = try NetlinkSocket(NETLINK_NETFILTER)
    }

    /// The kernel's identification of this socket in the events that its changes cause.
    var port: UInt32 { nl_socket_get_local_port(socket.handle) }

    /// Applies the changes. If the kernel refuses one, throws and changes nothing.
    borrowing func commit(_ batch: consuming NetfilterBatch, _ subject: String) throws(SystemError) {
        var batch = batch
        try batch.end()
        let descriptor = nl_socket_get_fd(socket.handle)
        // A batch is one datagram.
        var size = CInt(clamping: batch.bytes.count + 4096)
        let length = socklen_t(MemoryLayout<CInt>.size)
        if setsockopt(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, &size, length) < 0 {
            setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &size, length)
        }
        let count = batch.bytes.count
        var kernel = sockaddr_nl()
        kernel.nl_family = sa_family_t(AF_NETLINK)
        let destination = kernel
        try systemCall("nf_tables send", subject) {
            batch.bytes.withUnsafeBytes { bytes in
                withUnsafePointer(to: destination) { destination in
                    destination.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        negatedErrno(
                            sendto(
                                descriptor, bytes.baseAddress, count, 0, $0,
                                socklen_t(MemoryLayout<sockaddr_nl>.size)))
                    }
                }
            }
        }
        // The kernel has processed the batch by then, and replies only with errors.
        var refusal: (step: UInt32, errno: Int32)?
        try receiveWaiting("nf_tables", subject) { message in
            guard Int(message.pointee.nlmsg_type) == NLMSG_ERROR, let data = nlmsg_data(message) else { return }
            let errno = -data.loadUnaligned(as: Int32.self)
            if errno != 0, refusal == nil { refusal = (message.pointee.nlmsg_seq, errno) }
        }
        guard let refusal else { return }
        let step = Int(refusal.step) < batch.steps.count ? batch.steps[Int(refusal.step)] : "a change"
        throw SystemError(
            call: "nf_tables \(step)", errno: refusal.errno, subject: subject,
            advice: refusal.errno == EPERM ? "needs CAP_NET_ADMIN" : nil)
    }

    /// Calls `body` for each waiting message. Throws ENOBUFS if messages were lost.
    borrowing func receiveWaiting(
        _ call: String, _ subject: String, _ body: (UnsafeMutablePointer<nlmsghdr>) -> Void
    ) throws(SystemError) {
        let descriptor = nl_socket_get_fd(socket.handle)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 17, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            var source = sockaddr_nl()
            let received = retryingInterrupts {
                withUnsafeMutablePointer(to: &source) { source in
                    source.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        var length = socklen_t(MemoryLayout<sockaddr_nl>.size)
                        return negatedErrno(
                            recvfrom(
                                descriptor, buffer.baseAddress, buffer.count, CInt(MSG_DONTWAIT), $0, &length))
                    }
                }
            }
            if received == -Int(EAGAIN) { return }
            // Accept the kernel's own messages only: any process may send to a netlink socket.
            if received > 0, source.nl_pid != 0 { continue }
            guard received > 0, let start = buffer.baseAddress else {
                throw SystemError(call: "\(call) recv", errno: Int32(truncatingIfNeeded: -received), subject: subject)
            }
            var header = start.assumingMemoryBound(to: nlmsghdr.self)
            var remaining = CInt(clamping: received)
            while nlmsg_ok(header, remaining) != 0 {
                body(header)
                header = nlmsg_next(header, &remaining)
            }
        }
    }

    /// Sends `message`, calls `body` for each object of the reply, and returns the final error number (0: success).
    borrowing func request(
        _ message: borrowing NetlinkMessage, _ call: String, _ body: (UnsafeMutablePointer<nlmsghdr>) -> Void
    ) throws(SystemError) -> Int32 {
        try socket.request(message, call, body)
    }

    /// The number of the last nf_tables change in this network namespace.
    borrowing func generation() throws(SystemError) -> UInt32 {
        var found: UInt32?
        let errno = try request(NetlinkMessage(netfilter: NFT_MSG_GETGEN), "NFT_MSG_GETGEN") { answer in
            found = Netfilter.value(.init(NFTA_GEN_ID), of: answer)?.number
        }
        guard errno == 0, let found else {
            // A kernel with other nfnetlink subsystems but without nf_tables calls the message itself invalid.
            let errno = errno == EINVAL ? EOPNOTSUPP : errno
            throw SystemError(call: "NFT_MSG_GETGEN", errno: errno == 0 ? EPROTO : errno, subject: "")
        }
        return found
    }

    /// Subscribes this socket to all changes. Afterwards it can be used for nothing else.
    borrowing func subscribe() throws(SystemError) {
        // A change of 10,000 elements causes as many events.
        var size: CInt = 32 << 20
        let length = socklen_t(MemoryLayout<CInt>.size)
        setsockopt(nl_socket_get_fd(socket.handle), SOL_SOCKET, SO_RCVBUFFORCE, &size, length)
        let result = nl_socket_add_membership(socket.handle, CInt(NFNLGRP_NFTABLES.rawValue))
        guard result >= 0 else {
            throw SystemError(
                call: "NETLINK_ADD_MEMBERSHIP", errno: NetlinkSocket.errno(ofLibrary: result),
                subject: "NFNLGRP_NFTABLES")
        }
    }

    var fileDescriptor: CInt { nl_socket_get_fd(socket.handle) }
}
