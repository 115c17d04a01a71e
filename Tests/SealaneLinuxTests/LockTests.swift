import SealaneLinux
import TestSupport
import Testing

@Suite struct LockTests {
    @Test func `one thread at a time accesses the value`() throws {
        let lock = Lock((count: 0, isUsed: false, overlapCount: 0))
        let threads = try (0..<4).map { number in
            try LinuxThread.start(name: "lock-\(number)") {
                for _ in 0..<2000 {
                    lock.withLock { value in
                        if value.isUsed { value.overlapCount += 1 }
                        value.isUsed = true
                        LinuxThread.yield()
                        value.count += 1
                        value.isUsed = false
                    }
                }
            }
        }
        for thread in threads { thread.join() }
        #expect(lock.withLock { ($0.count, $0.overlapCount) } == (8000, 0))
    }

    @Test func `an error of the body keeps its type and releases the lock`() {
        let lock = Lock(0)
        let error = systemError {
            try lock.withLock { (_: inout sending Int) throws(SystemError) in
                throw SystemError(call: "test", errno: 1, subject: "")
            }
        }
        #expect(error?.call == "test")
        #expect(lock.withLock { $0 } == 0)
    }

    @Test func `a one-shot gives its value once`() throws {
        let shot = OneShot(try EventFD())
        var isTaken: [Bool] = []
        for _ in 0..<2 {
            if let event = shot.take() {
                event.signal()
                isTaken.append(true)
            } else {
                isTaken.append(false)
            }
        }
        #expect(isTaken == [true, false])
    }
}
