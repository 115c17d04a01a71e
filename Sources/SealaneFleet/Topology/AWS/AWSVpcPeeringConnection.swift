import SealaneEligibility
import SealanePacket

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
