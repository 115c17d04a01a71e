import SealaneLinux
import TestSupport
import Testing

@Suite struct BackgroundWriterTests {
    /// Work that waits until a gate opens.
    private final class Gate: Sendable {
        private let state = Lock((isOpen: false, done: [Int]()))

        var done: [Int] { state.withLock { $0.done } }

        func open() { state.withLock { $0.isOpen = true } }

        func pass(_ number: Int) {
            while !state.withLock({ $0.isOpen }) { LinuxThread.yield() }
            state.withLock { $0.done.append(number) }
        }
    }

    @Test func `posting never waits, and dropped items are counted`() throws {
        let gate = Gate()
        let writer = try BackgroundWriter<Int>(name: "test", limits: .init(count: 10, byteCount: 1000)) { number, _ in
            gate.pass(number)
        }
        defer { gate.open() }
        writer.post(0, byteCount: 1)
        // The item is running, so it no longer counts as waiting.
        while writer.progress.waitingCount > 0 { LinuxThread.yield() }
        #expect((1...12).map { writer.post($0, byteCount: 1) } == Array(repeating: true, count: 10) + [false, false])
        #expect(!writer.flush(within: .milliseconds(10)))
        #expect(writer.progress.lostCount == 2)
        #expect(writer.progress.nanosecondsBusy > 0)
        #expect(gate.done == [])
        gate.open()
        #expect(writer.flush(within: .seconds(60)))
        #expect(gate.done == Array(0...10))
        #expect(writer.progress.nanosecondsBusy == 0)
    }

    @Test func `bytes are bounded too, and an empty queue accepts an item of any length`() throws {
        let gate = Gate()
        let writer = try BackgroundWriter<Int>(name: "test", limits: .init(count: 10, byteCount: 100)) { number, _ in
            gate.pass(number)
        }
        defer { gate.open() }
        writer.post(0, byteCount: 1)
        while writer.progress.waitingCount > 0 { LinuxThread.yield() }
        #expect(writer.post(1, byteCount: 1000))
        #expect(!writer.post(2, byteCount: 1))
        #expect(!writer.post(3, byteCount: 1, isCounted: false))
        #expect(writer.progress.lostCount == 1)
    }

    @Test func `items posted before close are done, and later ones are not`() throws {
        let gate = Gate()
        let writer = try BackgroundWriter<Int>(name: "test", limits: .init(count: 10, byteCount: 100)) { number, _ in
            gate.pass(number)
        }
        writer.post(1, byteCount: 1)
        writer.close()
        #expect(!writer.post(2, byteCount: 1))
        gate.open()
        #expect(writer.flush(within: .seconds(60)))
        #expect(gate.done == [1])
    }
}
