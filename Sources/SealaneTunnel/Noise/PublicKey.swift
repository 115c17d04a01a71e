/// An X25519 public key (RFC 7748): the identity of a peer.
public struct PublicKey: Hashable, Sendable {
    /// 32 bytes.
    public let bytes: [UInt8]

    public static var byteCount: Int { 32 }

    /// Nil unless there are 32 bytes.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = Array(bytes)
    }

    init(unchecked bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Whether it is a point whose order divides 8, in any encoding: the shared secret with it is the same for everybody (RFC 7748
    /// section 6.1). No private key has such a public key.
    package var isOfLowOrder: Bool {
        // Bit 255 does not count (RFC 7748 section 5).
        let coordinate = Array(bytes.dropLast()) + [bytes[Self.byteCount - 1] & 0x7F]
        return Self.lowOrder.contains(coordinate)
    }

    /// u: 0, 1, the two of order 8, p - 1, and 0 and 1 as p and p + 1. Little-endian, p = 2^255 - 19.
    private static let lowOrder: Set<[UInt8]> = [
        [UInt8](repeating: 0, count: 32),
        [1] + [UInt8](repeating: 0, count: 31),
        [
            0xE0, 0xEB, 0x7A, 0x7C, 0x3B, 0x41, 0xB8, 0xAE, 0x16, 0x56, 0xE3, 0xFA, 0xF1, 0x9F, 0xC4, 0x6A,
            0xDA, 0x09, 0x8D, 0xEB, 0x9C, 0x32, 0xB1, 0xFD, 0x86, 0x62, 0x05, 0x16, 0x5F, 0x49, 0xB8, 0x00,
        ],
        [
            0x5F, 0x9C, 0x95, 0xBC, 0xA3, 0x50, 0x8C, 0x24, 0xB1, 0xD0, 0xB1, 0x55, 0x9C, 0x83, 0xEF, 0x5B,
            0x04, 0x44, 0x5C, 0xC4, 0x58, 0x1C, 0x8E, 0x86, 0xD8, 0x22, 0x4E, 0xDD, 0xD0, 0x9F, 0x11, 0x57,
        ],
        [0xEC] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
        [0xED] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
        [0xEE] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
    ]
}

extension PublicKey: LosslessStringConvertible {
    /// 44 characters of base64, the one encoding of the key.
    public init?(_ text: String) {
        var bytes = [UInt8](repeating: 0, count: Self.byteCount)
        let text = Array(text.utf8)
        let isDecoded = bytes.withUnsafeMutableBytes { output in
            text.withUnsafeBytes { Base64.decode($0, into: output) }
        }
        guard isDecoded else { return nil }
        self.bytes = bytes
    }

    public var description: String {
        String(decoding: bytes.withUnsafeBytes { Base64.encode($0) }, as: UTF8.self)
    }
}
