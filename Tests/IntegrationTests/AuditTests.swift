import Foundation
import NetworkLab
import SealaneAgent
import SealaneControl
import Testing

extension Integration {
    @Suite struct AuditTests {
        private func records(_ path: String) throws -> [AuditRecord] {
            try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map {
                try ReportSchema.decode(AuditRecord.self, from: Array($0.utf8))
            }
        }

        @Test func `the audit log records requests, decisions about peers and sessions`() async throws {
            let network = try await Network()
            let a = try await Host(network, 0)
            let b = try await Host(network, 1)
            let path = network.directory.path("audit.jsonl")
            var settings = a.defaults
            settings.peers = [b.peerEntry()]
            settings.more = "audit-log: {path: \(path)}"
            try a.configure(settings)
            var other = b.defaults
            other.peers = [a.peerEntry()]
            try b.configure(other)
            try await a.startAgent()
            try await b.startAgent()
            #expect(try await a.run("ping", "-n", "-c", "1", "-W", "60", "10.78.0.2").status == 0)
            #expect(try await a.sealane("peer", "list").status == 0)
            settings.more += "\npolicy: {denied-families: [c5n]}"
            try a.configure(settings)
            #expect(try await a.sealane("reload").status == 0)
            #expect(try await a.sealane("peer", "remove", "nobody").status == 1)
            settings.peers = []
            try a.configure(settings)
            try a.running.send(SIGHUP)
            try await eventually("the audit log has the reload") {
                try records(path).contains { $0.event == .reloadSignal }
            }
            #expect(try await a.stopAgent() == 0)

            let story = try records(path)
            #expect(
                story.map(\.event) == [
                    .agentStarted, .verdict, .sessionEstablished, .verdict, .sessionEnded, .request, .request,
                    .reloadSignal, .agentStopped,
                ])
            try #require(story.count == 9)
            #expect(story[1].peer == "host2" && story[1].from == .unjudged && story[1].to == .eligible)
            #expect(story[2].peer == "host2" && story[2].initiator == true && story[2].suite != nil)
            #expect(story[3].from == .eligible && story[3].to == .refused)
            #expect(story[3].reasons?.map(\.code) == [.localTypeUnsupported, .peerTypeUnsupported])
            #expect(story[3].reasons?.allSatisfy { $0.observed.contains("c5n") && !$0.required.isEmpty } == true)
            #expect(story[4].peer == "host2" && story[4].session == story[2].session)
            #expect(story[5].method == "POST" && story[5].target == "/v1/reload" && story[5].status == 200)
            #expect(story[6].method == "DELETE" && story[6].target == "/v1/peers/nobody" && story[6].status == 404)
            for request in story[5...6] {
                #expect(request.uid == geteuid() && request.gid == getegid() && request.pid ?? 0 > 0)
            }
            #expect(story[7].error == nil)
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            #expect(try !a.log.contains("control request"))
        }

        @Test func `both ends record the start and end of every session exactly once`() async throws {
            let network = try await Network()
            let hosts = [try await Host(network, 0), try await Host(network, 1)]
            let paths = hosts.map { network.directory.path("\($0.name).jsonl") }
            for (index, host) in hosts.enumerated() {
                var settings = host.defaults
                settings.peers = [hosts[1 - index].peerEntry()]
                settings.more = "session: {rekey-after: 2s}\naudit-log: {path: \(paths[index])}"
                try host.configure(settings)
                try await host.startAgent()
            }
            let ping = try await hosts[0].run("ping", "-n", "-c", "80", "-i", "0.2", "-W", "60", "10.78.0.2")
            #expect(ping.status == 0, "\(ping)")
            for path in paths {
                let records = try records(path)
                let begun = records.filter { $0.event == .sessionEstablished }.compactMap(\.session)
                let ended = records.filter { $0.event == .sessionEnded }.compactMap(\.session)
                #expect(begun.count >= 6, "\(records)")
                #expect(Set(begun).count == begun.count && Set(ended).count == ended.count, "\(records)")
                // At most four sessions exist at a time, the newest among them.
                #expect(ended.count >= begun.count - 4, "\(records)")
                #expect(ended == Array(begun.prefix(ended.count)), "\(records)")
            }
        }

