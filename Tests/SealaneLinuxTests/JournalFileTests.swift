import Glibc
import SealaneLinux
import Synchronization
import TestSupport
import Testing

@Suite("Journal files")
struct JournalFileTests {
    private let scratch: ScratchDirectory
    private var path: String { scratch.path("ledger") }

    init() throws { scratch = try ScratchDirectory() }

    private func append(_ line: String) throws {
        let file = try JournalFile(path)
        try file.append(line: Array(line.utf8))
    }

    private func text() throws -> String {
        String(decoding: try JournalFile(path).read(maximumByteCount: 1000), as: UTF8.self)
    }

    @Test("lines are appended in order, in a file that only the owner can access")
    func grows() throws {
        #expect(try text() == "")
        try append("one")
        try append("")
        try append("three")
        #expect(try text() == "one\n\nthree\n")
        #expect(scratch.mode(of: "ledger") == 0o600)
    }

    @Test("an incomplete line of a crash is cut off, complete lines are not", arguments: ["", "one\n", "one\ntwo\n"])
    func tornLine(whole: String) throws {
        for torn in ["", "t", "torn off", String(repeating: "x", count: 500)] {
            try scratch.write(whole + torn, to: "ledger")
            #expect(try text() == whole)
            try append("next")
            #expect(try text() == whole + "next\n")
        }
    }

    @Test("an open journal is locked: threads that read before they write never interleave")
    func exclusive() throws {
        let failures = Atomic(0)
        let threads = try (0..<4).map { _ in
            try LinuxThread.start(name: "appender") { [self] in
                for _ in 0..<25 {
                    do {
                        let file = try JournalFile(path)
                        let count = try file.read(maximumByteCount: 10_000).count { $0 == UInt8(ascii: "\n") }
                        try file.append(line: Array("\(count)".utf8))
                    } catch {
                        failures.add(1, ordering: .relaxed)
                    }
                }
            }
        }
        for thread in threads { thread.join() }
        #expect(failures.load(ordering: .relaxed) == 0)
        #expect(try text() == (0..<100).map { "\($0)\n" }.joined())
    }

    @Test("a file longer than the limit and a link at the path are errors")
    func errors() throws {
        try append("12345")
        #expect(try JournalFile(path).read(maximumByteCount: 6).count == 6)
        #expect(systemError { _ = try JournalFile(path).read(maximumByteCount: 5) }?.errno == EFBIG)
        let missing = scratch.path("missing")
        #expect(systemError { _ = try JournalFile(missing, creating: false) }?.errno == ENOENT)
        #expect(scratch.mode(of: "missing") == nil)
        #expect(try JournalFile(path, creating: false).read(maximumByteCount: 6).count == 6)
        #expect(symlink(path, scratch.path("link")) == 0)
        #expect(systemError { _ = try JournalFile(scratch.path("link")) }?.errno == ELOOP)
    }
}
