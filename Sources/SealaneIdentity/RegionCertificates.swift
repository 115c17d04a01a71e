/// The certificates that sign instance identity documents: one for each region that is known.
public struct RegionCertificates: Sendable {
    private var certificates: [String: RegionCertificate]

    /// Those that AWS publishes.
    public static let aws = RegionCertificates(certificates: published)

    /// Those of no region.
    public init() { self.init(certificates: [:]) }

    private init(certificates: [String: RegionCertificate]) {
        self.certificates = certificates
    }

    /// In alphabetical order.
    public var regions: [String] { certificates.keys.sorted() }

    public subscript(region: String) -> RegionCertificate? { certificates[region] }

    /// Adds an operator's certificate for a region that has none yet. One that has keeps its own: this fails.
    public mutating func add(_ certificate: RegionCertificate, region: String) throws(RegionCertificateError) {
        guard Self.isName(region) else { throw .notRegion(region) }
        guard certificates[region] == nil else { throw .known(region: region) }
        certificates[region] = certificate
    }

    func certificate(of region: String) throws(InstanceIdentityDocumentError) -> RegionCertificate {
        if let certificate = certificates[region] { return certificate }
        throw InstanceIdentityDocumentError(
            .region, "there is no certificate for \(region)",
            required: "one of the \(certificates.count) regions that have one, or the file of one that AWS publishes")
    }

    static var nameByteLimit: Int { 64 }

    /// Whether `text` is written like the name of a region or of a zone: `us-east-1`, `us-east-1a`.
    static func isName(_ text: String) -> Bool {
        (1...nameByteLimit).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || byte.isDigit || byte == UInt8(ascii: "-")
            }
    }
}
