import FoundationEssentials
import Logging
import SealaneEligibility
import SealaneIdentity
import SealanePacket
import SealaneTunnel

/// Who this host is and who its peers are, by certificates; and what becomes of that as time passes.
extension Conductor {
    /// How often what the wall clock decides is looked at: it may be set at any time.
    private static var clockInterval: Duration { .seconds(10) }
    /// The part of its life that a certificate has left when the log begins to warn of its end.
    private static var warningShare: Double { 1.0 / 3 }

    /// What a peer's certificate comes to, and until when.
    struct Examined: Sendable {
        let certificate: PeerFacts.Certificate
        /// Nil unless it is verified.
        let validity: ClosedRange<Date>?

        /// - Parameters:
        ///   - credential: as the peer presented it; empty: none.
        ///   - identities: nil: certificates are not looked at.
        init(
            _ credential: [UInt8], of staticKey: PublicKey?, by identities: inout VerifiedIdentityCache?, at now: Date
        ) {
            guard identities != nil, !credential.isEmpty, let staticKey else {
                (certificate, validity) = (.none, nil)
                return
            }
            guard let presented = PresentedIdentity(credential: credential) else {
                let reason = Reason(
                    code: .certificateUntrusted, observed: "\(credential.count) bytes that are no certificate",
                    required: "a certificate with its key's signature over the static key", source: "peer's handshake")
                (certificate, validity) = (.refused([reason]), nil)
                return
            }
            do throws(IdentityRefusal) {
                let identity = try identities?.verify(presented, staticKey: staticKey, at: now)
                certificate = identity.map { .verified($0.facts) } ?? .none
                validity = identity?.validity
            } catch {
                (certificate, validity) = (.refused(error.reasons), nil)
            }
        }
    }

    /// This host's half of every verdict: what the operator states, and above that its own certificate, which peers will
    /// judge in the same way.
    static func localFacts(
        _ configuration: Configuration, _ identities: Identities, at now: Date
    ) -> (facts: LocalFacts, validity: ClosedRange<Date>?) {
        let stated = configuration.facts
        guard let own = identities.own, let verifier = identities.peers?.verifier else {
            return (LocalFacts(stated: stated), nil)
        }
        do throws(IdentityRefusal) {
            let identity = try verifier.verify(own.certificate, at: now, source: "this host's certificate")
            let foreign = (stated.addresses?.value ?? []).filter { !own.certificate.addresses.contains($0.address) }
            let reasons = foreign.map { prefix in
                Reason(
                    code: .addressNotOwned, observed: "local address \(prefix.address)",
                    required: own.certificate.addresses.map(\.description).joined(separator: ", "),
                    source: "this host's certificate")
            }
            return (LocalFacts(stated: stated, proven: [identity.facts], reasons: reasons), identity.validity)
        } catch {
            return (LocalFacts(stated: stated, reasons: error.reasons), nil)
        }
    }

    /// Takes over other authorities, revocations or an own certificate. Peers that were already heard are judged anew by the
    /// caller.
    mutating func take(_ new: Identities, statement: [UInt8]) {
        let isOther = new.own != identities.own
        identities = new
        localFacts = Self.localFacts(configuration, identities, at: Date()).facts
        if isOther {
            tunnel.present(statement: statement, credential: new.own?.credential ?? [])
            isExpiryLogged = false
        }
        followWallClock(.ofHost())
    }

    /// When `followWallClock` is next to be called; nil: nothing depends on the wall clock.
    var clockDeadline: MonotonicTime? {
        identities.peers == nil ? nil : nextClockCheck
    }

    /// Judges anew where time has decided something: a certificate that ends, or that begins.
    mutating func followWallClock(_ now: Now) {
        guard identities.peers != nil else { return }
        let date = Date(now)
        let (facts, validity) = Self.localFacts(configuration, identities, at: date)
        let isOther = facts != localFacts
        localFacts = facts
        warnOfExpiry(validity, date)
        var ends = [validity?.upperBound].compactMap(\.self)
        for (id, peer) in peers {
            guard let validity = peer.validity else { continue }
            if !validity.contains(date), !isOther { judgeAgain(id) }
            if let validity = peers[id]?.validity { ends.append(validity.upperBound) }
        }
        if isOther { for id in peers.keys.sorted(by: { $0.rawValue < $1.rawValue }) { judgeAgain(id) } }
        // Both ends of a validity count as valid (RFC 5280 section 4.1.2.5): it is over a second after its last.
        let left = ends.min().map { $0.timeIntervalSince(date) + 1 } ?? .infinity
        nextClockCheck = now.monotonic + min(Self.clockInterval, .seconds(max(left, 0.1)))
    }

    private mutating func warnOfExpiry(_ validity: ClosedRange<Date>?, _ now: Date) {
        guard let validity, !isExpiryLogged else { return }
        let left = validity.upperBound.timeIntervalSince(now)
        guard left < Self.warningShare * validity.upperBound.timeIntervalSince(validity.lowerBound) else { return }
        isExpiryLogged = true
        logger.warning(
            "this host's certificate ends soon; put a new one in its place, then: sealane reload",
            metadata: [
                "until": "\(validity.upperBound.formatted(.iso8601))", "left": "\(Int(left)) s",
                "file": "\(configuration.identity?.own?.certificateFile ?? "")",
            ])
    }
}

extension Date {
    /// The wall clock's time, in whole seconds as certificates have it.
    init(_ now: Now) {
        self.init(timeIntervalSince1970: TimeInterval(now.wall.unixSeconds))
    }
}
