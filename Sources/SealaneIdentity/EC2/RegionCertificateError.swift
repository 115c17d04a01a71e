import SealaneLinux

/// Why the operator's certificate for a Region was refused.
package enum RegionCertificateError: Error, Hashable, Sendable, CustomStringConvertible {
    case file(SystemError)
    /// The content from `source` was refused for this reason.
    case refused(source: String, String)
    case notRegion(String)
    /// The Region already has a certificate, which cannot be replaced.
    case known(region: String)

    package var description: String {
        switch self {
        case .file(let error):
            "Region certificate: \(error)"
        case .refused(let source, let reason):
            "Region certificate in \(source): \(reason); expected the RSA-2048 certificate that AWS publishes for the Region"
        case .notRegion(let text):
            "Region certificate: \(text.utf8.count) bytes that are not a Region name; expected a name such as us-east-1"
        case .known(let region):
            "Region certificate: \(region) already has one; expected a Region without one"
        }
    }
}
