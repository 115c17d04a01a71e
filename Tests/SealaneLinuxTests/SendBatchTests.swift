import Glibc
import SealaneLinux
import TestSupport
import Testing

/// `flush` with a scripted kernel.
@Suite struct SendBatchTests {
    /// One reply of the scripted kernel: how many messages it accepts, or -errno.
    private struct Script {
        var answers: [Int]
        var asked: [Range<Int>] = []

        mutating func answer(_ range: Range<Int>) -> Int {
            asked.append(range)
            return answers.isEmpty ? range.count : answers.removeFirst()
        }
    }

    private func flush(
        _ count: Int, _ answers: [Int]
    ) throws -> (outcome: SendBatch.Outcome, asked: [Range<Int>], failures: [Int32], unsent: Int) {
        var batch = try filled(count)
        var script = Script(answers: answers)
        let outcome = batch.flush { script.answer($0) }
        return (outcome, script.asked, (0..<count).map { batch.failure(at: $0) }, batch.unsentCount)
    }

    private func filled(_ count: Int) throws -> SendBatch {
        var batch = SendBatch(capacity: 8, forIPv6Socket: false)
        let destination = try address("127.0.0.1", 1)
        for _ in 0..<count { batch.append(UnsafeRawBufferPointer(start: nil, count: 0), to: destination) }
        return batch
    }

    @Test func `one call sends all messages if the kernel accepts all`() throws {
        let result = try flush(5, [5])
        #expect(result.outcome == .init(sent: 5))
        #expect(result.asked == [0..<5])
        #expect(result.unsent == 0)
    }

    @Test func `an empty batch makes no call`() throws {
        #expect(try flush(0, []).asked.isEmpty)
    }

    // gotatun, 2025: messages after a partial sendmmsg were lost.
    @Test func `a partial send continues after the accepted messages`() throws {
        let result = try flush(7, [3, 1])
        #expect(result.outcome == .init(sent: 7))
        #expect(result.asked == [0..<7, 3..<7, 4..<7])
    }

    // nebula H3: one unreachable destination dropped the rest of the batch.
    @Test(arguments: [EIO, EPERM, EMSGSIZE, EHOSTUNREACH, ENETUNREACH, EINVAL, ECONNREFUSED])
    func `a refused datagram does not stop the others`(errno: Int32) throws {
        let result = try flush(6, [2, -Int(errno)])
        #expect(result.outcome == .init(sent: 5, failed: 1))
        #expect(result.asked == [0..<6, 2..<6, 3..<6])
        #expect(result.failures == [0, 0, errno, 0, 0, 0])
        #expect(result.unsent == 0)
    }

    @Test func `each refused datagram has its own reason`() throws {
        let result = try flush(3, [-Int(EMSGSIZE), 1, -Int(EPERM)])
        #expect(result.outcome == .init(sent: 1, failed: 2))
        #expect(result.failures == [EMSGSIZE, 0, EPERM])
    }

    @Test func `an interrupted call is repeated`() throws {
        let result = try flush(4, [-Int(EINTR), 2, -Int(EINTR), -Int(EINTR), 2])
        #expect(result.outcome == .init(sent: 4))
        #expect(result.asked == [0..<4, 0..<4, 2..<4, 2..<4, 2..<4])
    }

    @Test(arguments: [EAGAIN, ENOBUFS, ENOMEM])
    func `a kernel without room stops the flush, and the rest is counted`(errno: Int32) throws {
        let result = try flush(6, [2, -Int(errno)])
        #expect(result.outcome == .init(sent: 2, remaining: 4, stoppedBy: errno))
        #expect(result.unsent == 4)
        #expect(result.failures == [0, 0, 0, 0, 0, 0])
    }

    @Test func `a later flush sends the rest, and nothing twice`() throws {
        var batch = try filled(6)
        var script = Script(answers: [2, -Int(EPERM), -Int(ENOBUFS)])
        #expect(batch.flush { script.answer($0) } == .init(sent: 2, failed: 1, remaining: 3, stoppedBy: ENOBUFS))
        #expect(batch.flush { script.answer($0) } == .init(sent: 3))
        #expect(batch.flush { script.answer($0) } == .init())
        #expect(script.asked == [0..<6, 2..<6, 3..<6, 3..<6])
        #expect(batch.failure(at: 2) == EPERM)
    }

    @Test func `a call that accepts nothing and reports no error does not spin`() throws {
        #expect(try flush(2, [0]).outcome == .init(remaining: 2, stoppedBy: EAGAIN))
    }

    @Test func `a count beyond the given messages is clamped`() throws {
        #expect(try flush(2, [9]).outcome == .init(sent: 2))
    }

