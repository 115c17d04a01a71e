import FoundationEssentials

/// What became of asking the instance metadata service.
package struct InstanceMetadataReport: Codable, Sendable, Equatable {
    /// auto or on: the configuration's.
    package var setting: String
    /// When it was last read; absent: never.
    package var readAt: Date?
    /// Why it could not be read the last time; absent: it could.
    package var problem: String?

    package init(setting: String, readAt: Date? = nil, problem: String? = nil) {
        self.setting = setting
        self.readAt = readAt
        self.problem = problem
    }
}
