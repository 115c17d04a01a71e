import Glibc
import SealaneLinux
import Testing

@Suite(.serialized) struct ProcessSignalTests {
    @Test func `a signal arrives in the stream and does not end the process`() async {
        let signals = await ProcessSignal.stream(of: [.hangup, .interrupt])
        kill(getpid(), SIGHUP)
        var arrivals = signals.makeAsyncIterator()
        #expect(await arrivals.next() == .hangup)
        kill(getpid(), SIGINT)
        #expect(await arrivals.next() == .interrupt)
    }

    @Test func `a signal cancels the task, whose result is returned`() async throws {
        let wasCancelled = try await Interruption.cancels(on: [.hangup]) {
            kill(getpid(), SIGHUP)
            // Ends when the task is cancelled.
            for await _ in AsyncStream<Int>.makeStream().stream {}
            return Task.isCancelled
        }
        #expect(wasCancelled)
    }

    @Test func `the cancellation of the task around it cancels it as well`() async throws {
        let work = Task {
            try await Interruption.cancels(on: [.hangup]) {
                for await _ in AsyncStream<Int>.makeStream().stream {}
                return Task.isCancelled
            }
        }
        work.cancel()
        #expect(try await work.value)
    }
}
