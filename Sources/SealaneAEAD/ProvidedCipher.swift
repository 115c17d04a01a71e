/// One provider's code for the cipher suites, with one key expanded for one suite.
///
/// Implementations are structs or enums of pointers into the memory of the key. Calls are direct: `AEADKey` knows the
/// types.
@usableFromInline protocol ProvidedCipher {
    /// Allocates the memory for a key of `suite`. Throws `suiteUnavailable` and the `provider...` errors if the code is
    /// missing
    /// or does not run on this processor.
    static func allocateMemory(for suite: CipherSuite) throws(AEADError) -> SecretBytes

    /// Expands `key`, 32 bytes, into `memory` of `allocateMemory`, which must outlive this value.
    init(suite: CipherSuite, key: borrowing SecretBytes, in memory: borrowing SecretBytes) throws(AEADError)

    /// As `AEADKey.seal`.
    func seal(
        _ plaintext: UnsafeRawPointer, count: Int, header: UnsafeRawBufferPointer, nonce: UnsafePointer<Nonce>,
        into output: UnsafeMutableRawPointer)

    /// As `AEADKey.open`. `count` is at least the tag's length.
    func open(
        _ sealed: UnsafeRawPointer, count: Int, header: UnsafeRawBufferPointer, nonce: UnsafePointer<Nonce>,
        into output: UnsafeMutableRawPointer
    ) -> Bool
}
