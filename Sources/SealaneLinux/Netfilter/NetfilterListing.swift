import CLinux
import Glibc

/// The current content of an nf_tables table.
struct NetfilterListing {
    /// A chain with the handles of its rules. A replaced rule has a new handle.
    struct Chain: Hashable {
        var handle: UInt64 = 0
        var hook: UInt32?
        var priority: Int32?
        var policy: UInt32?
        var rules: [UInt64] = []
    }

    private(set) var flags: UInt32 = 0
    private(set) var chains: [String: Chain] = [:]
    /// The handle of each set.
    private(set) var sets: [String: UInt64] = [:]
    /// For each set: the starts of its elements or intervals, in network order, and the ends of its intervals.
    private(set) var starts: [String: Set<[UInt8]>] = [:]
    private(set) var ends: [String: Set<[UInt8]>] = [:]
    private(set) var counters: Set<String> = []

    /// Nil if there is no table of this name.
    static func read(_ name: String, _ socket: borrowing NetfilterSocket) throws(SystemError) -> NetfilterListing? {
        for _ in 0..<20 {
            do throws(SystemError) {
                return try readOnce(name, socket)
            } catch  where error.errno == EINTR {
                // The table changed during the listing.
                continue
            } catch  where error.errno == ENOENT {
                return nil
            }
        }
        throw SystemError(
            call: "nf_tables list", errno: EINTR, subject: name, advice: "other programs keep changing it")
    }

    private static func readOnce(
        _ name: String, _ socket: borrowing NetfilterSocket
    ) throws(SystemError) -> NetfilterListing {
        var found = NetfilterListing()
        try ask(NFT_MSG_GETTABLE, [(.init(NFTA_TABLE_NAME), name)], isDump: false, socket) { message in
            found.flags = Netfilter.value(.init(NFTA_TABLE_FLAGS), of: message)?.number ?? 0
        }
        try ask(NFT_MSG_GETCHAIN, [(.init(NFTA_CHAIN_TABLE), name)], socket) { found.addChain($0, ofTable: name) }
        try ask(NFT_MSG_GETRULE, [(.init(NFTA_RULE_TABLE), name)], socket) { found.addRule($0, ofTable: name) }
        try ask(NFT_MSG_GETSET, [(.init(NFTA_SET_TABLE), name)], socket) { found.addSet($0, ofTable: name) }
        try ask(NFT_MSG_GETOBJ, [(.init(NFTA_OBJ_TABLE), name)], socket) { message in
            guard Netfilter.value(.init(NFTA_OBJ_TABLE), of: message)?.text == name,
                let object = Netfilter.value(.init(NFTA_OBJ_NAME), of: message)?.text
            else { return }
            found.counters.insert(object)
        }
        for set in found.sets.keys {
            let attributes: [(Netfilter.Attribute, String)] = [
                (.init(NFTA_SET_ELEM_LIST_TABLE), name), (.init(NFTA_SET_ELEM_LIST_SET), set),
            ]
            var starts: Set<[UInt8]> = []
            var ends: Set<[UInt8]> = []
            try ask(NFT_MSG_GETSETELEM, attributes, socket) { message in
                Netfilter.value(.init(NFTA_SET_ELEM_LIST_ELEMENTS), of: message)?.forEach { element in
                    guard let key = element[.init(NFTA_SET_ELEM_KEY)]?[.init(NFTA_DATA_VALUE)]?.bytes else { return }
                    let flags = element[.init(NFTA_SET_ELEM_FLAGS)]?.number ?? 0
                    if flags & NFT_SET_ELEM_INTERVAL_END.rawValue != 0 {
                        ends.insert(key)
                    } else {
                        starts.insert(key)
                    }
                }
            }
            (found.starts[set], found.ends[set]) = (starts, ends)
        }
        return found
    }

    /// Throws the kernel's error. EINTR: the table changed during the listing.
    private static func ask(
        _ type: nf_tables_msg_types, _ attributes: [(Netfilter.Attribute, String)], isDump: Bool = true,
        _ socket: borrowing NetfilterSocket, _ body: (UnsafeMutablePointer<nlmsghdr>) -> Void
    ) throws(SystemError) {
        let message = try NetlinkMessage(netfilter: type, flags: isDump ? NLM_F_DUMP : 0)
        for (attribute, text) in attributes { try message.append(attribute, text) }
        let errno = try socket.request(message, "nf_tables list", body)
        guard errno == 0 else {
            throw SystemError(
                call: "nf_tables list", errno: errno, subject: attributes.map(\.1).joined(separator: " "),
                advice: errno == EPERM ? "needs CAP_NET_ADMIN" : nil)
        }
    }

