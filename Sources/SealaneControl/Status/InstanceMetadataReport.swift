import FoundationEssentials

/// The state of instance metadata.
package struct InstanceMetadataReport: Codable, Sendable, Equatable {
    /// The configuration's setting: auto or on.
    package var setting: String
    /// When the service last answered; absent: never.
    package var readAt: Date?
    /// Why the last request failed; absent: it succeeded.
    package var problem: String?

    package init(setting: String, readAt: Date? = nil, problem: String? = nil) {
        self.setting = setting
        self.readAt = readAt
        self.problem = problem
    }
}
