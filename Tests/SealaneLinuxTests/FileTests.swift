import Glibc
import SealaneLinux
import Synchronization
import TestSupport
import Testing

@Suite struct FileTests {
    @Test(arguments: [UInt32(0o600), 0o400])
    func `a secret that only its owner can access is read`(mode: UInt32) throws {
        let scratch = try ScratchDirectory()
        let path = scratch.path("key")
        try AtomicFile.write(path, Array("secret\n".utf8), mode: mode)
        #expect(try SecretFile.read(path, maximumByteCount: 7) == Array("secret\n".utf8))
        #expect(try SecretFile.withContents(of: path, maximumByteCount: 100) { $0.count } == 7)
    }

    @Test(arguments: [UInt32(0o640), 0o604, 0o610, 0o602, 0o666, 0o601])
    func `a secret that others can access is refused`(mode: UInt32) throws {
        let scratch = try ScratchDirectory()
        let path = scratch.path("key")
        try AtomicFile.write(path, [1], mode: mode)
        let error = systemError { _ = try SecretFile.read(path, maximumByteCount: 64) }
        #expect(error?.errno == EACCES)
        #expect(error?.description.contains("0" + String(mode, radix: 8)) == true)
        #expect(error?.description.contains("chmod 600 \(path)") == true)
    }

    @Test func `a link at the secret's path is not followed, one on the way to it is`() throws {
        let scratch = try ScratchDirectory()
        try Directory.create(scratch.path("keys"))
        try AtomicFile.write(scratch.path("keys/key"), [1, 2], mode: 0o600)
        #expect(symlink("keys/key", scratch.path("link")) == 0)
        let error = systemError { _ = try SecretFile.read(scratch.path("link"), maximumByteCount: 64) }
        #expect(error?.errno == ELOOP)
        #expect(error?.advice?.hasSuffix("name the file that it leads to: keys/key") == true)
        #expect(symlink("keys", scratch.path("folder")) == 0)
        #expect(try SecretFile.read(scratch.path("folder/../folder/key"), maximumByteCount: 64) == [1, 2])
        #expect(symlink("circle", scratch.path("circle")) == 0)
        #expect(systemError { _ = try SecretFile.read(scratch.path("circle/x"), maximumByteCount: 9) }?.errno == ELOOP)
    }

    @Test func `anything but a regular file is refused without waiting for it`() throws {
        let scratch = try ScratchDirectory()
        #expect(mkfifo(scratch.path("fifo"), 0o600) == 0)
        for path in [scratch.path("fifo"), scratch.root, "/dev/zero"] {
            let error = systemError { _ = try SecretFile.read(path, maximumByteCount: 64) }
            #expect(error?.advice == "not a regular file")
        }
    }

    @Test func `the error for a secret says that it is too long or missing`() throws {
        let scratch = try ScratchDirectory()
        let path = scratch.path("key")
        try AtomicFile.write(path, [UInt8](repeating: 1, count: 65))
        let long = systemError { _ = try SecretFile.read(path, maximumByteCount: 64) }
        #expect(long?.errno == EFBIG)
        #expect(long?.advice == "expected at most 64 bytes")
        let missing = systemError { _ = try SecretFile.read(path + "-not", maximumByteCount: 64) }
        #expect(missing?.description == "open(\(path)-not): No such file or directory (ENOENT)")
    }

    @Test func `a file is replaced completely, with its mode, and no other file stays`() throws {
        let scratch = try ScratchDirectory()
        let path = scratch.path("peers")
        let first = [UInt8](repeating: 1, count: 100_000)
        try AtomicFile.write(path, first, mode: 0o644)
        #expect(try AtomicFile.read(path, maximumByteCount: 100_000) == first)
        #expect(scratch.mode(of: "peers") == 0o644)
        try AtomicFile.write(path, [2])
        #expect(try AtomicFile.read(path, maximumByteCount: 1) == [2])
        #expect(scratch.mode(of: "peers") == 0o600)
        #expect(scratch.names == ["peers"])
    }

    @Test func `an unrelated file in the same directory is left alone, whatever its name`() throws {
        let scratch = try ScratchDirectory()
        let path = scratch.path("peers")
        for name in ["peers.new", ".peers", "peers.tmp", "peers~"] { try scratch.write("prepared", to: name) }
        try AtomicFile.write(path, [2])
        try [3].withUnsafeBytes { try AtomicFile.create(scratch.path("key"), $0) }
        #expect(try AtomicFile.read(path, maximumByteCount: 9) == [2])
        for name in ["peers.new", ".peers", "peers.tmp", "peers~"] {
            #expect(try AtomicFile.read(scratch.path(name), maximumByteCount: 9) == Array("prepared".utf8))
        }
        #expect(scratch.names == [".peers", "key", "peers", "peers.new", "peers.tmp", "peers~"])
    }

