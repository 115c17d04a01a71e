import AgentTestSupport
import Foundation
import SealaneConfiguration
import TestSupport
import Testing

/// `sealaned --check` beyond the text of the configuration.
struct ConfigurationFilesTests {
    private let scratch: ScratchDirectory

    init() throws {
        scratch = try ScratchDirectory()
        try scratch.write(ConfigurationText.key(7) + "\n", to: "private.key")
    }

    /// - Parameter agent: further keys of the section `agent`.
    private func notes(agent: String = "", more: String = "") throws -> [String] {
        let text = """
            agent:
              listen: 10.77.0.1:7325
              addresses: [10.78.0.1/24]
              private-key-file: \(scratch.path("private.key"))
              state-directory: \(scratch.path("state/of/agent"))
              control-socket: \(scratch.path("run/control.sock"))
            \(agent.isEmpty ? "" : "  \(agent)")
            instance: {type: c5n.large, region: r, vpc: v}
            \(more)
            """
        return try ConfigurationText.decode(text).validateFiles()
    }

    private func problem(agent: String = "", more: String = "") -> String {
        do {
            return "none, but \(try notes(agent: agent, more: more))"
        } catch {
            return "\(error)"
        }
    }

    @Test func `files and directories in order have no problem, and nothing is created`() throws {
        let before = scratch.names
        #expect(try notes(more: "audit-log: {path: \(scratch.path("audit.jsonl"))}") == [])
        #expect(scratch.names == before)
    }

    @Test func `an audit log in a directory that does not exist is a problem at its line`() {
        let path = scratch.path("none/audit.jsonl")
        let found = problem(more: "audit-log: {path: \(path)}")
        #expect(found.hasPrefix("f:9:19: open(\(path)): No such file or directory"), "\(found)")
    }

    @Test func `an audit log that others can write to is a problem`() throws {
        let path = try scratch.write("", to: "audit.jsonl", mode: 0o666)
        let found = problem(more: "audit-log: {path: \(path)}")
        #expect(found.contains("open(\(path)): refused by Sealane; its mode 0666"), "\(found)")
    }

    @Test func `a missing private key is a problem, unless the agent makes it`() throws {
        try FileManager.default.removeItem(atPath: scratch.path("private.key"))
        let found = problem()
        #expect(found.hasPrefix("f:4:21: private key: open(\(scratch.path("private.key")))"), "\(found)")
        #expect(
            try notes(agent: "generate-keys: on")
                == ["\(scratch.path("private.key")) does not exist yet: the agent's first start creates it"])
    }

    @Test func `all problems of files are reported together, by line`() throws {
        let secret = try scratch.write(ConfigurationText.key(8) + "\n", to: "b.psk", mode: 0o644)
        try scratch.write("", to: "state")
        let peer = """
            peers:
              - name: b
                endpoint: 10.77.0.2:7325
                public-key: \(ConfigurationText.key(1))
                addresses: [10.78.0.2/32]
                instance: {type: c5n.large, region: r, vpc: v}
                preshared-key-file: \(secret)
            identity: {trust-file: \(scratch.path("ca.pem"))}
            topology: {file: \(scratch.path("topology.json"))}
            """
        let found = problem(more: peer).split(separator: "\n")
        try #require(found.count == 4, "\(found)")
        #expect(found[0].hasPrefix("f:5:20: open(\(scratch.path("state/of/agent"))): Not a directory"), "\(found)")
        #expect(found[1].contains("pre-shared key: read(\(secret)): refused by Sealane; its mode 0644"), "\(found)")
        #expect(found[2].hasPrefix("f:16:24: trust bundle: open(\(scratch.path("ca.pem")))"), "\(found)")
        #expect(found[3].hasPrefix("f:17:18: ") && found[3].contains(scratch.path("topology.json")), "\(found)")
    }

    @Test func `a trust bundle without a certificate is a problem`() throws {
        let path = try scratch.write("no certificate\n", to: "ca.pem")
        #expect(problem(more: "identity: {trust-file: \(path)}").contains("trust bundle in \(path)"))
    }
}
