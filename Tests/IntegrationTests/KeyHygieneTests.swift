import Foundation
import NetworkLab
import TestSupport
import Testing

extension Integration {
    @Suite struct KeyHygieneTests {
        /// Reads the file `name` of a process in /proc. Returns its lines by their first word.
        private func proc(_ pid: Int32, _ name: String) throws -> [String: [Substring]] {
            let text = try String(contentsOfFile: "/proc/\(pid)/\(name)", encoding: .utf8)
            return Dictionary(
                text.split(separator: "\n").compactMap { line in
                    let words = line.split(whereSeparator: \.isWhitespace)
                    return words.first.map { (String($0), Array(words.dropFirst())) }
                }
            ) { first, _ in first }
        }

        @Test func `a missing key is generated on the first start if configured, and kept`() async throws {
            let network = try await Network()
            let a = try await Host(network, 0)
            let path = a.statePath + "/private.key"
            var settings = a.defaults
            settings.key = "private-key-file: \(path)"
            try a.configure(settings)
            let missing = try await a.runAgent()
            #expect(missing.status == 2, "\(missing)")
            #expect(missing.output.contains("\(a.configurationPath):5:21: private key: open(\(path))"), "\(missing)")
            #expect(!FileManager.default.fileExists(atPath: path))

            settings.key = "private-key-file: \(path)\n  generate-keys: on"
            try a.configure(settings)
            try await a.startAgent()
            let first = try await a.statusReport().publicKey
            #expect(try a.log.contains("private key created"))
            #expect(try a.log.contains("public-key=\(first)"))
            #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
            let sealane = Host.programs.appending(path: "sealane").path
            let derived = try await a.run("sh", "-c", "'\(sealane)' key public <'\(path)'").success
            #expect(derived == first + "\n")

            try await a.killAgent()
            try await a.startAgent()
            #expect(try await a.statusReport().publicKey == first)
            #expect(try !a.log.contains("private key created"))

            _ = try await a.stopAgent()
            try Data("no key\n".utf8).write(to: URL(filePath: path))
            let wrong = try await a.runAgent()
            #expect(wrong.status == 2, "\(wrong)")
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "no key\n")
        }

        @Test func `an ephemeral key changes with every start and is in no file`() async throws {
            let network = try await Network()
            let a = try await Host(network, 0)
            let b = try await Host(network, 1)
            var settings = a.defaults
            settings.key = "ephemeral: on"
            settings.peers = [b.peerEntry()]
            try a.configure(settings)
            try await a.startAgent()
            let first = try await a.statusReport().publicKey
            #expect(try a.log.contains("public-key=\(first)"))
            var other = b.defaults
            other.peers = [a.peerEntry().replacing(a.publicKey, with: first)]
            try b.configure(other)
            try await b.startAgent()
            #expect(try await a.run("ping", "-n", "-c", "1", "-W", "60", "10.78.0.2").status == 0)
            #expect(try FileManager.default.contentsOfDirectory(atPath: a.statePath).isEmpty)
            #expect(try await a.stopAgent() == 0)
            try await a.startAgent()
            let second = try await a.statusReport().publicKey
            #expect(second != first && second != a.publicKey)
            #expect(try await a.run("ping", "-n", "-c", "1", "-W", "1", "10.78.0.2").status != 0)
        }

        @Test func `the agent dumps no core, hides from other processes and locks its keys`() async throws {
            let network = try await Network()
            let a = try await Host(network, 0)
            try a.configure(a.defaults)
            let nobody = [
                "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all,+net_admin",
                "--ambient-caps=-all,+net_admin", "--bounding-set=-all,+net_admin",
            ]
            #expect(try await a.run("chown", "-R", "65534:65534", network.directory.root).status == 0)
            // A node that nobody may open, as udev makes it, in a file system that only the agent sees. Without udev,
            // the machine's own node belongs to root and stays so.
            let script = "mount -t tmpfs tmpfs /dev/net; mknod -m 0666 /dev/net/tun c 10 200; exec \"$@\""
            let node = ["unshare", "--mount", "--propagation", "private", "sh", "-ec", script, "sh"]
            try await a.startAgent(by: ["prlimit", "--core=unlimited:unlimited"] + node + nobody)
            let pid = try a.running.pid
            let beside = try network.start(0, nobody + ["sleep", "60"])
            try await eventually("the other process runs") {
                try String(contentsOfFile: "/proc/\(beside.pid)/comm", encoding: .utf8) == "sleep\n"
            }

            let core = try String(contentsOfFile: "/proc/\(pid)/limits", encoding: .utf8)
                .split(separator: "\n").first { $0.hasPrefix("Max core file size") }
            #expect(core?.split(whereSeparator: \.isWhitespace).suffix(3) == ["0", "0", "bytes"])
            let status = try proc(pid, "status")
            #expect(status["CapEff:"] == ["0000000000001000"], "CAP_NET_ADMIN and nothing else")
            #expect(try #require(status["VmLck:"]?.first.flatMap { Int($0) }) > 0)

            // Files of a process that is not dumpable belong to root (prctl(2), PR_SET_DUMPABLE).
            func owner(_ pid: Int32) throws -> Int? {
                try FileManager.default.attributesOfItem(atPath: "/proc/\(pid)/maps")[.ownerAccountID] as? Int
            }
            #expect(try owner(beside.pid) == 65534)
            #expect(try owner(pid) == 0)
            for file in ["environ", "maps", "mem"] {
                #expect(try await a.run(nobody + ["head", "-c", "1", "/proc/\(beside.pid)/\(file)"]).output != "")
                let look = try await a.run(nobody + ["head", "-c", "1", "/proc/\(pid)/\(file)"])
                #expect(look.status != 0 && look.output.contains("Permission denied"), "\(look)")
            }
        }

        @Test func `a crashed agent reveals nothing of its memory`() async throws {
            let (a, _) = try await eligiblePair()
            #expect(try await a.run("ping", "-n", "-c", "1", "-W", "60", "10.78.0.2").status == 0)
            let before = try a.log
            let agent = try a.running
            agent.send(SIGSEGV)
            #expect(await agent.status() == -SIGSEGV)
            #expect(try a.log == before)
        }

        @Test func `an agent that cannot lock its keys logs it once, counts them and goes on`() async throws {
            let (a, b) = try await eligiblePair()
            #expect(try await a.run("ping", "-n", "-c", "1", "-W", "60", "10.78.0.2").status == 0)
            let warning = "keys are not locked in memory"
            #expect(try !a.log.contains(warning))
            _ = try await a.stopAgent()
            try await a.startAgent(by: [
                "prlimit", "--memlock=0:0", "setpriv", "--inh-caps=-ipc_lock", "--bounding-set=-ipc_lock",
            ])
            for _ in 0..<2 {
                // The other end has to notice that its session is gone.
                try await eventually("packets arrive") {
                    try await a.run("ping", "-n", "-c", "1", "-W", "1", "10.78.0.2").status == 0
                }
                try await b.killAgent()
                try await b.startAgent()
            }
            #expect(try a.log.components(separatedBy: warning).count == 2)
            let metrics = try await a.run(
                "curl", "-sS", "--unix-socket", a.controlSocket, "http://localhost/metrics")
            let line = metrics.output.split(separator: "\n").first { $0.hasPrefix("sealane_unlocked_secrets_total ") }
            #expect(try #require(line?.split(separator: " ").last.flatMap { Int($0) }) > 4)
            #expect(try proc(a.running.pid, "status")["VmLck:"]?.first == "0")
        }
    }
}
