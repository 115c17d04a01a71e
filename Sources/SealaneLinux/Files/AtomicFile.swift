import CLinux
import Glibc

/// Files that a crash at any moment leaves either unchanged or completely replaced.
///
/// Content is first written to a new file in the same directory, which no other process has open and whose name nobody
/// can predict. The file gets its final name once it is complete.
package enum AtomicFile {
    /// The whole content of `path`; nil if there is no such file. More than `maximumByteCount` bytes are an error.
    package static func read(_ path: String, maximumByteCount: Int) throws(SystemError) -> [UInt8]? {
        do throws(SystemError) {
            return try readExisting(path, maximumByteCount: maximumByteCount)
        } catch  where error.errno == ENOENT {
            return nil
        }
    }

    /// As `read`, but a missing file is an error.
    package static func readExisting(_ path: String, maximumByteCount: Int) throws(SystemError) -> [UInt8] {
        let file = try FileDescriptor.open(path, O_RDONLY | O_NOCTTY)
        return try file.content(maximumByteCount: maximumByteCount, path)
    }

    /// Whether `path` names neither a regular file nor a directory but a FIFO, a device or a socket.
    package static func isStream(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && !status.isRegularFile && !status.isDirectory
    }

    /// Whether the kernel denies this user the reading of an existing file, or the way to it.
    package static func isDenied(_ path: String) -> Bool {
        faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) != 0 && SystemError.meansNotPermitted(errno)
    }

    /// As `read`, for a file that no other user can have changed: root or this user owns the file and its directories
    /// (`FileTrust.ownerAlone`). Does not follow a symbolic link at `path`.
    package static func readOwn(_ path: String, maximumByteCount: Int) throws(SystemError) -> [UInt8]? {
        do throws(SystemError) {
            let file = try FilePlace.at(path, trust: .ownerAlone).open(O_RDONLY | O_NONBLOCK | O_NOCTTY)
            let status = try file.status(path)
            try status.requireOwnRegularFile("read", path)
            guard status.st_mode & 0o022 == 0 else {
                throw SystemError.refused(
                    "read", path, "its mode \(status.octalMode) lets others write to it; chmod go-w \(path)")
            }
            return try file.content(maximumByteCount: maximumByteCount, path)
        } catch  where error.errno == ENOENT {
            return nil
        }
    }

    /// Replaces `path` with a file of these bytes and this mode, and returns once it is on disk. A concurrent reader of
    /// `path` sees the old content or the new. Of several concurrent writers, the last one wins.
    package static func write(
        _ path: String, _ bytes: [UInt8], mode: UInt32 = 0o600, trust: FileTrust = .ownerAlone
    ) throws(SystemError) {
        let place = try FilePlace.at(path, trust: trust)
        if try place.directory.status(of: place.name)?.isDirectory == true {
            throw SystemError(call: "open", errno: EISDIR, subject: path)
        }
        try replace(place, bytes, mode: mode)
    }

    /// Creates `path` with these bytes and this mode, and returns once it is on disk. EEXIST if `path` exists.
    package static func create(
        _ path: String, _ bytes: UnsafeRawBufferPointer, mode: UInt32 = 0o600, trust: FileTrust = .ownerAlone
    ) throws(SystemError) {
        let place = try FilePlace.at(path, trust: trust)
        let file = try NewFile(in: place, bytes, mode: mode)
        try file.publish(place.name, in: place, replacing: false)
    }

    static func replace(_ place: borrowing FilePlace, _ bytes: [UInt8], mode: UInt32) throws(SystemError) {
        try bytes.withUnsafeBytes { bytes in
            Result { () throws(SystemError) in
                let file = try NewFile(in: place, bytes, mode: mode)
                try file.publish(place.name, in: place, replacing: true)
            }
        }
        .get()
    }

    /// Removes `path`, and returns once that is on disk. A missing file is no error.
    package static func remove(_ path: String) throws(SystemError) {
        do throws(SystemError) {
            let place = try FilePlace.at(path, trust: .anyone)
            try place.directory.remove(place.name)
            try place.directory.sync()
        } catch  where error.errno == ENOENT {
            return
        }
    }
}

