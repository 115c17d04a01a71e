import CLinux
import Glibc

/// Changes of nf_tables that the kernel applies all together or not at all.
struct NetfilterBatch {
    private(set) var bytes: [UInt8] = []
    /// A description of each message's change, by sequence number.
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

extension NetfilterBatch {
    private static var create: CInt { NLM_F_CREATE }

    /// Creates or completes the table. Existing chains stay in their hooks, so that their rules apply at every moment.
    /// EEXIST if a chain or set of the same name has another type.
    mutating func put(_ table: NetfilterTable) throws(SystemError) {
        try putTable(table)
        for counter in table.counters { try putCounter(counter, table.name) }
        for (number, set) in table.sets.enumerated() {
            try putSet(set, number, table.name)
            try clear(set, table.name)
            try change(set, table.name, adding: set.elements)
        }
        for chain in table.chains {
            try putChain(chain, table.name)
            try clear(chain, table.name)
            for rule in chain.rules { try append(rule, chain.name, table.name) }
        }
    }

    mutating func remove(tableNamed name: String) throws(SystemError) {
        let message = try NetlinkMessage(netfilter: NFT_MSG_DELTABLE)
        try message.append(.init(NFTA_TABLE_NAME), name)
        add(message, "delete table")
    }

    private mutating func putTable(_ table: NetfilterTable) throws(SystemError) {
        let message = try NetlinkMessage(netfilter: NFT_MSG_NEWTABLE, flags: Self.create)
        try message.append(.init(NFTA_TABLE_NAME), table.name)
        // Not dormant.
        try message.append(.init(NFTA_TABLE_FLAGS), bigEndian: UInt32(0))
        try message.append(.init(NFTA_TABLE_USERDATA), bytes: Self.userData(table.comment))
        add(message, "add table")
    }

    private mutating func putCounter(_ name: String, _ table: String) throws(SystemError) {
        let message = try NetlinkMessage(netfilter: NFT_MSG_NEWOBJ, flags: Self.create)
        try message.append(.init(NFTA_OBJ_TABLE), table)
        try message.append(.init(NFTA_OBJ_NAME), name)
        try message.append(.init(NFTA_OBJ_TYPE), bigEndian: UInt32(NFT_OBJECT_COUNTER))
        try message.nest(.init(NFTA_OBJ_DATA)) { () throws(SystemError) in
            try message.append(.init(NFTA_COUNTER_BYTES), bigEndian: UInt64(0))
            try message.append(.init(NFTA_COUNTER_PACKETS), bigEndian: UInt64(0))
        }
        add(message, "add counter \(name)")
    }

    private mutating func putSet(
        _ set: NetfilterTable.Set, _ number: Int, _ table: String
    ) throws(SystemError) {
        let message = try NetlinkMessage(netfilter: NFT_MSG_NEWSET, flags: Self.create)
        try message.append(.init(NFTA_SET_TABLE), table)
        try message.append(.init(NFTA_SET_NAME), set.name)
        try message.append(
            .init(NFTA_SET_FLAGS), bigEndian: set.holdsPrefixes ? NFT_SET_INTERVAL.rawValue : UInt32(0))
        try message.append(.init(NFTA_SET_KEY_TYPE), bigEndian: set.key.type)
        try message.append(.init(NFTA_SET_KEY_LEN), bigEndian: UInt32(set.key.byteCount))
        try message.append(.init(NFTA_SET_ID), bigEndian: UInt32(number + 1))
        add(message, "add set \(set.name)")
    }

    private mutating func clear(_ set: NetfilterTable.Set, _ table: String) throws(SystemError) {
        let message = try NetlinkMessage(netfilter: NFT_MSG_DELSETELEM)
        try message.append(.init(NFTA_SET_ELEM_LIST_TABLE), table)
        try message.append(.init(NFTA_SET_ELEM_LIST_SET), set.name)
        add(message, "flush set \(set.name)")
    }

    /// Removes elements from the set and adds others, in one atomic step.
    mutating func change(
        _ set: NetfilterTable.Set, _ table: String, removing: Swift.Set<NetworkPrefix> = [],
        adding: Swift.Set<NetworkPrefix>
    ) throws(SystemError) {
        try elements(of: set, removing, table, NFT_MSG_DELSETELEM, "delete element of \(set.name)")
        try elements(of: set, adding, table, NFT_MSG_NEWSETELEM, "add element to \(set.name)")
    }

