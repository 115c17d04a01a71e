import Foundation
import NetworkLab
import TestSupport
import Testing

extension Integration {
    @Suite struct SecrecyTests {
        /// A secret in each form in which it could appear.
        private struct Secret {
            let name: String
            let forms: [Data]

            /// - Parameter text: base64, as in its file.
            init(_ name: String, _ text: String) throws {
                let text = text.trimmingCharacters(in: .whitespacesAndNewlines)
                let raw = try #require(Data(base64Encoded: text))
                try #require(raw.count == 32)
                let hex = raw.map { String(format: "%02x", $0) }.joined()
                let decimal = raw.map { "\($0)" }.joined(separator: ", ")
                let escaped = text.replacing("/", with: "\\/")
                let percent = text.replacing("+", with: "%2B").replacing("/", with: "%2F").replacing("=", with: "%3D")
                // Half of a secret must not appear either.
                let texts = [
                    text.prefix(22), text.dropLast().suffix(21), escaped.prefix(22), percent.prefix(22),
                    hex.prefix(32), hex.suffix(32), hex.uppercased().prefix(32), decimal.prefix(60),
                ]
                self.name = name
                forms = [raw.prefix(16), raw.suffix(16), Data(raw.reversed())] + texts.map { Data($0.utf8) }
            }

            func isFound(in data: Data) -> Bool { forms.contains { data.range(of: $0) != nil } }
        }

        @Test func `no output, file or argument of an agent contains a private or pre-shared key`() async throws {
            let network = try await Network()
            let a = try await Host(network, 0)
            let b = try await Host(network, 1)
            let psk = Data((0..<32).map { _ in UInt8.random(in: 0...255) }).base64EncodedString()
            let pskPath = try network.directory.write(psk + "\n", to: "secret")
            let ownText = try String(contentsOfFile: a.keyPath, encoding: .utf8)
            let secrets = [try Secret("private key", ownText), try Secret("pre-shared key", psk)]
            let audit = network.directory.path("audit.jsonl")
            let more = "log: {level: trace}\nsession: {rekey-after: 2s}\naudit-log: {path: \(audit)}"
            for (host, other) in [(a, b), (b, a)] {
                var settings = host.defaults
                settings.peers = [other.peerEntry(more: "    preshared-key-file: \(pskPath)")]
                settings.more = host === a ? more : ""
                try host.configure(settings)
                try await host.startAgent()
            }
            let ping = try await a.run("ping", "-n", "-c", "15", "-i", "0.2", "-W", "60", "10.78.0.2")
            #expect(ping.status == 0, "\(ping)")

            var said: [(what: String, data: Data)] = []
            func collect(_ outcome: Outcome) {
                said.append((outcome.arguments.joined(separator: " "), Data(outcome.output.utf8)))
            }
            for command in [["status"], ["peer", "list"], ["peer", "show", b.name], ["peer", "check", b.name]] {
                collect(try await a.sealane(command))
                collect(try await a.sealane(command + ["--json"]))
            }
            collect(try await a.run("curl", "-sS", "--unix-socket", a.controlSocket, "http://localhost/metrics"))
            collect(
                try await a.sealane([
                    "peer", "add", "hand", "--endpoint", "10.77.0.9:7325", "--public-key", b.publicKey, "--address",
                    "10.78.0.9/32", "--preshared-key-file", pskPath, "--type", "c5n.large",
                ]))
            for path in ["secret", "host1.key"] {
                collect(
                    try await a.sealane([
                        "peer", "add", "hand", "--endpoint", "10.77.0.9:7325", "--public-key",
                        String((0..<44).map { _ in "x" }), "--address", "10.78.0.9/32", "--preshared-key-file",
                        network.directory.path(path),
                    ]))
            }
            collect(try await a.sealane(["reload"]))
            said.append(("errors", Data(try await errors(of: a, secrets: [ownText, psk]).utf8)))
            for file in ["cmdline", "environ"] {
                let path = "/proc/\(try a.running.pid)/\(file)"
                // Read to the end: Foundation reads only the first page of such a file.
                let handle = try FileHandle(forReadingFrom: URL(filePath: path))
                said.append((path, try handle.readToEnd() ?? Data()))
            }
            #expect(try await a.stopAgent() == 0)
            said.append(("the log", try a.running.rawOutput))
            said.append((audit, try Data(contentsOf: URL(filePath: audit))))
            for name in try FileManager.default.subpathsOfDirectory(atPath: a.statePath) {
                let path = a.statePath + "/" + name
                said.append((path, try Data(contentsOf: URL(filePath: path))))
            }

            for secret in secrets {
                for (what, data) in said {
                    #expect(!data.isEmpty, "\(what) said nothing")
                    #expect(!secret.isFound(in: data), "the \(secret.name) is in \(what)")
                }
            }
            // Control: the search finds what exists.
            #expect(secrets[0].isFound(in: Data(ownText.utf8)) && !secrets[0].isFound(in: Data(psk.utf8)))
            #expect(secrets[1].isFound(in: Data(base64Encoded: psk) ?? Data()))
            #expect(said.contains { $0.data.range(of: Data(a.publicKey.utf8)) != nil })
        }

        /// The agent's errors about secrets in wrong places: as the name of the key file, or as a fact.
        private func errors(of host: Host, secrets: [String]) async throws -> String {
            let original = try String(contentsOfFile: host.configurationPath, encoding: .utf8)
            defer { try? original.write(toFile: host.configurationPath, atomically: false, encoding: .utf8) }
            var output = ""
            for secret in secrets.map({ $0.trimmingCharacters(in: .whitespacesAndNewlines) }) {
                let broken = try host.network.directory.write(String(secret.dropLast()), to: "broken.key")
                let short = try host.network.directory.write(secret + "\n" + secret, to: "twice.key")
                let changes = [
                    (host.keyPath, secret), (host.keyPath, broken), (host.keyPath, short),
                    ("preshared-key-file: /", "preshared-key-file: \(secret) # /"),
                ]
                for (old, new) in changes {
                    try original.replacing(old, with: new)
                        .write(toFile: host.configurationPath, atomically: false, encoding: .utf8)
                    output += try await host.sealane("reload").output
                    let refused = try await host.runAgent()
                    #expect(refused.status == 2, "\(old) replaced by a secret")
                    output += refused.output
                }
            }
            return output
        }
    }
}
