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

    @Test func `who asks has the answer, one after the other`() throws {
        let disk = DiskThread(name: "test", patience: Patience.limit)
        for number in 0..<100 { #expect(try disk.run("/a") { number } == number) }
    }

    @Test func `who asks waits a while and not for ever, and the next does not wait at all`() throws {
        let disk = DiskThread(name: "test", patience: .milliseconds(20))
        let gate = Gate()
        #expect {
            try disk.run("/state/a") { gate.pass() }
        } throws: { error in
            "\(error)".hasPrefix("write(/state/a): ") && "\(error)".contains("its file system does not answer")
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
