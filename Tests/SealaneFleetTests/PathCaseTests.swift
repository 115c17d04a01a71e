import SealaneEligibility
import SealaneFleet
import SealanePacket
import TestSupport
import Testing

@Suite("Paths in the sample network")
struct PathCaseTests {
    @Test("are analyzed by AWS's rules", arguments: PathCase.all)
    func analyzed(_ pathCase: PathCase) throws {
        let topology = try sampleSnapshot().topology
        let ends = try [pathCase.from, pathCase.to].map { text in
            let found = topology.ends(named: text)
            #expect(found.count == 1)
            return try #require(found.first)
        }
        let analysis = PathAnalysis(
            between: ends[0], and: ends[1], in: topology, age: .seconds(60), maximumAge: .seconds(86400))
        let codes = analysis.directions.map { $0.reasons.map(\.code.rawValue) }
        #expect(codes == [pathCase.there, pathCase.back].map { $0.map { [$0] } ?? [] })
        #expect(analysis.reasons.map(\.code.rawValue) == pathCase.ends)
        let reasons = analysis.verdict.reasons.map(\.description).joined(separator: "\n")
        for name in pathCase.names { #expect(reasons.contains(name), "\(reasons)") }

        let turned = PathAnalysis(
            between: ends[1], and: ends[0], in: topology, age: .seconds(60), maximumAge: .seconds(86400))
        #expect(turned.directions == analysis.directions.reversed())
        #expect(turned.verdict.isEligible == analysis.verdict.isEligible)
    }

    @Test("include at least 40 that moto supports, most codes in each direction, and some that pass")
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