    @Test(arguments: [EIO, EINVAL])
    func `a run refused as a run stops the flush before it`(errno: Int32) throws {
        try Self.withBatch([10, 0, 10, 0], size: 2) { batch in
            var script = Script(answers: [2, -Int(errno)])
            let outcome = batch.flush { script.answer($0) }
            #expect(outcome == .init(sent: 2, remaining: 2, stoppedBy: errno))
            #expect(outcome.refusedRun)
            #expect(script.asked == [0..<4, 2..<4])
            #expect(batch.failure(at: 2) == 0)
            var asked: [[Int]] = []
            let rest = batch.flushUnsegmented {
                asked.append([$0, $1])
                return $1
            }
            #expect(rest == .init(sent: 2))
            #expect(asked == [[2, 5], [3, 1]])
        }
    }

    @Test func `a refused run can be tried alone, without the messages after it`() throws {
        try Self.withBatch([10, 10, 0], size: 2) { batch in
            var asked: [[Int]] = []
            let first = batch.flushUnsegmented(messageLimit: 1, failsWhole: true) {
                asked.append([$0, $1])
                return $1
            }
            #expect(first == .init(sent: 1))
            // A destination that accepts nothing is tried once.
            let second = batch.flushUnsegmented(messageLimit: 1, failsWhole: true) {
                asked.append([$0, $1])
                return -Int(EINVAL)
            }
            #expect(second == .init(failed: 1))
            #expect(asked == [[0, 5], [1, 5]])
            #expect(batch.failure(at: 1) == EINVAL)
            #expect(batch.unsentCount == 1)
        }
    }

    @Test(arguments: [EMSGSIZE, EHOSTUNREACH, EPERM])
    func `a run refused for another reason does not stop the others`(errno: Int32) throws {
        try Self.withBatch([10, 10, 0], size: 3) { batch in
            var script = Script(answers: [1, -Int(errno)])
            let outcome = batch.flush { script.answer($0) }
            #expect(outcome == .init(sent: 2, failed: 1))
            #expect(!outcome.refusedRun)
            #expect(batch.failure(at: 1) == errno)
        }
    }

    @Test func `a run sent as single datagrams tries each, and fails with the first reason`() throws {
        try Self.withBatch([10, 4], size: 2) { batch in
            var answers = [1, -Int(EPERM), -Int(EINTR), -Int(EIO), 9, 2]
            var asked: [[Int]] = []
            let outcome = batch.flushUnsegmented {
                asked.append([$0, $1])
                return answers.removeFirst()
            }
            #expect(outcome == .init(sent: 1, failed: 1))
            #expect(asked == [[0, 5], [0, 4], [0, 3], [0, 3], [0, 2], [1, 2]])
            #expect([batch.failure(at: 0), batch.failure(at: 1)] == [EPERM, 0])
        }
    }

    @Test func `a long run is split into parts of at most 64 datagrams`() throws {
        try Self.withBatch([130], size: 1) { batch in
            var asked: [Int] = []
            let outcome = batch.flushUnsegmented {
                asked.append($1)
                return $1
            }
            #expect(outcome == .init(sent: 1))
            #expect(asked == [64, 64, 2])
        }
    }

    /// A batch with one run of datagrams of `size` bytes (the last may be shorter) for each byte count.
    private static func withBatch(
        _ byteCounts: [Int], size: Int, _ body: (inout SendBatch) throws -> Void
    ) throws {
        var batch = SendBatch(capacity: byteCounts.count, forIPv6Socket: false)
        let destination = try address("127.0.0.1", 1)
        let bytes = [UInt8](repeating: 0, count: byteCounts.max() ?? 0)
        try bytes.withUnsafeBytes { memory in
            for byteCount in byteCounts {
                batch.append(run: .init(rebasing: memory[..<byteCount]), segmentByteCount: size, to: destination)
            }
            try body(&batch)
        }
    }

    @Test func `removeAll drops datagrams and their failures`() throws {
        var batch = try filled(8)
        #expect(batch.isFull == true)
        _ = batch.flush { _ in -Int(EPERM) }
        batch.removeAll()
        #expect(batch.isEmpty == true)
        #expect(batch.unsentCount == 0)
        batch.append(UnsafeRawBufferPointer(start: nil, count: 0), to: try address("127.0.0.1", 1))
        #expect(batch.failure(at: 0) == 0)
        #expect(batch.count == 1)
    }

    @Test func `for any script, the counts add up and every datagram is tried in order`() throws {
        var random = SeededRandom(seed: 73)
        for _ in 0..<2000 {
            let count = Int(random.next() % 9)
            let answers = (0..<8).map { _ -> Int in
                [1, 2, 3, -Int(EINTR), -Int(EPERM), -Int(EIO), -Int(EAGAIN), -Int(ENOBUFS)][Int(random.next() % 8)]
            }
            let result = try flush(count, answers)
            #expect(result.outcome.sent + result.outcome.failed + result.outcome.remaining == count)
            #expect(result.outcome.failed == result.failures.count { $0 != 0 })
            #expect(result.outcome.remaining == result.unsent)
            #expect((result.outcome.stoppedBy != 0) == (result.unsent != 0))
            #expect(zip(result.asked, result.asked.dropFirst()).allSatisfy { $0.lowerBound <= $1.lowerBound })
            #expect(result.asked.allSatisfy { $0.upperBound == count && !$0.isEmpty })
        }
    }
}
