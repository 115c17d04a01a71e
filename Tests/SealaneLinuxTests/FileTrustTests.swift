import Glibc
import SealaneLinux
import TestSupport
import Testing

/// How each reader and writer of secrets treats directories and files that other users can access.
@Suite struct FileTrustTests {
    private static let isRoot = geteuid() == 0
    private static let nobody: uid_t = 65534

    private let scratch: ScratchDirectory

    init() throws {
        scratch = try ScratchDirectory()
    }

    struct Use: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let isGroupTrusted: Bool
        let run: @Sendable (String) throws -> Void
    }

    /// Everything that takes the path of a file.
    static let uses: [Use] = [
        Use(testDescription: "write", isGroupTrusted: false) { try AtomicFile.write($0, [1]) },
        Use(testDescription: "create", isGroupTrusted: false) { path in
            try [1].withUnsafeBytes { try AtomicFile.create(path + "-new", $0) }
        },
        Use(testDescription: "read own", isGroupTrusted: false) { _ = try AtomicFile.readOwn($0, maximumByteCount: 9) },
        Use(testDescription: "secret", isGroupTrusted: false) { _ = try SecretFile.read($0, maximumByteCount: 9) },
        Use(testDescription: "journal", isGroupTrusted: false) { try JournalFile($0).append(line: []) },
        Use(testDescription: "directory", isGroupTrusted: false) { try Directory.create($0 + "-directory") },
        Use(testDescription: "append", isGroupTrusted: true) { path in
            var file = try AppendFile(path)
            try file.append([])
        },
        Use(testDescription: "socket", isGroupTrusted: true) { path in
            let place = try SocketPlace(path + "-socket")
            _ = try place.prepare()
            place.abandon()
        },
    ]

    private func makeFolder(_ name: String, mode: mode_t) throws -> String {
        let path = scratch.path(name)
        try #require(mkdir(path, 0o700) == 0)
        try #require(chmod(path, mode) == 0)
        return path
    }

    @Test(arguments: uses)
    func `a directory that others may write to is refused, whether it is the file's or a parent`(_ use: Use) throws {
        for mode: mode_t in [0o777, 0o757, 0o775, 0o707] {
            let folder = try makeFolder("shared", mode: mode)
            try #require(mkdir(folder + "/own", 0o700) == 0)
            for path in [folder + "/file", folder + "/own/file"] {
                try scratch.write("\n", to: String(path.dropFirst(scratch.root.count + 1)))
                let error = systemError { try use.run(path) }
                guard mode & 0o002 != 0 || !use.isGroupTrusted else {
                    #expect(error == nil)
                    continue
                }
                #expect(error?.errno == EACCES, "\(mode)")
                #expect(error?.advice?.contains("\(folder) has mode 0\(String(mode, radix: 8))") == true)
                #expect(error?.advice?.contains("-w \(folder)") == true)
            }
            for name in ["/own/file", "/own/file-new", "/file", "/file-new"] { unlink(folder + name) }
            rmdir(folder + "/own")
            try #require(rmdir(folder) == 0)
        }
    }

    @Test(arguments: uses)
    func `a shared directory is accepted if it has the sticky bit or others can only read it`(
        _ use: Use
    ) throws {
        for mode: mode_t in [0o1777, 0o755, 0o711] {
            let path = try makeFolder("shared-\(mode)", mode: mode) + "/file"
            try scratch.write("\n", to: String(path.dropFirst(scratch.root.count + 1)))
            #expect(systemError { try use.run(path) } == nil)
        }
    }

    @Test(.enabled(if: isRoot, "only root can give a directory away"), arguments: uses)
    func `a directory of another user is refused, and the error names that user and the remedy`(_ use: Use) throws {
        let folder = try makeFolder("theirs", mode: 0o755)
        try #require(chown(folder, Self.nobody, Self.nobody) == 0)
        try scratch.write("\n", to: "theirs/file")
        let error = systemError { try use.run(folder + "/file") }
        #expect(error?.errno == EACCES)
        #expect(error?.advice?.contains("\(folder) belongs to user 65534") == true)
        #expect(error?.advice?.contains("chown 0 \(folder)") == true)
    }

    @Test(.enabled(if: isRoot, "only root can give a link away"), arguments: uses)
    func `a link of another user on the way is not followed`(_ use: Use) throws {
        let target = try makeFolder("target", mode: 0o755)
        try scratch.write("\n", to: "target/file")
        let link = scratch.path("link")
        try #require(symlink(target, link) == 0)
        #expect(systemError { try use.run(link + "/file") } == nil)
        unlink(target + "/file-new")
        try #require(lchown(link, Self.nobody, Self.nobody) == 0)
        let error = systemError { try use.run(link + "/file") }
        #expect(error?.errno == EACCES)
        #expect(error?.advice?.contains("the symbolic link \(link) belongs to user 65534") == true)
    }

    @Test(.enabled(if: isRoot, "only root can give a file away"))
    func `a file of another user is neither read as a secret nor appended to`() throws {
        let path = try scratch.write("\n", to: "file", mode: 0o600)
        try #require(chown(path, Self.nobody, Self.nobody) == 0)
        for use in Self.uses where ["secret", "read own", "journal", "append"].contains(use.testDescription) {
            let error = systemError { try use.run(path) }
            #expect(error?.errno == EACCES, "\(use)")
            #expect(error?.advice?.contains("belongs to user 65534") == true, "\(use)")
        }
        // The file is replaced, and its owner's open file is not written to.
        let theirs = open(path, O_RDONLY)
        defer { close(theirs) }
        try AtomicFile.write(path, Array("secret".utf8))
        var byte: UInt8 = 0
        #expect(read(theirs, &byte, 1) == 1 && byte == UInt8(ascii: "\n"))
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_uid == 0 && status.st_nlink == 1)
    }

    @Test func `a file that others can write to, or that has a second name, is not appended to`() throws {
        let path = try scratch.write("\n", to: "file", mode: 0o660)
        for use in Self.uses where ["journal", "append"].contains(use.testDescription) {
            let error = systemError { try use.run(path) }
            #expect(error?.advice?.contains("mode 0660") == true, "\(use)")
        }
        try #require(chmod(path, 0o600) == 0)
        try #require(link(path, scratch.path("precious")) == 0)
        for use in Self.uses where ["journal", "append"].contains(use.testDescription) {
            #expect(systemError { try use.run(path) }?.advice?.contains("2 names (hard links)") == true, "\(use)")
        }
    }

    @Test func `a relative path is checked up to the root`() throws {
        // The tests' working directory is the package's, which any user may own: only the resolution matters.
        let error = systemError { _ = try SecretFile.read("no-such-folder/key", maximumByteCount: 9) }
        #expect(error?.errno == ENOENT)
        #expect(error?.subject == "no-such-folder/key")
    }
}
