import SealaneAEAD
import SealaneLinux

/// Why a key, a certificate, or a related file could not be used. Never contains the text of a key.
package enum IdentityError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was expected.
    package enum Expectation: Hashable, Sendable {
        case privateKey
        case presharedKey
        /// An Ed25519 key: a host's identity key, or an authority's key.
        case identityKey
        case certificate
        case trustBundle
        case signingRequest
        case revocationList
        case authority
        case ledger
    }

    /// The file could not be read, is not a regular file, is too large, or is accessible to others.
    case file(Expectation, SystemError)
    /// The text from `source`, a path or "standard input", is not a key.
    case text(Expectation, source: String, KeyTextProblem)
    /// No guarded memory could be allocated for the key.
    case memory(Expectation, AEADError)
    /// The content from `source` is invalid; `line` counts from 1.
    case content(Expectation, source: String, line: Int?, IdentityProblem)
    /// The authority refused the request.
    case refused(IdentityProblem)

    /// Whether the file to be read does not exist.
    package var meansNoSuchFile: Bool {
        if case .file(_, let error) = self { error.meansNoSuchFile } else { false }
    }

    package var description: String {
        switch self {
        case .file(let expectation, let error): "\(expectation): \(error)"
        case .text(let expectation, let source, let problem):
            "\(expectation) in \(source): \(problem); expected \(expectation.form)"
        case .memory(let expectation, let error): "\(expectation): \(error)"
        case .refused(let problem): "refused: \(problem)"
        case .content(let expectation, let source, let line, let problem):
            "\(expectation) in \(source)\(line.map { ", line \($0)" } ?? ""): \(problem)"
        }
    }
}

extension IdentityError.Expectation: CustomStringConvertible {
    package var description: String {
        switch self {
        case .privateKey: "private key"
        case .presharedKey: "pre-shared key"
        case .identityKey: "Ed25519 key"
        case .certificate: "certificate"
        case .trustBundle: "trust bundle"
        case .signingRequest: "certificate signing request"
        case .revocationList: "revocation list"
        case .authority: "certificate authority"
        case .ledger: "ledger"
        }
    }

    /// The expected format of a key.
    var form: String {
        let form = "32 bytes as 44 characters of base64 on one line"
        return switch self {
        case .presharedKey: "\(form), as `head -c 32 /dev/urandom | base64` prints them"
        case .identityKey: "PEM, as `openssl genpkey -algorithm ed25519` prints it"
        default: "\(form), as `sealane key generate` prints them"
        }
    }
}

extension IdentityError {
    /// Reads a file that contains no secret.
    static func fileContent(
        of path: String, for expectation: Expectation, maximumByteCount: Int = 1 << 20
    ) throws(IdentityError) -> [UInt8] {
        do throws(SystemError) {
            return try AtomicFile.readExisting(path, maximumByteCount: maximumByteCount)
        } catch {
            throw .file(expectation, error)
        }
    }
}
