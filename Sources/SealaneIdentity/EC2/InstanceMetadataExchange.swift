import NIOCore
import NIOHTTP1
import SealaneHTTP
import SealaneLinux
import SealanePacket

/// Requests to the instance metadata service that share one deadline.
struct InstanceMetadataExchange: Sendable {
    struct Response: Sendable {
        /// Like `InstanceMetadataError.request`.
        let request: String
        let status: HTTPResponseStatus
        let headers: HTTPHeaders
        let body: [UInt8]
    }

    /// The longest response is a signed identity document of about 2 KiB.
    private static var bodyByteLimit: Int { 64 << 10 }

    private let limits: InstanceMetadataClient.Limits
    private let deadline: ContinuousClock.Instant

    init(_ limits: InstanceMetadataClient.Limits) {
        self.limits = limits
        deadline = .now.advanced(by: limits.whole)
    }

    /// Sends one request. Returns the response whatever its status.
    func send(
        _ method: HTTPMethod, _ path: String, to endpoint: Endpoint, _ headers: [(String, String)]
    ) async throws(InstanceMetadataError) -> Response {
        let host = endpoint.port == 80 ? String("\(endpoint)".dropLast(":80".count)) : "\(endpoint)"
        let request = "\(method) http://\(host)\(path)"
        do throws(HTTPExchange.Failure) {
            let response = try await HTTPExchange.send(
                method, path, [("Host", host)] + headers,
                to: .tcp(host: "\(endpoint.address)", port: Int(endpoint.port)),
                within: HTTPExchange.Limits(
                    connect: limits.connect, whole: deadline - .now, responseBodyByteCount: Self.bodyByteLimit))
            return Response(
                request: request, status: HTTPResponseStatus(statusCode: response.status), headers: response.headers,
                body: response.body)
        } catch {
            throw InstanceMetadataError(request, problem(error))
        }
    }

    private func problem(_ failure: HTTPExchange.Failure) -> InstanceMetadataError.Problem {
        switch failure {
        case .connectTimeout: .unreachable("no connection within \(limits.connect.components.seconds) s")
        case .notConnected(let error as IOError): .unreachable(SystemError.text(of: error.errnoCode))
        case .notConnected(let error): .unreachable("\(error)")
        case .timeout: .noResponse(within: limits.whole)
        case .bodyTooLong: .tooLong(Self.bodyByteLimit)
        case .connectionLost(let number): .interrupted(SystemError.text(of: number))
        case .interrupted(let why): .interrupted(why)
        case .cancelled: .interrupted("the request was cancelled")
        }
    }
}
