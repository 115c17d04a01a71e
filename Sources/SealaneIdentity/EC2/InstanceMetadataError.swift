/// Why an instance metadata request failed: the request, what was received, and what was expected.
package struct InstanceMetadataError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Problem: Sendable, Hashable {
        /// No connection could be made. The text gives the cause for each address.
        case unreachable(String)
        /// The deadline passed before the response was complete.
        case noResponse(within: Duration)
        /// The connection closed, or the response was not HTTP.
        case interrupted(String)
        /// 403: the service is disabled for this instance, or the request passed a proxy.
        case forbidden
        /// 401 for a new token.
        case tokenRefused
        /// 429 or 503, this many times in a row.
        case throttled(status: Int, attempts: Int)
        /// 404 for an item that every instance has.
        case absent
        /// A status other than 200.
        case status(Int)
        /// The response has more bytes than this.
        case tooLong(Int)
        /// The response has an unexpected form. `found` is its beginning.
        case unexpected(found: String, expected: String)
    }

    /// `PUT http://169.254.169.254/latest/api/token`
    package let request: String
    package let problem: Problem

    package init(_ request: String, _ problem: Problem) {
        self.request = request
        self.problem = problem
    }

    package var description: String { "instance metadata, \(request): \(problem)" }
}

extension InstanceMetadataError.Problem: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unreachable(let why):
            "\(why); check that the instance metadata service is enabled for this instance and reachable from here"
        case .noResponse(let limit):
            "no complete response within \(limit.components.seconds) s; with a hop limit of 1, responses do not reach "
                + "containers: raise the instance's http-put-response-hop-limit, or run the agent on the host itself"
        case .interrupted(let why):
            "the response ended early: \(why); expected HTTP from the instance metadata service"
        case .forbidden:
            "403 Forbidden; the service is disabled for this instance (aws ec2 modify-instance-metadata-options "
                + "--http-endpoint enabled), or the request passed a proxy, which the service refuses"
        case .tokenRefused:
            "401 Unauthorized for a token it had just issued; expected one service to handle every request"
        case .throttled(let status, let attempts):
            "\(status) to \(attempts) requests in a row; the service throttles this instance: look for other programs that query it"
        case .absent:
            "404 Not Found; expected the metadata of an EC2 instance"
        case .status(let code):
            "HTTP status \(code); expected 200 (redirects are not followed)"
        case .tooLong(let limit):
            "the response is longer than \(limit) bytes; expected the metadata of an EC2 instance"
        case .unexpected(let found, let expected):
            // In ASCII: terminals interpret other characters too, such as U+009B and bidirectional overrides.
            "\"\(found.unicodeScalars.map { $0.escaped(asASCII: true) }.joined())\" received; expected \(expected)"
        }
    }
}

extension InstanceMetadataError {
    /// `unexpected`, with the beginning of `bytes`.
    static func unexpected(_ request: String, _ bytes: [UInt8], expected: String) -> InstanceMetadataError {
        let text = String(decoding: bytes.prefix(80), as: UTF8.self)
        return InstanceMetadataError(
            request, .unexpected(found: bytes.count > 80 ? text + "..." : text, expected: expected))
    }
}
