import Foundation
import NetworkLab
import SealaneEligibility
import SealaneIdentity
import TestSupport
import Testing

extension Integration {
    /// Two hosts with certificates, and revocation lists that change.
    @Suite struct RevocationTests {
        /// The files of both hosts: `bundle.pem`, `revoked`, and `HOST.pem` with its key.
        private struct Fleet {
            let a: Host
            let b: Host
            let directory: String

            init() async throws {
                let network = try await Network()
                (a, b) = (try await Host(network, 0), try await Host(network, 1))
                directory = network.directory.root
                for host in [a, b] { try configure(host, lists: false, own: false) }
            }

            var hosts: [(Host, Host)] { [(a, b), (b, a)] }

            func configure(_ host: Host, lists: Bool = true, own: Bool = true, more: [String] = []) throws {
                let other = host === a ? b : a
                var settings = host.defaults
                settings.instance = "{id: i-0\(host.name), type: c5n.large, region: us-east-1, vpc: vpc-0a}"
                settings.peers = [
                    """
                      - name: \(other.name)
                        endpoint: "10.77.0.\(other.index + 1):7325"
                        public-key: \(other.publicKey)
                        addresses: [10.78.0.\(other.index + 1)/32, "fd78::\(other.index + 1)/128"]
                    """
                ]
                let lines =
                    (lists ? ["revocations-file: \(directory)/revoked"] : [])
                    + (own
                        ? [
                            "certificate-file: \(directory)/\(host.name).pem",
                            "key-file: \(directory)/\(host.name).identity.key",
                        ] : []) + more
                settings.more =
                    "identity:\n  trust-file: \(directory)/bundle.pem\n" + lines.map { "  \($0)\n" }.joined()
                    + "policy: {require-certificate: true}\n"
                try host.configure(settings)
            }

            /// Runs a line in the directory of the files; `sealane` is the command.
            @discardableResult
            func shell(_ line: String, status: Int32 = 0) async throws -> String {
                let path = "PATH=\(Host.programs.path):$PATH"
                let outcome = try await a.run("sh", "-c", "cd '\(directory)' && \(path) && \(line)")
                try #require(outcome.status == status, "\(outcome)")
                return outcome.output
            }

            /// Issues certificates by the authority in the directory `name`, where its commands run.
            func enrol(by name: String) async throws {
                for host in [a, b] {
                    try await shell(
                        "sealane identity csr --config \(host.name).yaml --key \(host.name).identity.key > host.csr "
                            + "2>/dev/null && sealane ca sign \(name) host.csr > new.pem 2>/dev/null "
                            + "&& mv new.pem \(host.name).pem")
                }
            }

            func ping(_ host: Host, waiting seconds: Int = 5) async throws -> Outcome {
                try await host.run(
                    "ping", "-n", "-c", "2", "-i", "0.2", "-W", "\(seconds)", "10.78.0.\(host === a ? 2 : 1)")
            }

            func reload(_ host: Host) async throws {
                let reload = try await host.sealane("reload")
                #expect(reload.status == 0, "\(reload)")
            }

            /// Reloads and restarts both agents, and expects packets to pass.
            func expectAlive(_ step: String) async throws {
                for (host, _) in hosts { try await reload(host) }
                for (index, (host, _)) in hosts.enumerated() {
                    if index == 0 { try await host.killAgent() } else { #expect(try await host.stopAgent() == 0) }
                    try await host.startAgent()
                    try await reload(host)
                }
                try await eventually(within: .seconds(30), "\(step): the hosts talk") {
                    let ping = try await ping(a)
                    return ping.status == 0
                }
                for (host, other) in hosts {
                    #expect(try await host.peerReport(other.name).verdict.eligible, "\(step)")
                }
            }
        }

        private func codes(_ host: Host, _ other: Host) async throws -> Set<ReasonCode> {
            Set(try await host.peerReport(other.name).verdict.reasons.map(\.code))
        }