/// A complete file on disk that has no name yet, or a temporary one that nobody can predict.
private struct NewFile: ~Copyable {
    private let descriptor: FileDescriptor
    /// Nil: the file has no name, and the kernel frees it with the process.
    private let temporaryName: String?

    init(in place: borrowing FilePlace, _ bytes: UnsafeRawBufferPointer, mode: UInt32) throws(SystemError) {
        let directory = place.directory.number
        var name: String?
        var number = CInt(
            retryingInterrupts {
                negatedErrno(openat(directory, ".", CInt(clinux_o_tmpfile) | O_WRONLY | O_CLOEXEC, 0o600))
            })
        if number < 0 || !Self.canBeNamed(number) {
            // Some file systems cannot create files without a name (O_TMPFILE).
            if number >= 0 { close(number) }
            let drawn = Self.drawName()
            name = drawn
            number = CInt(
                try systemCall("open", place.path) {
                    negatedErrno(openat(directory, drawn, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600))
                })
        }
        let descriptor = FileDescriptor(owning: number)
        do throws(SystemError) {
            try descriptor.write(bytes, place.path)
            try systemCall("fchmod", place.path) { negatedErrno(fchmod(descriptor.number, mode)) }
            try systemCall("fsync", place.path) { negatedErrno(fsync(descriptor.number)) }
        } catch {
            if let name { _ = unlinkat(directory, name, 0) }
            throw error
        }
        self.descriptor = descriptor
        temporaryName = name
    }

    /// Gives the file its final name, and returns once that is on disk.
    consuming func publish(
        _ name: String, in place: borrowing FilePlace, replacing: Bool
    ) throws(SystemError) {
        let directory = place.directory.number
        let drawn: String
        if let temporaryName {
            drawn = temporaryName
        } else if replacing {
            // linkat(2) replaces nothing, and a file without a name cannot be renamed.
            drawn = Self.drawName()
            try link(as: drawn, in: directory, place.path)
        } else {
            try link(as: name, in: directory, place.path)
            return try place.directory.sync()
        }
        do throws(SystemError) {
            try systemCall("rename", place.path) {
                replacing
                    ? negatedErrno(renameat(directory, drawn, directory, name))
                    : Int(clinux_rename_anew(directory, drawn, name))
            }
        } catch {
            _ = unlinkat(directory, drawn, 0)
            throw error
        }
        try place.directory.sync()
    }

    private func link(as name: String, in directory: CInt, _ path: String) throws(SystemError) {
        try systemCall("link", path) {
            negatedErrno(linkat(AT_FDCWD, Self.handle(descriptor.number), directory, name, AT_SYMLINK_FOLLOW))
        }
    }

    /// open(2), O_TMPFILE: linkat(2) names such a file through this path.
    private static func handle(_ descriptor: CInt) -> String { "/proc/self/fd/\(descriptor)" }

    private static func canBeNamed(_ descriptor: CInt) -> Bool { access(handle(descriptor), F_OK) == 0 }

    private static func drawName() -> String {
        ".sealane-" + String(UInt64.random(in: .min ... .max), radix: 36)
    }
}

extension FileDescriptor {
    /// The content from the current offset to the end of the file.
    func content(maximumByteCount: Int, _ path: String) throws(SystemError) -> [UInt8] {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: maximumByteCount + 1, alignment: 16)
        defer { memory.deallocate() }
        let count = try read(into: memory, path)
        return [UInt8](memory[..<count])
    }

    func write(_ bytes: UnsafeRawBufferPointer, _ path: String) throws(SystemError) {
        var written = 0
        while written < bytes.count {
            written += try systemCall("write", path) {
                negatedErrno(Glibc.write(number, bytes.baseAddress.map { $0 + written }, bytes.count - written))
            }
        }
    }
}
