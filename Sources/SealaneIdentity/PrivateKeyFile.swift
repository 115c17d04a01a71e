import SealaneAEAD
import SealaneLinux
import SealaneTunnel

/// An agent's own key, in a file that only its owner can open.
public enum PrivateKeyFile {
    /// Reads the key in the file at `path`: 44 characters of base64 and at most one newline. Refuses a file that is not
    /// regular or to which group or others have any access, and the key that is all zero. What it read is wiped.
    public static func read(_ path: String) throws(IdentityError) -> PrivateKey {
        try KeyText(expectation: .privateKey, source: path).readFile { (text) throws(AEADError) in
            try PrivateKey(text: text)
        }
    }

    /// Makes a key and the file at `path` for it, with mode 0600; on the disk when it returns. What is at `path` already is
    /// left as it is, and is an error.
    public static func create(
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
    /// A new key, in memory alone.
    public init(drawnFrom random: inout some RandomNumberGenerator) throws(IdentityError) {
        do throws(AEADError) {
            self = try PrivateKey.generate(using: &random)
        } catch {
            throw .memory(.privateKey, error)
        }
    }

    /// The key in `content`, which has the form of a key file. `source` says in errors where it is from, such as
    /// "standard input". Wiping `content` is up to its owner.
    public init(fileContent content: UnsafeRawBufferPointer, source: String) throws(IdentityError) {
        self = try KeyText(expectation: .privateKey, source: source).parse(content) { (text) throws(AEADError) in
            try PrivateKey(text: text)
        }
    }
}
