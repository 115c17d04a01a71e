import NIOHTTP1
import SealanePacket

/// Asks the instance metadata service of EC2, version 2 (IMDSv2): gets a token, asks with it, and gets another before it
/// expires or when it is refused.
///
/// Only the two link-local addresses of the service are asked, unless others are named. Source: EC2 user guide, "Use the
/// Instance Metadata Service to access instance metadata".
public actor InstanceMetadataClient {
    public struct Limits: Sendable {
        /// For one connection.
        public var connect: Duration
        /// For all requests of one call together.
        public var whole: Duration
        /// How often one thing is asked for, at most, while the service answers that it is asked too much.
        public var attempts: Int

        public init(connect: Duration = .seconds(1), whole: Duration = .seconds(5), attempts: Int = 4) {
            self.connect = connect
            self.whole = whole
            self.attempts = attempts
        }
    }

    private struct Token {
        /// Whoever has it may read the metadata: never in a log or an error.
        let text: String
        /// Where it was given, and holds.
        let endpoint: Endpoint
        let renewAt: ContinuousClock.Instant
    }

    public static var linkLocalEndpoints: [Endpoint] {
        [
            Endpoint(address: IPAddress(ipv4: 0xa9fe_a9fe), port: 80),
            Endpoint(address: IPAddress(high: 0xfd00_0ec2_0000_0000, low: 0x254), port: 80),
        ]
    }

    private static var tokenPath: String { "/latest/api/token" }
    private static var lifetimeHeader: String { "X-aws-ec2-metadata-token-ttl-seconds" }
    /// The longest that the service gives: 6 hours.
    private static var longestLifetime: Int64 { 21_600 }

    private let endpoints: [Endpoint]
    private let limits: Limits
    private var random: any RandomNumberGenerator & Sendable
    private let now: @Sendable () -> ContinuousClock.Instant
    private let pause: @Sendable (Duration) async -> Void
    private var token: Token?

    /// - Parameters:
    ///   - endpoints: tried in this order until a connection is made.
    ///   - random: spreads the pauses, so that the programs of an instance do not ask again all at once.
    ///   - now: by which tokens age.
    ///   - pause: waits that long, or less when the task is cancelled.
    public init(
        endpoints: [Endpoint] = linkLocalEndpoints, limits: Limits = Limits(),
        random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator(),
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        pause: @escaping @Sendable (Duration) async -> Void = { try? await Task.sleep(for: $0) }
    ) {
        self.endpoints = endpoints
        self.limits = limits
        self.random = random
        self.now = now
        self.pause = pause
    }

    /// Runs `body`, whose requests share one deadline.
    func call<Value: Sendable>(
        _ body: (InstanceMetadataExchange) async throws(InstanceMetadataError) -> Value
    ) async throws(InstanceMetadataError) -> Value {
        try await body(InstanceMetadataExchange(limits))
    }

    /// What is at `path`, which begins with `/latest/`; nil if the instance has no such thing.
    func item(
        _ path: String, _ exchange: InstanceMetadataExchange
    ) async throws(InstanceMetadataError) -> InstanceMetadataExchange.Answer? {
        var answer = try await send(.GET, path, with: try await currentToken(exchange), exchange)
        if answer.status == .unauthorized {
            // The token was given to another instance, or before the service was started anew.
            answer = try await send(.GET, path, with: try await newToken(exchange), exchange)
        }
        switch answer.status {
        case .ok: return answer
        case .notFound: return nil
        default: throw refusal(answer)
        }
    }

    private func send(
        _ method: HTTPMethod, _ path: String, with token: Token, _ exchange: InstanceMetadataExchange
    ) async throws(InstanceMetadataError) -> InstanceMetadataExchange.Answer {
        do throws(InstanceMetadataError) {
            return try await send(
                method, path, to: token.endpoint, [("X-aws-ec2-metadata-token", token.text)], exchange)
        } catch {
            // The next call begins with whichever endpoint there is then.
            if case .unreachable = error.problem { self.token = nil }
            throw error
        }
    }

    /// Asks again, after longer and longer pauses, as long as the service answers that it is asked too much.
    private func send(
        _ method: HTTPMethod, _ path: String, to endpoint: Endpoint, _ headers: [(String, String)],
        _ exchange: InstanceMetadataExchange
    ) async throws(InstanceMetadataError) -> InstanceMetadataExchange.Answer {
        var attempt = 1
        while true {
            let answer = try await exchange.send(method, path, to: endpoint, headers)
            guard answer.status == .tooManyRequests || answer.status == .serviceUnavailable else { return answer }
            guard attempt < limits.attempts else {
                throw InstanceMetadataError(
                    answer.request, .throttled(status: Int(answer.status.code), attempts: attempt))
            }
            // 50 to 100 ms, 100 to 200 ms, ...
            await pause(.milliseconds(100 << (attempt - 1)) * Double.random(in: 0.5...1, using: &random))
            attempt += 1
        }
    }

    private func refusal(_ answer: InstanceMetadataExchange.Answer) -> InstanceMetadataError {
        let problem: InstanceMetadataError.Problem =
            switch answer.status {
            case .forbidden: .forbidden
            case .unauthorized: .tokenRefused
            default: .status(Int(answer.status.code))
            }
        return InstanceMetadataError(answer.request, problem)
    }

    // MARK: Tokens

    private func currentToken(_ exchange: InstanceMetadataExchange) async throws(InstanceMetadataError) -> Token {
        if let token, now() < token.renewAt { return token }
        return try await newToken(exchange)
    }

    /// Of the first endpoint to which there is a connection; the one that gave the last token comes first.
    private func newToken(_ exchange: InstanceMetadataExchange) async throws(InstanceMetadataError) -> Token {
        let last = token?.endpoint
        token = nil
        var failures: [InstanceMetadataError] = []
        for endpoint in [last].compactMap(\.self) + endpoints.filter({ $0 != last }) {
            do throws(InstanceMetadataError) {
                let token = try await newToken(at: endpoint, exchange)
                self.token = token
                return token
            } catch {
                guard case .unreachable = error.problem else { throw error }
                failures.append(error)
            }
        }
        throw Self.unreachable(failures)
    }

    private static func unreachable(_ failures: [InstanceMetadataError]) -> InstanceMetadataError {
        guard let first = failures.first else {
            return InstanceMetadataError("PUT \(tokenPath)", .unreachable("there is no endpoint to ask"))
        }
        guard failures.count > 1 else { return first }
        let others = failures.map { failure in
            guard case .unreachable(let why) = failure.problem else { return "\(failure)" }
            return failure.request == first.request ? why : "\(failure.request): \(why)"
        }
        return InstanceMetadataError(first.request, .unreachable(others.joined(separator: ", ")))
    }

    private func newToken(
        at endpoint: Endpoint, _ exchange: InstanceMetadataExchange
    ) async throws(InstanceMetadataError) -> Token {
        let askedAt = now()
        let answer = try await send(
            .PUT, Self.tokenPath, to: endpoint, [(Self.lifetimeHeader, "\(Self.longestLifetime)")], exchange)
        guard answer.status == .ok else { throw refusal(answer) }
        guard (1...1024).contains(answer.body.count), answer.body.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            // Not quoted: it may be a token with something around it.
            throw InstanceMetadataError(
                answer.request,
                .unexpected(found: "\(answer.body.count) bytes", expected: "a token of 1 to 1024 printable characters"))
        }
        let granted = answer.headers.first(name: Self.lifetimeHeader).flatMap { Int64($0) } ?? Self.longestLifetime
        let lifetime = Duration.seconds(min(max(granted, 0), Self.longestLifetime))
        return Token(
            text: String(decoding: answer.body, as: UTF8.self), endpoint: endpoint,
            renewAt: askedAt.advanced(by: lifetime * 0.9))
    }
}
