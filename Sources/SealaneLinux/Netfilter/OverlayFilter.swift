import CLinux
import Glibc

/// Keeps packets of the overlay inside the tunnel: an nf_tables table that drops and counts
/// - packets that arrive for one of this host's overlay addresses, or from an address of the overlay, on any interface
///   but the tunnel device and the loopback;
/// - packets that would leave for an address of the overlay by any interface but these two.
///
/// The table belongs to the kernel and outlives the process. It coexists with other programs' tables and changes none
/// of them. Each tunnel device has its own table, so that several agents on one host do not interfere. Works on the
/// network namespace of the thread that created it. One thread at a time uses it. Needs CAP_NET_ADMIN.
public final class OverlayFilter: @unchecked Sendable {
    // Sendable: it may move to another thread. Threads that share it need a lock.

    /// The parameters of the rules, apart from the peers' prefixes.
    public struct Scope: Sendable, Hashable {
        /// The tunnel device's name. The device itself need not exist.
        package var interface: String
        /// This host's overlay addresses with their networks' prefix lengths: `10.78.0.1/24`.
        public var addresses: [String]
        /// The address and port at which lane 0 receives sealed datagrams.
        package var listen: SocketAddress
        public var laneCount: Int

        package init(interface: String, addresses: [String], listen: SocketAddress, laneCount: Int) {
            self.interface = interface
            self.addresses = addresses
            self.listen = listen
            self.laneCount = laneCount
        }
    }

    /// Packets that the table has dropped since it was created.
    public struct Counts: Sendable, Hashable {
        /// Packets that arrived in the clear, for or from an address of the overlay.
        public var received: UInt64 = 0
        /// Packets that would have left in the clear, for an address of the overlay.
        public var sent: UInt64 = 0

        package init(received: UInt64 = 0, sent: UInt64 = 0) {
            self.received = received
            self.sent = sent
        }
    }

    /// The table's name, family inet: `sealane-sealane0`.
    package static func tableName(interface: String) -> String { "sealane-\(interface)" }

    public let scope: Scope
    private let socket: NetfilterSocket
    private var table: NetfilterTable
    /// The kernel's listing of the table after the last `install`.
    private var installed: NetfilterListing?

    /// Changes nothing yet.
    /// - Parameter prefixes: the peers': `10.78.0.2/32`.
    package init(_ scope: Scope, prefixes: [String]) throws(SystemError) {
        self.scope = scope
        table = try Self.table(scope, prefixes)
        socket = try NetfilterSocket()
    }

    var name: String { table.name }

    /// The kernel's identification of the socket that makes the changes.
    public var port: UInt32 { socket.port }

    /// The number of overlay prefixes that the table protects, including this host's addresses.
    package var prefixCount: Int {
        table.sets.filter(\.holdsPrefixes).reduce(0) { $0 + $1.elements.count }
    }

    // MARK: Changes

    /// Creates or repairs the table. Changes an existing table atomically, so that its rules apply at every moment.
    package func install() throws(SystemError) {
        // Another program may change nf_tables between the change and the listing. The listing must not take that for
        // our own change.
        for attempt in 1... {
            let before = try socket.generation()
            try put()
            let listing = try NetfilterListing.read(table.name, socket)
            guard let listing, listing.holds(table) else {
                throw SystemError(
                    call: "nf_tables", errno: EPROTO, subject: table.name,
                    advice:
                        "the kernel's listing differs from the installed rules: does another program manage this table?"
                )
            }
            installed = listing.withoutElements
            if try socket.generation() == before &+ 1 || attempt == 5 { return }
        }
    }

    private func put() throws(SystemError) {
        do throws(SystemError) {
            var batch = try NetfilterBatch()
            try batch.put(table)
            try socket.commit(batch, table.name)
            if let listing = try NetfilterListing.read(table.name, socket), listing.holds(table) { return }
        } catch  where [EEXIST, EBUSY, EINVAL, EOPNOTSUPP, ENOENT].contains(error.errno) {
            // An object of the same name has another type: start from an empty table.
            if try NetfilterListing.read(table.name, socket) == nil { throw error }
        }
        var batch = try NetfilterBatch()
        try batch.remove(tableNamed: table.name)
        try batch.put(table)
        try socket.commit(batch, table.name)
    }

