import Foundation
import TestSupport

/// The `openssl` command, an independent implementation: it checks what Sealane makes and makes what Sealane reads.
struct OpenSSL {
    let scratch: ScratchDirectory

    init() throws { scratch = try ScratchDirectory() }

    struct Outcome: CustomStringConvertible {
        let status: Int32
        let output: String

        var description: String { "exit status \(status): \(output)" }
    }

    /// Runs it in the scratch directory. Output and error stream are combined.
    func run(_ arguments: String...) throws -> Outcome { try run(arguments) }

    func run(_ arguments: [String]) throws -> Outcome {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.currentDirectoryURL = URL(filePath: scratch.root)
        process.standardInput = FileHandle.nullDevice
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return Outcome(status: process.terminationStatus, output: String(decoding: output, as: UTF8.self))
    }

    /// Like `run`, but throws unless the exit status is 0.
    @discardableResult
    func make(_ arguments: String...) throws -> String {
        let outcome = try run(arguments)
        guard outcome.status == 0 else { throw Failure("openssl \(arguments.joined(separator: " ")): \(outcome)") }
        return outcome.output
    }

    func path(_ name: String) -> String { scratch.path(name) }

    func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(filePath: path(name))))
    }

    func write(_ bytes: [UInt8], to name: String) throws {
        try Data(bytes).write(to: URL(filePath: path(name)))
    }

    // MARK: Authorities and identities

    static let authorityExtensions = [
        "basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign", "subjectKeyIdentifier=hash",
    ]

    /// Makes a self-signed authority: `NAME.key` and `NAME.pem`.
    func makeRoot(
        _ name: String, algorithm: [String] = ["-algorithm", "ed25519"], subject: String? = nil,
        extensions: [String] = authorityExtensions, days: Int = 3650, serial: String? = nil, signing: [String] = []
    ) throws {
        try makeKey(name, algorithm)
        try writeExtensions(extensions, to: "\(name).ext")
        let outcome = try run(
            [
                "req", "-x509", "-new", "-key", "\(name).key", "-subj", subject ?? "/CN=\(name)", "-days", "\(days)",
                "-config", "\(name).ext", "-extensions", "ext", "-out", "\(name).pem",
            ] + (serial.map { ["-set_serial", $0] } ?? []) + signing)
        guard outcome.status == 0 else { throw Failure("openssl req -x509: \(outcome)") }
    }

    /// Makes a certificate issued by `issuer`: `NAME.key`, `NAME.pem`, `NAME.der`.
    func makeCertificate(
        _ name: String, by issuer: String, algorithm: [String] = ["-algorithm", "ed25519"], subject: String? = nil,
        extensions: [String],
        days: Int = 1, serial: String = "0x4a01", digest: [String] = []
    ) throws {
        try makeKey(name, algorithm)
        try writeExtensions(extensions, to: "\(name).ext")
        try make("req", "-new", "-key", "\(name).key", "-subj", subject ?? "/CN=\(name)", "-out", "\(name).csr")
        let outcome = try run(
            [
                "x509", "-req", "-in", "\(name).csr", "-CA", "\(issuer).pem", "-CAkey", "\(issuer).key",
                "-set_serial", serial, "-days", "\(days)", "-extfile", "\(name).ext", "-extensions", "ext",
                "-out", "\(name).pem",
            ] + digest)
        guard outcome.status == 0 else { throw Failure("openssl x509 -req: \(outcome)") }
        try make("x509", "-in", "\(name).pem", "-outform", "DER", "-out", "\(name).der")
    }

    private func makeKey(_ name: String, _ algorithm: [String]) throws {
        let outcome = try run(["genpkey"] + algorithm + ["-out", "\(name).key"])
        guard outcome.status == 0 else { throw Failure("openssl genpkey: \(outcome)") }
    }

    private func writeExtensions(_ extensions: [String], to name: String) throws {
        let lines = ["[req]", "distinguished_name=dn", "[dn]", "[ext]"] + extensions
        try scratch.write(lines.map { $0 + "\n" }.joined(), to: name)
    }
}
