import CLinux
import Glibc

/// Messages of nf_tables (linux/netfilter/nf_tables.h): its numbers are in network order, and its attributes nest.
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
        self.init(taking: handle)
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

    /// An attribute that holds those that `body` appends.
    borrowing func nest(
        _ attribute: Netfilter.Attribute, _ body: () throws(SystemError) -> Void
    ) throws(SystemError) {
        guard let start = nla_nest_start(handle, CInt(attribute.number) | NLA_F_NESTED) else {
            throw NetlinkSocket.outOfMemory
        }
        try body()
        guard nla_nest_end(handle, start) >= 0 else { throw NetlinkSocket.outOfMemory }
    }

    /// The message as it is sent, with `sequence` as its number.
    borrowing func bytes(sequence: UInt32) -> UnsafeRawBufferPointer {
        let header = nlmsg_hdr(handle)
        header?.pointee.nlmsg_seq = sequence
        return UnsafeRawBufferPointer(start: header, count: header.map { Int($0.pointee.nlmsg_len) } ?? 0)
    }
}

/// Numbers of nf_tables, and how attributes are read.
enum Netfilter {
    /// kernel: NFPROTO_INET, tables for IPv4 and IPv6 together.
    static var inet: UInt8 { 1 }
    static var ipv4: UInt8 { 2 }
    static var ipv6: UInt8 { 10 }

    /// The header's enumerations of attributes, as one type.
    struct Attribute {
        let number: UInt32

        init(_ number: some RawRepresentable<UInt32>) {
            self.number = number.rawValue
        }
    }

    /// An attribute of a message that was received. Valid as long as the message is.
    struct Value {
        fileprivate let attribute: UnsafeMutablePointer<nlattr>

        var text: String { String(cString: nla_get_string(attribute)) }

        var bytes: [UInt8] {
            [UInt8](UnsafeRawBufferPointer(start: nla_data(attribute), count: Int(nla_len(attribute))))
        }

        /// Nil unless it has four bytes.
        var number: UInt32? { nla_len(attribute) == 4 ? UInt32(bigEndian: nla_get_u32(attribute)) : nil }

        /// Nil unless it has eight bytes.
        var longNumber: UInt64? { nla_len(attribute) == 8 ? UInt64(bigEndian: nla_get_u64(attribute)) : nil }

        subscript(_ type: Attribute) -> Value? {
            guard let data = nla_data(attribute) else { return nil }
            return nla_find(data.assumingMemoryBound(to: nlattr.self), nla_len(attribute), CInt(type.number))
                .map(Value.init)
        }

        /// The attributes that it holds, in their order.
        func forEach(_ body: (Value) -> Void) {
            guard let data = nla_data(attribute) else { return }
            var current = data.assumingMemoryBound(to: nlattr.self)
            var remaining = nla_len(attribute)
            while nla_ok(current, remaining) != 0 {
                body(Value(attribute: current))
                current = nla_next(current, &remaining)
            }
        }
    }

    /// The attribute of a message of nf_tables that was received.
    static func value(_ type: Attribute, of message: UnsafeMutablePointer<nlmsghdr>) -> Value? {
        nlmsg_find_attr(message, CInt(MemoryLayout<nfgenmsg>.size), CInt(type.number)).map(Value.init)
    }

    /// Which message of nf_tables it is; nil: one of another subsystem or family.
    static func type(of message: UnsafeMutablePointer<nlmsghdr>) -> nf_tables_msg_types? {
        let type = CInt(message.pointee.nlmsg_type)
        guard type >> 8 == NFNL_SUBSYS_NFTABLES else { return nil }
        return nf_tables_msg_types(rawValue: UInt32(type & 0xff))
    }
}
