import Crypto

extension Curve25519.Signing.PublicKey {
    /// Whether it is one of the points whose order divides 8, in any of their encodings. Anybody can make signatures that pass
    /// for such a key, over whatever message: one proves nothing.
    var isOfLowOrder: Bool {
        // The sign of x counts for nothing here: the other sign of each point is of low order, too.
        var y = Array(rawRepresentation)
        guard let last = y.indices.last else { return false }
        y[last] &= 0x7F
        return Self.lowOrder.contains(y)
    }

    /// y of the points of order 1, 2, 4, 8 and 8 (RFC 8032 section 5.1), little-endian; and 0 and 1 once more as p and p + 1, which
    /// decoders that do not insist on the one encoding take, too. p = 2^255 - 19.
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

    /// - Parameter owner: whose key it is, such as "the certificate".
    func checkOrder(_ owner: String) throws(IdentityProblem) {
        guard isOfLowOrder else { return }
        throw IdentityProblem(
            "the Ed25519 key of \(owner) is a point of low order, for which anybody can sign",
            required: "a key made by a generator of Ed25519 keys")
    }
}
