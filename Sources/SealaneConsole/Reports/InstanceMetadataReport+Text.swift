import SealaneControl

extension InstanceMetadataReport {
    /// `read 12 s ago`; `not read: ...`
    func text(_ style: ReportStyle) -> String {
        let age = readAt.map { "read \(style.ago($0))" } ?? "not read"
        return problem.map { "\(age); \(style.paint("last attempt failed", .warning)): \($0)" } ?? age
    }
}
