import FoundationEssentials
import SealaneEligibility

/// An identity that an authority of the fleet issued.
public struct VerifiedIdentity: Hashable, Sendable {
    public let certificate: IdentityCertificate
    /// The facts in the certificate, each with the provenance that its authority gave it.
    public let facts: Facts
    /// When the certificate and all certificates on its path are valid.
    public let certificateValidity: ClosedRange<Date>
    /// `certificateValidity`, limited by the maximum age of the revocation lists. After that, the identity is refused.
    public let validity: ClosedRange<Date>
    /// The names of the authorities, from the issuer of the certificate to the root, for display.
    public let authorities: [String]
}
