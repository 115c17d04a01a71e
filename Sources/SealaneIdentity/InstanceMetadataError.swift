/// Why instance metadata could not be had: what was asked, what came, and what would be right.
public struct InstanceMetadataError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Problem: Sendable, Hashable {
        /// There is no connection; the text says why, for each address that was tried.
        case unreachable(String)
        /// Time was up before a whole answer had come.
        case noAnswer(within: Duration)
        /// The connection ended, or what came is not HTTP.
        case interrupted(String)
        /// 403: the service is switched off for this instance, or was asked through a proxy.
        case forbidden
        /// 401 for a token that is new.
        case tokenRefused
        /// 429 or 503, this often in a row.
        case throttled(status: Int, attempts: Int)
        /// 404 for what every instance has.
        case absent
        /// Another status than 200.
        case status(Int)
        /// The answer has more bytes than this.
        case tooLong(Int)
        /// The answer is not what was asked for. `found` is its beginning.
        case unexpected(found: String, expected: String)
    }

    /// `PUT http://169.254.169.254/latest/api/token`
    public let request: String
    public let problem: Problem

    public init(_ request: String, _ problem: Problem) {
        self.request = request
        self.problem = problem
    }

    public var description: String { "instance metadata, \(request): \(problem)" }
}

extension InstanceMetadataError.Problem: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unreachable(let why):
            "\(why); expected the instance metadata service there: is it on for this instance, and is it reached from here?"
        case .noAnswer(let limit):
            "no whole answer within \(limit.components.seconds) s; answers with a hop limit of 1 do not reach containers "
                + "behind a router: raise the instance's http-put-response-hop-limit, or run the agent on the host itself"
        case .interrupted(let why):
            "the answer broke off: \(why); expected HTTP from the instance metadata service"
        case .forbidden:
            "403 Forbidden; the service is off for this instance (aws ec2 modify-instance-metadata-options --http-endpoint "
                + "enabled), or was asked through a proxy, which it refuses"
        case .tokenRefused:
            "401 Unauthorized for a token it had just given; expected the same service to answer every request"
        case .throttled(let status, let attempts):
            "\(status) to \(attempts) requests in a row; the service limits how much an instance may ask: who else asks?"
        case .absent:
            "404 Not Found; expected the metadata of an EC2 instance"
        case .status(let code):
            "HTTP status \(code); expected 200 (redirects are not followed)"
        case .tooLong(let limit):
            "the answer is longer than \(limit) bytes; expected the metadata of an EC2 instance"
        case .unexpected(let found, let expected):
            // As ASCII: a terminal takes commands from other characters as well (U+009B), and turns lines around.
            "\"\(found.unicodeScalars.map { $0.escaped(asASCII: true) }.joined())\" came; expected \(expected)"
        }
    }
}

extension InstanceMetadataError {
    /// `unexpected`, with as much of `bytes` as fits a line.
    static func unexpected(_ request: String, _ bytes: [UInt8], expected: String) -> InstanceMetadataError {
        let text = String(decoding: bytes.prefix(80), as: UTF8.self)
        return InstanceMetadataError(
            request, .unexpected(found: bytes.count > 80 ? text + "..." : text, expected: expected))
    }
}
