import FoundationEssentials
import Logging
import SealaneControl
import SealaneFleet

/// Finds the endpoint of a request among `ControlEndpoint.all`, and has the agent answer.
struct ControlRouter: ControlResponder {
    let handler: any ControlHandler
    /// Records requests that change something, and those that are refused; nil: the log does.
    let audit: AuditLog?
    let logger: Logger

    func response(to request: ControlRequest) async -> ControlResponse {
        let response: ControlResponse
        var fault: ControlError?
        do throws(ControlError) {
            response = try await respond(to: request)
        } catch {
            response = ControlResponse(error)
            fault = error
        }
        let isRead = ["GET", "HEAD"].contains(request.method)
        // A client that asks every second while the agent cannot answer yet must not fill the log.
        if !isRead || (response.status >= 400 && fault?.code != .unavailable) {
            await record(request, response, fault)
        }
        return response
    }

    private func respond(to request: ControlRequest) async throws(ControlError) -> ControlResponse {
        if let fault = request.fault { throw fault }
        let (method, target) = (request.method ?? "", request.target ?? "")
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = parts[0]
        let query = parts.count > 1 ? try Self.query(parts[1]) : [:]
        let found = ControlEndpoint.all.compactMap { endpoint in endpoint.path.match(path).map { (endpoint, $0) } }
        guard let match = found.first?.1 else {
            throw ControlError(.notFound, "there is nothing at \(ValueParser.quoted(target))")
        }
        let call = try ControlCall(match, query: query, body: request.body)
        let known = Set(found.flatMap(\.0.parameters))
        if let unknown = query.keys.sorted().first(where: { !known.contains($0) }) {
            throw ControlError(.badRequest, "unknown parameter \(ValueParser.quoted(unknown)) in \(target)")
        }
        // The connection leaves out of the answer to GET what HEAD leaves out (RFC 9110 section 9.3.2).
        let wanted = method == "HEAD" ? "GET" : method
        guard let endpoint = found.map(\.0).first(where: { $0.method.rawValue == wanted }) else {
            let methods = found.map(\.0.method.rawValue).joined(separator: " or ")
            throw ControlError(.methodNotAllowed, "\(method) \(path) is not possible; expected \(methods)")
        }
        return try await endpoint.answer(handler, call)
    }

    /// Returns once the audit log holds the record, unless its file system hangs: only then is the caller answered.
    private func record(_ request: ControlRequest, _ response: ControlResponse, _ fault: ControlError?) async {
        let record = AuditRecord.request(
            method: request.method, target: request.target, peer: Self.peerToAdd(by: request),
            status: response.status, error: fault?.message, by: request.caller)
        guard let audit else { return logger.notice("control request", metadata: record.metadata) }
        await audit.recordFirst(record)
    }

    /// The name of the peer that the body describes; nil unless the request adds one.
    private static func peerToAdd(by request: ControlRequest) -> String? {
        let route = ControlRoute.addPeer
        guard request.method == route.method.rawValue, request.target == "\(route.path)" else { return nil }
        return try? ControlCall.peer(request.body).name
    }

    private static func query(_ text: Substring) throws(ControlError) -> [String: String] {
        var values: [String: String] = [:]
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, let value = parts[1].removingPercentEncoding, values[parts[0]] == nil else {
                throw ControlError(
                    .badRequest, "\(ValueParser.quoted(String(pair))) is not name=value, each name once")
            }
            values[parts[0]] = value
        }
        return values
    }
}
