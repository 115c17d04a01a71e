/// The certificates that sign instance identity documents, one per known Region.
package struct RegionCertificates: Sendable {
    private var certificates: [String: RegionCertificate]

    /// The certificates that AWS publishes.
    package static let aws = RegionCertificates(certificates: published)

    /// No certificates.
    package init() { self.init(certificates: [:]) }

    private init(certificates: [String: RegionCertificate]) {
        self.certificates = certificates
    }

    /// The Region names in alphabetical order.
    package var regions: [String] { certificates.keys.sorted() }

    package subscript(region: String) -> RegionCertificate? { certificates[region] }

    /// Adds the operator's certificate for a Region. Throws if the Region already has a certificate.
    package mutating func add(_ certificate: RegionCertificate, region: String) throws(RegionCertificateError) {
        guard Self.isName(region) else { throw .notRegion(region) }
        guard certificates[region] == nil else { throw .known(region: region) }
        certificates[region] = certificate
    }

    func certificate(of region: String) throws(InstanceIdentityDocumentError) -> RegionCertificate {
        if let certificate = certificates[region] { return certificate }
        throw InstanceIdentityDocumentError(
            .region, "there is no certificate for \(region)",
            required: "one of the \(certificates.count) known Regions, or the file of a certificate that AWS publishes")
    }

    static var nameByteLimit: Int { 64 }

    /// Whether `text` has the form of a Region or zone name: `us-east-1`, `us-east-1a`.
    static func isName(_ text: String) -> Bool {
        (1...nameByteLimit).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || byte.isDigit || byte == UInt8(ascii: "-")
            }
    }
}
