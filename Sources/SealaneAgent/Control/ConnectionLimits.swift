/// Time limits for the other end of a connection. The listener closes slower connections, so a connection lasts for
/// `request` and `answer` together at most, plus the time that the agent takes to answer.
package struct ConnectionLimits: Sendable {
    /// The longest time without a byte in either direction.
    package var idle: Duration
    /// From the start of the connection to the end of the request.
    package var request: Duration
    /// From the first byte of the answer until the other end closes.
    package var answer: Duration

    package init(
        idle: Duration = .seconds(30), request: Duration = .seconds(30), answer: Duration = .seconds(30)
    ) {
        self.idle = idle
        self.request = request
        self.answer = answer
    }
}
