import CLinux
import Glibc

/// Files that are, after a crash at any moment, either as they were or as they should be.
///
/// What is written is in a new file at first, which nobody else has opened or can foresee, in the same directory. It gets
/// its name when it is whole.
public enum AtomicFile {
    /// The whole content of `path`, or nil if there is no such file. More than `maximumByteCount` bytes are an error.
    public static func read(_ path: String, maximumByteCount: Int) throws(SystemError) -> [UInt8]? {
        do throws(SystemError) {
            return try readExisting(path, maximumByteCount: maximumByteCount)
        } catch  where error.errno == ENOENT {
            return nil
        }
    }

    /// The same; no such file is an error too.
    public static func readExisting(_ path: String, maximumByteCount: Int) throws(SystemError) -> [UInt8] {
        let file = try FileDescriptor.open(path, O_RDONLY | O_NOCTTY)
        return try file.content(maximumByteCount: maximumByteCount, path)
    }

    /// Whether there is something at `path` that is neither a regular file nor a directory: a FIFO, a device, a socket.
    public static func isStream(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && !status.isRegularFile && !status.isDirectory
    }

    /// As `read`, of a file that no other user can have changed: it belongs to root or to this user, and so do its
    /// directories (`FileTrust.ownerAlone`). Follows no symbolic link at `path`.
    public static func readOwn(_ path: String, maximumByteCount: Int) throws(SystemError) -> [UInt8]? {
        do throws(SystemError) {
            let file = try FilePlace.at(path, trust: .ownerAlone).open(O_RDONLY | O_NONBLOCK | O_NOCTTY)
            let status = try file.status(path)
            try status.requireOwnRegularFile("read", path)
            guard status.st_mode & 0o022 == 0 else {
                throw SystemError(
                    call: "read", errno: EACCES, subject: path,
                    advice: "its mode \(status.octalMode) lets others write to it; chmod go-w \(path)")
            }
            return try file.content(maximumByteCount: maximumByteCount, path)
        } catch  where error.errno == ENOENT {
            return nil
        }
    }

    /// Replaces `path` by a file with these bytes and this mode, and returns once it is on the disk. Whoever reads
    /// `path` meanwhile reads the old content or the new; of several writers at once, one is the last.
    public static func write(
        _ path: String, _ bytes: [UInt8], mode: UInt32 = 0o600, trust: FileTrust = .ownerAlone
    ) throws(SystemError) {
        let place = try FilePlace.at(path, trust: trust)
        if try place.directory.status(of: place.name)?.isDirectory == true {
            throw SystemError(call: "open", errno: EISDIR, subject: path)
        }
        try replace(place, bytes, mode: mode)
    }

    /// Makes `path` with these bytes and this mode, and returns once it is on the disk; EEXIST if something is there.
    public static func create(
        _ path: String, _ bytes: UnsafeRawBufferPointer, mode: UInt32 = 0o600, trust: FileTrust = .ownerAlone
    ) throws(SystemError) {
        let place = try FilePlace.at(path, trust: trust)
        let file = try NewFile(in: place, bytes, mode: mode)
        try file.take(place.name, of: place, replacing: false)
    }

    static func replace(_ place: borrowing FilePlace, _ bytes: [UInt8], mode: UInt32) throws(SystemError) {
        try bytes.withUnsafeBytes { bytes in
            Result { () throws(SystemError) in
                let file = try NewFile(in: place, bytes, mode: mode)
                try file.take(place.name, of: place, replacing: true)
            }
        }
        .get()
    }

    /// Removes `path`, for good once it returns. No such file is fine.
    public static func remove(_ path: String) throws(SystemError) {
        do throws(SystemError) {
            let place = try FilePlace.at(path, trust: .anyone)
            try place.directory.remove(place.name)
            try place.directory.sync()
        } catch  where error.errno == ENOENT {
            return
        }
    }
}

/// A file that is written and on the disk, and has no name yet or one that nobody can foresee.
private struct NewFile: ~Copyable {
    private let descriptor: FileDescriptor
    /// Nil: it has none, and is gone with the process.
    private let temporaryName: String?

    init(in place: borrowing FilePlace, _ bytes: UnsafeRawBufferPointer, mode: UInt32) throws(SystemError) {
        let directory = place.directory.number
        var name: String?
        var number = CInt(
            retryingInterrupts {
                negatedErrno(openat(directory, ".", CInt(clinux_o_tmpfile) | O_WRONLY | O_CLOEXEC, 0o600))
            })
        if number < 0 || !Self.canBeNamed(number) {
            // Some file systems have no files without names.
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

    /// Gives the file its name, for good once it returns.
    consuming func take(
        _ name: String, of place: borrowing FilePlace, replacing: Bool
    ) throws(SystemError) {
        let directory = place.directory.number
        let drawn: String
        if let temporaryName {
            drawn = temporaryName
        } else if replacing {
            // A link does not replace anything, and a file without a name cannot be renamed.
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

    /// What open(2) says of naming files that have no name.
    private static func handle(_ descriptor: CInt) -> String { "/proc/self/fd/\(descriptor)" }

    private static func canBeNamed(_ descriptor: CInt) -> Bool { access(handle(descriptor), F_OK) == 0 }

    private static func drawName() -> String {
        ".sealane-" + String(UInt64.random(in: .min ... .max), radix: 36)
    }
}

extension FileDescriptor {
    /// What there is from here to the end of the file.
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
