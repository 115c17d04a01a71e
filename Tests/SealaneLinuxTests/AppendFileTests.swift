import Glibc
import SealaneLinux
import TestSupport
import Testing

@Suite struct AppendFileTests {
    private let scratch: ScratchDirectory

    init() throws {
        scratch = try ScratchDirectory()
    }

    private func text(_ name: String) throws -> String {
        String(decoding: try AtomicFile.read(scratch.path(name), maximumByteCount: 1 << 20) ?? [], as: UTF8.self)
    }

    @Test func `lines are appended to existing content, in a file that only its owner can access`() throws {
        var first = try AppendFile(scratch.path("log"))
        try first.append(Array("one".utf8))
        try first.append([])
        var second = try AppendFile(scratch.path("log"))
        try second.append(Array("two".utf8))
        try first.append(Array("three".utf8))
        #expect(try text("log") == "one\n\ntwo\nthree\n")
        #expect(scratch.mode(of: "log") == 0o600)
    }

    @Test func `an existing file keeps its mode`() throws {
        try scratch.write("one\n", to: "log", mode: 0o640)
        var file = try AppendFile(scratch.path("log"))
        try file.append(Array("two".utf8))
        #expect(try text("log") == "one\ntwo\n")
        #expect(scratch.mode(of: "log") == 0o640)
    }

    @Test func `an incomplete line stays on a line of its own`() throws {
        try scratch.write("one\ntw", to: "log")
        var file = try AppendFile(scratch.path("log"))
        try file.append(Array("three".utf8))
        try file.append(Array("four".utf8))
        #expect(try text("log") == "one\ntw\nthree\nfour\n")
    }

    @Test func `lines of concurrent writers never mix`() throws {
        let path = scratch.path("log")
        let threads = try (0..<8).map { number in
            try LinuxThread.start(name: "writer") {
                guard var file = try? AppendFile(path) else { return }
                for _ in 0..<200 { try? file.append([UInt8](repeating: UInt8(ascii: "a") + UInt8(number), count: 500)) }
            }
        }
        for thread in threads { thread.join() }
        // A writer that opens the file in the middle of another's line cannot tell it from an incomplete one, and
        // starts with an empty line.
        let lines = try text("log").split(separator: "\n")
        #expect(lines.count == 1600)
        #expect(lines.allSatisfy { line in line.count == 500 && line.allSatisfy { $0 == line.first } })
    }

    @Test func `a renamed file is written to until the next reopen`() throws {
        var file = try AppendFile(scratch.path("log"))
        try file.append(Array("one".utf8))
        #expect(rename(scratch.path("log"), scratch.path("log.1")) == 0)
        try file.append(Array("two".utf8))
        try file.reopen()
        try file.append(Array("three".utf8))
        #expect(try text("log.1") == "one\ntwo\n")
        #expect(try text("log") == "three\n")
    }

    @Test func `a file counts as removed once its last name is removed or another file replaces it`() throws {
        var file = try AppendFile(scratch.path("log"))
        var found = [try file.isRemoved]
        #expect(rename(scratch.path("log"), scratch.path("log.1")) == 0)
        found.append(try file.isRemoved)
        #expect(unlink(scratch.path("log.1")) == 0)
        found.append(try file.isRemoved)
        try file.reopen()
        found.append(try file.isRemoved)
        try scratch.write("", to: "other")
        #expect(rename(scratch.path("other"), scratch.path("log")) == 0)
        found.append(try file.isRemoved)
        #expect(found == [false, false, true, false, true])
    }

    @Test func `anything but a regular file is refused, without waiting for a reader`() throws {
        #expect(mkfifo(scratch.path("fifo"), 0o600) == 0)
        for path in [scratch.path("fifo"), "/dev/null"] {
            #expect(systemError { _ = try AppendFile(path) }?.advice == "not a regular file")
        }
        #expect(systemError { _ = try AppendFile(scratch.root) }?.errno == EISDIR)
    }

    @Test func `a symbolic link is not followed`() throws {
        try scratch.write("", to: "target")
        #expect(symlink(scratch.path("target"), scratch.path("link")) == 0)
        let error = systemError { _ = try AppendFile(scratch.path("link")) }
        #expect(error?.errno == ELOOP)
        #expect(error?.advice == "a symbolic link is not followed")
    }

    @Test func `a line without room on the disk is an error, and the next one starts a new line`() throws {
        let limit = 1 << 40
        var file = try AppendFile(scratch.path("log"))
        try file.append([])
        #expect(truncate(scratch.path("log"), limit - 4) == 0)
        try FileSizeLimit.with(UInt64(limit)) {
            let short = systemError { try file.append(Array("abcdefgh".utf8)) }
            #expect(short?.advice == "4 of 9 bytes were written")
            let none = systemError { try file.append(Array("ijkl".utf8)) }
            #expect(none?.errno == EFBIG)
        }
        try file.append(Array("mnop".utf8))
        let descriptor = open(scratch.path("log"), O_RDONLY)
        defer { close(descriptor) }
        var end = [UInt8](repeating: 0, count: 64)
        let count = pread(descriptor, &end, end.count, limit - 4)
        #expect(String(decoding: end[..<max(count, 0)], as: UTF8.self) == "abcd\nmnop\n")
    }
}
