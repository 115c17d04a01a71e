import FoundationEssentials
import SealaneControl
import SealaneEligibility

extension RevocationListReport {
    /// `list 7 of 2026-01-02T03:04:05Z, 3 d old, by CN=..., key 0123456789abcdef: 1 serial number, 2 instances`
    var summary: String {
        let age = ageSeconds < 0 ? "of the future" : "\(TimeSpan.text(seconds: ageSeconds)) old"
        let whose = authority.isEmpty ? "key" : "\(authority), key"
        let state = standing == "current" ? "" : ", \(standing)"
        return "list \(number) of \(issuedAt.formatted(.iso8601)), \(age)\(stale ? ", too old" : "")\(state), "
            + "by \(whose) \(key.prefix(16)): \(ReportStyle.count(serials, "serial number")), "
            + ReportStyle.count(instances, "instance")
    }
}
