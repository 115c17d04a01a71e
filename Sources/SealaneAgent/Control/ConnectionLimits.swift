/// How long the other end of a connection may take. Whoever is slower is closed: a slot of the listener is held for
/// `request` and `answer` together at most, and for as long as the agent itself takes to answer.
package struct ConnectionLimits: Sendable {
    /// Without a byte in either direction.
    package var idle: Duration
    /// From the connection's beginning to the end of its request.
    package var request: Duration
    /// From the first byte of the answer until the other end has closed.
    package var answer: Duration

    package init(
        idle: Duration = .seconds(30), request: Duration = .seconds(30), answer: Duration = .seconds(30)
    ) {
        self.idle = idle
        self.request = request
        self.answer = answer
    }
}
