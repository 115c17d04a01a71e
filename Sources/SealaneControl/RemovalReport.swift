/// `DELETE /v1/peers/NAME`.
package struct RemovalReport: Codable, Sendable, Equatable {
    package var schemaVersion = ReportSchema.version
    /// The peer's name.
    package var removed: String

    package init(removed: String) {
        self.removed = removed
    }
}
