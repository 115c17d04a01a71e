import SealaneControl
import SealaneLinux

/// Answers `GET /metrics`. Anybody may send requests, so it asks the agent at most once a second.
actor MetricsResponder: ControlResponder {
    private static var nanosecondsKept: UInt64 { 1_000_000_000 }

    private let handler: any ControlHandler
    private var latest: (answer: Task<ControlResponse, Never>, askedAt: UInt64)?

    init(handler: any ControlHandler) {
        self.handler = handler
    }

    func response(to request: ControlRequest) async -> ControlResponse {
        if let fault = request.fault { return ControlResponse(fault) }
        let path = "\(ControlRoute.metrics.path)"
        // Scrapers add parameters of their own.
        let target = request.target?.split(separator: "?", omittingEmptySubsequences: false).first
        guard target.map(String.init) == path else {
            return ControlResponse(ControlError(.notFound, "only \(path) exists here"))
        }
        guard ["GET", "HEAD"].contains(request.method) else {
            return ControlResponse(ControlError(.methodNotAllowed, "\(path) allows GET and HEAD only"))
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
