import SealaneAEAD
import SealaneTunnel

/// The optional pre-shared key of two hosts, in a file that only its owner can access.
package enum PresharedKeyFile {
    /// Reads the key in the file at `path`, under the conditions of `PrivateKeyFile.read`.
    package static func read(_ path: String) throws(IdentityError) -> PresharedKey {
        try KeyText(expectation: .presharedKey, source: path).readFile { (text) throws(AEADError) in
            try PresharedKey(text: text)
        }
    }
}
