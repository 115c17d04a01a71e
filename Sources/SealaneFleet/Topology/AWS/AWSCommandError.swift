import SealaneEligibility

/// Why an AWS CLI command failed: the command, its error, and what was expected.
package struct AWSCommandError: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String
    /// The IAM action that the credentials lack; nil if that is not the problem.
    package let missingPermission: String?

    init(command: String, problem: String) {
        description = "\(command): \(problem)"
        missingPermission = nil
    }

    /// - Parameter errorText: the text on standard error.
    init(command: String, permission: String, errorText: String) {
        let lines = errorText.split(whereSeparator: \.isNewline).map { $0.trimmingPrefix { $0.isWhitespace } }
        let last = lines.last { !$0.isEmpty } ?? "it failed without an error message"
        // The URL of an endpoint or a proxy may contain a password.
        let line = String(last.hasSuffix(".") ? last.dropLast() : last)
            .replacing(/:\/\/[^\/@\s]+@/, with: "://…@")
        // docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html; STS returns AccessDenied.
        let isDenied = ["(UnauthorizedOperation)", "(AccessDenied)", "(AccessDeniedException)"].contains {
            line.contains($0)
        }
        missingPermission = isDenied ? permission : nil
        let advice =
            if isDenied {
                "; the credentials need the permission \(permission)"
            } else if line.contains("locate credentials") {
                "; expected credentials, for example from `aws configure`"
            } else {
                ""
            }
        description = "\(command): \(PayloadText.fit(line, limit: 600))\(advice)"
    }
}
