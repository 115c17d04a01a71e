import Logging
import NIOCore
import SealaneLinux
import SealanePacket

/// Serves the metrics over TCP at `GET /metrics`, and nothing else.
package final class MetricsServer: Sendable {
    private let listener: ControlListener

    private init(_ listener: ControlListener) {
        self.listener = listener
    }

    /// Starts to serve at `endpoint`, an address of this host.
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

    /// Stops serving, and closes all connections.
    package func stop() async {
        await listener.close()
    }
}
