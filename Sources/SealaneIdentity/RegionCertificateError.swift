import SealaneLinux

/// Why an operator's certificate for a region was refused.
public enum RegionCertificateError: Error, Hashable, Sendable, CustomStringConvertible {
    case file(SystemError)
    /// What came from `source` is not taken, for this reason.
    case refused(source: String, String)
    case notRegion(String)
    /// The region's certificate is known, and no other counts for it.
    case known(region: String)

    public var description: String {
        switch self {
        case .file(let error):
            "certificate of a region: \(error)"
        case .refused(let source, let reason):
            "certificate of a region in \(source): \(reason); expected the RSA-2048 certificate that AWS publishes for the region"
        case .notRegion(let text):
            "certificate of a region: there are \(text.utf8.count) bytes where a region's name is expected, such as us-east-1"
        case .known(let region):
            "certificate of a region: that of \(region) is known; expected a region that has none yet"
        }
    }
}
