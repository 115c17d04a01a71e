import SealaneControl
import SealaneDataplane
import SealaneLinux
import SealaneTunnel

/// The one thread of handshakes, timers and policy. It owns the `ControlLoop`: other threads post requests and wait for the answer.
final class ControlThread: Sendable {
    private typealias Request = @Sendable (inout ControlLoop) -> Void

    private let requests: Mailbox<Request>
    private let thread: LinuxThread

    /// API requests that may wait.
    private static var requestCapacity: Int { 1024 }
    /// How often lanes report while there is a session: the granularity of rekeying and keepalives.
    private static var reportInterval: Duration { .milliseconds(500) }

    /// For the thread's last turn. The service manager may kill the process a little later.
    private static var endLimit: Duration { .seconds(10) }

    private enum Source {
        static var events: UInt64 { 1 }
        static var requests: UInt64 { 2 }
        static var network: UInt64 { 3 }
        static var certificates: UInt64 { 4 }
    }

    init(_ loop: consuming sending ControlLoop, events: Mailbox<LaneEvent>) throws(SystemError) {
        let requests = try Mailbox<Request>(capacity: Self.requestCapacity)
        let epoll = try Epoll(capacity: 5)
        try epoll.add(events.fileDescriptor, for: .readable, token: Source.events)
        try epoll.add(requests.fileDescriptor, for: .readable, token: Source.requests)
        try epoll.add(loop.device.fileDescriptor, for: .readable, token: Source.network)
        try epoll.add(loop.certificates.fileDescriptor, for: .readable, token: Source.certificates)
        let box = OneShot(EventLoop(control: loop, epoll: epoll, events: events, requests: requests))
        self.requests = requests
        thread = try LinuxThread.start(name: "sealane-control") {
            guard var loop = box.take() else { return }
            loop.run()
        }
    }

    /// Runs `body` on the control thread, between two of its turns.
    func perform<Value: Sendable>(
        _ body: @escaping @Sendable (inout ControlLoop) throws(ControlError) -> Value
    ) async throws(ControlError) -> Value {
        try await answer { loop, resume in
            resume(Self.result { () throws(ControlError) in try body(&loop) })
        }
    }

    /// Runs `body` on the control thread, after every lane has reported.
    func performAfterReports<Value: Sendable>(
        _ body: @escaping @Sendable (inout ControlLoop) throws(ControlError) -> Value
    ) async throws(ControlError) -> Value {
        try await answer { loop, resume in
            loop.askForReports { loop in
                resume(Self.result { () throws(ControlError) in try body(&loop) })
            }
        }
    }

    /// Runs `body` on the control thread, and returns after every peer has been judged again because of it.
    func performAndJudge<Value: Sendable>(
        _ body: @escaping @Sendable (inout ControlLoop) throws(ControlError) -> Value
    ) async throws(ControlError) -> Value {
        try await answer { loop, resume in
            let result = Self.result { () throws(ControlError) in try body(&loop) }
            loop.afterJudgements { _ in resume(result) }
        }
    }

    private func answer<Value: Sendable>(
        _ ask:
            @escaping @Sendable (inout ControlLoop, @escaping @Sendable (Result<Value, ControlError>) -> Void) -> Void
    ) async throws(ControlError) -> Value {
        let result: Result<Value, ControlError> = await withCheckedContinuation { continuation in
            let isTaken = requests.post { loop in ask(&loop) { continuation.resume(returning: $0) } }
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

    /// Ends the thread after it has answered the waiting requests. False: the thread has not ended in time.
    func stop() -> Bool {
        requests.close()
        return thread.join(within: Self.endLimit)
    }

    /// The thread's own state: what it waits for, and what it works with.
    private struct EventLoop: ~Copyable {
        var control: ControlLoop
        var epoll: Epoll
        let events: Mailbox<LaneEvent>
        let requests: Mailbox<Request>
        var nextReport = MonotonicTime(nanoseconds: 0)

        init(
            control: consuming ControlLoop, epoll: consuming Epoll, events: Mailbox<LaneEvent>,
            requests: Mailbox<Request>
        ) {
            self.control = control
            self.epoll = epoll
            self.events = events
            self.requests = requests
        }

        mutating func run() {
            while !requests.isClosed {
                let now = Now.ofHost()
                for event in events.popAll() { control.handle(event, now) }
                control.finishVerifications(now)
                for request in requests.popAll() { request(&control) }
                if control.hasSessions, now.monotonic >= nextReport {
                    control.askForReports()
                    nextReport = now.monotonic + ControlThread.reportInterval
                }
                control.advance(to: now)
                let count = epoll.wait(timeoutNanoseconds: timeout(now.monotonic))
                for at in 0..<max(0, count) where epoll.token(at: at) == Source.network {
                    control.recordNetworkChanges(.ofHost())
                }
            }
            for request in requests.popAll() { request(&control) }
            control.answerAll()
            control.saveTimestamps(.ofHost(), atOnce: true)
        }

        /// Nil: nothing becomes due with time.
        private func timeout(_ now: MonotonicTime) -> UInt64? {
            var deadline = control.nextDeadline(after: now)
            if control.hasSessions { deadline = min(deadline ?? nextReport, nextReport) }
            guard let deadline else { return nil }
            return deadline > now ? deadline.nanoseconds - now.nanoseconds : 0
        }
    }
}
