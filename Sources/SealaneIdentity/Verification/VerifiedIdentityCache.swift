import Crypto
import FoundationEssentials
import SealaneTunnel

/// A verifier that caches its results, because the same peers authenticate again and again.
///
/// A cached result applies only to the same certificate, signature and static key, only while all certificates are
/// valid, and only until the verifier is replaced: a new trust bundle or revocation list clears the cache. Refusals are
/// not cached.
package struct VerifiedIdentityCache: Sendable {
    /// Setting it clears the cache.
    package var verifier: IdentityVerifier {
        didSet { forget() }
    }
    /// The maximum number of results. A new result replaces the oldest.
    package let capacity: Int
    private var results: [SHA256Digest: VerifiedIdentity] = [:]
    /// The keys of `results` in a ring, and the index of the oldest once the ring is full.
    private var keys: [SHA256Digest] = []
    private var oldest = 0

    package init(verifier: IdentityVerifier, capacity: Int) {
        precondition(capacity > 0, "a cache of \(capacity) results")
        self.verifier = verifier
        self.capacity = capacity
    }

    /// The number of cached results.
    package var count: Int { results.count }

    /// Like `IdentityVerifier.verify`.
    package mutating func verify(
        _ presented: PresentedIdentity, staticKey: PublicKey, at now: Date
    ) throws(IdentityRefusal) -> VerifiedIdentity {
        if let known = known(presented, staticKey: staticKey, at: now) { return known }
        let identity = try verifier.verify(presented, staticKey: staticKey, at: now)
        remember(identity, of: presented, staticKey: staticKey)
        return identity
    }

    /// The remembered result, which costs a hash. Nil: there is none that is valid.
    package func known(_ presented: PresentedIdentity, staticKey: PublicKey, at now: Date) -> VerifiedIdentity? {
        guard let known = results[Self.key(presented, staticKey)], known.validity.contains(now.wholeSeconds) else {
            return nil
        }
        return known
    }

    /// Remembers a result of this cache's own `verifier`.
    package mutating func remember(
        _ identity: VerifiedIdentity, of presented: PresentedIdentity, staticKey: PublicKey
    ) {
        let key = Self.key(presented, staticKey)
        guard results.updateValue(identity, forKey: key) == nil else { return }
        if keys.count < capacity {
            keys.append(key)
        } else {
            results[keys[oldest]] = nil
            keys[oldest] = key
            oldest = (oldest + 1) % capacity
        }
    }

    private mutating func forget() {
        results = [:]
        keys = []
        oldest = 0
    }

    /// The static key and the hash have fixed lengths, so two different inputs cannot concatenate to the same bytes.
    private static func key(_ presented: PresentedIdentity, _ staticKey: PublicKey) -> SHA256Digest {
        var hash = SHA256()
        hash.update(data: staticKey.bytes)
        hash.update(data: SHA256.hash(data: presented.staticKeySignature).map(\.self))
        hash.update(data: presented.certificate)
        return hash.finalize()
    }
}