    @Test func `many concurrent writers leave the content of one of them`() throws {
        let scratch = try ScratchDirectory()
        let path = scratch.path("peers")
        let threads = try (0..<8).map { number in
            try LinuxThread.start(name: "writer") {
                for _ in 0..<10 {
                    try? AtomicFile.write(path, [UInt8](repeating: UInt8(number), count: 5000 + number))
                }
            }
        }
        for thread in threads { thread.join() }
        let left = try #require(try AtomicFile.read(path, maximumByteCount: 10_000))
        let writer = try #require(left.first)
        #expect(left == [UInt8](repeating: writer, count: 5000 + Int(writer)))
        #expect(scratch.names == ["peers"])
    }

    @Test func `a failed write names the file and leaves the old content`() throws {
        let scratch = try ScratchDirectory()
        let path = scratch.path("no/such/directory/peers")
        let error = systemError { try AtomicFile.write(path, [1]) }
        #expect(error?.errno == ENOENT)
        #expect(error?.subject == path)
    }

    @Test func `a new file is created complete, with its mode`() throws {
        let scratch = try ScratchDirectory()
        let content = Array("secret".utf8)
        try content.withUnsafeBytes { try AtomicFile.create(scratch.path("key"), $0) }
        #expect(try AtomicFile.read(scratch.path("key"), maximumByteCount: 10) == content)
        #expect(scratch.mode(of: "key") == 0o600)
        #expect(scratch.names == ["key"])
    }

    @Test func `create never replaces anything, whatever its type`() throws {
        let scratch = try ScratchDirectory()
        try AtomicFile.write(scratch.path("file"), [1])
        try Directory.create(scratch.path("directory"))
        #expect(symlink(scratch.path("nothing"), scratch.path("link")) == 0)
        for name in ["file", "directory", "link"] {
            let error = systemError { try [2].withUnsafeBytes { try AtomicFile.create(scratch.path(name), $0) } }
            #expect(error?.errno == EEXIST, "\(name)")
        }
        #expect(try AtomicFile.read(scratch.path("file"), maximumByteCount: 10) == [1])
        #expect(scratch.names == ["directory", "file", "link"])
    }

    @Test func `of many concurrent creators of one file, one succeeds`() throws {
        let scratch = try ScratchDirectory()
        let path = scratch.path("key")
        let made = Lock<[UInt8]>([])
        let threads = try (1...8).map { (number: UInt8) in
            try LinuxThread.start(name: "maker") {
                let content = [UInt8](repeating: number, count: 5000)
                guard (try? content.withUnsafeBytes { try AtomicFile.create(path, $0) }) != nil else { return }
                made.withLock { $0.append(number) }
            }
        }
        for thread in threads { thread.join() }
        let winners = made.withLock { $0 }
        #expect(winners.count == 1)
        #expect(
            try AtomicFile.read(path, maximumByteCount: 5000) == [UInt8](repeating: winners.first ?? 0, count: 5000))
        #expect(scratch.names == ["key"])
    }

    @Test func `a missing file reads as nil, and removing it is no error`() throws {
        let scratch = try ScratchDirectory()
        let path = scratch.path("peers")
        #expect(try AtomicFile.read(path, maximumByteCount: 10) == nil)
        try AtomicFile.remove(path)
        try AtomicFile.write(path, [1])
        try AtomicFile.remove(path)
        #expect(try AtomicFile.read(path, maximumByteCount: 10) == nil)
    }

    @Test func `a file longer than expected is an error`() throws {
        let scratch = try ScratchDirectory()
        try AtomicFile.write(scratch.path("peers"), [1, 2, 3])
        let error = systemError { _ = try AtomicFile.read(scratch.path("peers"), maximumByteCount: 2) }
        #expect(error?.errno == EFBIG)
    }

    @Test func `directories are created private, with missing parents, and may exist already`() throws {
        let scratch = try ScratchDirectory()
        let deep = scratch.path("a/b")
        try Directory.create(deep)
        try Directory.create(deep + "/")
        #expect(scratch.mode(of: "a/b") == 0o700)
        #expect(scratch.mode(of: "a") == 0o700)
        rmdir(deep)
        rmdir(scratch.path("a"))
        try AtomicFile.write(scratch.path("file"), [])
        let error = systemError { try Directory.create(scratch.path("file")) }
        #expect(error?.errno == ENOTDIR)
    }
}
