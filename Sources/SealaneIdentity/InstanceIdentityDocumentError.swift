/// Why an instance identity document was refused: the first check that failed, what was observed, what is required.
public struct InstanceIdentityDocumentError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The checks, in the order in which they are made.
    public enum Check: String, Sendable {
        case size
        case base64
        /// The PKCS#7 structure around document and signature.
        case structure
        /// The document given beside the signature is the signed one.
        case copy
        /// The signed digest is that of the document.
        case digest
        case json
        case member
        /// The document's region has a pinned certificate.
        case region
        /// The signature names that certificate.
        case signer
        case signature
        case age
    }

    public let check: Check
    public let observed: String
    public let required: String

    init(_ check: Check, _ observed: String, required: String) {
        self.check = check
        self.observed = observed
        self.required = required
    }

    public var description: String {
        "instance identity document, \(check.rawValue): \(observed); expected \(required)"
    }
}
