import SealaneEligibility
import SealanePacket

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
