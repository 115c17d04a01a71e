import CSodium
import SealanePacket

/// What keeps strangers from costing a Diffie-Hellman: mac1 shows that the sender knows whom it writes to, mac2 that it
/// receives what is sent to its address. As in WireGuard (whitepaper, sections 5.4.4 and 5.4.7), on BLAKE2b.
public enum HandshakeMAC {
    /// Appends mac1, and mac2 if there is a cookie or else zeros.
    public static func append(to message: inout [UInt8], receiver: PublicKey, cookie: [UInt8]?) {
        message += mac1(message, receiver: receiver)
        message +=
            cookie.map { Blake2b.hash(message, key: $0, byteCount: HandshakeMessage.macByteCount) }
            ?? Array(repeating: 0, count: HandshakeMessage.macByteCount)
    }

    /// The mac1 that a datagram with both macs carries.
    public static func mac1(of datagram: [UInt8]) -> [UInt8] {
        Array(datagram.suffix(2 * HandshakeMessage.macByteCount).prefix(HandshakeMessage.macByteCount))
    }

    /// Whether who wrote the datagram knows whom it is for.
    public static func hasValidMAC1(_ datagram: [UInt8], receiver: PublicKey) -> Bool {
        isEqual(
            mac1(of: datagram), mac1(Array(datagram.dropLast(2 * HandshakeMessage.macByteCount)), receiver: receiver))
    }

    /// Whether who wrote the datagram holds this cookie.
    public static func hasValidMAC2(_ datagram: [UInt8], cookie: [UInt8]) -> Bool {
        let message = Array(datagram.dropLast(HandshakeMessage.macByteCount))
        let expected = Blake2b.hash(message, key: cookie, byteCount: HandshakeMessage.macByteCount)
        return isEqual(Array(datagram.suffix(HandshakeMessage.macByteCount)), expected)
    }

    private static func mac1(_ message: [UInt8], receiver: PublicKey) -> [UInt8] {
        let key = Blake2b.hash(Array("sealane mac1".utf8) + receiver.bytes, byteCount: 32)
        return Blake2b.hash(message, key: key, byteCount: HandshakeMessage.macByteCount)
    }

    private static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && sodium_memcmp(left, right, left.count) == 0
    }
}

/// The cookies that a responder under load gives out: bound to the source, made from a secret that changes every two minutes.
public struct CookieSecret: Sendable {
    private let key: [UInt8]
    private var secret: [UInt8] = []
    private var madeAt: MonotonicTime?

    /// Of the secret, and of a cookie in the hands of who was given it.
    public static var lifetime: Duration { .seconds(120) }
    private static var byteCount: Int { 32 }

    /// - Parameter publicKey: of the responder itself. The first secret is drawn by `rotate`.
    public init(publicKey: PublicKey) {
        key = Self.replyKey(publicKey)
    }

    fileprivate static func replyKey(_ publicKey: PublicKey) -> [UInt8] {
        Blake2b.hash(Array("sealane cookie".utf8) + publicKey.bytes, byteCount: 32)
    }

    /// Draws a new secret if there is none or it is too old. To be called before cookies are made or checked.
    public mutating func rotate(at now: MonotonicTime, using random: inout some RandomNumberGenerator) {
        if let madeAt, now.since(madeAt) < Self.lifetime { return }
        secret = [UInt8](repeating: 0, count: Self.byteCount)
        secret.withUnsafeMutableBytes { $0.fill(using: &random) }
        madeAt = now
    }

    /// 16 bytes, bound to the source's address and port.
    public func cookie(for source: Endpoint) -> [UInt8] {
        let place = source.address.bytes + withUnsafeBytes(of: source.port.bigEndian) { Array($0) }
        return Blake2b.hash(place, key: secret, byteCount: HandshakeMessage.macByteCount)
    }

    /// The datagram that hands the source its cookie, sealed for whoever sent `initiation`.
    public func reply(
        to initiation: HandshakeMessage.Initiation, from source: Endpoint,
        using random: inout some RandomNumberGenerator
    ) -> [UInt8] {
        var nonce = [UInt8](repeating: 0, count: 24)
        nonce.withUnsafeMutableBytes { $0.fill(using: &random) }
        let cookie = cookie(for: source)
        let mac1 = HandshakeMAC.mac1(of: initiation.datagram)
        var sealed = [UInt8](repeating: 0, count: cookie.count + 16)
        _ = crypto_aead_xchacha20poly1305_ietf_encrypt(
            &sealed, nil, cookie, UInt64(cookie.count), mac1, UInt64(mac1.count), nil, nonce, key)
        return [HandshakeMessage.cookieReplyType, 0, 0, 0] + initiation.datagram[4..<8] + nonce + sealed
    }
}

/// The cookie that an initiator has been given by one responder.
public struct CookieHolder: Sendable {
    private var held: (cookie: [UInt8], until: MonotonicTime)?

    public init() {}

    /// Takes in a reply to the initiation that carried `mac1`. False if it is not the responder's.
    public mutating func take(
        _ reply: HandshakeMessage.CookieReply, mac1: [UInt8], responder: PublicKey, at now: MonotonicTime
    ) -> Bool {
        var cookie = [UInt8](repeating: 0, count: HandshakeMessage.macByteCount)
        let status = crypto_aead_xchacha20poly1305_ietf_decrypt(
            &cookie, nil, nil, reply.sealed, UInt64(reply.sealed.count), mac1, UInt64(mac1.count), reply.nonce,
            CookieSecret.replyKey(responder))
        guard status == 0 else { return false }
        held = (cookie, now + CookieSecret.lifetime)
        return true
    }

    /// Nil when there is none or it is too old to be worth sending.
    public func cookie(at now: MonotonicTime) -> [UInt8]? {
        held.flatMap { now < $0.until ? $0.cookie : nil }
    }
}
