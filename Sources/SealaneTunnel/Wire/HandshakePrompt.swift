/// The part of an initiation that names another initiation, which its receiver rejected for its timestamp: it prompted this one.
package struct HandshakePrompt: Equatable, Sendable {
    /// mac1 of that initiation. It is unique, because the initiation has fresh keys.
    package var mac1: [UInt8]
    /// The earlier timestamp that the receiver has seen. Nil: the timestamp of that initiation was ahead of the receiver's clock.
    package var seen: TAI64N?

    package init(mac1: [UInt8], seen: TAI64N?) {
        self.mac1 = mac1
        self.seen = seen
    }

    var encoded: [UInt8] { mac1 + (seen?.bytes ?? []) }

    init?(decoding bytes: ArraySlice<UInt8>) {
        mac1 = Array(bytes.prefix(HandshakeMessage.macByteCount))
        guard bytes.count > mac1.count else {
            guard mac1.count == HandshakeMessage.macByteCount else { return nil }
            seen = nil
            return
        }
        guard let seen = TAI64N(bytes: bytes.dropFirst(mac1.count)) else { return nil }
        self.seen = seen
    }
}
