/// One measured configuration. The raw values are its names on the command line and in the JSON file.
package enum Contender: String, Codable, CaseIterable, Sendable {
    case noTunnel = "no-tunnel"
    case sealaneAESIPsecMB = "sealane-aes-ipsec-mb"
    case sealaneAESLibsodium = "sealane-aes-libsodium"
    case sealaneChaChaIPsecMB = "sealane-chacha-ipsec-mb"
    case sealaneChaChaLibsodium = "sealane-chacha-libsodium"
    case sealaneNoCipher = "sealane-no-cipher"
    /// Spins before it sleeps. Measured for round trips only.
    case sealaneSpin = "sealane-spin"
    /// Uses an underlay of MTU 9001.
    case sealaneJumbo = "sealane-jumbo"
    /// One busy peer of 10,000 configured peers. Measured for memory only.
    case sealaneManyPeers = "sealane-many-peers"
    case wireGuardGo = "wireguard-go"
    case nebula
    case openVPN = "openvpn"

    package var title: String {
        switch self {
        case .noTunnel: "no tunnel"
        case .sealaneAESIPsecMB: "Sealane, AES-256-GCM, IPsec-MB"
        case .sealaneAESLibsodium: "Sealane, AES-256-GCM, libsodium"
        case .sealaneChaChaIPsecMB: "Sealane, ChaCha20-Poly1305, IPsec-MB"
        case .sealaneChaChaLibsodium: "Sealane, ChaCha20-Poly1305, libsodium"
        case .sealaneNoCipher: "Sealane, no cipher"
        case .sealaneSpin: "Sealane, spinning"
        case .sealaneJumbo: "Sealane, MTU 9001"
        case .sealaneManyPeers: "Sealane, 10,000 peers"
        case .wireGuardGo: "wireguard-go"
        case .nebula: "nebula"
        case .openVPN: "OpenVPN"
        }
    }

    package var isSealane: Bool { rawValue.hasPrefix("sealane-") }

    /// The contenders of `--quick`.
    package static let core: [Contender] = [
        .noTunnel, .sealaneAESIPsecMB, .sealaneAESLibsodium, .wireGuardGo, .nebula,
    ]

    /// The figures that are measured for this contender.
    package var figures: [Figure] {
        switch self {
        case .noTunnel: Figure.allCases.filter { $0.group != .memory && $0 != .senderCost && $0 != .receiverCost }
        case .sealaneSpin: [.idleP50, .idleP99, .loadedP50, .loadedP99, .loadedGrowth, .loadedTCP]
        case .sealaneManyPeers: [.memory]
        default: Figure.allCases
        }
    }

    /// The modes in which this contender is measured. Memory does not depend on the mode.
    package var modes: [Mode] { self == .sealaneManyPeers ? [.batched] : Mode.allCases }
}

/// How the underlay carries UDP.
package enum Mode: String, Codable, CaseIterable, Sendable {
    /// A run of datagrams travels as a whole, as between containers or with a NIC that segments UDP.
    case batched
    /// Every datagram travels alone, as on EC2's ENA.
    case wire
}
