import NIOHTTP1
import SealaneFleet
import SealaneHTTP

/// Asks an agent through its control socket. Every call is a connection of its own.
package struct ControlClient: Sendable {
    /// An answer as the agent sent it, and read.
    package struct Answer<Report: Sendable>: Sendable {
        package let report: Report
        /// JSON text as it came: a newer agent's has keys that `report` does not.
        package let json: [UInt8]
    }

    package let socketPath: String
    /// For the whole of one call.
    package var timeout: Duration

    /// Ten thousand peers are about 20 MiB.
    static var responseByteLimit: Int { 256 << 20 }

    package init(socketPath: String, timeout: Duration = .seconds(10)) {
        self.socketPath = socketPath
        self.timeout = timeout
    }

    package func status() async throws(ControlClientError) -> Answer<StatusReport> {
        try await ask(.GET, "/v1/status")
    }

    package func peers() async throws(ControlClientError) -> Answer<PeerListReport> {
        try await ask(.GET, "/v1/peers")
    }

    package func peer(named name: String) async throws(ControlClientError) -> Answer<PeerReport> {
        try await ask(.GET, "/v1/peers/\(Self.escaped(name))")
    }

    /// - Parameter source: an overlay address, as text.
    package func check(peer name: String, source: String? = nil) async throws(ControlClientError) -> Answer<CheckReport>
    {
        let query = source.map { "?source=\(Self.escaped($0))" } ?? ""
        return try await ask(.GET, "/v1/peers/\(Self.escaped(name))/check\(query)")
    }

    package func add(_ peer: PeerRecord) async throws(ControlClientError) -> Answer<PeerReport> {
        let body: [UInt8]
        do {
            body = try ReportSchema.encode(peer)
        } catch {
            throw .unintelligible(socketPath, "the peer cannot be written as JSON: \(error)")
        }
        return try await ask(.POST, "/v1/peers", body)
    }

    package func removePeer(named name: String) async throws(ControlClientError) -> Answer<RemovalReport> {
        try await ask(.DELETE, "/v1/peers/\(Self.escaped(name))")
    }

    package func reload() async throws(ControlClientError) -> Answer<ReloadReport> {
        try await ask(.POST, "/v1/reload")
    }

    // MARK: HTTP

    private func ask<Report: Decodable & Sendable>(
        _ method: HTTPMethod, _ target: String, _ body: [UInt8] = []
    ) async throws(ControlClientError) -> Answer<Report> {
        let response = try await exchange(method, target, body)
        guard (200..<300).contains(response.status) else {
            guard let said = try? ReportSchema.decode(ControlError.Body.self, from: response.body) else {
                throw .unintelligible(socketPath, "HTTP status \(response.status) without a reason")
            }
            throw .refused(ControlError(said.error.code, said.error.message))
        }
        do {
            return Answer(report: try ReportSchema.decode(Report.self, from: response.body), json: response.body)
        } catch let error as DecodingError {
            throw .unintelligible(socketPath, error.sentence)
        } catch {
            throw .unintelligible(socketPath, "\(error)")
        }
    }

    private func exchange(
        _ method: HTTPMethod, _ target: String, _ body: [UInt8]
    ) async throws(ControlClientError) -> HTTPExchange.Response {
        do throws(HTTPExchange.Failure) {
            return try await HTTPExchange.send(
                method, target, [("Host", "localhost")], body: body, to: .unix(socketPath),
                within: HTTPExchange.Limits(
                    connect: timeout, whole: timeout, responseBodyByteCount: Self.responseByteLimit))
        } catch {
            throw ControlClientError(error, self)
        }
    }

    /// RFC 3986 section 2.3: everything but unreserved characters as %XX.
    private static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x7e:
                return String(UnicodeScalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                return (digits.count == 1 ? "%0" : "%") + digits
            }
        }
        .joined()
    }
}
