import FoundationEssentials
import SealaneEligibility

/// The known networks at one moment, in JSON or YAML: `{"schemaVersion": 1, "takenAt": "2026-11-21T18:00:00Z",
/// "account": ..., "regions": [...], "vpcs": [...], ...}`.
///
/// Decoding refuses unknown keys, duplicate IDs, route tables of unlisted subnets, and contradictions
/// (`TopologyContradiction`).
package struct TopologySnapshot: Sendable, Hashable, Codable {
    package static var version: Int { 1 }

    /// The default maximum age of a snapshot.
    package static var maximumAge: Duration { .seconds(86400) }

    /// When the queries began; later changes may be missing. In whole seconds.
    package let takenAt: Date
    /// The account of the networks, if known.
    package let account: String?
    /// The queried Regions; empty for networks outside AWS.
    package let regions: [String]
    package let topology: Topology

    enum CodingKeys: String, CodingKey, CaseIterable {
        case schemaVersion, takenAt, account, regions, vpcs, subnets, routeTables, prefixLists, peerings
        case transitGatewayAttachments, interfaces, instances
    }

    package init(takenAt: Date, account: String?, regions: [String], topology: Topology) {
        self.takenAt = Date(timeIntervalSince1970: takenAt.timeIntervalSince1970.rounded(.down))
        self.account = account
        self.regions = regions
        self.topology = topology
    }

    /// The time since the snapshot was taken; negative if that is in the future.
    package func age(at now: Date) -> Duration {
        .seconds(now.timeIntervalSince(takenAt).rounded(.down))
    }

    /// Checks the version first: other versions may differ in everything else.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let version = try container.decode(Int.self, forKey: .schemaVersion)
        guard version == Self.version else {
            throw DecodingError.dataCorruptedError(
                forKey: .schemaVersion, in: container,
                debugDescription: "version \(version) is not supported; expected \(Self.version)")
        }
        try decoder.refuseUnknownKeys(CodingKeys.self)
        takenAt = try container.moment(.takenAt)
        account = try container.decodeIfPresent(String.self, forKey: .account)
        if let account {
            try container.check([CodingKeys.account]) { () throws(TextProblem) in try ValueParser.account(account) }
        }
        regions = try container.decodeIfPresent([String].self, forKey: .regions) ?? []
        for (index, region) in regions.enumerated() {
            try container.check([CodingKeys.regions, PathStep(index)]) { () throws(TextProblem) in
                try ValueParser.fact(.region, region)
            }
        }
        let vpcs: [Topology.VPC] = try container.list(.vpcs)
        let subnets: [Topology.Subnet] = try container.list(.subnets)
        let routeTables = try container.routeTables(of: subnets)
        let prefixLists: [Topology.PrefixList] = try container.list(.prefixLists)
        let peerings: [Topology.PeeringConnection] = try container.list(.peerings)
        let interfaces: [Topology.Interface] = try container.list(.interfaces)
        topology = Topology(
            vpcs: vpcs, subnets: subnets, routeTables: routeTables, prefixLists: prefixLists, peerings: peerings,
            transitGatewayAttachments: try container.list(.transitGatewayAttachments), interfaces: interfaces,
            instances: try container.list(.instances))
        let contradiction = TopologyContradiction.first(
            vpcs: vpcs, subnets: subnets, peerings: peerings, interfaces: interfaces)
        if let contradiction {
            let path = contradiction.path.map { step in
                switch step {
                case .key(let name): PathStep(name)
                case .index(let index): PathStep(index)
                }
            }
            throw DecodingError.dataCorrupted(
                DecodingError.Context(codingPath: decoder.codingPath + path, debugDescription: contradiction.problem))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        func encode(_ elements: [String: some Encodable], _ key: CodingKeys) throws {
            try container.encode(elements.sorted { $0.key < $1.key }.map(\.value), forKey: key)
        }
        try container.encode(Self.version, forKey: .schemaVersion)
        try container.encode(takenAt.formatted(.iso8601), forKey: .takenAt)
        try container.encodeIfPresent(account, forKey: .account)
        try container.encode(regions, forKey: .regions)
        try encode(topology.vpcs, .vpcs)
        try encode(topology.subnets, .subnets)
        try encode(topology.routeTables, .routeTables)
        try encode(topology.prefixLists, .prefixLists)
        try encode(topology.peerings, .peerings)
        try encode(topology.transitGatewayAttachments, .transitGatewayAttachments)
        try encode(topology.interfaces, .interfaces)
        try encode(topology.instances, .instances)
    }
}

extension KeyedDecodingContainer where Key == TopologySnapshot.CodingKeys {
    fileprivate func moment(_ key: Key) throws -> Date {
        let text = try decode(String.self, forKey: key)
        do {
            return try Date(text, strategy: .iso8601)
        } catch {
            throw DecodingError.dataCorruptedError(
                forKey: key, in: self,
                debugDescription:
                    "\(ValueParser.quoted(text)) is not a time; expected one such as 2026-11-21T18:00:00Z")
        }
    }

    /// - Parameter path: to the value, relative to this container.
    fileprivate func check<Value>(_ path: [any CodingKey], _ read: () throws(TextProblem) -> Value) throws {
        do throws(TextProblem) {
            _ = try read()
        } catch {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(codingPath: codingPath + path, debugDescription: "\(error)"))
        }
    }

    /// The route tables. Every associated subnet must be listed: a misspelled one would silently use the VPC's main
    /// table.
    fileprivate func routeTables(of subnets: [Topology.Subnet]) throws -> [Topology.RouteTable] {
        let tables: [Topology.RouteTable] = try list(.routeTables)
        for (index, table) in tables.enumerated() {
            let known = Set(subnets.filter { $0.vpc == table.vpc }.map(\.id))
            for (place, association) in table.associations.enumerated() {
                guard let subnet = association.subnet, !known.contains(subnet) else { continue }
                let path: [PathStep] = [.init(index), .init("associations"), .init(place), .init("subnet")]
                throw DecodingError.dataCorrupted(
                    DecodingError.Context(
                        codingPath: codingPath + [Key.routeTables] + path,
                        debugDescription: "\(ValueParser.quoted(subnet)) is not among the subnets of \(table.vpc); "
                            + "expected a listed subnet"))
            }
        }
        return tables
    }

    /// The elements; empty if the key is absent.
    fileprivate func list<Element: Decodable & Identifiable<String>>(_ key: Key) throws -> [Element] {
        let elements = try decodeIfPresent([Element].self, forKey: key) ?? []
        var known = Set<String>()
        for (index, element) in elements.enumerated() where !known.insert(element.id).inserted {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(
                    codingPath: codingPath + [key, PathStep(index)],
                    debugDescription: "\(ValueParser.quoted(element.id)) occurs twice; expected each id once"))
        }
        return elements
    }
}

/// An index in a list, or a key in an object.
private struct PathStep: CodingKey {
    let stringValue: String
    let intValue: Int?

    init(_ index: Int) {
        stringValue = "\(index)"
        intValue = index
    }

    init(_ name: String) {
        stringValue = name
        intValue = nil
    }

    init?(intValue: Int) {
        self.init(intValue)
    }

    init?(stringValue: String) {
        self.init(stringValue)
    }
}
