import FoundationEssentials

extension AuthorityReport {
    /// `sealane ca show`, `sealane ca create`.
    package func text(_ style: ReportStyle) -> String {
        var lines = ReportLines(style)
        lines.add("subject", subject)
        lines.add("valid", style.validity(from: validFrom, until: validUntil))
        lines.add("fingerprint", fingerprint)
        lines.add("key", key)
        lines.add("certificate", certificate)
        lines.add("revoked", revocations?.text)
        lines.add("issued", counts)
        let table = issued.isEmpty ? "" : "\n" + table.text(style)
        return "\(style.paint(fleet, .strong))\n" + lines.text + table
    }

    /// `3: 1 valid, 2 expired`; states without certificates are left out.
    private var counts: String {
        let some = IssuedReport.State.allCases.compactMap { state in
            let count = issued.count { $0.state == state }
            return count == 0 ? nil : "\(count) \(state.rawValue)"
        }
        return some.isEmpty ? "nothing yet" : "\(issued.count): " + some.joined(separator: ", ")
    }

    private var table: ReportTable {
        var table = ReportTable(["INSTANCE", "STATE", "VALID UNTIL", "ADDRESSES", "SERIAL"])
        for entry in issued {
            table.add([
                .init(entry.instance[.instanceID]?.value ?? ""), .init(entry.state.rawValue, .init(for: entry.state)),
                .init(entry.validUntil.formatted(.iso8601)), .init(entry.addresses.joined(separator: ",")),
                .init(entry.serial),
            ])
        }
        return table
    }
}

extension AuthorityReport.RevocationReport {
    fileprivate var text: String {
        "list \(number) of \(issuedAt.formatted(.iso8601)): \(ReportStyle.count(serials.count + (issuedSerials?.count ?? 0), "serial number")), "
            + ReportStyle.count(instances.count, "instance")
    }
}

extension ReportStyle.Ink {
    fileprivate init(for state: AuthorityReport.IssuedReport.State) {
        self =
            switch state {
            case .valid: .good
            case .revoked: .bad
            case .expired: .faint
            }
    }
}
