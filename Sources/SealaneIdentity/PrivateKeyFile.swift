import SealaneAEAD
import SealaneTunnel

/// An agent's own key, in a file that only its owner can open.
public enum PrivateKeyFile {
    /// Reads the key in the file at `path`: 44 characters of base64 and at most one newline. Refuses a file that is not
    /// regular or to which group or others have any access, and the key that is all zero. What it read is wiped.
    public static func read(_ path: String) throws(IdentityError) -> StaticPrivateKey {
        try KeyText(expectation: .privateKey, source: path).readFile { (text) throws(AEADError) in
            try StaticPrivateKey(text: text)
        }
    }
}

extension StaticPrivateKey {
    /// The key in `content`, which has the form of a key file. `source` says in errors where it is from, such as
    /// "standard input". Wiping `content` is up to its owner.
    public init(fileContent content: UnsafeRawBufferPointer, source: String) throws(IdentityError) {
        self = try KeyText(expectation: .privateKey, source: source).parse(content) { (text) throws(AEADError) in
            try StaticPrivateKey(text: text)
        }
    }
}