    private mutating func addChain(_ message: UnsafeMutablePointer<nlmsghdr>, ofTable table: String) {
        // Older kernels list the chains of all tables.
        guard Netfilter.value(.init(NFTA_CHAIN_TABLE), of: message)?.text == table,
            let name = Netfilter.value(.init(NFTA_CHAIN_NAME), of: message)?.text
        else { return }
        let hook = Netfilter.value(.init(NFTA_CHAIN_HOOK), of: message)
        chains[name, default: Chain()].handle =
            Netfilter.value(.init(NFTA_CHAIN_HANDLE), of: message)?.longNumber ?? 0
        chains[name]?.hook = hook?[.init(NFTA_HOOK_HOOKNUM)]?.number
        chains[name]?.priority = hook?[.init(NFTA_HOOK_PRIORITY)]?.number.map { Int32(bitPattern: $0) }
        chains[name]?.policy = Netfilter.value(.init(NFTA_CHAIN_POLICY), of: message)?.number
    }

    private mutating func addRule(_ message: UnsafeMutablePointer<nlmsghdr>, ofTable table: String) {
        guard Netfilter.value(.init(NFTA_RULE_TABLE), of: message)?.text == table,
            let chain = Netfilter.value(.init(NFTA_RULE_CHAIN), of: message)?.text,
            let handle = Netfilter.value(.init(NFTA_RULE_HANDLE), of: message)?.longNumber
        else { return }
        chains[chain, default: Chain()].rules.append(handle)
    }

    private mutating func addSet(_ message: UnsafeMutablePointer<nlmsghdr>, ofTable table: String) {
        guard Netfilter.value(.init(NFTA_SET_TABLE), of: message)?.text == table,
            let name = Netfilter.value(.init(NFTA_SET_NAME), of: message)?.text
        else { return }
        sets[name] = Netfilter.value(.init(NFTA_SET_HANDLE), of: message)?.longNumber ?? 0
    }

    /// The number of packets in a counter; nil if there is no such counter.
    static func count(
        _ counter: String, _ table: String, _ socket: borrowing NetfilterSocket
    ) throws(SystemError) -> UInt64? {
        var packets: UInt64?
        let message = try NetlinkMessage(netfilter: NFT_MSG_GETOBJ)
        try message.append(.init(NFTA_OBJ_TABLE), table)
        try message.append(.init(NFTA_OBJ_NAME), counter)
        try message.append(.init(NFTA_OBJ_TYPE), bigEndian: UInt32(NFT_OBJECT_COUNTER))
        let errno = try socket.request(message, "nf_tables list") { answer in
            packets = Netfilter.value(.init(NFTA_OBJ_DATA), of: answer)?[.init(NFTA_COUNTER_PACKETS)]?.longNumber
        }
        guard errno == 0 || errno == ENOENT else {
            throw SystemError(call: "NFT_MSG_GETOBJ", errno: errno, subject: "\(table) \(counter)")
        }
        return packets
    }

    // MARK: Comparing

    /// Whether this listing shows exactly `table`. Of the rules, it compares the number only.
    func holds(_ table: NetfilterTable) -> Bool {
        includes(table) && chains.count == table.chains.count && sets.count == table.sets.count
            && table.sets.allSatisfy { starts[$0.name]?.count == $0.elements.count }
    }

    /// As `holds`, but sets may have more elements, and there may be more chains and sets.
    func includes(_ table: NetfilterTable) -> Bool {
        guard flags == 0, counters.isSuperset(of: table.counters) else { return false }
        for chain in table.chains {
            guard let listed = chains[chain.name], listed.hook == chain.hook.rawValue,
                listed.priority == chain.priority,
                listed.policy == NetfilterExpression.Verdict.accept.rawValue, listed.rules.count == chain.rules.count
            else { return false }
        }
        return table.sets.allSatisfy { set in
            guard let starts = starts[set.name], starts.isSuperset(of: set.elements.map(\.network.bytes)) else {
                return false
            }
            return !set.holdsPrefixes
                || Set(set.elements.compactMap(\.bytesBehind)).isSubset(of: ends[set.name] ?? [])
        }
    }

    /// A copy without the elements of its sets, which use much memory.
    var withoutElements: NetfilterListing {
        var listing = self
        listing.starts = [:]
        listing.ends = [:]
        return listing
    }

    /// Whether both list the same chains, rules and sets, with no rule replaced. Elements may differ.
    func isSameTable(as other: NetfilterListing) -> Bool {
        flags == other.flags && chains == other.chains && sets == other.sets && counters == other.counters
    }
}