    private mutating func elements(
        of set: NetfilterTable.Set, _ prefixes: Swift.Set<NetworkPrefix>, _ table: String,
        _ type: nf_tables_msg_types, _ step: String
    ) throws(SystemError) {
        var rest = prefixes.sorted { ($0.address.high, $0.address.low) < ($1.address.high, $1.address.low) }[...]
        while !rest.isEmpty {
            // A nested attribute holds at most 64 KiB.
            let some = rest.prefix(500)
            rest = rest.dropFirst(500)
            let flags = type == NFT_MSG_NEWSETELEM ? Self.create : 0
            let message = try NetlinkMessage(netfilter: type, flags: flags, byteCapacity: 1 << 16)
            try message.append(.init(NFTA_SET_ELEM_LIST_TABLE), table)
            try message.append(.init(NFTA_SET_ELEM_LIST_SET), set.name)
            try message.nest(.init(NFTA_SET_ELEM_LIST_ELEMENTS)) { () throws(SystemError) in
                for prefix in some {
                    try Self.element(prefix.network.bytes, isEnd: false, message)
                    guard set.holdsPrefixes, let end = prefix.bytesBehind else { continue }
                    try Self.element(end, isEnd: true, message)
                }
            }
            add(message, step)
        }
    }

    private static func element(
        _ key: [UInt8], isEnd: Bool, _ message: borrowing NetlinkMessage
    ) throws(SystemError) {
        try message.nest(.init(NFTA_LIST_ELEM)) { () throws(SystemError) in
            try message.nest(.init(NFTA_SET_ELEM_KEY)) { () throws(SystemError) in
                try message.append(.init(NFTA_DATA_VALUE), bytes: key)
            }
            if isEnd {
                try message.append(.init(NFTA_SET_ELEM_FLAGS), bigEndian: NFT_SET_ELEM_INTERVAL_END.rawValue)
            }
        }
    }

    private mutating func putChain(_ chain: NetfilterTable.Chain, _ table: String) throws(SystemError) {
        let message = try NetlinkMessage(netfilter: NFT_MSG_NEWCHAIN, flags: Self.create)
        try message.append(.init(NFTA_CHAIN_TABLE), table)
        try message.append(.init(NFTA_CHAIN_NAME), chain.name)
        try message.nest(.init(NFTA_CHAIN_HOOK)) { () throws(SystemError) in
            try message.append(.init(NFTA_HOOK_HOOKNUM), bigEndian: chain.hook.rawValue)
            try message.append(.init(NFTA_HOOK_PRIORITY), bigEndian: UInt32(bitPattern: chain.priority))
        }
        try message.append(.init(NFTA_CHAIN_POLICY), bigEndian: NetfilterExpression.Verdict.accept.rawValue)
        try message.append(.init(NFTA_CHAIN_TYPE), "filter")
        add(message, "add chain \(chain.name)")
    }

    private mutating func clear(_ chain: NetfilterTable.Chain, _ table: String) throws(SystemError) {
        let message = try NetlinkMessage(netfilter: NFT_MSG_DELRULE)
        try message.append(.init(NFTA_RULE_TABLE), table)
        try message.append(.init(NFTA_RULE_CHAIN), chain.name)
        add(message, "flush chain \(chain.name)")
    }

    private mutating func append(
        _ rule: NetfilterTable.Rule, _ chain: String, _ table: String
    ) throws(SystemError) {
        let message = try NetlinkMessage(netfilter: NFT_MSG_NEWRULE, flags: Self.create | NLM_F_APPEND)
        try message.append(.init(NFTA_RULE_TABLE), table)
        try message.append(.init(NFTA_RULE_CHAIN), chain)
        try message.nest(.init(NFTA_RULE_EXPRESSIONS)) { () throws(SystemError) in
            for expression in rule.expressions { try expression.append(to: message) }
        }
        try message.append(.init(NFTA_RULE_USERDATA), bytes: Self.userData(rule.comment))
        add(message, "add rule \"\(rule.comment)\"")
    }

    /// A comment in nft(8)'s encoding: type 0, length, text with a final zero byte. At most 128 bytes.
    private static func userData(_ comment: String) -> [UInt8] {
        let text = [UInt8](comment.utf8.prefix(127)) + [0]
        return [0, UInt8(text.count)] + text
    }
}
