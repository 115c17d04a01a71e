/// The credential that a host presents to prove its identity.
public struct PresentedIdentity: Hashable, Sendable {
    /// DER.
    public let certificate: [UInt8]
    /// 64 bytes: the signature by the certificate's key.
    public let staticKeySignature: [UInt8]

    public init(certificate: [UInt8], staticKeySignature: [UInt8]) {
        self.certificate = certificate
        self.staticKeySignature = staticKeySignature
    }
}
