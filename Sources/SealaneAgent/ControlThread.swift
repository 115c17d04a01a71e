import SealaneControl
import SealaneDataplane
import SealaneLinux
import SealaneTunnel

/// The one thread on which handshakes, timers and policy run. It owns the `Conductor`: whoever wants something of it
/// posts a request and waits for the answer.
final class ControlThread: Sendable {
    private typealias Request = @Sendable (inout Conductor) -> Void

    private let requests: Mailbox<Request>
    private let thread: LinuxThread

    /// API requests that may wait.
    private static var requestCapacity: Int { 1024 }
    /// How often lanes are asked what they did, while there is a session: the grain of rekeying and keepalives.
    private static var reportInterval: Duration { .milliseconds(500) }

    /// For the thread's last turn. Who asked for the end may kill the process somewhat later.
    private static var endLimit: Duration { .seconds(10) }

    private enum Source {
        static var events: UInt64 { 1 }
        static var requests: UInt64 { 2 }
        static var network: UInt64 { 3 }
    }

    init(_ conductor: consuming sending Conductor, events: Mailbox<LaneEvent>) throws(SystemError) {
        let requests = try Mailbox<Request>(capacity: Self.requestCapacity)
        let epoll = try Epoll(capacity: 4)
        try epoll.add(events.fileDescriptor, for: .readable, token: Source.events)
        try epoll.add(requests.fileDescriptor, for: .readable, token: Source.requests)
        try epoll.add(conductor.device.fileDescriptor, for: .readable, token: Source.network)
        let box = Handover(Turning(conductor: conductor, epoll: epoll, events: events, requests: requests))
        self.requests = requests
        thread = try LinuxThread.start(name: "sealane-control") {
            guard var turning = box.take() else { return }
            turning.run()
        }
    }

    /// Runs `body` on the control thread, between two of its turns.
    func perform<Value: Sendable>(
        _ body: @escaping @Sendable (inout Conductor) throws(ControlError) -> Value
    ) async throws(ControlError) -> Value {
        try await answer { conductor, resume in
            resume(Self.result { () throws(ControlError) in try body(&conductor) })
        }
    }

    /// Runs `body` on the control thread, once every lane has reported what it did up to now.
    func performAfterReports<Value: Sendable>(
        _ body: @escaping @Sendable (inout Conductor) throws(ControlError) -> Value
    ) async throws(ControlError) -> Value {
        try await answer { conductor, resume in
            conductor.askForReports { conductor in
                resume(Self.result { () throws(ControlError) in try body(&conductor) })
            }
        }
    }

    private func answer<Value: Sendable>(
        _ ask:
            @escaping @Sendable (inout Conductor, @escaping @Sendable (Result<Value, ControlError>) -> Void) -> Void
    ) async throws(ControlError) -> Value {
        let result: Result<Value, ControlError> = await withCheckedContinuation { continuation in
            let isTaken = requests.post { conductor in ask(&conductor) { continuation.resume(returning: $0) } }
            if !isTaken {
                let what = "the agent is stopping, or too many requests wait; try again"
                continuation.resume(returning: .failure(ControlError(.unavailable, what)))
            }
        }
        return try result.get()
    }

    private static func result<Value>(_ body: () throws(ControlError) -> Value) -> Result<Value, ControlError> {
        do throws(ControlError) { return .success(try body()) } catch { return .failure(error) }
    }

    /// Ends the thread; returns when it is gone. Requests that wait are answered first. False: the thread has not ended in
    /// time, since something holds it up.
    func stop() -> Bool {
        requests.close()
        return thread.join(within: Self.endLimit)
    }

    /// The thread's own: what it waits on and what it works with.
    private struct Turning: ~Copyable {
        var conductor: Conductor
        var epoll: Epoll
        let events: Mailbox<LaneEvent>
        let requests: Mailbox<Request>
        var nextReport = MonotonicTime(nanoseconds: 0)

        init(
            conductor: consuming Conductor, epoll: consuming Epoll, events: Mailbox<LaneEvent>,
            requests: Mailbox<Request>
        ) {
            self.conductor = conductor
            self.epoll = epoll
            self.events = events
            self.requests = requests
        }

        mutating func run() {
            while !requests.isClosed {
                let now = Now.ofHost()
                for event in events.take() { conductor.handle(event, now) }
                for request in requests.take() { request(&conductor) }
                if conductor.hasSessions, now.monotonic >= nextReport {
                    conductor.askForReports()
                    nextReport = now.monotonic + ControlThread.reportInterval
                }
                conductor.advance(to: now)
                let count = epoll.wait(timeoutNanoseconds: timeout(now.monotonic))
                for at in 0..<max(0, count) where epoll.token(at: at) == Source.network {
                    conductor.noteNetworkChanges(.ofHost())
                }
            }
            for request in requests.take() { request(&conductor) }
            conductor.answerWithoutReports()
            conductor.saveTimestamps(.ofHost(), atOnce: true)
        }

        /// Nil: nothing will be due by itself.
        private func timeout(_ now: MonotonicTime) -> UInt64? {
            var deadline = conductor.nextDeadline(after: now)
            if conductor.hasSessions { deadline = min(deadline ?? nextReport, nextReport) }
            guard let deadline else { return nil }
            return deadline > now ? deadline.nanoseconds - now.nanoseconds : 0
        }
    }
}
