import CLinux
import Glibc

/// Keeps packets of the overlay inside the tunnel: a table of nf_tables that drops, and counts,
/// - what arrives for one of this host's overlay addresses, or from an address of the overlay, by any interface but the
///   tunnel device and the loopback;
/// - what would leave for an address of the overlay by any interface but these two.
///
/// The table is the kernel's and outlives the process. It lives beside tables of others, and changes none of them. Each
/// tunnel device has its own, so that several agents on one host do not meet. Works on the calling thread's network
/// namespace as of its making; one thread at a time. Needs CAP_NET_ADMIN.
public final class OverlayFilter: @unchecked Sendable {
    // Sendable: it may be handed on. Who shares it does so under a lock.

    /// What the rules are about, apart from the prefixes of peers.
    public struct Scope: Sendable, Hashable {
        /// The tunnel device's name. The device itself need not be there.
        public var interface: String
        /// This host's overlay addresses with the lengths of their networks: `10.78.0.1/24`.
        public var addresses: [String]
        /// Where lane 0 receives sealed datagrams.
        public var listen: SocketAddress
        public var laneCount: Int

        public init(interface: String, addresses: [String], listen: SocketAddress, laneCount: Int) {
            self.interface = interface
            self.addresses = addresses
            self.listen = listen
            self.laneCount = laneCount
        }
    }

    /// Packets that the table has dropped, ever since it was made.
    public struct Counts: Sendable, Hashable {
        /// That arrived in clear, for or from an address of the overlay.
        public var received: UInt64 = 0
        /// That would have left in clear, for an address of the overlay.
        public var sent: UInt64 = 0

        public init(received: UInt64 = 0, sent: UInt64 = 0) {
            self.received = received
            self.sent = sent
        }
    }

    /// Of the table, family inet: `sealane-sealane0`.
    public static func tableName(interface: String) -> String { "sealane-\(interface)" }

    public let scope: Scope
    private let socket: NetfilterSocket
    private var table: NetfilterTable
    /// The table as the kernel listed it after the last `install`.
    private var standing: NetfilterListing?

    /// Changes nothing yet.
    /// - Parameter prefixes: the peers': `10.78.0.2/32`.
    public init(_ scope: Scope, prefixes: [String]) throws(SystemError) {
        self.scope = scope
        table = try Self.table(scope, prefixes)
        socket = try NetfilterSocket()
    }

    var name: String { table.name }

    /// What the kernel calls the socket that changes are made with.
    public var port: UInt32 { socket.port }

    /// How many prefixes of the overlay the table keeps, this host's addresses included.
    public var prefixCount: Int {
        table.sets.filter(\.holdsPrefixes).reduce(0) { $0 + $1.elements.count }
    }

    // MARK: Changes

    /// Makes the table what it is to be, whatever is there of it. A table that stands is changed in one step, without a
    /// moment in which its rules do not hold.
    public func install() throws(SystemError) {
        // Another program may change nf_tables between the change and the listing, and the listing must not take that
        // for what this table is to be.
        for attempt in 1... {
            let before = try socket.generation()
            try put()
            let listing = try NetfilterListing.read(table.name, socket)
            guard let listing, listing.holds(table) else {
                throw SystemError(
                    call: "nf_tables", errno: EPROTO, subject: table.name,
                    advice: "the kernel lists other rules than it was given: does another program manage this table?")
            }
            standing = listing.withoutElements
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
            // Something of the same name is of another kind: begin from nothing.
            if try NetfilterListing.read(table.name, socket) == nil { throw error }
        }
        var batch = try NetfilterBatch()
        try batch.remove(tableNamed: table.name)
        try batch.put(table)
        try socket.commit(batch, table.name)
    }

