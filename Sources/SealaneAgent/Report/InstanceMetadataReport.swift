import FoundationEssentials

/// What became of asking the instance metadata service.
public struct InstanceMetadataReport: Codable, Sendable, Equatable {
    /// auto or on: the configuration's.
    public var setting: String
    /// When it was last read; absent: never.
    public var readAt: Date?
    /// Why it could not be read the last time; absent: it could.
    public var problem: String?

    public init(setting: String, readAt: Date? = nil, problem: String? = nil) {
        self.setting = setting
        self.readAt = readAt
        self.problem = problem
    }

    /// `read 12 s ago`; `not read: ...`
    func text(_ style: ReportStyle) -> String {
        let age = readAt.map { "read \(style.ago($0))" } ?? "not read"
        return problem.map { "\(age); \(style.paint("last attempt failed", .warning)): \($0)" } ?? age
    }
}
