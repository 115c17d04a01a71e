extension CertificateReport {
    /// Until when it is valid, who issued it, and what it says: for a certificate among other things.
    var summary: String { "until \(validUntil.formatted(.iso8601)), by \(issuer)\n\(uri)" }
}
