import SealaneEligibility

extension CatalogReport {
    /// `sealane catalog list`.
    public func text(_ style: ReportStyle) -> String {
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

extension CatalogAnswerReport {
    /// `sealane catalog show`.
    public func text(_ style: ReportStyle) -> String {
        let said =
            switch answer {
            case .supported: "\(style.paint("encrypts", .good)) in transit (\(source))"
            case .unsupported: "\(style.paint("does not encrypt", .bad)) in transit (\(source))"
            case .unknown:
                "is \(style.paint("not in the catalog", .bad)): refused, unless policy.extra-families names it"
            }
        return (name == family ? "" : "\(name): ") + "family \(family) \(said)\n"
    }
}
