import SealaneEligibility
import SealanePacket

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
