import CSodium
import SealanePacket

/// Keeps strangers from costing a Diffie-Hellman. mac1 shows that the sender knows the receiver's public key. mac2 of an initiation
/// shows that the sender receives datagrams at its address. As in WireGuard (whitepaper, sections 5.4.4 and 5.4.7), on BLAKE2b.
///
/// mac2 of a response shows more, and needs no cookie: that the sender has read the initiation. Its key follows from that
/// (`NoiseInitiator.responseKey`). So a forged response costs a hash, whatever its source. Older versions send responses without it,
/// which are processed within narrow limits.
package enum HandshakeMAC {
    /// Appends mac1, and mac2 if there is a cookie or else zeros.
    ///
    /// - Parameter cookie: or the key of a response's mac2.
    package static func append(to message: inout [UInt8], receiver: PublicKey, cookie: [UInt8]?) {
        message += mac1(message, receiver: receiver)
        message +=
            cookie.map { Blake2b.hash(message, key: $0, byteCount: HandshakeMessage.macByteCount) }
            ?? Array(repeating: 0, count: HandshakeMessage.macByteCount)
    }

    /// The mac1 that a datagram with both macs carries.
    package static func mac1(of datagram: [UInt8]) -> [UInt8] {
        Array(datagram.suffix(2 * HandshakeMessage.macByteCount).prefix(HandshakeMessage.macByteCount))
    }

    /// Whether the sender of the datagram knows the receiver's public key.
    package static func hasValidMAC1(_ datagram: [UInt8], receiver: PublicKey) -> Bool {
        hasValidMAC1(datagram, key: mac1Key(of: receiver))
    }

    /// - Parameter key: `mac1Key` of the receiver.
    static func hasValidMAC1(_ datagram: [UInt8], key: [UInt8]) -> Bool {
        hasMAC(datagram, macsBehind: 2, key)
    }

    /// Whether the mac with `count - 1` macs behind it is right for all bytes before it.
    private static func hasMAC(_ datagram: [UInt8], macsBehind count: Int, _ key: [UInt8]) -> Bool {
        let size = HandshakeMessage.macByteCount
        let end = datagram.count - count * size
        guard end >= 0 else { return false }
        return datagram.withUnsafeBufferPointer { bytes in
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: size) { mac in
                guard let start = bytes.baseAddress, let mac = mac.baseAddress else { return false }
                _ = crypto_generichash(mac, size, start, UInt64(end), key, key.count)
                return sodium_memcmp(mac, start + end, size) == 0
            }
        }
    }

    /// Whether the sender of the datagram has this cookie, or the key of a response's mac2.
    package static func hasValidMAC2(_ datagram: [UInt8], cookie: [UInt8]) -> Bool {
        hasMAC(datagram, macsBehind: 1, cookie)
    }

    private static func mac1(_ message: [UInt8], receiver: PublicKey) -> [UInt8] {
        Blake2b.hash(message, key: mac1Key(of: receiver), byteCount: HandshakeMessage.macByteCount)
    }

    static func mac1Key(of receiver: PublicKey) -> [UInt8] {
        Blake2b.hash(Array("sealane mac1".utf8) + receiver.bytes, byteCount: 32)
    }
}

/// The cookies of a responder under load: bound to the source, and made from a secret that changes every two minutes.
package struct CookieSecret: Sendable {
    private let key: [UInt8]
    private var secret: [UInt8] = []
    private var madeAt: MonotonicTime?

    /// Of the secret, and of a cookie at its holder.
    package static var lifetime: Duration { .seconds(120) }
    private static var byteCount: Int { 32 }

    /// - Parameter publicKey: of the responder itself. The first secret is drawn by `rotate`.
    package init(publicKey: PublicKey) {
        key = Self.replyKey(publicKey)
    }

    fileprivate static func replyKey(_ publicKey: PublicKey) -> [UInt8] {
        Blake2b.hash(Array("sealane cookie".utf8) + publicKey.bytes, byteCount: 32)
    }

    /// Draws a new secret if there is none or it is too old. Called before cookies are made or checked.
    package mutating func rotate(at now: MonotonicTime, using random: inout some RandomNumberGenerator) {
        if let madeAt, now.since(madeAt) < Self.lifetime { return }
        secret = [UInt8](repeating: 0, count: Self.byteCount)
        secret.withUnsafeMutableBytes { $0.fill(using: &random) }
        madeAt = now
    }

    /// 16 bytes, bound to the source's address and port.
    package func cookie(for source: Endpoint) -> [UInt8] {
        let place = source.address.bytes + withUnsafeBytes(of: source.port.bigEndian) { Array($0) }
        return Blake2b.hash(place, key: secret, byteCount: HandshakeMessage.macByteCount)
    }

    /// The datagram with the source's cookie, sealed for the sender of `initiation`.
    package func reply(
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

/// An initiator's cookie from one responder.
package struct CookieHolder: Sendable {
    private var held: (cookie: [UInt8], until: MonotonicTime)?

    package init() {}

    /// Adopts the cookie of a reply to the initiation with `mac1`. False if the reply is not the responder's.
    package mutating func adopt(
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

    /// Nil if there is none, or it is too old.
    package func cookie(at now: MonotonicTime) -> [UInt8]? {
        held.flatMap { now < $0.until ? $0.cookie : nil }
    }
}
