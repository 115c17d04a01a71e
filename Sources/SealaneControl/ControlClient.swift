import NIOHTTP1
import SealaneFleet
import SealaneHTTP

/// Sends requests to an agent through its control socket. Each call opens a new connection.
package struct ControlClient: Sendable {
    /// The agent's answer, decoded and as JSON text.
    package struct Answer<Report: Sendable>: Sendable {
        package let report: Report
        /// The JSON text as received. A newer agent's text may have keys that `report` lacks.
        package let json: [UInt8]
    }

    package let socketPath: String
    /// The limit for one call.
    package var timeout: Duration

    /// The report on ten thousand peers has about 20 MiB.
    static var responseByteLimit: Int { 256 << 20 }

    package init(socketPath: String, timeout: Duration = .seconds(10)) {
        self.socketPath = socketPath
        self.timeout = timeout
    }

    package func status() async throws(ControlClientError) -> Answer<StatusReport> {
        try await ask(.status)
    }

    package func peers() async throws(ControlClientError) -> Answer<PeerListReport> {
        try await ask(.peers)
    }

    package func peer(named name: String) async throws(ControlClientError) -> Answer<PeerReport> {
        try await ask(.peer, name: name)
    }

    /// - Parameter source: an overlay address, as text.
    package func check(
        peer name: String, source: String? = nil
    ) async throws(ControlClientError) -> Answer<CheckReport> {
        guard let source else { return try await ask(.check, name: name) }
        return try await ask(.check, name: name, query: ["source": source])
    }

    package func add(_ peer: PeerRecord) async throws(ControlClientError) -> Answer<PeerReport> {
        let body: [UInt8]
        do {
            body = try ReportSchema.encode(peer)
        } catch {
            throw .unintelligible(socketPath, "the peer cannot be written as JSON: \(error)")
        }
        return try await ask(.addPeer, body: body)
    }

    package func removePeer(named name: String) async throws(ControlClientError) -> Answer<RemovalReport> {
        try await ask(.removePeer, name: name)
    }

    package func reload() async throws(ControlClientError) -> Answer<ReloadReport> {
        try await ask(.reload)
    }

    // MARK: HTTP

    private func ask<Report: Decodable & Sendable>(
        _ route: ControlRoute<Report>, name: String = "", query: KeyValuePairs<String, String> = [:], body: [UInt8] = []
    ) async throws(ControlClientError) -> Answer<Report> {
        let response = try await exchange(
            HTTPMethod(rawValue: route.method.rawValue), route.path.target(name: name, query: query), body)
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
}
