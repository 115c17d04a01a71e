import SealanePacket

/// The target of a route: an AWS resource ID, `local`, or any other text.
package struct RouteTarget: Sendable, Hashable, CustomStringConvertible {
    /// The kind of target, by the form of its ID.
    package enum Kind: String, Sendable, CaseIterable {
        case local
        case peering = "VPC peering connection"
        case interface = "network interface"
        case natGateway = "NAT gateway"
        case transitGateway = "transit gateway"
        case virtualPrivateGateway = "virtual private gateway"
        case internetGateway = "internet gateway"
        case egressOnlyInternetGateway = "egress-only internet gateway"
        case endpoint = "VPC endpoint"
        case localGateway = "local gateway"
        case carrierGateway = "carrier gateway"
        case coreNetwork = "core network"
        case odbNetwork = "ODB network"
        case instance
        case nextHop = "next hop"
        /// Anything else. Treated as a device.
        case unknown = "unknown kind of target"
    }

    package let description: String

    package init(_ text: String) {
        description = text
    }

    package var kind: Kind {
        if description == "local" { return .local }
        let prefixes: [(String, Kind)] = [
            ("pcx-", .peering), ("eni-", .interface), ("nat-", .natGateway), ("tgw-", .transitGateway),
            ("vgw-", .virtualPrivateGateway), ("igw-", .internetGateway), ("eigw-", .egressOnlyInternetGateway),
            ("vpce-", .endpoint), ("lgw-", .localGateway), ("cagw-", .carrierGateway), ("i-", .instance),
        ]
        if let known = prefixes.first(where: { description.hasPrefix($0.0) }) { return known.1 }
        // arn:partition:service:region:account:resource
        let parts = description.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        if parts.count == 6, parts[0] == "arn" {
            if parts[2] == "networkmanager", parts[5].hasPrefix("core-network/") { return .coreNetwork }
            if parts[2] == "odb", parts[5].hasPrefix("odb-network/") { return .odbNetwork }
        }
        return IPAddress(description) == nil ? .unknown : .nextHop
    }
}
