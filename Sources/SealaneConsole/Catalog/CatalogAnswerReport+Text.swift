import SealaneEligibility

extension CatalogAnswerReport {
    /// `sealane catalog show`.
    package func text(_ style: ReportStyle) -> String {
        let type = InstanceType(name)
        let isVirtualizedOnly = source == .catalog && InstanceTypeCatalog.notEncryptingOnMetal.contains(family)
        let sizes = InstanceTypeCatalog.sizes(ofFamily: family)
        let said =
            switch answer {
            case .supported:
                "\(style.paint("encrypts", .good)) in transit (\(source))"
                    + (type == nil && isVirtualizedOnly ? ", on virtualized sizes only" : "")
            case .unsupported where isVirtualizedOnly:
                "encrypts in transit on virtualized sizes only (\(source)): "
                    + "\(name) \(style.paint("does not encrypt", .bad))"
            case .unsupported: "\(style.paint("does not encrypt", .bad)) in transit (\(source))"
            case .unknown where sizes.isEmpty:
                "is \(style.paint("not in the catalog", .bad)): refused, unless policy.extra-families names it"
            case .unknown:
                "\(style.paint("has no such size", .bad)): refused, unless policy.extra-families names the family; "
                    + "its sizes: \(sizes.joined(separator: ", "))"
            }
        return (type == nil ? "" : "\(name): ") + "family \(family) \(said)\n"
    }
}
