/// The credential that a host presents to prove its identity.
package struct PresentedIdentity: Hashable, Sendable {
    /// DER.
    package let certificate: [UInt8]
    /// 64 bytes: the signature by the certificate's key.
    package let staticKeySignature: [UInt8]

    package init(certificate: [UInt8], staticKeySignature: [UInt8]) {
        self.certificate = certificate
        self.staticKeySignature = staticKeySignature
    }
}
