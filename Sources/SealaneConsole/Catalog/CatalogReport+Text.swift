import SealaneEligibility

extension CatalogReport {
    /// `sealane catalog list`.
    package func text(_ style: ReportStyle) -> String {
        var table = ReportTable(["FAMILY", "ENCRYPTS", "SOURCE"])
        for entry in families {
            table.add([
                .init(entry.family),
                entry.encryptsInTransit ? .init("yes", .good) : .init("no", .faint), .init(entry.source.rawValue),
            ])
        }
        return table.text(style)
    }
}
