import AgentTestSupport
import Foundation
import SealaneConsole
import SealaneControl
import SealaneEligibility
import Testing

@Suite("Reports on rules that the policy relaxes") struct RuleReportTests {
    private let rules = [
        RuleReport(
            rule: .types, policy: .ignore,
            reasons: [
                Reason(
                    code: .peerTypeUnsupported, observed: "m5.large (family m5 does not encrypt)", required: "",
                    source: "")
            ]),
        RuleReport(
            rule: .vpc, policy: .warn,
            reasons: [
                Reason(code: .vpcNotShared, observed: "local vpc-0a, peer vpc-0b, no peering", required: "", source: "")
            ]),
        RuleReport(rule: .region, policy: .ignore, reasons: []),
    ]
    private let lines = """
          rules
            types   peer-type-unsupported, m5.large (family m5 does not encrypt): ignored by policy
            vpc     vpc-not-shared, local vpc-0a, peer vpc-0b, no peering: the policy only warns
            region  ignored by policy

        """

    @Test("peer show and peer check have a line for each, with what it found; of a peer without them there is none")
    func text() throws {
        let definition = try SampleReports.definition("x", 6, type: "m5.large")
        func shown(_ rules: [RuleReport]?) -> (show: String, check: String) {
            let show = PeerReport(definition, origin: .config, state: .established, verdict: .eligible, rules: rules)
            let check = CheckReport(
                peer: "x", verdict: .eligible, local: definition.facts, remote: definition.facts, rules: rules)
            return (show.text(SampleReports.plain), check.text(SampleReports.plain))
        }
        let (show, check) = shown(rules)
        #expect(show.hasSuffix(lines), "\(show)")
        #expect(check.hasSuffix(lines), "\(check)")
        let without = shown(nil)
        #expect(show == without.show + lines)
        #expect(check == without.check + lines)
    }

    @Test("JSON has rule, policy and reasons, and leaves the key out where there are none")
    func json() throws {
        let definition = try SampleReports.definition("x", 6, type: "m5.large")
        for rules in [rules, nil] {
            let report = PeerReport(definition, origin: .config, state: .established, verdict: .eligible, rules: rules)
            let json = try ReportSchema.encode(report)
            #expect(try ReportSchema.decode(PeerReport.self, from: json) == report)
            #expect(String(decoding: json, as: UTF8.self).contains("\"rules\"") == (rules != nil))
        }
        let alone = try ReportSchema.encode(rules[2])
        #expect(
            String(decoding: alone, as: UTF8.self) == """
                {
                  "policy" : "ignore",
                  "reasons" : [

                  ],
                  "rule" : "region"
                }

                """)
    }

    @Test("status names them")
    func status() throws {
        var report = try SampleReports.status()
        report.rules = ["types": .ignore, "vpc": .warn]
        let text = report.text(SampleReports.plain, peers: PeerListReport(peers: [PeerReport]()))
        #expect(text.contains("types ignored by policy, vpc: the policy only warns"), "\(text)")
    }
}
