import SealaneLinux

/// Why the peer file could not be read or changed. The file is unchanged.
package struct PeerFileError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Problem: Sendable, Hashable {
        case system(SystemError)
        /// The content is not a peer file of this version. The text says what is wrong, and where.
        case unreadable(String)
        case unwritable(String)
    }

    package let path: String
    package let problem: Problem

    package var description: String {
        switch problem {
        case .system(let error):
            "peer file \(path): \(error)"
        case .unreadable(let what):
            "peer file \(path) cannot be understood: \(what). It was not changed; repair it or move it away"
        case .unwritable(let what):
            "peer file \(path): the peers cannot be encoded as JSON: \(what)"
        }
    }
}
