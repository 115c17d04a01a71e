import Glibc
import SealaneLinux
import TestSupport
import Testing

@Suite struct OutputFileTests {
    private let scratch: ScratchDirectory

    init() throws {
        scratch = try ScratchDirectory()
    }

    private func text(_ name: String) throws -> String {
        String(decoding: try AtomicFile.read(scratch.path(name), maximumByteCount: 1 << 20) ?? [], as: UTF8.self)
    }

    private func kind(_ name: String) -> mode_t {
        var status = stat()
        return lstat(scratch.path(name), &status) == 0 ? status.st_mode & S_IFMT : 0
    }

    private func write(_ text: String, to name: String) throws {
        try OutputFile.write(scratch.path(name), Array(text.utf8))
    }

    @Test func `a file is created, and replaced completely with its previous mode`() throws {
        try write("one", to: "page")
        #expect(scratch.mode(of: "page") == 0o644)
        chmod(scratch.path("page"), 0o640)
        let before = open(scratch.path("page"), O_RDONLY)
        defer { close(before) }
        try write("two", to: "page")
        #expect(try text("page") == "two")
        #expect(scratch.mode(of: "page") == 0o640)
        var bytes = [UInt8](repeating: 0, count: 8)
        #expect(read(before, &bytes, 8) == 3 && bytes.starts(with: Array("one".utf8)))
        #expect(scratch.names == ["page"])
    }

    @Test func `a link stays, and its target is replaced or created`() throws {
        try #require(mkdir(scratch.path("folder"), 0o755) == 0)
        try scratch.write("old", to: "folder/target")
        for (link, target) in [
            ("link", "folder/target"), ("absolute", scratch.path("folder/target")), ("second", "link"),
            ("dangling", "folder/new"),
        ] {
            try #require(symlink(target, scratch.path(link)) == 0)
            try write(link, to: link)
            #expect(kind(link) == S_IFLNK)
            #expect(try text(link) == link)
        }
        #expect(kind("folder/target") == S_IFREG && kind("folder/new") == S_IFREG)
        #expect(try text("folder/target") == "second")
    }

    @Test func `a FIFO's reader gets the bytes, and the FIFO stays`() throws {
        try #require(mkfifo(scratch.path("fifo"), 0o600) == 0)
        try #require(symlink("fifo", scratch.path("link")) == 0)
        let reader = open(scratch.path("fifo"), O_RDONLY | O_NONBLOCK)
        defer { close(reader) }
        try write("one", to: "fifo")
        try write("two", to: "link")
        var bytes = [UInt8](repeating: 0, count: 16)
        #expect(read(reader, &bytes, bytes.count) == 6)
        #expect(bytes.starts(with: Array("onetwo".utf8)))
        #expect(kind("fifo") == S_IFIFO && kind("link") == S_IFLNK)
    }

    @Test func `a device is written to and stays a device`() throws {
        let path = scratch.path("null")
        guard mknod(path, S_IFCHR | 0o666, dev_t(1 << 8 | 3)) == 0 else {
            print("skipped: this user may not make devices")
            return
        }
        try write("gone", to: "null")
        #expect(kind("null") == S_IFCHR)
    }

    @Test func `an open file without a name is written to through its link in /proc`() throws {
        let path = try scratch.write("longer than what follows", to: "gone", mode: 0o600)
        let descriptor = open(path, O_RDWR)
        defer { close(descriptor) }
        unlink(path)
        try OutputFile.write("/proc/self/fd/\(descriptor)", Array("short".utf8))
        var bytes = [UInt8](repeating: 0, count: 64)
        #expect(pread(descriptor, &bytes, 64, 0) == 5)
        #expect(scratch.names == [])
    }

    @Test func `the error names a directory, a socket or a missing parent`() throws {
        #expect(systemError { try OutputFile.write(scratch.root, [1]) }?.errno == EISDIR)
        #expect(systemError { try write("", to: "none/page") }?.errno == ENOENT)
        try #require(mknod(scratch.path("socket"), S_IFSOCK | 0o600, 0) == 0)
        #expect(systemError { try write("", to: "socket") }?.errno == ENXIO)
        #expect(kind("socket") == S_IFSOCK)
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give a link away"))
    func `a link that another user left in a shared directory is not followed`() throws {
        try #require(mkdir(scratch.path("shared"), 0o777) == 0 && chmod(scratch.path("shared"), 0o1777) == 0)
        try scratch.write("precious", to: "target")
        try #require(symlink("../target", scratch.path("shared/page")) == 0)
        try #require(lchown(scratch.path("shared/page"), 65534, 65534) == 0)
        let error = systemError { try write("", to: "shared/page") }
        #expect(error?.errno == EACCES)
        #expect(try text("target") == "precious")
    }
}
