import SealaneAEAD
import SealaneLinux

/// Why a key could not be had. Never quotes the text of a key.
public enum IdentityError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What a text should have been.
    public enum Expectation: Hashable, Sendable {
        case privateKey
        case presharedKey
    }

    /// The file could not be read, is not a regular file, is too large, or others have access to it.
    case file(Expectation, SystemError)
    /// The text that came from `source`, a path or "standard input", is not a key.
    case text(Expectation, source: String, KeyTextProblem)
    /// There is no guarded memory to keep the key in.
    case memory(Expectation, AEADError)

    /// Whether there is no file where one was to be read.
    public var meansNoSuchFile: Bool {
        if case .file(_, let error) = self { error.meansNoSuchFile } else { false }
    }

    public var description: String {
        switch self {
        case .file(let expectation, let error): "\(expectation): \(error)"
        case .text(let expectation, let source, let problem):
            "\(expectation) in \(source): \(problem); expected \(expectation.form)"
        case .memory(let expectation, let error): "\(expectation): \(error)"
        }
    }
}

extension IdentityError.Expectation: CustomStringConvertible {
    public var description: String {
        switch self {
        case .privateKey: "private key"
        case .presharedKey: "pre-shared key"
        }
    }

    var form: String {
        let form = "32 bytes as 44 characters of base64 on one line"
        return switch self {
        case .privateKey: "\(form), as `sealane key generate` prints them"
        case .presharedKey: "\(form), as `head -c 32 /dev/urandom | base64` prints them"
        }
    }
}
