import SealaneEligibility
import Testing

@Suite struct RuleTableTests {
    @Test func `the table has exactly the rules, in order, with their codes`() throws {
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

    /// The words between back quotes.
    private func words(_ cell: Substring) -> [String] {
        cell.matches(of: #/`([^`]+)`/#).map { String($0.1) }
    }
}
