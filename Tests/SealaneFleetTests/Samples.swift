import SealaneEligibility
import SealaneFleet
import SealanePacket
import SealaneTunnel

/// 44 characters of base64 for 32 equal bytes: every letter of the alphabet makes another key.
func keyText(_ byte: UInt8) -> String {
    PublicKey(bytes: [UInt8](repeating: byte, count: 32))?.description ?? ""
}

func record(
    _ name: String, endpoint: String = "10.0.0.2:7325", key: UInt8 = 1, addresses: [String] = ["10.78.0.2/32"],
    type: String? = "m5n.xlarge", presharedKeyFile: String? = nil
) -> PeerRecord {
    PeerRecord(
        name: name, endpoint: endpoint, publicKey: keyText(key), addresses: addresses,
        instance: InstanceRecord([.instanceType: type, .region: "us-east-1", .vpc: "vpc-0a"]),
        presharedKeyFile: presharedKeyFile)
}
