import SealaneEligibility
import SealanePacket

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
        // An interface that is attaching or detaching does not count as an instance's.
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