        @Test func `log rotation loses no line, even with an invalid configuration`() async throws {
            let network = try await Network()
            let a = try await Host(network, 0)
            let path = network.directory.path("audit.jsonl")
            var settings = a.defaults
            settings.more = "audit-log: {path: \(path)}"
            try a.configure(settings)
            try await a.startAgent()
            #expect(try await a.sealane("reload").status == 0)
            try FileManager.default.moveItem(atPath: path, toPath: path + ".1")
            settings.more += "\ncolour: blue"
            try a.configure(settings)
            #expect(try await a.sealane("reload").status == 1)
            #expect(try records(path + ".1").map(\.event) == [.agentStarted, .request])
            #expect(try records(path).map(\.status) == [422])
            try FileManager.default.moveItem(atPath: path, toPath: path + ".2")
            try a.running.send(SIGHUP)
            try await eventually("the audit log has the reload") {
                FileManager.default.fileExists(atPath: path) ? try !records(path).isEmpty : false
            }
            #expect(try records(path).first?.error?.contains("colour") == true)
        }

        @Test func `a full disk is reported once, counted, and stops nothing`() async throws {
            let (a, b) = try await eligiblePair()
            _ = try await a.stopAgent()
            let disk = a.network.directory.path("disk")
            try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: false)
            var settings = a.defaults
            settings.peers = [b.peerEntry()]
            settings.more = "audit-log: {path: \(disk)/audit.jsonl}"
            try a.configure(settings)
            // Only the agent sees this mount, so the mount ends with the agent.
            let script = "mount -t tmpfs -o size=32k tmpfs \(disk) && exec \"$@\""
            try await a.startAgent(by: ["unshare", "--mount", "sh", "-c", script, "sh"])
            let mounted = "/proc/\(try a.running.pid)/root\(disk)"
            try await eventually("the audit log exists") {
                FileManager.default.fileExists(atPath: mounted + "/audit.jsonl")
            }
            #expect(try await a.run("sh", "-c", "head -c 40000 /dev/zero >\(mounted)/filler").status != 0)
            // Fill the rest of the last page.
            for _ in 0..<40 { #expect(try await a.sealane("peer", "remove", "nobody").status == 1) }
            #expect(try await a.run("ping", "-n", "-c", "3", "-i", "0.2", "-W", "60", "10.78.0.2").status == 0)
            let metrics = try await a.run(
                "curl", "-sS", "--unix-socket", a.controlSocket, "http://localhost/metrics")
            let line = metrics.output.split(separator: "\n").first { $0.hasPrefix("sealane_audit_lines_lost_total ") }
            let lost = try #require(line?.split(separator: " ").last.flatMap { Int($0) })
            #expect(lost > 0)
            #expect(try a.log.components(separatedBy: "audit log not written").count == 2)
            try FileManager.default.removeItem(atPath: mounted + "/filler")
            #expect(try await a.sealane("peer", "remove", "nobody").status == 1)
            #expect(try a.log.contains("audit log is written again"))
            #expect(try a.log.components(separatedBy: "audit log not written").count == 2)
        }

        @Test func `an audit log that cannot be opened ends the agent with status 2 and its position`() async throws {
            let network = try await Network()
            let a = try await Host(network, 0)
            var settings = a.defaults
            settings.more = "audit-log: {path: \(network.directory.path("none/audit.jsonl"))}"
            try a.configure(settings)
            let refused = try await a.runAgent()
            #expect(refused.status == 2, "\(refused)")
            #expect(refused.output.contains("\(a.configurationPath):9:19: open("), "\(refused)")
            #expect(try await a.run("ip", "link", "show", "sealane0").status != 0)
        }
    }
}
