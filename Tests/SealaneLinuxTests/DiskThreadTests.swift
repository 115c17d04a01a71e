import SealaneLinux
import Synchronization
import TestSupport
import Testing

@Suite struct DiskThreadTests {
    private final class Gate: Sendable {
        private let isOpen = Atomic<Bool>(false)

        func open() { isOpen.store(true, ordering: .releasing) }

        func pass() {
            while !isOpen.load(ordering: .acquiring) { LinuxThread.yield() }
        }
    }

    @Test func `callers get their results, one after the other`() throws {
        let disk = DiskThread(name: "test", patience: Patience.limit)
        for number in 0..<100 { #expect(try disk.run("/a") { number } == number) }
    }

    @Test func `a caller waits for a limited time, and the next one does not wait at all`() throws {
        let disk = DiskThread(name: "test", patience: .milliseconds(20))
        let gate = Gate()
        #expect {
            try disk.run("/state/a") { gate.pass() }
        } throws: { error in
            "\(error)".hasPrefix("write(/state/a): ") && "\(error)".contains("its file system does not respond")
        }
        #expect(throws: SystemError.self) { try disk.run("/state/b") { true } }
        gate.open()
        let end = ContinuousClock.now + Patience.limit
        var answer: Int?
        while answer == nil, ContinuousClock.now < end {
            do throws(SystemError) { answer = try disk.run("/state/c") { 7 } } catch { LinuxThread.yield() }
        }
        #expect(answer == 7)
    }
}
