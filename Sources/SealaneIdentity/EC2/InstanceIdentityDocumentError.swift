/// Why an instance identity document was refused: the first failed check, and what was observed and required.
package struct InstanceIdentityDocumentError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The checks, in the order in which they run.
    package enum Check: String, Sendable {
        case size
        case base64
        /// The PKCS#7 structure around the document and its signature.
        case structure
        /// The separately given document equals the signed one.
        case copy
        /// The signed digest equals the document's.
        case digest
        case json
        case member
        /// The document's Region has a pinned certificate.
        case region
        /// The signature names that certificate.
        case signer
        case signature
        case age
    }

    package let check: Check
    package let observed: String
    package let required: String

    init(_ check: Check, _ observed: String, required: String) {
        self.check = check
        self.observed = observed
        self.required = required
    }

    package var description: String {
        "instance identity document, \(check.rawValue): \(observed); expected \(required)"
    }
}