    /// Replaces the peers' prefixes with these. Changes only the difference, atomically.
    package func protect(_ prefixes: [String]) throws(SystemError) {
        let wanted = try Self.table(scope, prefixes)
        let before = table
        table = wanted
        do throws(SystemError) {
            var batch = try NetfilterBatch()
            var isChanged = false
            for (old, new) in zip(before.sets, wanted.sets) where old.elements != new.elements {
                try batch.change(
                    new, wanted.name, removing: old.elements.subtracting(new.elements),
                    adding: new.elements.subtracting(old.elements))
                isChanged = true
            }
            if isChanged { try socket.commit(batch, wanted.name) }
        } catch {
            // The kernel's table differs from the installed one.
            do throws(SystemError) {
                try install()
            } catch {
                table = before
                throw error
            }
        }
    }

    /// Whether the kernel still has the table that `install` and `protect` made.
    package func isInPlace() throws(SystemError) -> Bool {
        guard let installed, let listing = try NetfilterListing.read(table.name, socket) else { return false }
        return listing.isSameTable(as: installed) && listing.holds(table)
    }

    public func counts() throws(SystemError) -> Counts {
        Counts(
            received: try NetfilterListing.count(Self.receivedCounter, table.name, socket) ?? 0,
            sent: try NetfilterListing.count(Self.sentCounter, table.name, socket) ?? 0)
    }

    /// A filter in the kernel, whichever process made it.
    public struct State: Sendable, Hashable {
        /// Its chains are complete, and its sets contain all prefixes asked about.
        package let isWhole: Bool
        package let prefixCount: Int
        public let counts: Counts
    }

    /// Reads the table of a tunnel device; nil if there is none.
    /// - Parameter prefixes: the prefixes that it should protect; it may protect others as well.
    public static func state(_ scope: Scope, prefixes: [String]) throws(SystemError) -> State? {
        let filter = try OverlayFilter(scope, prefixes: prefixes)
        // A request that every nf_tables supports: otherwise a missing table is indistinguishable from a missing
        // nf_tables.
        _ = try filter.socket.generation()
        guard let listing = try NetfilterListing.read(filter.name, filter.socket) else { return nil }
        let kept = ["overlay4", "overlay6"].reduce(0) { $0 + (listing.starts[$1]?.count ?? 0) }
        return State(
            isWhole: listing.includes(filter.table), prefixCount: kept, counts: try filter.counts())
    }

    /// Removes the table of this tunnel device. A missing table or a kernel without nf_tables is no error.
    /// - Returns: false if there was no table.
    @discardableResult
    public static func remove(interface: String) throws(SystemError) -> Bool {
        let name = tableName(interface: interface)
        do throws(SystemError) {
            let socket = try NetfilterSocket()
            // The kernel reports success whether or not the table existed.
            guard try NetfilterListing.read(name, socket) != nil else { return false }
            var batch = try NetfilterBatch()
            try batch.remove(tableNamed: name)
            try socket.commit(batch, name)
            return true
        } catch  where error.errno == ENOENT || error.meansNoNetfilter {
            return false
        }
    }
}

extension SystemError {
    /// Whether an error of `OverlayFilter` means that this kernel has no nf_tables, or lacks a feature that the table
    /// needs.
    package var meansNoNetfilter: Bool {
        [EPROTONOSUPPORT, EAFNOSUPPORT, EOPNOTSUPP, ENOENT].contains(errno)
    }
}

// MARK: The rules

extension OverlayFilter {
    static var receivedCounter: String { "cleartext-in" }
    static var sentCounter: String { "cleartext-out" }

