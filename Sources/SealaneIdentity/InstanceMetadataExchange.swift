import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import SealaneLinux
import SealanePacket

/// HTTP as the instance metadata service is to be spoken with: no proxy whatever the environment says, no redirects, a
/// connection for every request, bodies of a limited length, and one deadline for all requests together.
struct InstanceMetadataExchange: Sendable {
    struct Answer: Sendable {
        /// As `InstanceMetadataError.request`.
        let request: String
        let status: HTTPResponseStatus
        let headers: HTTPHeaders
        let body: [UInt8]
    }

    /// The longest answer is a signed identity document, of about 2 KiB.
    private static var bodyByteLimit: Int { 64 << 10 }

    private let client: HTTPClient
    private let limits: InstanceMetadataClient.Limits
    private let deadline: ContinuousClock.Instant

    /// Runs `body` with an exchange that ends with it.
    static func run<Value: Sendable>(
        _ limits: InstanceMetadataClient.Limits, isolation: isolated (any Actor)? = #isolation,
        _ body: (InstanceMetadataExchange) async throws(InstanceMetadataError) -> Value
    ) async throws(InstanceMetadataError) -> Value {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow, timeout: .init(connect: TimeAmount(limits.connect)), proxy: nil,
            decompression: .disabled)
        configuration.httpVersion = .http1Only
        configuration.connectionPool.retryConnectionEstablishment = false
        let client = HTTPClient(eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: configuration)
        let exchange = InstanceMetadataExchange(
            client: client, limits: limits, deadline: .now.advanced(by: limits.whole))
        let result: Result<Value, InstanceMetadataError>
        do throws(InstanceMetadataError) {
            result = .success(try await body(exchange))
        } catch {
            result = .failure(error)
        }
        // Fails only if it was shut down before.
        try? await client.shutdown()
        return try result.get()
    }

    /// Any status is an answer.
    ///
    /// - Parameter path: begins with `/`.
    func send(
        _ method: HTTPMethod, _ path: String, to endpoint: Endpoint, _ headers: [(String, String)]
    ) async throws(InstanceMetadataError) -> Answer {
        let host = endpoint.port == 80 ? "\(endpoint)".dropLast(":80".count) : "\(endpoint)"[...]
        let url = "http://\(host)\(path)"
        let request = "\(method) \(url)"
        var message = HTTPClientRequest(url: url)
        message.method = method
        message.headers = HTTPHeaders(headers + [("Connection", "close")])
        let outcome = await withTaskGroup(of: Result<Answer, InstanceMetadataError>?.self) { group in
            group.addTask { [message] in await exchange(message, request) }
            group.addTask {
                // Ends early when there is an answer, or when the whole task is cancelled.
                try? await Task.sleep(until: deadline, clock: .continuous)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
        guard let outcome else { throw InstanceMetadataError(request, .noAnswer(within: limits.whole)) }
        return try outcome.get()
    }

    private func exchange(_ message: HTTPClientRequest, _ request: String) async -> Result<
        Answer, InstanceMetadataError
    > {
        do {
            let response = try await client.execute(message, timeout: TimeAmount(limits.whole))
            let body = try await response.body.collect(upTo: Self.bodyByteLimit)
            return .success(
                Answer(
                    request: request, status: response.status, headers: response.headers,
                    body: Array(body.readableBytesView)))
        } catch {
            return .failure(InstanceMetadataError(request, problem(error)))
        }
    }

    private func problem(_ error: any Error) -> InstanceMetadataError.Problem {
        switch error {
        case let error as HTTPClientError where error == .connectTimeout:
            .unreachable("no connection within \(limits.connect.components.seconds) s")
        case let error as HTTPClientError where error == .deadlineExceeded:
            .noAnswer(within: limits.whole)
        case is NIOTooManyBytesError:
            .tooLong(Self.bodyByteLimit)
        case let error as IOError where SystemError.meansConnectionLost(error.errnoCode):
            .interrupted(SystemError.text(of: error.errnoCode))
        case let error as IOError:
            .unreachable(SystemError.text(of: error.errnoCode))
        default:
            .interrupted("\(error)")
        }
    }
}
