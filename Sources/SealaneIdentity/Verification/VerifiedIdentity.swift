import FoundationEssentials
import SealaneEligibility

/// An identity that an authority of the fleet issued.
package struct VerifiedIdentity: Hashable, Sendable {
    package let certificate: IdentityCertificate
    /// The facts in the certificate, each with the provenance that its authority gave it.
    package let facts: Facts
    /// When the certificate and all certificates on its path are valid.
    package let certificateValidity: ClosedRange<Date>
    /// `certificateValidity`, limited by the maximum age of the revocation lists. After that, the identity is refused.
    package let validity: ClosedRange<Date>
    /// The names of the authorities, from the issuer of the certificate to the root, for display.
    package let authorities: [String]
}
