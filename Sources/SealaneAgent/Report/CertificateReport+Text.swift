extension CertificateReport {
    /// `sealane identity show`.
    public func text(_ style: ReportStyle) -> String {
        var lines = ReportLines(style)
        lines.add("fleet", fleet)
        lines.add("instance", instance.text)
        lines.add("addresses", addresses.isEmpty ? "none" : addresses.joined(separator: ", "))
        lines.add("valid", style.validity(from: validFrom, until: validUntil))
        lines.add("issuer", issuer)
        lines.add("serial", serial)
        lines.add("fingerprint", fingerprint)
        lines.add("size", "\(byteCount) bytes")
        return "\(style.paint(instance[.instanceID]?.value ?? uri, .strong))\n" + lines.text
    }
}

extension CertificateVerdictReport {
    /// `sealane identity verify`.
    public func text(_ style: ReportStyle) -> String {
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
