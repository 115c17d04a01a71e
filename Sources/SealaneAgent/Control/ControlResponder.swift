/// Answers the requests of one listener. Called from any task, and concurrently.
protocol ControlResponder: Sendable {
    func response(to request: ControlRequest) async -> ControlResponse
}
