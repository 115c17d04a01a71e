import Logging
import NIOCore
import SealaneControl
import SealaneLinux
import SealanePacket

/// Serves the metrics, and nothing else of the agent, over TCP: `GET /metrics`.
package final class MetricsServer: Sendable {
    private let listener: ControlListener

    private init(_ listener: ControlListener) {
        self.listener = listener
    }

    /// Begins to serve at `endpoint`, an address of this host.
    package static func start(
        _ endpoint: Endpoint, handler: any ControlHandler, limits: ConnectionLimits = ConnectionLimits(),
        logger: Logger = Logger(label: "sealaned")
    ) async throws(MetricsServerError) -> MetricsServer {
        do {
            return MetricsServer(
                try await ControlListener.bind(
                    to: .tcp(endpoint), MetricsResponder(handler: handler), limits, logger))
        } catch let error as IOError {
            throw MetricsServerError(endpoint: endpoint, why: SystemError.text(of: error.errnoCode))
        } catch {
            throw MetricsServerError(endpoint: endpoint, why: "\(error)")
        }
    }

    /// Stops serving, and closes what is open.
    package func stop() async {
        await listener.close()
    }
}

/// Why the metrics cannot be served where they are wanted.
package struct MetricsServerError: Error, Sendable, Hashable, CustomStringConvertible {
    package let endpoint: Endpoint
    package let why: String

    package var description: String {
        "TCP \(endpoint) cannot be listened on: \(why); "
            + "expected an address of this host, with a port that no other program listens on"
    }
}

/// Knows one request. Who sends it is a stranger: however many ask, the agent is asked once a second.
private actor MetricsResponder: ControlResponder {
    private static var nanosecondsKept: UInt64 { 1_000_000_000 }

    private let handler: any ControlHandler
    private var latest: (answer: Task<ControlResponse, Never>, askedAt: UInt64)?

    init(handler: any ControlHandler) {
        self.handler = handler
    }

    func response(to request: ControlRequest) async -> ControlResponse {
        if let fault = request.fault { return ControlResponse(fault) }
        // Scrapers add parameters of their own.
        guard request.target?.split(separator: "?", omittingEmptySubsequences: false).first == "/metrics" else {
            return ControlResponse(ControlError(.notFound, "there is nothing but /metrics"))
        }
        guard ["GET", "HEAD"].contains(request.method) else {
            return ControlResponse(ControlError(.methodNotAllowed, "/metrics can be read, with GET or HEAD"))
        }
        let now = MonotonicClock.now()
        if let latest, now - latest.askedAt < Self.nanosecondsKept { return await latest.answer.value }
        let answer = Task { [handler] in
            do throws(ControlError) {
                return ControlResponse(try await handler.metrics())
            } catch {
                return ControlResponse(error)
            }
        }
        latest = (answer, now)
        return await answer.value
    }
}
