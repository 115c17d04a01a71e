import AgentTestSupport
import Foundation
import SealaneAgent
import SealaneLinux
import SealaneTunnel
import TestSupport
import Testing

@Suite struct TimestampStoreTests {
    private let directory: ScratchDirectory
    private let lines = RecordingLogHandler.Lines()

    init() throws { directory = try ScratchDirectory() }

    private var path: String { directory.path("timestamps") }

    private func store() throws -> TimestampStore {
        try TimestampStore(
            inStateDirectory: directory.root, retryAfter: .milliseconds(20), logger: RecordingLogHandler.logger(lines))
    }

    private func key(_ byte: UInt8) throws -> PublicKey {
        try #require(PublicKey(bytes: [UInt8](repeating: byte, count: 32)))
    }

    private func history(_ seconds: Int64, early: Int64...) -> InitiationHistory {
        var history = InitiationHistory()
        let wall = TAI64N(unixSeconds: seconds, nanoseconds: 0)
        for second in [seconds] + early { history.record(TAI64N(unixSeconds: second, nanoseconds: 7), at: wall) }
        return history
    }

    /// By the next agent, at last: the end of this one does not wait for ever.
    private func isRead(_ histories: [PublicKey: InitiationHistory]) throws -> Bool {
        let next = try store()
        return wait { next.read() == histories }
    }

    private func wait(until condition: () -> Bool) -> Bool {
        let end = ContinuousClock.now + Patience.limit
        while ContinuousClock.now < end {
            if condition() { return true }
            LinuxThread.yield()
        }
        return false
    }

    @Test func `what was saved last is what the next agent reads`() throws {
        let first = try store()
        #expect(first.read().isEmpty)
        let histories = [try key(1): history(1_800_000_000), try key(2): history(1_800_000_000, early: 1_900_000_000)]
        first.save([try key(1): history(1_700_000_000)])
        first.save(histories)
        first.close()
        // Nothing is saved after the end.
        first.save([:])
        #expect(try isRead(histories))
        #expect(directory.mode(of: "timestamps") == 0o600)
        #expect(directory.names == ["timestamps"])
        #expect(lines.all.isEmpty)
    }

    @Test func `lines that are not understood are left out and told, the others count`() throws {
        let first = try store()
        let histories = [try key(1): history(1_800_000_000), try key(2): history(1_800_000_000)]
        first.save(histories)
        first.close()
        #expect(try isRead(histories))
        var text = try String(contentsOfFile: path, encoding: .utf8)
        text += "\(try key(3)) 40\nfoo\n"
        try directory.write(text, to: "timestamps")
        #expect(try store().read() == histories)
        #expect(lines.all.count == 1)
        let told = "warning timestamps not read completely: replays may be accepted"
        let line = lines.all.first ?? ""
        #expect(line.hasPrefix(told) && line.hasSuffix("line=4"), "\(line)")
    }

    @Test(arguments: ["", "sealane timestamps 2\n", "\u{0}\u{ff}\n", "sealane timestamps 1"])
    func `a file of another kind is no reason not to start`(_ text: String) throws {
        try directory.write(text, to: "timestamps")
        #expect(try store().read().isEmpty)
        #expect(lines.all.count == (text == "sealane timestamps 1" ? 0 : 1), "\(lines.all)")
    }

    @Test func `what could not be written is tried again until it is, and both are told once`() throws {
        // A file cannot replace a directory.
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        let first = try store()
        let histories = [try key(1): history(1_800_000_000)]
        first.save(histories)
        #expect(wait { lines.all.count == 1 })
        #expect(lines.all.first?.hasPrefix("warning timestamps are not written") == true, "\(lines.all)")
        try FileManager.default.removeItem(atPath: path)
        #expect(wait { lines.all.count == 2 })
        #expect(lines.all.last == "notice timestamps are written again file=\(path)")
        #expect(try store().read() == histories)
        first.close()
    }

    @Test func `the end of the agent tries once more`() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        let first = try TimestampStore(
            inStateDirectory: directory.root, retryAfter: Patience.limit, logger: RecordingLogHandler.logger(lines))
        let histories = [try key(1): history(1_800_000_000)]
        first.save(histories)
        #expect(wait { !lines.all.isEmpty })
        try FileManager.default.removeItem(atPath: path)
        first.close()
        #expect(try isRead(histories))
    }
}
