import SealaneControl
import FoundationEssentials
import SealaneEligibility
import SealaneIdentity
import SealaneTunnel

/// A credential that a peer presented, and the result of its verification. Most of many peers have presented nothing: it is one
/// word in each of them.
package final class PresentedCredential: Sendable {
    let credential: [UInt8]
    /// Verified or refused.
    package let certificate: PeerFacts.Certificate
    /// The validity of the certificate and of those that vouch for it. Nil unless it is verified.
    let validity: ClosedRange<Date>?
    /// The content of the certificate, whether or not it is verified. Nil: it is not readable.
    let report: CertificateReport?
    /// The trust that decided (`ControlLoop.trustVersion`).
    let trustVersion: UInt64

    /// A verified one.
    init(_ credential: [UInt8], _ identity: VerifiedIdentity, trustVersion: UInt64) {
        self.credential = credential
        self.trustVersion = trustVersion
        certificate = .verified(identity.facts)
        validity = identity.validity
        report = CertificateReport(identity.certificate)
    }

    /// A refused one.
    init(_ credential: [UInt8], _ presented: PresentedIdentity, _ refusal: IdentityRefusal, trustVersion: UInt64) {
        self.credential = credential
        self.trustVersion = trustVersion
        certificate = .refused(refusal.reasons)
        validity = nil
        report = (try? IdentityCertificate(der: presented.certificate)).map { CertificateReport($0) }
    }

    /// Bytes that are no credential.
    init(unreadable credential: [UInt8], trustVersion: UInt64) {
        let reason = Reason(
            code: .certificateUntrusted, observed: "\(credential.count) bytes that are no certificate",
            required: "a certificate with its key's signature over the static key", source: "peer's handshake")
        self.credential = credential
        self.trustVersion = trustVersion
        (certificate, validity, report) = (.refused([reason]), nil, nil)
    }

    /// Whether it is verified, by this trust and at this moment.
    func isVerified(by trustVersion: UInt64, at date: Date) -> Bool {
        self.trustVersion == trustVersion && validity?.contains(date) == true
    }
}
