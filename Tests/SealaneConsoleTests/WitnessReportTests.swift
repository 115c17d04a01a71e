import AgentTestSupport
import Foundation
import SealaneConsole
import SealaneControl
import SealaneEligibility
import SealanePacket
import Testing

@Suite("Reports on a path") struct WitnessReportTests {
    private static let straight = FourTuple(
        source: Endpoint(address: IPAddress(ipv4: 0x0A4D_0001), port: 7325),
        destination: Endpoint(address: IPAddress(ipv4: 0x0A4D_0002), port: 7325))
    private static let rewritten = FourTuple(
        source: Endpoint(address: IPAddress(ipv4: 0x0A4D_0001), port: 40_000), destination: straight.destination)

    private func reports(_ evidence: PathEvidence, _ policy: Policy = Policy()) -> [WitnessReport] {
        let evaluated = Case(
            local: LocalFacts(stated: Facts()), peer: PeerFacts(stated: Facts()), path: evidence, policy: policy)
        return evaluated.results(of: Rules.ofPath).map { result in
            WitnessReport(
                result, at: result.observed == nil ? nil : SampleReports.now.addingTimeInterval(-65))
        }
    }

    private func text(_ path: [WitnessReport]) throws -> String {
        let definition = try SampleReports.definition("x", 6, type: "c5n.large")
        let shown = PeerReport(
            definition, origin: .config, state: .refused, verdict: .eligible, path: path
        ).text(SampleReports.plain)
        let check = CheckReport(
            peer: "x", verdict: .eligible, local: definition.facts, remote: definition.facts, path: path
        ).text(SampleReports.plain)
        let start = try #require(shown.range(of: "  path\n")).lowerBound
        #expect(check.hasSuffix(shown[start...]))
        return String(shown[start...])
    }

    @Test("each witness has a line in peer show and peer check: what it saw, when, what it means")
    func lines() throws {
        let evidence = PathEvidence(
            translation: .init(claimed: Self.straight, observed: Self.rewritten), forwarding: .init(hopLimit: 255))
        #expect(
            try text(reports(evidence)) == """
                  path
                    translation  10.77.0.1:40000 to 10.77.0.2:7325, 1 min 5 s ago: \(ReasonCode.pathTranslated.explanation)
                    forwarding   TTL 255, 1 min 5 s ago: no more routers on the path than the policy allows
                    mtu          no evidence yet
                    routes       no topology

                """)
    }

    @Test("a warning differs from a refusal, and what is ignored is said to be")
    func reactions() throws {
        let evidence = PathEvidence(
            forwarding: .init(hopLimit: 254), mtu: .init(local: 9001, peer: 9001, carried: 8500))
        let shown = try text(reports(evidence, Policy(reactions: [.forwarding: .ignore, .mtu: .warn])))
        #expect(shown.contains("the policy ignores it"))
        #expect(shown.contains("8500 bytes"))
        #expect(shown.contains("transit gateway"))
        #expect(shown.contains("(the policy only warns)"))
    }

    @Test("JSON has every witness, and comes back as it was")
    func json() throws {
        let evidence = PathEvidence(
            translation: .init(claimed: Self.straight, observed: Self.straight),
            mtu: .init(local: 9001, peer: 9001, carried: 8500))
        let reports = reports(evidence)
        #expect(reports.map(\.finding) == [.clear, .silent, .objection, .silent])
        let json = try ReportSchema.encode(reports)
        #expect(try ReportSchema.decode([WitnessReport].self, from: json) == reports)
        let last = try ReportSchema.encode(reports[2])
        #expect(
            String(decoding: last, as: UTF8.self) == """
                {
                  "finding" : "objection",
                  "meaning" : "\(ReasonCode.pathMTUReduced.explanation)",
                  "objections" : [
                    {
                      "code" : "path-mtu-reduced",
                      "observed" : "8500 bytes from here to the peer: the MTU of an AWS transit gateway",
                      "required" : "9001 bytes (interfaces: here 9001, the peer 9001)",
                      "source" : "probes inside the session"
                    }
                  ],
                  "observed" : "8500 bytes",
                  "policy" : "refuse",
                  "seenAt" : "2026-01-02T03:03:00Z",
                  "witness" : "mtu"
                }

                """)
    }
}
