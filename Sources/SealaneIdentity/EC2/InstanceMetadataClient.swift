import NIOHTTP1
import SealanePacket

/// A client of the EC2 instance metadata service, version 2 (IMDSv2). It gets a session token, uses it for requests,
/// and gets a new one before it expires or when the service refuses it.
///
/// By default it connects only to the service's two link-local addresses. Source: EC2 user guide, "Use the Instance
/// Metadata Service to access instance metadata".
package actor InstanceMetadataClient {
    package struct Limits: Sendable {
        /// For each connection.
        package var connect: Duration
        /// For all requests of one call.
        package var whole: Duration
        /// How many times one request is sent while the service throttles it.
        package var attempts: Int

        package init(connect: Duration = .seconds(1), whole: Duration = .seconds(5), attempts: Int = 4) {
            self.connect = connect
            self.whole = whole
            self.attempts = attempts
        }
    }

    private struct Token {
        /// The token grants access to the metadata: never log it or put it in an error.
        let text: String
        /// The endpoint that issued the token and accepts it.
        let endpoint: Endpoint
        let renewAt: ContinuousClock.Instant
    }

    package static var linkLocalEndpoints: [Endpoint] {
        [
            Endpoint(address: IPAddress(ipv4: 0xa9fe_a9fe), port: 80),
            Endpoint(address: IPAddress(high: 0xfd00_0ec2_0000_0000, low: 0x254), port: 80),
        ]
    }

    private static var tokenPath: String { "/latest/api/token" }
    private static var lifetimeHeader: String { "X-aws-ec2-metadata-token-ttl-seconds" }
    /// The longest lifetime that the service grants: 6 hours.
    private static var longestLifetime: Int64 { 21_600 }

    private let endpoints: [Endpoint]
    private let limits: Limits
    private var random: any RandomNumberGenerator & Sendable
    private let now: @Sendable () -> ContinuousClock.Instant
    private let pause: @Sendable (Duration) async -> Void
    private var token: Token?

    /// - Parameters:
    ///   - endpoints: tried in this order until one accepts a connection.
    ///   - random: randomizes the pauses, so that several programs on an instance do not retry at the same time.
    ///   - now: the clock by which tokens expire.
    ///   - pause: waits this long, or less if the task is cancelled.
    package init(
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

    /// Runs `body`. All its requests share one deadline.
    func call<Value: Sendable>(
        _ body: (InstanceMetadataExchange) async throws(InstanceMetadataError) -> Value
    ) async throws(InstanceMetadataError) -> Value {
        try await body(InstanceMetadataExchange(limits))
    }

    /// Gets the item at `path`, which begins with `/latest/`; nil if it does not exist.
    func item(
        _ path: String, _ exchange: InstanceMetadataExchange
    ) async throws(InstanceMetadataError) -> InstanceMetadataExchange.Response? {
        var response = try await send(.GET, path, with: try await currentToken(exchange), exchange)
        if response.status == .unauthorized {
            // The token belongs to another instance, or to the service before a restart.
            response = try await send(.GET, path, with: try await newToken(exchange), exchange)
        }
        switch response.status {
        case .ok: return response
        case .notFound: return nil
        default: throw refusal(response)
        }
    }

    private func send(
        _ method: HTTPMethod, _ path: String, with token: Token, _ exchange: InstanceMetadataExchange
    ) async throws(InstanceMetadataError) -> InstanceMetadataExchange.Response {
        do throws(InstanceMetadataError) {
            return try await send(
                method, path, to: token.endpoint, [("X-aws-ec2-metadata-token", token.text)], exchange)
        } catch {
            // The next call tries all endpoints again.
            if case .unreachable = error.problem { self.token = nil }
            throw error
        }
    }

    /// Retries with exponential backoff while the service throttles the request.
    private func send(
        _ method: HTTPMethod, _ path: String, to endpoint: Endpoint, _ headers: [(String, String)],
        _ exchange: InstanceMetadataExchange
    ) async throws(InstanceMetadataError) -> InstanceMetadataExchange.Response {
        var attempt = 1
        while true {
            let response = try await exchange.send(method, path, to: endpoint, headers)
            guard response.status == .tooManyRequests || response.status == .serviceUnavailable else { return response }
            guard attempt < limits.attempts else {
                throw InstanceMetadataError(
                    response.request, .throttled(status: Int(response.status.code), attempts: attempt))
            }
            // 50 to 100 ms, 100 to 200 ms, ...
            await pause(.milliseconds(100 << (attempt - 1)) * Double.random(in: 0.5...1, using: &random))
            attempt += 1
        }
    }

    private func refusal(_ response: InstanceMetadataExchange.Response) -> InstanceMetadataError {
        let problem: InstanceMetadataError.Problem =
            switch response.status {
            case .forbidden: .forbidden
            case .unauthorized: .tokenRefused
            default: .status(Int(response.status.code))
            }
        return InstanceMetadataError(response.request, problem)
    }

    // MARK: Tokens

    private func currentToken(_ exchange: InstanceMetadataExchange) async throws(InstanceMetadataError) -> Token {
        if let token, now() < token.renewAt { return token }
        return try await newToken(exchange)
    }

    /// Gets a token from the first endpoint that accepts a connection, starting with the one that issued the last
    /// token.
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
            return InstanceMetadataError("PUT \(tokenPath)", .unreachable("no endpoint is configured"))
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
        let response = try await send(
            .PUT, Self.tokenPath, to: endpoint, [(Self.lifetimeHeader, "\(Self.longestLifetime)")], exchange)
        guard response.status == .ok else { throw refusal(response) }
        guard (1...1024).contains(response.body.count), response.body.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            // Not quoted: the response may contain a token.
            throw InstanceMetadataError(
                response.request,
                .unexpected(
                    found: "\(response.body.count) bytes", expected: "a token of 1 to 1024 printable characters"))
        }
        let granted = response.headers.first(name: Self.lifetimeHeader).flatMap { Int64($0) } ?? Self.longestLifetime
        let lifetime = Duration.seconds(min(max(granted, 0), Self.longestLifetime))
        return Token(
            text: String(decoding: response.body, as: UTF8.self), endpoint: endpoint,
            renewAt: askedAt.advanced(by: lifetime * 0.9))
    }
}
