import FoundationEssentials
import Logging
import SealaneControl
import SealaneFleet
import SealaneLinux
import SealanePacket

/// One request of the control API, free of HTTP's wire form.
struct ControlRequest: Sendable {
    /// nil if what came is no request of HTTP.
    var method: String?
    /// As in the request line: path and query. nil as above.
    var target: String?
    var body: [UInt8] = []
    /// nil if the kernel would not say.
    let caller: PeerCredentials?
    /// Why it is refused whatever it asks for: it could not be read to its end.
    var fault: ControlError?
}

struct ControlResponse: Sendable {
    let status: Int
    let contentType: String
    let body: [UInt8]

    init(status: Int, contentType: String = "application/json", body: [UInt8]) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }

    init(_ error: ControlError) {
        self.init(status: error.httpStatus, body: (try? ReportSchema.encode(ControlError.Body(error))) ?? [])
    }

    init(_ report: MetricsReport) {
        self.init(status: 200, contentType: MetricsReport.contentType, body: Array(report.text.utf8))
    }
}

/// Finds what a request asks for, and asks the handler.
struct ControlRouter: ControlResponder {
    let handler: any ControlHandler
    /// Requests that change something, and those that are refused, are told here; nil: in the log.
    let audit: AuditLog?
    let logger: Logger

    func response(to request: ControlRequest) async -> ControlResponse {
        let response: ControlResponse
        var fault: ControlError?
        do throws(ControlError) {
            response = try await answer(request)
        } catch {
            response = ControlResponse(error)
            fault = error
        }
        let isRead = ["GET", "HEAD"].contains(request.method)
        // Whoever asks every second while the agent cannot answer yet does not fill the log.
        if !isRead || (response.status >= 400 && fault?.code != .unavailable) { await note(request, response, fault) }
        return response
    }

    private func answer(_ request: ControlRequest) async throws(ControlError) -> ControlResponse {
        if let fault = request.fault { throw fault }
        let (method, target) = (request.method ?? "", request.target ?? "")
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let query = parts.count > 1 ? try Self.query(parts[1]) : [:]
        let segments = parts[0].split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(String.init)
        let route = try Self.route(segments, target)
        if let unknown = query.keys.sorted().first(where: { !route.parameters.contains($0) }) {
            throw ControlError(.badRequest, "unknown parameter \(OperatorText.quoted(unknown)) in \(target)")
        }
        // What HEAD leaves out of the answer to GET, the connection does (RFC 9110 section 9.3.2).
        switch (method == "HEAD" ? "GET" : method, route) {
        case ("GET", .metrics): return ControlResponse(try await handler.metrics())
        case ("GET", .status): return try await Self.encode(200, handler.status())
        case ("GET", .peers): return try await Self.encode(200, handler.peers())
        case ("GET", .peer(let name)): return try await Self.encode(200, handler.peer(named: name))
        case ("GET", .check(let name)):
            let source = try query["source"].map(Self.address)
            return try await Self.encode(200, handler.check(peer: name, source: source))
        case ("POST", .peers): return try await Self.encode(201, handler.add(Self.peer(request.body)))
        case ("DELETE", .peer(let name)): return try await Self.encode(200, handler.removePeer(named: name))
        case ("POST", .reload): return try await Self.encode(200, handler.reload())
        default:
            throw ControlError(
                .methodNotAllowed,
                "\(method) \(parts[0]) is not possible; expected \(route.methods.joined(separator: " or "))")
        }
    }

    /// Who asked is answered only once that is in the audit log, unless its file system hangs.
    private func note(_ request: ControlRequest, _ response: ControlResponse, _ fault: ControlError?) async {
        let record = AuditRecord.request(
            method: request.method, target: request.target, peer: Self.peerToAdd(by: request),
            status: response.status, error: fault?.message, by: request.caller)
        guard let audit else { return logger.notice("control request", metadata: record.metadata) }
        await audit.recordFirst(record)
    }

    /// The target does not tell it.
    private static func peerToAdd(by request: ControlRequest) -> String? {
        guard request.method == "POST", request.target == "/v1/peers" else { return nil }
        return try? peer(request.body).name
    }

    // MARK: Reading

    private enum Route {
        case metrics, status, peers, reload
        case peer(String)
        case check(String)

        var methods: [String] {
            switch self {
            case .metrics, .status, .check: ["GET"]
            case .peers: ["GET", "POST"]
            case .peer: ["GET", "DELETE"]
            case .reload: ["POST"]
            }
        }

        /// Query parameters that are understood.
        var parameters: Set<String> {
            if case .check = self { ["source"] } else { [] }
        }
    }

    private static func route(_ segments: [String], _ target: String) throws(ControlError) -> Route {
        switch segments.count {
        case 1 where segments == ["metrics"]: return .metrics
        case 2 where segments == ["v1", "status"]: return .status
        case 2 where segments == ["v1", "peers"]: return .peers
        case 2 where segments == ["v1", "reload"]: return .reload
        case 3 where segments[0] == "v1" && segments[1] == "peers": return .peer(try name(segments[2]))
        case 4 where segments[0] == "v1" && segments[1] == "peers" && segments[3] == "check":
            return .check(try name(segments[2]))
        default:
            throw ControlError(.notFound, "there is nothing at \(OperatorText.quoted(target))")
        }
    }

    private static func name(_ segment: String) throws(ControlError) -> String {
        do throws(TextProblem) {
            return try OperatorText.peerName(segment.removingPercentEncoding ?? segment)
        } catch {
            throw ControlError(.badRequest, error.description)
        }
    }

    private static func query(_ text: Substring) throws(ControlError) -> [String: String] {
        var values: [String: String] = [:]
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, let value = parts[1].removingPercentEncoding, values[parts[0]] == nil else {
                throw ControlError(
                    .badRequest, "\(OperatorText.quoted(String(pair))) is not name=value, each name once")
            }
            values[parts[0]] = value
        }
        return values
    }

    private static func address(_ text: String) throws(ControlError) -> IPAddress {
        guard let address = IPAddress(text) else {
            throw ControlError(
                .badRequest, "source: \(OperatorText.quoted(text)) is not an address; expected one such as 10.78.0.2")
        }
        return address
    }

    private static func peer(_ body: [UInt8]) throws(ControlError) -> PeerDefinition {
        let record: PeerRecord
        do {
            record = try JSONDecoder().decode(PeerRecord.self, from: Data(body))
        } catch let error as DecodingError {
            throw ControlError(.badRequest, "the body is not a peer: \(error.sentence)")
        } catch {
            throw ControlError(.badRequest, "the body is not a peer: \(error)")
        }
        do throws(PeerRecordError) {
            return try record.definition()
        } catch {
            throw ControlError(.badRequest, error.description)
        }
    }

    private static func encode(_ status: Int, _ report: some Encodable) throws(ControlError) -> ControlResponse {
        do {
            return ControlResponse(status: status, body: try ReportSchema.encode(report))
        } catch {
            throw ControlError(.internal, "the answer cannot be written as JSON: \(error)")
        }
    }
}