    static func table(_ scope: Scope, _ prefixes: [String]) throws(SystemError) -> NetfilterTable {
        var own: [NetworkPrefix] = []
        for text in scope.addresses { own.append(try NetworkPrefix(text)) }
        var overlay = own.map(\.host)
        for text in prefixes { overlay.append(try NetworkPrefix(text).network) }
        let kept = OverlayPrefixes.kept(of: overlay)
        let arrivals = Set(own.flatMap(\.deliveredHere))
        func set(_ name: String, _ key: NetfilterTable.Set.Key, holdsPrefixes: Bool, _ all: Set<NetworkPrefix>)
            -> NetfilterTable.Set
        {
            NetfilterTable.Set(
                name: name, key: key, holdsPrefixes: holdsPrefixes,
                elements: all.filter { $0.address.isIPv4 == (key == .ipv4) })
        }
        return NetfilterTable(
            name: tableName(interface: scope.interface),
            comment: "Sealane: keeps the overlay's packets inside the tunnel; remove with: sealane down",
            counters: [receivedCounter, sentCounter],
            sets: [
                set("own4", .ipv4, holdsPrefixes: false, arrivals), set("own6", .ipv6, holdsPrefixes: false, arrivals),
                set("overlay4", .ipv4, holdsPrefixes: true, kept), set("overlay6", .ipv6, holdsPrefixes: true, kept),
            ],
            chains: [arrivalChain(scope), departureChain(scope)])
    }

    /// Before connection tracking (-200) and the administrator's rules at priority raw (-300).
    private static func arrivalChain(_ scope: Scope) -> NetfilterTable.Chain {
        let first = scope.listen.port
        let ports = first...(first &+ UInt16(clamping: max(scope.laneCount, 1) - 1))
        let listen = NetworkPrefix(address: scope.listen, length: scope.listen.isIPv4 ? 32 : 128)
        return NetfilterTable.Chain(
            name: "arrival", hook: .prerouting, priority: -310,
            rules: [
                accept("the loopback", NetfilterExpression.interface(.inputInterfaceName, "lo")),
                accept("the tunnel device", NetfilterExpression.interface(.inputInterfaceName, scope.interface)),
                // The lanes authenticate these. This rule saves the lookups.
                accept(
                    "sealed datagrams",
                    NetfilterExpression.destination(scope.listen.isIPv4 ? .ipv4 : .ipv6)
                        + [.compare(.equal, listen.bytes)] + NetfilterExpression.udpDestination(ports)),
                drop("for this host, in the clear", NetfilterExpression.destination(.ipv4), "own4", receivedCounter),
                drop("for this host, in the clear", NetfilterExpression.destination(.ipv6), "own6", receivedCounter),
                drop("from the overlay, in the clear", NetfilterExpression.source(.ipv4), "overlay4", receivedCounter),
                drop("from the overlay, in the clear", NetfilterExpression.source(.ipv6), "overlay6", receivedCounter),
            ])
    }

    /// After source NAT (100): packets sent, forwarded or rewritten have their final address there.
    private static func departureChain(_ scope: Scope) -> NetfilterTable.Chain {
        NetfilterTable.Chain(
            name: "departure", hook: .postrouting, priority: 500,
            rules: [
                accept("the tunnel device", NetfilterExpression.interface(.outputInterfaceName, scope.interface)),
                accept("the loopback", NetfilterExpression.interface(.outputInterfaceName, "lo")),
                drop("for the overlay, in the clear", NetfilterExpression.destination(.ipv4), "overlay4", sentCounter),
                drop("for the overlay, in the clear", NetfilterExpression.destination(.ipv6), "overlay6", sentCounter),
            ])
    }

    private static func accept(_ comment: String, _ matches: [NetfilterExpression]) -> NetfilterTable.Rule {
        NetfilterTable.Rule(comment: comment, expressions: matches + [.verdict(.accept)])
    }

    private static func drop(
        _ comment: String, _ address: [NetfilterExpression], _ set: String, _ counter: String
    ) -> NetfilterTable.Rule {
        NetfilterTable.Rule(
            comment: comment, expressions: address + [.lookup(set: set), .count(counter), .verdict(.drop)])
    }
}
