import FoundationEssentials
import SealaneEligibility
import SealanePacket

/// Something that a command of `aws ec2` lists. Members are named as in AWS's JSON, but for the first letter.
///
/// Source: docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Types.html; each type has the name and the page of its own.
protocol AWSResource: Decodable {
    static var command: String { get }
    /// The member of the answer that holds the list.
    static var list: String { get }
}

/// What one command answers.
struct AWSPage<Resource: AWSResource>: Decodable {
    let resources: [Resource]
    /// Where the next page starts; nil or empty: there is none.
    let nextToken: String?

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: AWSMember.self)
        resources = try container.decode([Resource].self, forKey: AWSMember(stringValue: Resource.list))
        nextToken = try container.decodeIfPresent(String.self, forKey: AWSMember(stringValue: "nextToken"))
    }
}

enum AWSJSON {
    /// Reads JSON as the command line interface writes it, `VpcId` as `vpcId`.
    static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .custom { path in
            let name = path.last?.stringValue ?? ""
            return AWSMember(stringValue: name.prefix(1).lowercased() + name.dropFirst())
        }
        return try decoder.decode(type, from: Data(bytes))
    }
}

struct AWSMember: CodingKey, Hashable {
    let stringValue: String
    let intValue: Int?

    init(stringValue: String) {
        self.stringValue = stringValue
        intValue = nil
    }

    init?(intValue: Int) {
        stringValue = "\(intValue)"
        self.intValue = intValue
    }
}

// MARK: Resources

struct AWSVpc: AWSResource {
    static let command = "describe-vpcs"
    static let list = "vpcs"

    let vpcId: String
    let cidrBlock: IPPrefix?
    let cidrBlockAssociationSet: [AWSCIDRAssociation]?
    let ipv6CidrBlockAssociationSet: [AWSCIDRAssociation]?

    func vpc(in region: String) -> Topology.VPC {
        let associated = (cidrBlockAssociationSet ?? []) + (ipv6CidrBlockAssociationSet ?? [])
        let cidrs = associated.compactMap(\.cidrInForce)
        return Topology.VPC(id: vpcId, region: region, cidrs: cidrs.isEmpty ? [cidrBlock].compactMap(\.self) : cidrs)
    }
}

/// `VpcCidrBlockAssociation`, `VpcIpv6CidrBlockAssociation`, `SubnetIpv6CidrBlockAssociation`.
struct AWSCIDRAssociation: Decodable {
    struct State: Decodable {
        let state: String?
    }

    let cidrBlock: IPPrefix?
    let ipv6CidrBlock: IPPrefix?
    let cidrBlockState: State?
    let ipv6CidrBlockState: State?

    var cidrInForce: IPPrefix? {
        (cidrBlockState ?? ipv6CidrBlockState)?.state == "associated" ? cidrBlock ?? ipv6CidrBlock : nil
    }
}

struct AWSSubnet: AWSResource {
    static let command = "describe-subnets"
    static let list = "subnets"

    let subnetId: String
    let vpcId: String
    let availabilityZone: String?
    let cidrBlock: IPPrefix?
    let ipv6CidrBlockAssociationSet: [AWSCIDRAssociation]?

    var subnet: Topology.Subnet {
        Topology.Subnet(
            id: subnetId, vpc: vpcId, zone: availabilityZone,
            cidrs: [cidrBlock].compactMap(\.self) + (ipv6CidrBlockAssociationSet ?? []).compactMap(\.cidrInForce))
    }
}

struct AWSVpcPeeringConnection: AWSResource {
    static let command = "describe-vpc-peering-connections"
    static let list = "vpcPeeringConnections"

    struct Status: Decodable {
        let code: String
    }

    struct VpcInfo: Decodable {
        struct CIDR: Decodable {
            let cidrBlock: IPPrefix?
            let ipv6CidrBlock: IPPrefix?
        }

        let vpcId: String?
        let region: String?
        let cidrBlock: IPPrefix?
        let cidrBlockSet: [CIDR]?
        let ipv6CidrBlockSet: [CIDR]?

