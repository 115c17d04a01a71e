import SealanePacket

extension Topology {
    package struct VPC: Sendable, Hashable, Identifiable, Codable {
        package let id: String
        package let region: String
        /// Both families.
        package let cidrs: [IPPrefix]

        package init(id: String, region: String, cidrs: [IPPrefix]) {
            self.id = id
            self.region = region
            self.cidrs = cidrs
        }
    }

    package struct Subnet: Sendable, Hashable, Identifiable, Codable {
        package let id: String
        package let vpc: String
        package let zone: String?
        /// Both families.
        package let cidrs: [IPPrefix]

        package init(id: String, vpc: String, zone: String? = nil, cidrs: [IPPrefix]) {
            self.id = id
            self.vpc = vpc
            self.zone = zone
            self.cidrs = cidrs
        }
    }

    package struct PrefixList: Sendable, Hashable, Identifiable, Codable {
        package let id: String
        /// Both families.
        package let cidrs: [IPPrefix]

        package init(id: String, cidrs: [IPPrefix]) {
            self.id = id
            self.cidrs = cidrs
        }
    }

    /// A VPC peering connection as the EC2 API describes it: `Peering`, and the CIDRs on each side.
    package struct PeeringConnection: Sendable, Hashable, Identifiable, Codable {
        package struct Side: Sendable, Hashable, Codable {
            package let vpc: String
            /// Nil if not stated.
            package let region: String?
            /// AWS reports them only for an active connection.
            package let cidrs: [IPPrefix]

            package init(vpc: String, region: String?, cidrs: [IPPrefix]) {
                self.vpc = vpc
                self.region = region
                self.cidrs = cidrs
            }
        }

        package let id: String
        package let status: String
        package let requester: Side
        package let accepter: Side

        package init(id: String, status: String, requester: Side, accepter: Side) {
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

    package struct TransitGatewayAttachment: Sendable, Hashable, Identifiable, Codable {
        package let id: String
        package let transitGateway: String
        /// `vpc`, `vpn`, `direct-connect-gateway`, `peering`, ...
        package let resourceType: String
        package let resource: String

        package init(id: String, transitGateway: String, resourceType: String, resource: String) {
            self.id = id
            self.transitGateway = transitGateway
            self.resourceType = resourceType
            self.resource = resource
        }
    }

    package struct Instance: Sendable, Hashable, Identifiable, Codable {
        package let id: String
        package let type: String?

        package init(id: String, type: String? = nil) {
            self.id = id
            self.type = type
        }
    }

    package struct Interface: Sendable, Hashable, Identifiable, Codable {
        package let id: String
        package let vpc: String
        package let subnet: String
        /// Private IPv4 and IPv6 addresses, with the primary one of each family first.
        package let addresses: [IPAddress]
        /// The prefixes delegated to the interface.
        package let prefixes: [IPPrefix]
        /// The type as AWS writes it: `interface`, `nat_gateway`, `network_load_balancer`, ...
        package let type: String
        /// Whether an AWS service created it for its own use, such as a load balancer.
        package let isRequesterManaged: Bool
        /// The instance to which it is attached.
        package let instance: String?
        /// Its index among the instance's interfaces; 0 is the primary one.
        package let deviceIndex: Int?

        package init(
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

        package func has(_ address: IPAddress) -> Bool {
            addresses.contains(address) || prefixes.contains { $0.contains(address) }
        }
    }
}
