import CLinux
import Glibc

/// Messages of nf_tables (linux/netfilter/nf_tables.h). Their numbers are in network order, and their attributes nest.
extension NetlinkMessage {
    /// - Parameters:
    ///   - type: `NFT_MSG_NEWTABLE` and the like.
    ///   - byteCapacity: of the whole message.
    init(
        netfilter type: nf_tables_msg_types, flags: CInt = 0, byteCapacity: Int = 4096
    ) throws(SystemError) {
        let message = NFNL_SUBSYS_NFTABLES << 8 | CInt(type.rawValue)
        try self.init(
            type: message, flags: flags, header: nfgenmsg(nfgen_family: Netfilter.inet, version: 0, res_id: 0),
            byteCapacity: byteCapacity)
    }

    init<Header: BitwiseCopyable>(
        type: CInt, flags: CInt, header: Header, byteCapacity: Int = 4096
    ) throws(SystemError) {
        guard let handle = nlmsg_alloc_size(byteCapacity) else { throw NetlinkSocket.outOfMemory }
        let isWhole = withUnsafePointer(to: header) {
            nlmsg_put(handle, 0, 0, type, 0, NLM_F_REQUEST | flags) != nil
                && nlmsg_append(
                    handle, UnsafeMutableRawPointer(mutating: $0), MemoryLayout<Header>.size, CInt(NLMSG_ALIGNTO)) >= 0
        }
        guard isWhole else {
            nlmsg_free(handle)
            throw NetlinkSocket.outOfMemory
        }
        self.init(owning: handle)
    }

    borrowing func append(_ attribute: Netfilter.Attribute, bigEndian value: UInt32) throws(SystemError) {
        try append(attribute: attribute.number, value.bigEndian)
    }

    borrowing func append(_ attribute: Netfilter.Attribute, bigEndian value: UInt64) throws(SystemError) {
        try append(attribute: attribute.number, bytes: withUnsafeBytes(of: value.bigEndian) { [UInt8]($0) })
    }

    borrowing func append(_ attribute: Netfilter.Attribute, _ text: String) throws(SystemError) {
        try append(attribute: attribute.number, bytes: [UInt8](text.utf8) + [0])
    }

    borrowing func append(_ attribute: Netfilter.Attribute, bytes: [UInt8]) throws(SystemError) {
        try append(attribute: attribute.number, bytes: bytes)
    }

    /// Appends an attribute that contains the attributes that `body` appends.
    borrowing func nest(
        _ attribute: Netfilter.Attribute, _ body: () throws(SystemError) -> Void
    ) throws(SystemError) {
        guard let start = nla_nest_start(handle, CInt(attribute.number) | NLA_F_NESTED) else {
            throw NetlinkSocket.outOfMemory
        }
        try body()
        guard nla_nest_end(handle, start) >= 0 else { throw NetlinkSocket.outOfMemory }
    }

    /// The bytes to send, with `sequence` as the message's sequence number.
    borrowing func bytes(sequence: UInt32) -> UnsafeRawBufferPointer {
        let header = nlmsg_hdr(handle)
        header?.pointee.nlmsg_seq = sequence
        return UnsafeRawBufferPointer(start: header, count: header.map { Int($0.pointee.nlmsg_len) } ?? 0)
    }
}
