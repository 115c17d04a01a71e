import SealaneAEAD
import SealaneLinux

/// Why a key, a certificate, or what belongs to them could not be had. Never quotes the text of a key.
public enum IdentityError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What a text should have been.
    public enum Expectation: Hashable, Sendable {
        case privateKey
        case presharedKey
        /// Ed25519: a host's identity key, or an authority's.
        case identityKey
        case certificate
        case trustBundle
        case signingRequest
        case revocationList
        case authority
        case ledger
    }

    /// The file could not be read, is not a regular file, is too large, or others have access to it.
    case file(Expectation, SystemError)
    /// The text that came from `source`, a path or "standard input", is not a key.
    case text(Expectation, source: String, KeyTextProblem)
    /// There is no guarded memory to keep the key in.
    case memory(Expectation, AEADError)
    /// What came from `source` is not in order; `line` counts from 1.
    case content(Expectation, source: String, line: Int?, IdentityProblem)
    /// An authority does not do what it was asked for.
    case refused(IdentityProblem)

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
        case .refused(let problem): "refused: \(problem)"
        case .content(let expectation, let source, let line, let problem):
            "\(expectation) in \(source)\(line.map { ", line \($0)" } ?? ""): \(problem)"
        }
    }
}

extension IdentityError.Expectation: CustomStringConvertible {
    public var description: String {
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

    /// What a key's text should be.
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
    /// The content of a file that holds no secret.
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
