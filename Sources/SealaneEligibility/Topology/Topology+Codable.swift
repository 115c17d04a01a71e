import SealanePacket

// Unknown keys are refused. Otherwise a misspelled `stat: blackhole` would decode as an active route.

extension Topology.VPC {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case id, region, cidrs
    }

    package init(from decoder: any Decoder) throws {
        try decoder.refuseUnknownKeys(CodingKeys.self)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            id: try container.word(.id), region: try container.word(.region),
            cidrs: try container.decode([IPPrefix].self, forKey: .cidrs))
    }
}

extension Topology.Subnet {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case id, vpc, zone, cidrs
    }

    package init(from decoder: any Decoder) throws {
        try decoder.refuseUnknownKeys(CodingKeys.self)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            id: try container.word(.id), vpc: try container.word(.vpc), zone: try container.wordIfPresent(.zone),
            cidrs: try container.decodeIfPresent([IPPrefix].self, forKey: .cidrs) ?? [])
    }
}

extension Topology.PrefixList {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case id, cidrs
    }

    package init(from decoder: any Decoder) throws {
        try decoder.refuseUnknownKeys(CodingKeys.self)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            id: try container.word(.id), cidrs: try container.decode([IPPrefix].self, forKey: .cidrs))
    }
}

extension Topology.PeeringConnection {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case id, status, requester, accepter
    }

    package init(from decoder: any Decoder) throws {
        try decoder.refuseUnknownKeys(CodingKeys.self)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            id: try container.word(.id), status: try container.word(.status),
            requester: try container.decode(Side.self, forKey: .requester),
            accepter: try container.decode(Side.self, forKey: .accepter))
    }
}

extension Topology.PeeringConnection.Side {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case vpc, region, cidrs
    }

    package init(from decoder: any Decoder) throws {
        try decoder.refuseUnknownKeys(CodingKeys.self)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            vpc: try container.word(.vpc), region: try container.wordIfPresent(.region),
            cidrs: try container.decodeIfPresent([IPPrefix].self, forKey: .cidrs) ?? [])
    }
}

extension Topology.TransitGatewayAttachment {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case id, transitGateway, resourceType, resource
    }

    package init(from decoder: any Decoder) throws {
        try decoder.refuseUnknownKeys(CodingKeys.self)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            id: try container.word(.id), transitGateway: try container.word(.transitGateway),
            resourceType: try container.word(.resourceType), resource: try container.word(.resource))
    }
}

extension Topology.Instance {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case id, type
    }

    package init(from decoder: any Decoder) throws {
        try decoder.refuseUnknownKeys(CodingKeys.self)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(id: try container.word(.id), type: try container.wordIfPresent(.type))
    }
}

extension Topology.Interface {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case id, vpc, subnet, addresses, prefixes, type, instance, deviceIndex
        case isRequesterManaged = "requesterManaged"
    }

    package init(from decoder: any Decoder) throws {
        try decoder.refuseUnknownKeys(CodingKeys.self)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            id: try container.word(.id), vpc: try container.word(.vpc), subnet: try container.word(.subnet),
            addresses: try container.decode([IPAddress].self, forKey: .addresses),
            prefixes: try container.decodeIfPresent([IPPrefix].self, forKey: .prefixes) ?? [],
            type: try container.wordIfPresent(.type) ?? "interface",
            isRequesterManaged: try container.decodeIfPresent(Bool.self, forKey: .isRequesterManaged) ?? false,
            instance: try container.wordIfPresent(.instance),
            deviceIndex: try container.decodeIfPresent(Int.self, forKey: .deviceIndex))
    }
}

extension Topology.RouteTable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case id, vpc, associations, routes
    }

    package init(from decoder: any Decoder) throws {
        try decoder.refuseUnknownKeys(CodingKeys.self)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            id: try container.word(.id), vpc: try container.word(.vpc),
            associations: try container.decode([Association].self, forKey: .associations),
            routes: try container.decode([Topology.Route].self, forKey: .routes))
    }
}

extension Topology.RouteTable.Association {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case subnet, state
        case isMain = "main"
    }

    package init(from decoder: any Decoder) throws {
        try decoder.refuseUnknownKeys(CodingKeys.self)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            subnet: try container.wordIfPresent(.subnet),
            isMain: try container.decodeIfPresent(Bool.self, forKey: .isMain) ?? false,
            state: try container.wordIfPresent(.state) ?? "associated")
    }
}

extension Topology.Route {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case destination, target, origin, state
    }

    package init(from decoder: any Decoder) throws {
        try decoder.refuseUnknownKeys(CodingKeys.self)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            destination: try container.decode(Destination.self, forKey: .destination),
            target: try container.decode(RouteTarget.self, forKey: .target),
            origin: try container.wordIfPresent(.origin) ?? "CreateRoute",
            state: try container.wordIfPresent(.state) ?? "active")
    }
}

extension Topology.Route.Destination: Codable {
    /// A prefix, or the ID of a prefix list.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        if text.hasPrefix("pl-"), Identifier.isPlain(text) {
            self = .prefixList(text)
        } else {
            self = .prefix(try IPPrefix(from: decoder))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension RouteTarget: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard Identifier.isPlain(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: Identifier.expected)
        }
        self.init(text)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

private enum Identifier {
    /// IDs and states are displayed on terminals and sent to peers. The longest are ARNs of core networks.
    static func isPlain(_ text: String) -> Bool {
        (1...1300).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7e).contains($0) }
    }

    static let expected = "expected 1 to 1300 printable characters without spaces"
}

extension KeyedDecodingContainer {
    fileprivate func word(_ key: Key) throws -> String {
        let text = try decode(String.self, forKey: key)
        guard Identifier.isPlain(text) else {
            throw DecodingError.dataCorruptedError(forKey: key, in: self, debugDescription: Identifier.expected)
        }
        return text
    }

    fileprivate func wordIfPresent(_ key: Key) throws -> String? {
        try contains(key) ? word(key) : nil
    }
}
