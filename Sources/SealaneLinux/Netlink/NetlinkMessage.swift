import CLinux
import Glibc

/// One netlink request under construction (libnl: `nl_msg`).
struct NetlinkMessage: ~Copyable {
    let handle: OpaquePointer

    /// - Parameter type: `RTM_GETROUTE` and the like.
    init(_ type: Int, flags: CInt = 0) throws(SystemError) {
        guard let handle = nlmsg_alloc_simple(CInt(type), flags) else { throw NetlinkSocket.outOfMemory }
        self.handle = handle
    }

    /// Takes ownership of a libnl message.
    init(owning handle: OpaquePointer) {
        self.handle = handle
    }

    /// Takes ownership of the message that `build` (libnl: `..._build_..._request`) creates.
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

    /// Appends a fixed structure of the protocol, with netlink's padding.
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
