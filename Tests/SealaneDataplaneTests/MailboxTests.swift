import SealaneDataplane
import SealaneLinux
import Synchronization
import TestSupport
import Testing

@Suite struct MailboxTests {
    @Test func `messages are taken once, all that wait, in the order in which they were posted`() throws {
        let mailbox = try Mailbox<Int>(capacity: 100)
        #expect(mailbox.isEmpty)
        #expect(mailbox.popAll().isEmpty)
        for number in 0..<100 { #expect(mailbox.post(number)) }
        #expect(!mailbox.isEmpty)
        #expect(mailbox.popAll() == Array(0..<100))
        #expect(mailbox.isEmpty)
        #expect(mailbox.popAll().isEmpty)
        #expect(mailbox.post(7))
        #expect(mailbox.popAll() == [7])
    }

    @Test func `a full mailbox refuses, keeps what it took, and takes again once it is emptied`() throws {
        let mailbox = try Mailbox<Int>(capacity: 3)
        #expect((0..<5).map { mailbox.post($0) } == [true, true, true, false, false])
        #expect(mailbox.popAll() == [0, 1, 2])
        #expect((5..<9).map { mailbox.post($0) } == [true, true, true, false])
        #expect(mailbox.popAll() == [5, 6, 7])
    }

    @Test func `what leaves room for others is refused earlier than they are`() throws {
        let mailbox = try Mailbox<Int>(capacity: 5)
        #expect((0..<5).map { mailbox.post($0, leaving: 2) } == [true, true, true, false, false])
        #expect((5..<8).map { mailbox.post($0) } == [true, true, false])
        #expect(!mailbox.post(8, leaving: 2))
        #expect(mailbox.popAll() == [0, 1, 2, 5, 6])
        #expect(!mailbox.post(9, leaving: 5))
        #expect(mailbox.post(10, leaving: 4))
    }

    @Test func `the descriptor is readable exactly while messages wait`() throws {
        let mailbox = try Mailbox<Int>(capacity: 2)
        #expect(try !isReadable(mailbox.fileDescriptor))
        for _ in 0..<3 {
            _ = (0..<3).map { mailbox.post($0) }
            #expect(try isReadable(mailbox.fileDescriptor))
            #expect(mailbox.popAll().count == 2)
            #expect(try !isReadable(mailbox.fileDescriptor))
        }
    }

    @Test func `a reader that sleeps on the descriptor is woken by a message, and by the close`() async throws {
        let heard = try await onThread {
            let mailbox = try Mailbox<Int>(capacity: 4)
            let answers = try Mailbox<[Int]>(capacity: 4)
            let reader = try LinuxThread.start(name: "reader") {
                for _ in 0..<3 {
                    let isAwake = try? isReadable(mailbox.fileDescriptor, withinNanoseconds: patienceNanoseconds)
                    guard isAwake == true, answers.post(mailbox.popAll()) else { return }
                }
            }
            var heard: [[Int]] = []
            for step in 0..<3 {
                if step < 2 { _ = mailbox.post(step) } else { mailbox.close() }
                guard try isReadable(answers.fileDescriptor, withinNanoseconds: patienceNanoseconds) else {
                    throw Failure("the reader slept through step \(step)")
                }
                heard += answers.popAll()
            }
            reader.join()
            return heard
        }
        #expect(heard == [[0], [1], []])
    }

    @Test func `what waits when the mailbox is closed may still be taken, and the descriptor stays readable`() throws {
        let mailbox = try Mailbox<Int>(capacity: 4)
        #expect((1...2).map { mailbox.post($0) } == [true, true])
        #expect(!mailbox.isClosed)
        mailbox.close()
        #expect(mailbox.isClosed)
        #expect(mailbox.popAll() == [1, 2])
        #expect(try isReadable(mailbox.fileDescriptor))
        #expect(mailbox.popAll().isEmpty)
        mailbox.close()
        #expect(try isReadable(mailbox.fileDescriptor))
    }

    // A sender that posts after the reader's last check would wait for ever for an answer.
    @Test func `a closed mailbox refuses what comes later`() throws {
        let mailbox = try Mailbox<Int>(capacity: 4)
        #expect(mailbox.post(1))
        mailbox.close()
        #expect(!mailbox.post(2))
        #expect(mailbox.popAll() == [1])
        #expect(!mailbox.post(3))
        #expect(mailbox.popAll().isEmpty)
    }

    private struct Letter: Sendable {
        let writer: Int
        let number: Int
    }

    @Test(arguments: [1, 16, 4096])
    func `of many writers no message is lost, doubled or overtaken by its writer's next`(capacity: Int) async throws {
        let (writerCount, letterCount) = (6, 5000)
        let (inbox, isQuiet) = try await onThread {
            let mailbox = try Mailbox<Letter>(capacity: capacity)
            let writers = try (0..<writerCount).map { writer in
                try LinuxThread.start(name: "writer") {
                    for number in 0..<letterCount {
                        while !mailbox.post(Letter(writer: writer, number: number)) { LinuxThread.yield() }
                    }
                }
            }
            var inbox = [[Int]](repeating: [], count: writerCount)
            var missing = writerCount * letterCount
            while missing > 0 {
                guard try isReadable(mailbox.fileDescriptor, withinNanoseconds: patienceNanoseconds) else {
                    throw Failure("nobody wakes the reader; \(missing) messages are missing")
                }
                for letter in mailbox.popAll() {
                    inbox[letter.writer].append(letter.number)
                    missing -= 1
                }
            }
            for writer in writers { writer.join() }
            return (inbox, try mailbox.isEmpty && !isReadable(mailbox.fileDescriptor))
        }
        for numbers in inbox { #expect(numbers == Array(0..<letterCount)) }
        #expect(isQuiet)
    }

    // A wake without a message would keep a level-triggered reader turning in a loop.
    @Test func `a message that is taken before its writer has gone on leaves no wake behind`() async throws {
        let wakes = try await onThread {
            let mailbox = try Mailbox<Int>(capacity: 4)
            let progress = Progress()
            let roundCount = 1000
            let writer = try LinuxThread.start(name: "writer") {
                for round in 1...roundCount {
                    _ = mailbox.post(round)
                    progress.posted.store(round, ordering: .releasing)
                    while progress.read.load(ordering: .acquiring) < round { LinuxThread.yield() }
                }
            }
            var wakes = 0
            for round in 1...roundCount {
                // Looks without pause, so as to be there between the writer's two steps, but does not starve it.
                var looks = 0
                while mailbox.popAll().isEmpty {
                    looks += 1
                    if looks % 1000 == 0 { LinuxThread.yield() }
                }
                while progress.posted.load(ordering: .acquiring) < round { LinuxThread.yield() }
                // What a reader does at each of its turns.
                _ = mailbox.popAll()
                if try isReadable(mailbox.fileDescriptor) { wakes += 1 }
                progress.read.store(round, ordering: .releasing)
            }
            writer.join()
            return wakes
        }
        #expect(wakes == 0)
    }

    private final class Progress: Sendable {
        let posted = Atomic(0)
        let read = Atomic(0)
    }
}
