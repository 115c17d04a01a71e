import Foundation
import NetworkLab
import SealaneAgent
import SealaneControl
import TestSupport
import Testing

extension Integration {
    @Suite struct LogTests {
        /// A command that fills a pipe completely and does not read it until the file `read` exists. The pipe is the
        /// agent's standard error.
        private func stuckPipe(_ a: Host) throws -> (wrapper: [String], release: () throws -> Void) {
            let pipe = a.network.directory.path("\(a.name).pipe")
            let flag = a.network.directory.path("\(a.name).read")
            let script = """
                mkfifo \(pipe) && { for i in $(seq 600); do [ -e \(flag) ] && break; sleep 0.1; done; cat; } <\(pipe) & \
                exec 3>\(pipe) && { timeout 2 dd if=/dev/zero of=/proc/self/fd/3 bs=65536 count=64 oflag=nonblock || :; } \
                2>/dev/null; exec "$@" 2>&3
                """
            return (["sh", "-c", script, "sh"], { try a.network.directory.write("", to: "\(a.name).read") })
        }

        @Test func `an agent whose log nobody reads starts, carries, reloads and ends in time`() async throws {
            let network = try await Network()
            let a = try await Host(network, 0)
            let b = try await Host(network, 1)
            for (host, other) in [(a, b), (b, a)] {
                var settings = host.defaults
                settings.peers = [other.peerEntry()]
                settings.more = "log: {level: trace}"
                try host.configure(settings)
            }
            let pipe = try stuckPipe(a)
            try await a.startAgent(by: pipe.wrapper)
            try await b.startAgent()
            #expect(try await a.run("ping", "-n", "-c", "1", "-W", "5", "10.78.0.2").status == 0)
            for _ in 0..<50 { #expect(try await a.sealane("peer", "remove", "nobody").status == 1) }
            try await b.killAgent()
            try await b.startAgent()
            #expect(try await b.run("ping", "-n", "-c", "3", "-W", "5", "10.78.0.1").status == 0)
            try a.running.send(SIGHUP)
            #expect(try await a.sealane("reload").status == 0)
            #expect(try await a.stopAgent() == 0)
            #expect(try await a.run("ip", "link", "show", "sealane0").status != 0)
            try pipe.release()
        }

        @Test func `an agent that fails to start ends even if nobody reads its log`() async throws {
            let network = try await Network()
            let a = try await Host(network, 0)
            var settings = a.defaults
            settings.more = "colour: blue"
            try a.configure(settings)
            let pipe = try stuckPipe(a)
            let sealaned = Host.programs.appending(path: "sealaned").path
            let program = try network.start(0, pipe.wrapper + [sealaned, "--config", a.configurationPath])
            #expect(await program.status(within: .seconds(30)) == 2)
            try pipe.release()
        }

        private func records(_ path: String) throws -> [AuditRecord] {
            try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map {
                try ReportSchema.decode(AuditRecord.self, from: Array($0.utf8))
            }
        }

        /// Whether this machine has loop devices and file systems that can be frozen.
        private static let canFreeze =
            geteuid() == 0 && FileManager.default.fileExists(atPath: "/dev/loop-control")
            && ["/usr/sbin/mkfs.ext4", "/usr/sbin/fsfreeze"].allSatisfy { FileManager.default.fileExists(atPath: $0) }

        @Test(.enabled(if: canFreeze, "needs root, loop devices, mkfs.ext4 and fsfreeze"))
        func `a hanging file system under the audit log stops no request, removal or handshake`() async throws {
            let network = try await Network()
            let a = try await Host(network, 0)
            let b = try await Host(network, 1)
            let disk = network.directory.path("disk")
            let image = network.directory.path("image")
            try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: false)
            #expect(
                try await a.run("sh", "-c", "truncate -s 16M \(image) && mkfs.ext4 -q -O ^has_journal \(image)").status
                    == 0)
            var settings = a.defaults
            settings.peers = [b.peerEntry()]
            settings.more = "audit-log: {path: \(disk)/audit.jsonl}"
            try a.configure(settings)
            var other = b.defaults
            other.peers = [a.peerEntry()]
            try b.configure(other)
            // Only the agent sees this mount, so the mount ends with the agent.
            let script = "mount -o loop \(image) \(disk) && exec \"$@\""
            try await a.startAgent(by: ["unshare", "--mount", "sh", "-c", script, "sh"])
            try await b.startAgent()
            #expect(try await a.run("ping", "-n", "-c", "1", "-W", "5", "10.78.0.2").status == 0)
            let mounted = "/proc/\(try a.running.pid)/root\(disk)"
            let frozen = try await a.run("fsfreeze", "--freeze", mounted)
            try #require(frozen.status == 0, "\(frozen)")
            do {
                try await whileHung(a, b, &settings)
                let thawed = try await a.run("fsfreeze", "--unfreeze", mounted)
                #expect(thawed.status == 0, "\(thawed)")
            } catch {
                _ = try await a.run("fsfreeze", "--unfreeze", mounted)
                throw error
            }
            try await eventually("the file has the records of the hang") {
                let story = try records("\(mounted)/audit.jsonl")
                return story.contains { $0.target == "/v1/reload" } && story.contains { $0.event == .sessionEnded }
            }
            let statuses = try records("\(mounted)/audit.jsonl").filter { $0.target == "/v1/peers/nobody" }.map(
                \.status)
            #expect(statuses == Array(repeating: 404, count: 8))
            try await eventually("the log reports the end: \(try a.log)") {
                try a.log.contains("audit log is written again")
            }
            #expect(try a.log.components(separatedBy: "audit log not written").count == 2)
            #expect(try await a.stopAgent() == 0)
        }

