import FoundationEssentials

extension BenchReport {
    /// For a terminal: the verdict first, then the figures behind it, hosts and method. Host names and the like come from
    /// the other end: none of their characters steers the terminal.
    public var text: String {
        var parts = [
            "\(client.name) and \(server.name), \(startedAt.formatted(.iso8601)): what the tunnel costs",
            BenchText.list(verdict.isEmpty ? ["Nothing was measured to its end."] : verdict),
        ]
        if !remarks.isEmpty { parts.append(BenchText.list(remarks, mark: "!")) }
        parts += [figureTable, costTable, retransmitTable].filter { !$0.rows.isEmpty }.map { BenchText.plain($0) }
        parts += [BenchText.plain(hostTable), BenchText.list(methodText)]
        return BenchText.joined(parts)
    }
}

/// How reports of measurements are laid out on a terminal.
enum BenchText {
    static func list(_ sentences: [String], mark: String = " ") -> String {
        sentences.map { "\(mark) \($0)" }.joined(separator: "\n")
    }

    /// Without spaces at the lines' ends.
    static func plain(_ table: Table) -> String {
        table.plain.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.lastIndex { $0 != " " }.map { String(line[...$0]) } ?? ""
        }.joined(separator: "\n")
    }

    /// Paragraphs, with a newline at the end; control characters replaced.
    static func joined(_ parts: [String]) -> String {
        parts.joined(separator: "\n\n").split(separator: "\n", omittingEmptySubsequences: false)
            .map { String($0).printable + "\n" }.joined()
    }
}
