import SealanePacket

extension Topology {
    public struct VPC: Sendable, Hashable, Identifiable, Codable {
        public let id: String
        public let region: String
        /// Both families.
        public let cidrs: [IPPrefix]

        public init(id: String, region: String, cidrs: [IPPrefix]) {
            self.id = id
            self.region = region
            self.cidrs = cidrs
        }
    }

    public struct Subnet: Sendable, Hashable, Identifiable, Codable {
        public let id: String
        public let vpc: String
        public let zone: String?
        /// Both families.
        public let cidrs: [IPPrefix]

        public init(id: String, vpc: String, zone: String? = nil, cidrs: [IPPrefix]) {
            self.id = id
            self.vpc = vpc
            self.zone = zone
            self.cidrs = cidrs
        }
    }

    public struct PrefixList: Sendable, Hashable, Identifiable, Codable {
        public let id: String
        /// Both families.
        public let cidrs: [IPPrefix]

        public init(id: String, cidrs: [IPPrefix]) {
            self.id = id
            self.cidrs = cidrs
        }
    }

    /// A VPC peering connection as the EC2 API describes it: `Peering`, and the CIDRs on each side.
    public struct PeeringConnection: Sendable, Hashable, Identifiable, Codable {
        public struct Side: Sendable, Hashable, Codable {
            public let vpc: String
            /// Nil if not stated.
            public let region: String?
            /// AWS reports them only for an active connection.
            public let cidrs: [IPPrefix]

            public init(vpc: String, region: String?, cidrs: [IPPrefix]) {
                self.vpc = vpc
                self.region = region
                self.cidrs = cidrs
            }
        }

        public let id: String
        public let status: String
        public let requester: Side
        public let accepter: Side

        public init(id: String, status: String, requester: Side, accepter: Side) {
            self.id = id
            self.status = status
            self.requester = requester
            self.accepter = accepter
        }

        /// The side other than `vpc`; nil if neither side is `vpc`.
        func side(across vpc: String) -> Side? {
            vpc == requester.vpc ? accepter : vpc == accepter.vpc ? requester : nil
        }
    }

    public struct TransitGatewayAttachment: Sendable, Hashable, Identifiable, Codable {
        public let id: String
        public let transitGateway: String
        /// `vpc`, `vpn`, `direct-connect-gateway`, `peering`, ...
        public let resourceType: String
        public let resource: String

        public init(id: String, transitGateway: String, resourceType: String, resource: String) {
            self.id = id
            self.transitGateway = transitGateway
            self.resourceType = resourceType
            self.resource = resource
        }
    }

    public struct Instance: Sendable, Hashable, Identifiable, Codable {
        public let id: String
        public let type: String?

        public init(id: String, type: String? = nil) {
            self.id = id
            self.type = type
        }
    }

    public struct Interface: Sendable, Hashable, Identifiable, Codable {
        public let id: String
        public let vpc: String
        public let subnet: String
        /// Private IPv4 and IPv6 addresses, with the primary one of each family first.
        public let addresses: [IPAddress]
        /// The prefixes delegated to the interface.
        public let prefixes: [IPPrefix]
        /// The type as AWS writes it: `interface`, `nat_gateway`, `network_load_balancer`, ...
        public let type: String
        /// Whether an AWS service created it for its own use, such as a load balancer.
        public let isRequesterManaged: Bool
        /// The instance to which it is attached.
        public let instance: String?
        /// Its index among the instance's interfaces; 0 is the primary one.
        public let deviceIndex: Int?

        public init(
            id: String, vpc: String, subnet: String, addresses: [IPAddress], prefixes: [IPPrefix] = [],
            type: String = "interface", isRequesterManaged: Bool = false, instance: String? = nil,
            deviceIndex: Int? = nil
        ) {
            self.id = id
            self.vpc = vpc
            self.subnet = subnet
            self.addresses = addresses
            self.prefixes = prefixes
            self.type = type
            self.isRequesterManaged = isRequesterManaged
            self.instance = instance
            self.deviceIndex = deviceIndex
        }

        public func has(_ address: IPAddress) -> Bool {
            addresses.contains(address) || prefixes.contains { $0.contains(address) }
        }
    }
}
