import FoundationEssentials

extension BenchReport {
    /// Formats the report for a terminal: the verdict first, then figures, hosts and method. Host names and other texts
    /// come from the other end, so control characters are replaced: they cannot steer the terminal.
    package var text: String {
        var parts = [
            "\(client.name) and \(server.name), \(startedAt.formatted(.iso8601)): what the tunnel costs",
            BenchText.list(verdict.isEmpty ? ["No test was completed."] : verdict),
        ]
        if !remarks.isEmpty { parts.append(BenchText.list(remarks, mark: "!")) }
        parts += [figureTable, costTable, retransmitTable].filter { !$0.rows.isEmpty }.map { BenchText.plain($0) }
        parts += [BenchText.plain(hostTable), BenchText.list(methodText)]
        return BenchText.joined(parts)
    }
}

/// Lays out reports of measurements for a terminal.
enum BenchText {
    static func list(_ sentences: [String], mark: String = " ") -> String {
        sentences.map { "\(mark) \($0)" }.joined(separator: "\n")
    }

    /// The table without trailing spaces.
    static func plain(_ table: Table) -> String {
        table.plain.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.lastIndex { $0 != " " }.map { String(line[...$0]) } ?? ""
        }.joined(separator: "\n")
    }

    /// Joins paragraphs, ends with a newline, and replaces control characters.
    static func joined(_ parts: [String]) -> String {
        parts.joined(separator: "\n\n").split(separator: "\n", omittingEmptySubsequences: false)
            .map { String($0).printable + "\n" }.joined()
    }
}
