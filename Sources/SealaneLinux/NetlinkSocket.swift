import CLinux
import Glibc

/// One rtnetlink request under construction (libnl: `nl_msg`).
struct NetlinkMessage: ~Copyable {
    let handle: OpaquePointer

    /// - Parameter type: `RTM_GETROUTE` and the like.
    init(_ type: Int, flags: CInt = 0) throws(SystemError) {
        guard let handle = nlmsg_alloc_simple(CInt(type), flags) else { throw NetlinkSocket.outOfMemory }
        self.handle = handle
    }

    /// Takes over a libnl message.
    init(taking handle: OpaquePointer) {
        self.handle = handle
    }

    /// Takes over what `build` (libnl: `..._build_..._request`) makes.
    init(
        _ call: String, _ subject: String, build: (UnsafeMutablePointer<OpaquePointer?>) -> CInt
    ) throws(SystemError) {
        var built: OpaquePointer?
        let result = build(&built)
        guard result >= 0, let built else {
            throw SystemError(call: call, errno: NetlinkSocket.errno(ofLibrary: result), subject: subject)
        }
        handle = built
    }

    deinit {
        nlmsg_free(handle)
    }

    /// Appends a fixed structure of the protocol, padded as netlink wants it.
    borrowing func append<Header: BitwiseCopyable>(_ header: Header) throws(SystemError) {
        let handle = handle
        let result = withUnsafePointer(to: header) {
            nlmsg_append(handle, UnsafeMutableRawPointer(mutating: $0), MemoryLayout<Header>.size, CInt(NLMSG_ALIGNTO))
        }
        guard result >= 0 else { throw NetlinkSocket.outOfMemory }
    }

    borrowing func append(attribute: UInt32, _ value: UInt32) throws(SystemError) {
        guard nla_put_u32(handle, CInt(attribute), value) >= 0 else { throw NetlinkSocket.outOfMemory }
    }

    borrowing func append(attribute: UInt32, bytes: [UInt8]) throws(SystemError) {
        guard nla_put(handle, CInt(attribute), CInt(bytes.count), bytes) >= 0 else { throw NetlinkSocket.outOfMemory }
    }
}

/// A connection to the kernel's tables of links, addresses and routes, or to those of another subsystem, for one request
/// after another.
///
/// Answers are read here and not by libnl's own receiver, which folds the kernel's error numbers into fewer of its own.
struct NetlinkSocket: ~Copyable {
    let handle: OpaquePointer

    /// - Parameter subsystem: kernel: NETLINK_...
    init(_ subsystem: CInt = NETLINK_ROUTE) throws(SystemError) {
        guard let handle = nl_socket_alloc() else { throw NetlinkSocket.outOfMemory }
        // Sequence numbers are checked in `request`, which libnl does not know of.
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

    /// Sends `message` and waits until the kernel has carried it out.
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

    /// Sends `message`, hands each object of the answer to `body`, and returns the error number that ends it (0: done;
    /// EINTR: of a dump, the kernel's table changed meanwhile).
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
            // Only the kernel's own answers count: any process may send to a netlink socket.
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

    /// Has the kernel heed what a dump's header asks for (kernel: NETLINK_GET_STRICT_CHK, since 4.20). Older ones list more:
    /// callers filter as well.
    borrowing func askForStrictDumps() {
        var yes: CInt = 1
        // SOL_NETLINK, NETLINK_GET_STRICT_CHK.
        _ = setsockopt(nl_socket_get_fd(handle), 270, 12, &yes, socklen_t(MemoryLayout<CInt>.size))
    }

    /// Lists a table of the kernel's: what `body` makes of each message of the answer. Asks again when the table changed
    /// meanwhile.
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
        throw SystemError(call: call, errno: EINTR, subject: "dump", advice: "the table changes all the time")
    }

    /// What `dump` (libnl: `..._alloc_cache`) lists, object by object. Taken again when the kernel's table changed
    /// meanwhile.
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

    /// libnl's own error numbers, for what it reports without asking the kernel.
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
