import SealanePacket

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