        var side: Topology.PeeringConnection.Side {
            let sets = ((cidrBlockSet ?? []) + (ipv6CidrBlockSet ?? [])).compactMap { $0.cidrBlock ?? $0.ipv6CidrBlock }
            return Topology.PeeringConnection.Side(
                vpc: vpcId ?? "unknown", region: region,
                cidrs: sets.isEmpty ? [cidrBlock].compactMap(\.self) : sets)
        }
    }

    let vpcPeeringConnectionId: String
    let status: Status
    let requesterVpcInfo: VpcInfo
    let accepterVpcInfo: VpcInfo

    var connection: Topology.PeeringConnection {
        Topology.PeeringConnection(
            id: vpcPeeringConnectionId, status: status.code, requester: requesterVpcInfo.side,
            accepter: accepterVpcInfo.side)
    }
}

struct AWSNetworkInterface: AWSResource {
    static let command = "describe-network-interfaces"
    static let list = "networkInterfaces"

    struct Attachment: Decodable {
        let instanceId: String?
        let deviceIndex: Int?
        let status: String?
    }

    struct PrivateAddress: Decodable {
        let privateIpAddress: IPAddress
        let primary: Bool?
    }

    struct IPv6Address: Decodable {
        let ipv6Address: IPAddress
    }

    struct Prefix: Decodable {
        let ipv4Prefix: IPPrefix?
        let ipv6Prefix: IPPrefix?
    }

    let networkInterfaceId: String
    let vpcId: String
    let subnetId: String
    let interfaceType: String?
    let requesterManaged: Bool?
    let attachment: Attachment?
    let privateIpAddresses: [PrivateAddress]?
    let ipv6Addresses: [IPv6Address]?
    let ipv4Prefixes: [Prefix]?
    let ipv6Prefixes: [Prefix]?

    var interface: Topology.Interface {
        // Not attached yet, or no longer, is no instance's.
        let attachment = attachment.flatMap { $0.status ?? "attached" == "attached" ? $0 : nil }
        let ipv4 = privateIpAddresses ?? []
        let ordered = ipv4.filter { $0.primary == true } + ipv4.filter { $0.primary != true }
        return Topology.Interface(
            id: networkInterfaceId, vpc: vpcId, subnet: subnetId,
            addresses: ordered.map(\.privateIpAddress) + (ipv6Addresses ?? []).map(\.ipv6Address),
            prefixes: ((ipv4Prefixes ?? []) + (ipv6Prefixes ?? [])).compactMap { $0.ipv4Prefix ?? $0.ipv6Prefix },
            type: interfaceType ?? "interface", isRequesterManaged: requesterManaged ?? false,
            instance: attachment?.instanceId, deviceIndex: attachment?.deviceIndex)
    }
}

struct AWSReservation: AWSResource {
    static let command = "describe-instances"
    static let list = "reservations"

    struct Instance: Decodable {
        let instanceId: String
        let instanceType: String?
    }

    let instances: [Instance]?
}

struct AWSManagedPrefixList: AWSResource {
    static let command = "describe-managed-prefix-lists"
    static let list = "prefixLists"

    let prefixListId: String
}

struct AWSPrefixListEntry: AWSResource {
    static let command = "get-managed-prefix-list-entries"
    static let list = "entries"

    let cidr: IPPrefix
}

struct AWSTransitGatewayAttachment: AWSResource {
    static let command = "describe-transit-gateway-attachments"
    static let list = "transitGatewayAttachments"

    let transitGatewayAttachmentId: String
    let transitGatewayId: String?
    let resourceType: String?
    let resourceId: String?
    let state: String?

    /// Nil if it carries nothing (now).
    var attachment: Topology.TransitGatewayAttachment? {
        guard state == "available", let transitGatewayId, let resourceId else { return nil }
        return Topology.TransitGatewayAttachment(
            id: transitGatewayAttachmentId, transitGateway: transitGatewayId, resourceType: resourceType ?? "unknown",
            resource: resourceId)
    }
}