    /// Makes the peers' prefixes these. Only the difference is changed, in one step.
    public func protect(_ prefixes: [String]) throws(SystemError) {
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
            // What stands is not what was installed.
            do throws(SystemError) {
                try install()
            } catch {
                table = before
                throw error
            }
        }
    }

    /// Whether the kernel still has what `install` and `protect` made.
    public func isInPlace() throws(SystemError) -> Bool {
        guard let standing, let listing = try NetfilterListing.read(table.name, socket) else { return false }
        return listing.isSameTable(as: standing) && listing.holds(table)
    }

    public func counts() throws(SystemError) -> Counts {
        Counts(
            received: try NetfilterListing.count(Self.receivedCounter, table.name, socket) ?? 0,
            sent: try NetfilterListing.count(Self.sentCounter, table.name, socket) ?? 0)
    }

    /// A filter that stands in the kernel, whoever made it.
    public struct Standing: Sendable, Hashable {
        /// Its chains are as they should be, and its sets hold all that was asked about.
        public let isWhole: Bool
        public let prefixCount: Int
        public let counts: Counts
    }

    /// Looks at the table of a tunnel device; nil: there is none.
    /// - Parameter prefixes: those that it should keep; it may keep others as well.
    public static func standing(_ scope: Scope, prefixes: [String]) throws(SystemError) -> Standing? {
        let filter = try OverlayFilter(scope, prefixes: prefixes)
        // Asks in words that every nf_tables knows: without them, a missing table looks like a missing nf_tables.
        _ = try filter.socket.generation()
        guard let listing = try NetfilterListing.read(filter.name, filter.socket) else { return nil }
        let kept = ["overlay4", "overlay6"].reduce(0) { $0 + (listing.starts[$1]?.count ?? 0) }
        return Standing(
            isWhole: listing.includes(filter.table), prefixCount: kept, counts: try filter.counts())
    }

    /// Removes the table of this tunnel device. None there is fine, and so is a kernel without nf_tables.
    /// - Returns: false if there was none.
    @discardableResult
    public static func remove(interface: String) throws(SystemError) -> Bool {
        let name = tableName(interface: interface)
        do throws(SystemError) {
            let socket = try NetfilterSocket()
            // Removing is a success whether or not there is one.
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
    /// Whether an error of `OverlayFilter` says that this kernel has no nf_tables, or not what the table needs of it.
    public var meansNoNetfilter: Bool {
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
            comment: "Sealane: the overlay's packets travel in the tunnel alone; removed by: sealane down",
            counters: [receivedCounter, sentCounter],
            sets: [
                set("own4", .ipv4, holdsPrefixes: false, arrivals), set("own6", .ipv6, holdsPrefixes: false, arrivals),
                set("overlay4", .ipv4, holdsPrefixes: true, kept), set("overlay6", .ipv6, holdsPrefixes: true, kept),
            ],
            chains: [arrivalChain(scope), departureChain(scope)])
    }

    /// Before connection tracking (-200) and what administrators have at priority raw (-300).
    private static func arrivalChain(_ scope: Scope) -> NetfilterTable.Chain {
        let first = scope.listen.port
        let ports = first...(first &+ UInt16(clamping: max(scope.laneCount, 1) - 1))
        let listen = NetworkPrefix(address: scope.listen, length: scope.listen.isIPv4 ? 32 : 128)
        return NetfilterTable.Chain(
            name: "arrival", hook: .prerouting, priority: -310,
            rules: [
                accept("the loopback", NetfilterExpression.interface(.inputInterfaceName, "lo")),
                accept("the tunnel device", NetfilterExpression.interface(.inputInterfaceName, scope.interface)),
                // They are authenticated by what they hold. This spares them the lookups.
                accept(
                    "sealed datagrams",
                    NetfilterExpression.destination(scope.listen.isIPv4 ? .ipv4 : .ipv6)
                        + [.compare(.equal, listen.bytes)] + NetfilterExpression.udpDestination(ports)),
                drop("for this host, in clear", NetfilterExpression.destination(.ipv4), "own4", receivedCounter),
                drop("for this host, in clear", NetfilterExpression.destination(.ipv6), "own6", receivedCounter),
                drop("from the overlay, in clear", NetfilterExpression.source(.ipv4), "overlay4", receivedCounter),
                drop("from the overlay, in clear", NetfilterExpression.source(.ipv6), "overlay6", receivedCounter),
            ])
    }

    /// Behind source NAT (100): what is sent, forwarded or rewritten has its last address.
    private static func departureChain(_ scope: Scope) -> NetfilterTable.Chain {
        NetfilterTable.Chain(
            name: "departure", hook: .postrouting, priority: 500,
            rules: [
                accept("the tunnel device", NetfilterExpression.interface(.outputInterfaceName, scope.interface)),
                accept("the loopback", NetfilterExpression.interface(.outputInterfaceName, "lo")),
                drop("for the overlay, in clear", NetfilterExpression.destination(.ipv4), "overlay4", sentCounter),
                drop("for the overlay, in clear", NetfilterExpression.destination(.ipv6), "overlay6", sentCounter),
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
