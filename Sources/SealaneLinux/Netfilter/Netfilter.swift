import CLinux
import Glibc

/// Constants of nf_tables, and access to attributes of received messages.
enum Netfilter {
    /// kernel: NFPROTO_INET, tables for IPv4 and IPv6 together.
    static var inet: UInt8 { 1 }
    static var ipv4: UInt8 { 2 }
    static var ipv6: UInt8 { 10 }

    /// One type for the header's several enumerations of attributes.
    struct Attribute {
        let number: UInt32

        init(_ number: some RawRepresentable<UInt32>) {
            self.number = number.rawValue
        }
    }

    /// An attribute of a received message. Valid as long as the message is.
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

        /// Calls `body` for each nested attribute, in order.
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

    /// An attribute of a received nf_tables message.
    static func value(_ type: Attribute, of message: UnsafeMutablePointer<nlmsghdr>) -> Value? {
        nlmsg_find_attr(message, CInt(MemoryLayout<nfgenmsg>.size), CInt(type.number)).map(Value.init)
    }

    /// The type of an nf_tables message; nil for another subsystem.
    static func type(of message: UnsafeMutablePointer<nlmsghdr>) -> nf_tables_msg_types? {
        let type = CInt(message.pointee.nlmsg_type)
        guard type >> 8 == NFNL_SUBSYS_NFTABLES else { return nil }
        return nf_tables_msg_types(rawValue: UInt32(type & 0xff))
    }
}
