import CLinux
import Glibc

/// A connection to the kernel's tables of links, addresses and routes, or to another netlink subsystem. Handles one
/// request at a time.
///
/// Replies are read here instead of by libnl's receiver, which maps the kernel's error numbers to fewer of its own.
struct NetlinkSocket: ~Copyable {
    let handle: OpaquePointer

    /// - Parameter subsystem: kernel: NETLINK_...
    init(_ subsystem: CInt = NETLINK_ROUTE) throws(SystemError) {
        guard let handle = nl_socket_alloc() else { throw NetlinkSocket.outOfMemory }
        // `request` checks sequence numbers itself, unknown to libnl.
        nl_socket_disable_seq_check(handle)
        let result = nl_connect(handle, subsystem)
        guard result >= 0 else {
            nl_socket_free(handle)
            throw SystemError(call: "socket", errno: Self.errno(ofLibrary: result), subject: "AF_NETLINK")
        }
        self.handle = handle
    }

    deinit {
        nl_socket_free(handle)
    }

    static var outOfMemory: SystemError { SystemError(call: "malloc", errno: ENOMEM, subject: "netlink message") }

    /// Sends `message` and waits until the kernel has executed it.
    borrowing func acknowledge(
        _ message: borrowing NetlinkMessage, _ call: String, _ subject: @autoclosure () -> String,
        advice: (Int32) -> String? = { _ in nil }
    ) throws(SystemError) {
        let errno = try request(message, call) { _ in }
        guard errno == 0 else {
            throw SystemError(
                call: call, errno: errno, subject: subject(),
                advice: advice(errno) ?? (errno == EPERM ? "needs CAP_NET_ADMIN" : nil))
        }
    }

    /// Sends `message`, calls `body` for each object of the reply, and returns the final error number (0: success;
    /// EINTR: the kernel's table changed during a dump).
    borrowing func request(
        _ message: borrowing NetlinkMessage, _ call: String, _ body: (UnsafeMutablePointer<nlmsghdr>) -> Void
    ) throws(SystemError) -> Int32 {
        let sent = nl_send_auto(handle, message.handle)
        guard sent >= 0 else {
            throw SystemError(call: call, errno: Self.errno(ofLibrary: sent), subject: "AF_NETLINK")
        }
        let sequence = nlmsg_hdr(message.handle).pointee.nlmsg_seq
        var isInterrupted = false
        while true {
            var source = sockaddr_nl()
            var buffer: UnsafeMutablePointer<UInt8>?
            var remaining = nl_recv(handle, &source, &buffer, nil)
            guard remaining > 0, let buffer else {
                throw SystemError(call: call, errno: Self.errno(ofLibrary: remaining), subject: "AF_NETLINK")
            }
            defer { free(buffer) }
            // Accept the kernel's own replies only: any process may send to a netlink socket.
            guard source.nl_pid == 0 else { continue }
            var header = UnsafeMutableRawPointer(buffer).assumingMemoryBound(to: nlmsghdr.self)
            while nlmsg_ok(header, remaining) != 0 {
                if header.pointee.nlmsg_seq == sequence {
                    if Int32(header.pointee.nlmsg_flags) & NLM_F_DUMP_INTR != 0 { isInterrupted = true }
                    let type = Int32(header.pointee.nlmsg_type)
                    if type == NLMSG_ERROR || type == NLMSG_DONE {
                        let answer = -(nlmsg_data(header)?.loadUnaligned(as: Int32.self) ?? -EPROTO)
                        return answer == 0 && isInterrupted ? EINTR : answer
                    }
                    body(header)
                }
                header = nlmsg_next(header, &remaining)
            }
        }
    }

    /// Makes the kernel apply the filter in a dump's header (kernel: NETLINK_GET_STRICT_CHK, since 4.20). Older kernels
    /// list more, so callers filter as well.
    borrowing func askForStrictDumps() {
        var yes: CInt = 1
        // SOL_NETLINK, NETLINK_GET_STRICT_CHK.
        _ = setsockopt(nl_socket_get_fd(handle), 270, 12, &yes, socklen_t(MemoryLayout<CInt>.size))
    }

    /// Dumps one of the kernel's tables, and returns the non-nil results of `body` for its messages. Repeats a dump
    /// during which the table changed.
    borrowing func list<Header: BitwiseCopyable, Element>(
        _ call: String, _ type: Int, _ header: Header, _ body: (UnsafeMutablePointer<nlmsghdr>) -> Element?
    ) throws(SystemError) -> [Element] {
        var found: [Element] = []
        for _ in 0..<10 {
            found.removeAll()
            let message = try NetlinkMessage(type, flags: CInt(NLM_F_DUMP))
            try message.append(header)
            let errno = try request(message, call) { answer in
                if let element = body(answer) { found.append(element) }
            }
            if errno == EINTR { continue }
            guard errno == 0 else { throw SystemError(call: call, errno: errno, subject: "dump") }
            return found
        }
        throw SystemError(call: call, errno: EINTR, subject: "dump", advice: "the table keeps changing")
    }

    /// Calls `body` for each object that `dump` (libnl: `..._alloc_cache`) lists. Repeats a dump during which the
    /// kernel's table changed.
    borrowing func dump(
        _ call: String, _ dump: (OpaquePointer, UnsafeMutablePointer<OpaquePointer?>) -> CInt,
        each body: (OpaquePointer) -> Void
    ) throws(SystemError) {
        var cache: OpaquePointer?
        var result = dump(handle, &cache)
        for _ in 0..<10 where result == -NLE_DUMP_INTR { result = dump(handle, &cache) }
        guard result >= 0, let cache else {
            throw SystemError(call: call, errno: Self.errno(ofLibrary: result), subject: "dump")
        }
        defer { nl_cache_free(cache) }
        var object = nl_cache_get_first(cache)
        while let current = object {
            body(current)
            object = nl_cache_get_next(current)
        }
    }

    /// The errno for one of libnl's own error numbers, which it uses without asking the kernel.
    static func errno(ofLibrary code: CInt) -> Int32 {
        switch abs(code) {
        case NLE_NOMEM: ENOMEM
        case NLE_PERM: EPERM
        case NLE_NOACCESS: EACCES
        case NLE_AGAIN: EAGAIN
        case NLE_INTR, NLE_DUMP_INTR: EINTR
        case NLE_AF_NOSUPPORT: EAFNOSUPPORT
        case NLE_OPNOTSUPP, NLE_PROTO_MISMATCH: EOPNOTSUPP
        case NLE_NODEV, NLE_OBJ_NOTFOUND: ENODEV
        case NLE_EXIST: EEXIST
        case NLE_BUSY: EBUSY
        case NLE_INVAL, NLE_RANGE, NLE_MISSING_ATTR: EINVAL
        default: EIO
        }
    }
}
