extension CertificateVerdictReport {
    /// `sealane identity verify`.
    package func text(_ style: ReportStyle) -> String {
        let title = certificate.map { $0.instance[.instanceID]?.value ?? $0.uri } ?? verdict.reasons.first?.source ?? ""
        let name = style.paint(title, .strong)
        guard let authorities, let certificate else {
            return "\(name)  \(verdict.line(style))\n" + verdict.reasons.text(style)
        }
        var lines = ReportLines(style)
        lines.add("by", authorities.joined(separator: ", which is by "))
        lines.add("valid", style.validity(from: certificate.validFrom, until: certificate.validUntil))
        return "\(name)  \(style.paint("verified", .good))\n" + lines.text
    }
}
