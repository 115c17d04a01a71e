import CLinux
import Glibc

/// One expression of an nf_tables rule. The kernel evaluates a rule's expressions in order until one does not match.
/// All of them use one register.
enum NetfilterExpression: Sendable {
    enum Meta: Sendable {
        case inputInterfaceName, outputInterfaceName
        /// IPv4 or IPv6: `Netfilter.ipv4`, `.ipv6`.
        case family
        case transportProtocol

        fileprivate var key: UInt32 {
            switch self {
            case .inputInterfaceName: UInt32(NFT_META_IIFNAME.rawValue)
            case .outputInterfaceName: UInt32(NFT_META_OIFNAME.rawValue)
            case .family: UInt32(NFT_META_NFPROTO.rawValue)
            case .transportProtocol: UInt32(NFT_META_L4PROTO.rawValue)
            }
        }
    }

    enum Header: Sendable {
        case network, transport
    }

    enum Comparison: Sendable {
        case equal, notEqual, atLeast, atMost
    }

    /// kernel: NF_DROP, NF_ACCEPT.
    enum Verdict: UInt32, Sendable {
        case drop = 0
        case accept = 1
    }

    /// Loads a property of the packet into the register.
    case meta(Meta)
    /// Loads bytes of the packet. Does not match a packet that has no such header or is too short.
    case payload(Header, offset: UInt32, byteCount: UInt32)
    /// Keeps the bits of the mask.
    case mask([UInt8])
    /// Matches if the comparison of the register with `bytes` holds, in network order.
    case compare(Comparison, [UInt8])
    /// Matches if the table's set of this name contains the register's value.
    case lookup(set: String)
    /// Counts the packet in the table's counter of this name.
    case count(String)
    case verdict(Verdict)

    /// Matches packets that arrived on, or leave by, the interface `name`.
    static func interface(_ meta: Meta, _ name: String) -> [NetfilterExpression] {
        let bytes = [UInt8](name.utf8.prefix(Int(IF_NAMESIZE) - 1))
        return [.meta(meta), .compare(.equal, bytes + [UInt8](repeating: 0, count: Int(IF_NAMESIZE) - bytes.count))]
    }

    /// Loads the source address of an IPv4 or IPv6 packet. Does not match the other family.
    static func source(_ key: NetfilterTable.Set.Key) -> [NetfilterExpression] {
        address(key, offsetInIPv4: 12, offsetInIPv6: 8)
    }

    /// Loads the destination address in the same way.
    static func destination(_ key: NetfilterTable.Set.Key) -> [NetfilterExpression] {
        address(key, offsetInIPv4: 16, offsetInIPv6: 24)
    }

    private static func address(
        _ key: NetfilterTable.Set.Key, offsetInIPv4: UInt32, offsetInIPv6: UInt32
    ) -> [NetfilterExpression] {
        [
            .meta(.family), .compare(.equal, [key == .ipv4 ? Netfilter.ipv4 : Netfilter.ipv6]),
            .payload(
                .network, offset: key == .ipv4 ? offsetInIPv4 : offsetInIPv6, byteCount: UInt32(key.byteCount)),
        ]
    }

    /// Matches UDP datagrams to one of these ports.
    static func udpDestination(_ ports: ClosedRange<UInt16>) -> [NetfilterExpression] {
        func bytes(_ port: UInt16) -> [UInt8] { [UInt8(port >> 8), UInt8(truncatingIfNeeded: port)] }
        return [
            .meta(.transportProtocol), .compare(.equal, [UInt8(IPPROTO_UDP)]),
            .payload(.transport, offset: 2, byteCount: 2), .compare(.atLeast, bytes(ports.lowerBound)),
            .compare(.atMost, bytes(ports.upperBound)),
        ]
    }

    private static var register: UInt32 { NFT_REG_1.rawValue }

    func append(to message: borrowing NetlinkMessage) throws(SystemError) {
        try message.nest(.init(NFTA_LIST_ELEM)) { () throws(SystemError) in
            try message.append(.init(NFTA_EXPR_NAME), name)
            try message.nest(.init(NFTA_EXPR_DATA)) { () throws(SystemError) in try appendData(to: message) }
        }
    }

    private var name: String {
        switch self {
        case .meta: "meta"
        case .payload: "payload"
        case .mask: "bitwise"
        case .compare: "cmp"
        case .lookup: "lookup"
        case .count: "objref"
        case .verdict: "immediate"
        }
    }

    private func appendData(to message: borrowing NetlinkMessage) throws(SystemError) {
        let register = Self.register
        switch self {
        case .meta(let meta):
            try message.append(.init(NFTA_META_KEY), bigEndian: meta.key)
            try message.append(.init(NFTA_META_DREG), bigEndian: register)
        case .payload(let header, let offset, let byteCount):
            let base = header == .network ? NFT_PAYLOAD_NETWORK_HEADER : NFT_PAYLOAD_TRANSPORT_HEADER
            try message.append(.init(NFTA_PAYLOAD_DREG), bigEndian: register)
            try message.append(.init(NFTA_PAYLOAD_BASE), bigEndian: base.rawValue)
            try message.append(.init(NFTA_PAYLOAD_OFFSET), bigEndian: offset)
            try message.append(.init(NFTA_PAYLOAD_LEN), bigEndian: byteCount)
        case .mask(let mask):
            try message.append(.init(NFTA_BITWISE_SREG), bigEndian: register)
            try message.append(.init(NFTA_BITWISE_DREG), bigEndian: register)
            try message.append(.init(NFTA_BITWISE_LEN), bigEndian: UInt32(mask.count))
            try Self.data(mask, .init(NFTA_BITWISE_MASK), message)
            try Self.data([UInt8](repeating: 0, count: mask.count), .init(NFTA_BITWISE_XOR), message)
        case .compare(let comparison, let bytes):
            let operation =
                switch comparison {
                case .equal: NFT_CMP_EQ
                case .notEqual: NFT_CMP_NEQ
                case .atLeast: NFT_CMP_GTE
                case .atMost: NFT_CMP_LTE
                }
            try message.append(.init(NFTA_CMP_SREG), bigEndian: register)
            try message.append(.init(NFTA_CMP_OP), bigEndian: operation.rawValue)
            try Self.data(bytes, .init(NFTA_CMP_DATA), message)
        case .lookup(let set):
            try message.append(.init(NFTA_LOOKUP_SET), set)
            try message.append(.init(NFTA_LOOKUP_SREG), bigEndian: register)
        case .count(let counter):
            try message.append(.init(NFTA_OBJREF_IMM_TYPE), bigEndian: UInt32(NFT_OBJECT_COUNTER))
            try message.append(.init(NFTA_OBJREF_IMM_NAME), counter)
        case .verdict(let verdict):
            try message.append(.init(NFTA_IMMEDIATE_DREG), bigEndian: NFT_REG_VERDICT.rawValue)
            try message.nest(.init(NFTA_IMMEDIATE_DATA)) { () throws(SystemError) in
                try message.nest(.init(NFTA_DATA_VERDICT)) { () throws(SystemError) in
                    try message.append(.init(NFTA_VERDICT_CODE), bigEndian: verdict.rawValue)
                }
            }
        }
    }

    private static func data(
        _ bytes: [UInt8], _ attribute: Netfilter.Attribute, _ message: borrowing NetlinkMessage
    ) throws(SystemError) {
        try message.nest(attribute) { () throws(SystemError) in
            try message.append(.init(NFTA_DATA_VALUE), bytes: bytes)
        }
    }
}
