import SealaneControl

extension CertificateReport {
    /// `sealane identity show`.
    package func text(_ style: ReportStyle) -> String {
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

    /// The end of its validity, its issuer, and its URI: a certificate as one part of a report.
    var summary: String { "until \(validUntil.formatted(.iso8601)), by \(issuer)\n\(uri)" }
}
