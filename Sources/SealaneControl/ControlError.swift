/// Why the agent refused a control request. It travels as an HTTP status and a JSON body.
package struct ControlError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Stable: raw values are in JSON.
    package enum Code: String, Codable, Sendable, CaseIterable {
        case badRequest = "bad-request"
        case notFound = "not-found"
        case methodNotAllowed = "method-not-allowed"
        /// The request contradicts the current state: a name, key or address is taken, or the configuration names the
        /// peer.
        case conflict
        case bodyTooLarge = "body-too-large"
        /// The configuration is not valid; nothing was applied.
        case invalidConfiguration = "invalid-configuration"
        /// The configuration changes a key that only a restart applies; nothing was applied.
        case restartRequired = "restart-required"
        /// The agent is starting, stopping, or serves too many requests.
        case unavailable
        case `internal`
    }

    package let code: Code
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }

    /// RFC 9110 section 15.
    package var httpStatus: Int {
        switch code {
        case .badRequest: 400
        case .notFound: 404
        case .methodNotAllowed: 405
        case .conflict, .restartRequired: 409
        case .bodyTooLarge: 413
        case .invalidConfiguration: 422
        case .internal: 500
        case .unavailable: 503
        }
    }

    /// `{"schemaVersion": 1, "error": {"code": ..., "message": ...}}`
    package struct Body: Codable, Sendable {
        package struct Content: Codable, Sendable {
            package let code: Code
            package let message: String
        }

        package var schemaVersion = ReportSchema.version
        package let error: Content

        package init(_ error: ControlError) {
            self.error = Content(code: error.code, message: error.message)
        }
    }
}