        @Test func `revoking an intermediate or a root ends the sessions of both hosts on reload`() async throws {
            let fleet = try await Fleet()
            let extensions = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
            try fleet.a.network.directory.write(
                extensions + "subjectAltName=URI:spiffe://sealane\n", to: "middle.ext")
            try await fleet.shell(
                """
                openssl req -x509 -newkey ed25519 -nodes -keyout ca.key -out ca.pem -subj /CN=root -days 30 \
                    -set_serial 0x4a01 -addext keyUsage=critical,keyCertSign,cRLSign \
                    -addext subjectAltName=URI:spiffe://sealane 2>/dev/null
                openssl req -new -newkey ed25519 -nodes -keyout middle.key -subj /CN=middle -out middle.csr 2>/dev/null
                openssl x509 -req -in middle.csr -CA ca.pem -CAkey ca.key -set_serial 0x4a02 -days 9 -extfile middle.ext \
                    -out middle.pem 2>/dev/null
                mkdir ca && cp ca.pem ca.key ca/ && : > ca/ledger.jsonl && chmod 600 ca/ca.key ca/ledger.jsonl
                cat ca.pem middle.pem > bundle.pem && sealane ca revoke ca --refresh > revoked
                for host in \(fleet.a.name) \(fleet.b.name); do
                    sealane identity csr --config $host.yaml --key $host.identity.key > $host.csr 2>/dev/null
                    openssl x509 -req -in $host.csr -CA middle.pem -CAkey middle.key -copy_extensions copy -days 1 \
                        -out $host.pem 2>/dev/null
                done
                """)
            for (host, _) in fleet.hosts {
                try fleet.configure(host)
                try await host.startAgent()
            }
            for serial in ["4a02", "4a01"] {
                try await fleet.shell("sealane ca revoke ca --refresh > revoked 2>/dev/null")
                for (host, _) in fleet.hosts { try await fleet.reload(host) }
                try await eventually(within: .seconds(30), "the hosts talk") {
                    try await fleet.ping(fleet.a).status == 0
                }
                for (host, other) in fleet.hosts { #expect(try await host.peerReport(other.name).session != nil) }

                try await fleet.shell("cp ca/revoked before")
                try await fleet.shell("sealane ca revoke ca --serial \(serial) > revoked 2>/dev/null")
                for (host, other) in fleet.hosts {
                    try await fleet.reload(host)
                    try await eventually("\(host.name) has ended the session") {
                        try await host.peerReport(other.name).session == nil
                    }
                    #expect(try await codes(host, other).contains(.certificateRevoked))
                }
                #expect(try await fleet.ping(fleet.a, waiting: 1).status != 0)
                guard serial == "4a02" else { break }
                // The next case starts without revocations: another authority directory, another number.
                for (host, _) in fleet.hosts { #expect(try await host.stopAgent() == 0) }
                try await fleet.shell("cp before ca/revoked && rm -r *.state")
                try await fleet.shell("sealane ca revoke ca --refresh > revoked 2>/dev/null")
                for (host, _) in fleet.hosts { try await host.startAgent() }
            }
        }

        @Test func `an older list stays refused after kill -9, a restart, and a time without a list`() async throws {
            let fleet = try await Fleet()
            let a = fleet.a
            try await fleet.shell("sealane ca create ca --fleet sealane")
            try await fleet.shell("cp ca/ca.pem bundle.pem && cp ca/revoked one")
            try await fleet.enrol(by: "ca")
            try await fleet.shell("sealane ca revoke ca --instance i-0x > two 2>/dev/null && cp two revoked")
            try fleet.configure(a)
            try await a.startAgent()
            try await a.killAgent()
            try await fleet.shell("cp one revoked")
            let refused = try await a.runAgent()
            #expect(refused.status != 0)
            #expect(refused.output.contains("list 1 of "), "\(refused)")
            #expect(refused.output.contains("but list 2 of "), "\(refused)")
            #expect(refused.output.contains("CN=Sealane CA "), "\(refused)")

            try fleet.configure(a, lists: false)
            try await a.startAgent()
            try fleet.configure(a)
            let reload = try await a.sealane("reload")
            #expect(reload.status != 0)
            #expect(reload.output.contains("but list 2 of "), "\(reload)")
            try await fleet.shell("cp two revoked")
            try await fleet.reload(a)
            let status = try await a.statusReport()
            #expect(status.revocations?.map(\.number) == [2])
            #expect(try await a.sealane("status").output.contains("revocations  list 2 of "))
        }

        @Test func `moving to a new authority step by step never restores a revoked certificate`() async throws {
            let fleet = try await Fleet()
            try await fleet.shell(
                """
                sealane ca create old --fleet sealane && cp old/ca.pem bundle.pem
                sealane ca revoke old --instance i-0x > revoked 2>/dev/null
                sealane ca revoke old --instance i-0y > revoked 2>/dev/null
                """)
            try await fleet.enrol(by: "old")
            for (host, _) in fleet.hosts {
                try fleet.configure(host)
                try await host.startAgent()
            }
            try await fleet.expectAlive("before")
            try await fleet.shell("sealane ca create new --fleet sealane --succeeds old")
            try await fleet.shell("cat old/ca.pem new/ca.pem > bundle.new && mv bundle.new bundle.pem")
            try await fleet.expectAlive("both authorities, the old one's list")
            try await fleet.shell("cat old/revoked new/revoked > revoked.new && mv revoked.new revoked")
            try await fleet.expectAlive("both authorities, both lists")
            try await fleet.enrol(by: "new")
            try await fleet.expectAlive("certificates by the new authority")
            try await fleet.shell("cp new/ca.pem bundle.new && mv bundle.new bundle.pem")
            try await fleet.expectAlive("the new authority alone, both lists")
            try await fleet.shell("cp new/revoked revoked.new && mv revoked.new revoked")
            try await fleet.expectAlive("the new authority alone, its list")
            for (host, _) in fleet.hosts {
                let lists = try #require(try await host.statusReport().revocations)
                #expect(lists.map(\.number) == [1] && lists.map(\.instances) == [2], "\(lists)")
            }
        }

        @Test func `the move also works with the new list early or the old list late`() async throws {
            let fleet = try await Fleet()
            try await fleet.shell(
                """
                sealane ca create old --fleet sealane && cp old/ca.pem bundle.pem
                sealane ca revoke old --instance i-0\(fleet.b.name) > before 2>/dev/null
                sealane ca create new --fleet sealane
                cp old/revoked revoked
                """)
            for host in [fleet.a, fleet.b] {
                try await fleet.shell(
                    "sealane identity csr --config \(host.name).yaml --key \(host.name).identity.key > host.csr 2>/dev/null"
                )
                try await fleet.shell("sealane ca sign new host.csr > \(host.name).pem 2>/dev/null")
            }
            try fleet.configure(fleet.a)
            let a = fleet.a
            try await fleet.shell("cat old/ca.pem new/ca.pem > bundle.pem")
            try await a.startAgent()
            // The new authority's first list, while the third list of the old one is in use.
            try await fleet.shell("cp new/revoked revoked")
            try await fleet.reload(a)
            try await a.killAgent()
            try await a.startAgent()
            #expect(try await a.statusReport().revocations?.map(\.standing).sorted() == ["current", "remembered"])
            // The old root goes while the file has only its list.
            try await fleet.shell("cp old/revoked revoked && cp new/ca.pem bundle.pem")
            try await fleet.reload(a)
            try await a.killAgent()
            try await a.startAgent()
            #expect(try a.log.contains("replace it with the list of the authority that took over"))
        }

        @Test func `a list that is too old warns by default, and refuses every peer if configured`() async throws {
            let fleet = try await Fleet()
            try await fleet.shell("sealane ca create ca --fleet sealane")
            try await fleet.shell("cp ca/ca.pem bundle.pem && cp ca/revoked revoked")
            try await fleet.enrol(by: "ca")
            // The least configurable age is a minute, and most of it has passed.
            let list = try AuthorityDirectory("\(fleet.directory)/ca").revoke(at: Date(timeIntervalSinceNow: -35))
            try Data(list.text).write(to: URL(filePath: "\(fleet.directory)/revoked"))
            for (host, _) in fleet.hosts {
                try fleet.configure(host, more: ["revocations-max-age: 1m"])
                try await host.startAgent()
            }
            let (a, b) = (fleet.a, fleet.b)
            try await eventually(within: .seconds(30), "the hosts talk") { try await fleet.ping(a).status == 0 }
            try fleet.configure(a, more: ["revocations-max-age: 1m", "revocations-stale: refuse"])
            try await fleet.reload(a)
            try await eventually(within: .seconds(100), "the list is too old") {
                try await codes(a, b) == [.revocationListStale]
            }
            #expect(try await a.peerReport(b.name).session == nil)
            #expect(try await a.statusReport().revocations?.first?.stale == true)
            let doctor = try await a.run([
                Host.programs.appending(path: "sealane").path, "doctor", "--config", a.configurationPath,
            ])
            #expect(doctor.output.contains("revocations"), "\(doctor)")
            #expect(doctor.output.contains("too old"), "\(doctor)")
            try await eventually(within: .seconds(30), "b warns") {
                try b.log.contains("the revocation list is too old")
            }
            try await fleet.shell("sealane ca revoke ca --refresh > revoked")
            for (host, _) in fleet.hosts { try await fleet.reload(host) }
            try await eventually(within: .seconds(30), "the hosts talk again") { try await fleet.ping(a).status == 0 }
        }
    }
}
