import SealanePacket
import SealaneTunnel
import TestSupport

/// The addresses and keys of a far end of the scale benchmark, and of the agent. They follow from the far end's number,
/// so that the agent's configuration and the program that simulates the far ends need not exchange them.
struct FarEndPlan {
    /// 1 to `limit`.
    let number: Int

    static let limit = 65_534
    static let port: UInt16 = 7325
    /// Contains the underlay addresses of all far ends.
    static let outerPrefix = "10.90.0.0/16"
    /// Contains the overlay addresses of all far ends.
    private static let innerPrefix: UInt32 = 10 << 24 | 91 << 16
    private static let outerStart: UInt32 = 10 << 24 | 90 << 16

    static let agentEndpoint = Endpoint(address: IPAddress(ipv4: 10 << 24 | 77 << 16 | 1), port: port)
    static let agentAddress = IPAddress(ipv4: 10 << 24 | 78 << 16 | 1)

    var endpoint: Endpoint { Endpoint(address: IPAddress(ipv4: Self.outerStart + UInt32(number)), port: Self.port) }
    /// In the overlay.
    var address: IPAddress { IPAddress(ipv4: Self.innerPrefix + UInt32(number)) }

    /// The key is no secret: it follows from the number.
    func makeKey() throws -> PrivateKey {
        var random = SeededRandom(seed: UInt64(number))
        return try PrivateKey.generate(using: &random)
    }

    /// The number of the far end with this underlay address. Nil: no far end has it.
    static func number(ofOuter address: IPAddress) -> Int? {
        guard let ipv4 = address.ipv4, ipv4 > outerStart, ipv4 - outerStart <= UInt32(limit) else { return nil }
        return Int(ipv4 - outerStart)
    }

    /// The peers of the agent's configuration.
    static func peerEntries(_ count: Int) throws -> String {
        try (1...count).map { number in
            let plan = FarEndPlan(number: number)
            return """
                  - name: far\(number)
                    endpoint: \(plan.endpoint)
                    public-key: \(try plan.makeKey().publicKey)
                    addresses: [\(plan.address)/32]
                    instance: {type: c5n.large, region: us-east-1, vpc: vpc-0a}

                """
        }.joined()
    }
}
