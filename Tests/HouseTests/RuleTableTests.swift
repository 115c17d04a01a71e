import SealaneEligibility
import Testing

@Suite("README's table of rules")
struct RuleTableTests {
    @Test("has the rules there are, in their order, each with the codes it gives, and no other")
    func sameRules() throws {
        let readme = try #require(try TextFile("README.md"))
        let header = try #require(readme.lines.firstIndex { $0.hasPrefix("| rule |") })
        let rows = readme.lines[(header + 2)...].prefix { $0.hasPrefix("|") }.map { line in
            line.split(separator: "|").map { $0.trimmingPrefix { $0 == " " } }
        }
        #expect(rows.map { words($0[0]) } == Rules.all.map { [$0.rawValue] })
        for (row, name) in zip(rows, Rules.all) {
            #expect(words(row[2]) == name.rule.codes.map(\.rawValue), "\(name)")
        }
    }

    /// What stands between back quotes.
    private func words(_ cell: Substring) -> [String] {
        cell.matches(of: #/`([^`]+)`/#).map { String($0.1) }
    }
}
