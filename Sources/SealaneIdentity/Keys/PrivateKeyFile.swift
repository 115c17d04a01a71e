import SealaneAEAD
import SealaneLinux
import SealaneTunnel

/// An agent's static private key, in a file that only its owner can access.
package enum PrivateKeyFile {
    /// Reads the key in the file at `path`: 44 characters of base64 and at most one newline. Throws if the file is not
    /// a regular file, if group or others have any access to it, or if the key is all zeros. Wipes its copy of the
    /// content.
    package static func read(_ path: String) throws(IdentityError) -> PrivateKey {
        try KeyText(expectation: .privateKey, source: path).readFile { (text) throws(AEADError) in
            try PrivateKey(text: text)
        }
    }

    /// Generates a key and creates the file at `path` with mode 0600; synced to disk on return. Throws, and changes
    /// nothing, if `path` exists.
    package static func create(
        _ path: String, using random: inout some RandomNumberGenerator
    ) throws(IdentityError) -> PrivateKey {
        let key = try PrivateKey(drawnFrom: &random)
        let written = key.withText { text in
            Result { () throws(SystemError) in try AtomicFile.create(path, text, mode: 0o600) }
        }
        if case .failure(let error) = written { throw .file(.privateKey, error) }
        return key
    }
}

extension PrivateKey {
    /// Generates a key, in memory only.
    package init(drawnFrom random: inout some RandomNumberGenerator) throws(IdentityError) {
        do throws(AEADError) {
            self = try PrivateKey.generate(using: &random)
        } catch {
            throw .memory(.privateKey, error)
        }
    }

    /// Reads `content`, the text of a key file. The caller wipes `content`.
    ///
    /// - Parameter source: the origin of the text, for errors, such as "standard input".
    package init(fileContent content: UnsafeRawBufferPointer, source: String) throws(IdentityError) {
        self = try KeyText(expectation: .privateKey, source: source).parse(content) { (text) throws(AEADError) in
            try PrivateKey(text: text)
        }
    }
}
