import SealaneLinux
import SealaneTunnel

/// An Ed25519 key in a file that only its owner can access: PKCS#8 in PEM (RFC 8410 section 7), as `openssl genpkey
/// -algorithm ed25519` writes it.
package enum IdentityKeyFile {
    /// Reads the key in the file at `path`, under the conditions of `PrivateKeyFile.read`.
    package static func read(_ path: String) throws(IdentityError) -> IdentityKey {
        try IdentityKeyText.text(from: path).withFileContent { (content) throws(IdentityError) in
            try IdentityKey(pem: content, source: path)
        }
    }

    /// Creates the file at `path` with this key and mode 0600; synced to disk on return. Throws, and changes nothing,
    /// if `path` exists.
    package static func create(_ path: String, holding key: IdentityKey) throws(IdentityError) {
        let text = try IdentityKeyText.encode(key)
        do throws(SystemError) {
            try text.withUnsafeBytes { (text) throws(SystemError) in try AtomicFile.create(path, text, mode: 0o600) }
        } catch {
            throw .file(.identityKey, error)
        }
    }

    /// Reads the key in the file at `path`. If the file does not exist, generates a key and creates the file.
    package static func readOrCreate(
        _ path: String, using random: inout some RandomNumberGenerator
    ) throws(IdentityError) -> (key: IdentityKey, isNew: Bool) {
        do throws(IdentityError) {
            return (try read(path), false)
        } catch  where error.meansNoSuchFile {
            let key = try IdentityKey.generate(using: &random)
            try create(path, holding: key)
            return (key, true)
        }
    }
}
