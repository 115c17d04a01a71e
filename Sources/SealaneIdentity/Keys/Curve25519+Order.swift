import Crypto

extension Curve25519.Signing.PublicKey {
    /// Whether the key is a point whose order divides 8, in any encoding. Anyone can make signatures that verify under
    /// such a key, for any message, so a signature proves nothing.
    var isOfLowOrder: Bool {
        // Ignore the sign of x: a point and its negation have the same order.
        var y = Array(rawRepresentation)
        guard let last = y.indices.last else { return false }
        y[last] &= 0x7F
        return Self.lowOrder.contains(y)
    }

    /// The y coordinates of the points of order 1, 2, 4, 8 and 8 (RFC 8032 section 5.1), little-endian, and 1 and 0
    /// again in their non-canonical encodings p + 1 and p, which lenient decoders accept. p = 2^255 - 19.
    private static var lowOrder: Set<[UInt8]> {
        [
            [1] + [UInt8](repeating: 0, count: 31),
            [0xEC] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
            [UInt8](repeating: 0, count: 32),
            [
                0x26, 0xE8, 0x95, 0x8F, 0xC2, 0xB2, 0x27, 0xB0, 0x45, 0xC3, 0xF4, 0x89, 0xF2, 0xEF, 0x98, 0xF0,
                0xD5, 0xDF, 0xAC, 0x05, 0xD3, 0xC6, 0x33, 0x39, 0xB1, 0x38, 0x02, 0x88, 0x6D, 0x53, 0xFC, 0x05,
            ],
            [
                0xC7, 0x17, 0x6A, 0x70, 0x3D, 0x4D, 0xD8, 0x4F, 0xBA, 0x3C, 0x0B, 0x76, 0x0D, 0x10, 0x67, 0x0F,
                0x2A, 0x20, 0x53, 0xFA, 0x2C, 0x39, 0xCC, 0xC6, 0x4E, 0xC7, 0xFD, 0x77, 0x92, 0xAC, 0x03, 0x7A,
            ],
            [0xED] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
            [0xEE] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
        ]
    }

    /// - Parameter owner: the owner of the key, such as "the certificate".
    func checkOrder(_ owner: String) throws(IdentityProblem) {
        guard isOfLowOrder else { return }
        throw IdentityProblem(
            "the Ed25519 key of \(owner) is a point of low order, with which anyone can forge signatures",
            required: "a properly generated Ed25519 key")
    }
}
