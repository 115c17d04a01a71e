import SealaneEligibility
import SealaneFleet
import SealanePacket
import TestSupport
import Testing

@Suite("Paths in the sample network")
struct PathCaseTests {
    @Test("are judged by AWS's rules", arguments: PathCase.all)
    func judged(_ pathCase: PathCase) throws {
        let topology = try sampleSnapshot().topology
        let ends = try [pathCase.from, pathCase.to].map { text in
            let found = topology.ends(named: text)
            #expect(found.count == 1)
            return try #require(found.first)
        }
        let judgement = judgePath(
            between: ends[0], and: ends[1], in: topology, age: .seconds(60), maximumAge: .seconds(86400))
        let codes = judgement.directions.map { $0.reasons.map(\.code.rawValue) }
        #expect(codes == [pathCase.there, pathCase.back].map { $0.map { [$0] } ?? [] })
        #expect(judgement.reasons.map(\.code.rawValue) == pathCase.ends)
        let reasons = judgement.verdict.reasons.map(\.description).joined(separator: "\n")
        for name in pathCase.names { #expect(reasons.contains(name), "\(reasons)") }

        let turned = judgePath(
            between: ends[1], and: ends[0], in: topology, age: .seconds(60), maximumAge: .seconds(86400))
        #expect(turned.directions == judgement.directions.reversed())
        #expect(turned.verdict.isEligible == judgement.verdict.isEligible)
    }

    @Test("are enough: at least 40 that moto can show, most codes in each direction, and some that pass")
    func enough() {
        let shown = PathCase.all.filter { $0.lackingInMoto == nil }
        #expect(Set(shown.map { [$0.from, $0.to] }).count >= 40)
        #expect(shown.filter { $0.there == nil && $0.back == nil && $0.ends.isEmpty }.count >= 15)
        for code in ["path-device", "path-missing", "region-mismatch"] {
            #expect(shown.contains { $0.there == code })
            #expect(shown.contains { $0.back == code })
        }
    }
}

private let sample = Result {
    let directory = try ScratchDirectory()
    return try TopologyFile(path: try directory.write(SampleNetwork.yaml, to: "network.yaml")).read()
}

func sampleSnapshot() throws -> TopologySnapshot { try sample.get() }
