/// A parsed datagram of the handshake. Nothing in it is proven yet. Integers are big-endian.
///
///     1 initiation    type 1 · reserved 3 · sender index 4 · Noise message 1 · mac1 16 · mac2 16
///     2 response      type 1 · reserved 3 · sender index 4 · receiver index 4 · Noise message 2 · mac1 16 · mac2 16
///     3 cookie reply  type 1 · reserved 3 · receiver index 4 · nonce 24 · sealed cookie 32
public enum HandshakeMessage: Sendable {
    case initiation(Initiation)
    case response(Response)
    case cookieReply(CookieReply)

    @inlinable public static var initiationType: UInt8 { 1 }
    @inlinable public static var responseType: UInt8 { 2 }
    @inlinable public static var cookieReplyType: UInt8 { 3 }

    /// A handshake fits one 1500-byte packet over IPv6, with room for an option.
    public static var byteLimit: Int { 1400 }
    package static var macByteCount: Int { 16 }

    public struct Initiation: Sendable {
        public let datagram: [UInt8]
        public let sender: SessionIndex
        package var noise: ArraySlice<UInt8> { datagram[8..<(datagram.count - 2 * HandshakeMessage.macByteCount)] }
    }

    public struct Response: Sendable {
        public let datagram: [UInt8]
        public let sender: SessionIndex
        package let receiver: SessionIndex
        package var noise: ArraySlice<UInt8> { datagram[12..<(datagram.count - 2 * HandshakeMessage.macByteCount)] }
    }

    public struct CookieReply: Sendable {
        package let receiver: SessionIndex
        let nonce: [UInt8]
        let sealed: [UInt8]

        public static var byteCount: Int { 64 }
    }

    /// Throws the reason for dropping a datagram that is not one of the three.
    package init(parsing datagram: [UInt8]) throws(DropReason) {
        guard datagram.count >= 4 else { throw .datagramTruncated }
        guard datagram.count <= Self.byteLimit else { throw .datagramOversized }
        let isKnown = (Self.initiationType...Self.cookieReplyType).contains(datagram[0])
        guard isKnown else { throw .unknownMessageType }
        guard datagram[1...3].allSatisfy({ $0 == 0 }) else { throw .unsupportedVersion }
        func index(at offset: Int) -> SessionIndex {
            SessionIndex(datagram[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) })
        }
        switch datagram[0] {
        case Self.initiationType:
            guard datagram.count >= 8 + NoiseIKpsk2.initiationOverhead + 2 * Self.macByteCount else {
                throw .datagramTruncated
            }
            self = .initiation(Initiation(datagram: datagram, sender: index(at: 4)))
        case Self.responseType:
            guard datagram.count >= 12 + NoiseIKpsk2.responseOverhead + 2 * Self.macByteCount else {
                throw .datagramTruncated
            }
            self = .response(Response(datagram: datagram, sender: index(at: 4), receiver: index(at: 8)))
        default:
            guard datagram.count >= CookieReply.byteCount else { throw .datagramTruncated }
            guard datagram.count == CookieReply.byteCount else { throw .datagramOversized }
            self = .cookieReply(
                CookieReply(receiver: index(at: 4), nonce: Array(datagram[8..<32]), sealed: Array(datagram[32..<64])))
        }
    }

    /// Everything before the macs.
    package static func initiationHead(sender: SessionIndex, noise: [UInt8]) -> [UInt8] {
        [initiationType, 0, 0, 0] + sender.bytes + noise
    }

    /// Everything before Noise's message 2, which is appended to it.
    package static func responseHead(sender: SessionIndex, receiver: SessionIndex) -> [UInt8] {
        [responseType, 0, 0, 0] + sender.bytes + receiver.bytes
    }
}

extension DropReason: Error {}

extension SessionIndex {
    fileprivate var bytes: [UInt8] { withUnsafeBytes(of: rawValue.bigEndian) { Array($0) } }
}
