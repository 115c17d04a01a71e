import CLinux
import Glibc

/// Changes of nf_tables that the kernel makes all together or not at all.
struct NetfilterBatch {
    private(set) var bytes: [UInt8] = []
    /// What each message is to do, by its sequence number.
    private(set) var steps: [String] = []

    init() throws(SystemError) {
        try mark(CInt(NLMSG_MIN_TYPE), "begin")
    }

    mutating func end() throws(SystemError) {
        try mark(CInt(NLMSG_MIN_TYPE) + 1, "commit")
    }

    /// kernel: NFNL_MSG_BATCH_BEGIN, NFNL_MSG_BATCH_END.
    private mutating func mark(_ type: CInt, _ step: String) throws(SystemError) {
        let subsystem = UInt16(NFNL_SUBSYS_NFTABLES).bigEndian
        let header = nfgenmsg(nfgen_family: 0, version: 0, res_id: subsystem)
        add(try NetlinkMessage(type: type, flags: 0, header: header), step)
    }

    mutating func add(_ message: borrowing NetlinkMessage, _ step: String) {
        bytes.append(contentsOf: message.bytes(sequence: UInt32(steps.count)))
        while bytes.count % Int(NLMSG_ALIGNTO) != 0 { bytes.append(0) }
        steps.append(step)
    }
}

/// A connection to nf_tables, for one thread at a time.
struct NetfilterSocket: ~Copyable, @unchecked Sendable {
    // Sendable: libnl's socket belongs to no thread.
    private let socket: NetlinkSocket

    init() throws(SystemError) {
        socket = try NetlinkSocket(NETLINK_NETFILTER)
    }

    /// What the kernel calls this socket in events that its changes bring about.
    var port: UInt32 { nl_socket_get_local_port(socket.handle) }

    /// Has the kernel make the changes. Throws, and changes nothing, if it refuses one.
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
        // The kernel has worked on it by now, and answers only what it refuses.
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

    /// Hands each message that waits to `body`. -ENOBUFS is thrown: some were lost.
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
            // Only the kernel's own messages count: any process may send to a netlink socket.
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

    /// Asks, hands each object of the answer to `body`, and returns the error number that ends it (0: done).
    borrowing func request(
        _ message: borrowing NetlinkMessage, _ call: String, _ body: (UnsafeMutablePointer<nlmsghdr>) -> Void
    ) throws(SystemError) -> Int32 {
        try socket.request(message, call, body)
    }

    /// The number of the last change of nf_tables in this network namespace.
    borrowing func generation() throws(SystemError) -> UInt32 {
        var found: UInt32?
        let errno = try request(NetlinkMessage(netfilter: NFT_MSG_GETGEN), "NFT_MSG_GETGEN") { answer in
            found = Netfilter.value(.init(NFTA_GEN_ID), of: answer)?.number
        }
        guard errno == 0, let found else {
            // A kernel that has other subsystems of nfnetlink, and no nf_tables, calls the message itself invalid.
            let errno = errno == EINVAL ? EOPNOTSUPP : errno
            throw SystemError(call: "NFT_MSG_GETGEN", errno: errno == 0 ? EPROTO : errno, subject: "")
        }
        return found
    }

    /// Has the kernel tell this socket of every change. From then on the socket is of no other use.
    borrowing func subscribe() throws(SystemError) {
        // A change of 10,000 elements is as many events.
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