        private func whileHung(_ a: Host, _ b: Host, _ settings: inout Host.Settings) async throws {
            let clock = ContinuousClock()
            let begin = clock.now
            for _ in 0..<8 { #expect(try await a.sealane("peer", "remove", "nobody").status == 1) }
            settings.peers = []
            try a.configure(settings)
            let reloaded = try await a.sealane("reload")
            #expect(reloaded.status == 0, "\(reloaded)")
            #expect(try await a.run("ping", "-n", "-c", "1", "-W", "1", "10.78.0.2").status != 0)
            settings.peers = [b.peerEntry()]
            try a.configure(settings)
            #expect(try await a.sealane("reload").status == 0)
            #expect(try await a.run("ping", "-n", "-c", "3", "-W", "5", "10.78.0.2").status == 0)
            // Wait until the agent notices that the file system hangs and logs it.
            try await eventually(within: .seconds(30), "the log reports it: \(try a.log)") {
                _ = try await a.sealane("peer", "remove", "nobody/")
                return try a.log.contains("audit log not written: its file system does not respond")
            }
            #expect(clock.now - begin < .seconds(60))
        }

        @Test func `a refused peer with changing reasons makes one log line a code and minute`() async throws {
            let network = try await Network()
            let a = try await Host(network, 0)
            let b = try await Host(network, 1)
            let path = network.directory.path("audit.jsonl")
            var settings = a.defaults
            settings.peers = [b.peerEntry(instance: "{region: us-east-1, vpc: vpc-0a}")]
            settings.more = "audit-log: {path: \(path)}\npolicy: {denied-families: [m5n, r5n, i3en]}"
            try a.configure(settings)
            try await a.startAgent()
            for number in 0..<12 {
                var other = b.defaults
                other.instance =
                    "{id: i-\(number), type: \(["m5n", "r5n", "i3en"][number % 3]).\(number / 3 + 1)xlarge, region: us-east-1, vpc: vpc-0a}"
                other.peers = [a.peerEntry()]
                try b.configure(other)
                try await b.startAgent()
                _ = try await b.run("ping", "-n", "-c", "1", "-W", "1", "10.78.0.1")
                try await b.killAgent()
            }
            let lines = try a.log.split(separator: "\n").filter { $0.hasSuffix("] refused") }
            let codes = lines.compactMap { $0.firstMatch(of: #/reason=([a-z-]+)/#)?.1 }
            #expect(!codes.isEmpty && Set(codes).count == codes.count, "\(lines.joined(separator: "\n"))")
            #expect(try records(path).filter { $0.event == .verdict }.count <= 4)
        }

        @Test func `SIGHUP during a start does not end the agent`() async throws {
            let network = try await Network()
            let a = try await Host(network, 0)
            try a.configure(a.defaults)
            for delay in [0.1, 0.2, 0.3, 0.5] {
                let sealaned = Host.programs.appending(path: "sealaned").path
                let script = "\"$@\" & pid=$!; sleep \(delay); kill -HUP $pid; wait $pid"
                let program = try network.start(
                    0, ["sh", "-c", script, "sh", sealaned, "--config", a.configurationPath])
                try await eventually("the agent is up: \(program.output)") {
                    guard program.isRunning else { throw Failure("it ended: \(program.output)") }
                    return try await a.sealane("status").status == 0
                }
                let pid = try await a.statusReport().pid
                kill(pid, SIGTERM)
                #expect(await program.status(within: .seconds(10)) == 0)
            }
        }

        @Test func `SIGHUP restores a removed socket, and a broken pipe ends a command silently`() async throws {
            let network = try await Network()
            let a = try await Host(network, 0)
            try a.configure(a.defaults)
            try await a.startAgent()
            try FileManager.default.removeItem(atPath: a.controlSocket)
            #expect(try await a.sealane("status").status == 4)
            try a.running.send(SIGHUP)
            try await eventually("the socket exists again") { try await a.sealane("status").status == 0 }
            let sealane = Host.programs.appending(path: "sealane").path
            // The shell reads nothing that the command writes.
            let quiet = try await a.run(
                "bash", "-c",
                "set -o pipefail; { sleep 0.5; \(sealane) status --control-socket \(a.controlSocket); } | true; echo $?"
            )
            #expect(quiet.output == "141\n", "\(quiet)")
        }

        @Test func `an agent without descriptors logs it once, does not spin, and recovers`() async throws {
            let network = try await Network()
            let a = try await Host(network, 0)
            try a.configure(a.defaults)
            try await a.startAgent(by: ["prlimit", "--nofile=48:48"])
            let pid = try a.running.pid
            let open = """
                import socket, sys, time
                held = []
                for _ in range(60):
                    s = socket.socket(socket.AF_UNIX)
                    s.connect(sys.argv[1])
                    held.append(s)
                print("held", flush=True)
                time.sleep(600)
                """
            let holder = try a.start("python3", "-c", open, a.controlSocket)
            try await eventually("the connections are open: \(holder.output)") { holder.output.contains("held") }
            try await eventually("the log reports it: \(try a.log)") {
                try a.log.contains("no connection can be accepted")
            }
            func ticks() throws -> Int {
                let text = try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
                let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
                return try #require(Int(fields[11])) + #require(Int(fields[12]))
            }
            let before = try ticks()
            try await Task.sleep(for: .seconds(4))
            // A busy loop uses 400 ticks; one attempt a second uses almost none.
            #expect(try ticks() - before < 40)
            #expect(try a.log.components(separatedBy: "no connection can be accepted").count == 2)
            holder.send(SIGKILL)
            _ = await holder.status()
            try await eventually("it serves again") { try await a.sealane("status").status == 0 }
            try await eventually("the log reports it") { try a.log.contains("connections are accepted again") }
        }

        @Test func `a configuration may be a FIFO or have a BOM, but not be a directory or link loop`() async throws {
            let network = try await Network()
            let a = try await Host(network, 0)
            let sealaned = Host.programs.appending(path: "sealaned").path
            let directory = try await a.run(sealaned, "--check", "--config", network.directory.root)
            #expect(directory.status == 2 && directory.output.contains("this is a directory"), "\(directory)")
            let circle = network.directory.path("circle")
            try FileManager.default.createSymbolicLink(atPath: circle, withDestinationPath: circle)
            let looped = try await a.run(sealaned, "--check", "--config", circle)
            #expect(looped.status == 2 && looped.output.contains("form a loop"), "\(looped)")
            try a.configure(a.defaults)
            for source in ["<(cat \(a.configurationPath))", "/dev/stdin <\(a.configurationPath)"] {
                let read = try await a.run("bash", "-c", "\(sealaned) --check --config \(source)")
                #expect(read.status == 0, "\(read)")
            }
            let text = try String(contentsOfFile: a.configurationPath, encoding: .utf8)
            try network.directory.write("\u{feff}" + text, to: "marked.yaml")
            let marked = try await a.run(sealaned, "--check", "--config", network.directory.path("marked.yaml"))
            #expect(marked.status == 0, "\(marked)")
        }

        @Test func `a reload reports a changed pre-shared key, an unused private key and each mistake`() async throws {
            let network = try await Network()
            let a = try await Host(network, 0)
            let b = try await Host(network, 1)
            func secret() -> String {
                Data((0..<32).map { _ in UInt8.random(in: 0...255) }).base64EncodedString() + "\n"
            }
            let path = try network.directory.write(secret(), to: "secret")
            var settings = a.defaults
            settings.peers = [b.peerEntry(more: "    preshared-key-file: \(path)")]
            try a.configure(settings)
            try await a.startAgent()
            #expect(try await a.sealane("reload").output == "nothing changed\n")
            try network.directory.write(secret(), to: "secret")
            let changed = try await a.sealane("reload")
            #expect(changed.output.contains("pre-shared keys  changed for host2"), "\(changed)")
            #expect(try await a.sealane("reload").output == "nothing changed\n")
            try network.directory.write(secret(), to: "\(a.name).key")
            let warned = try await a.sealane("reload")
            let warning = "private key in \(a.keyPath) is not the one in use; restart sealaned to use it"
            #expect(warned.status == 0 && warned.output.contains(warning), "\(warned)")
            try await eventually("the log warns") { try a.log.contains(warning) }
            let examined = try await a.sealane("doctor", "--config", a.configurationPath)
            #expect(examined.output.contains("is not the one in use"), "\(examined)")
            settings.more = "colour: blue\nshape: round"
            try a.configure(settings)
            #expect(try await a.sealane("reload").status == 1)
            try await eventually("the log has one line for each mistake: \(try a.log)") {
                let lines = try a.log.split(separator: "\n").filter { $0.contains("configuration not reloaded") }
                return lines.count == 2 && lines[0].contains("colour") && lines[1].contains("shape")
            }
        }
    }
}
