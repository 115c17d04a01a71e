import CLinux
import Glibc

/// Files that are, after a crash at any moment, either as they were or as they should be.
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

    /// Replaces `path` by a file with these bytes and this mode, and returns once it is on the disk. Whoever reads
    /// `path` meanwhile reads the old content or the new. Several writers at once take turns.
    public static func write(_ path: String, _ bytes: [UInt8], mode: UInt32 = 0o600) throws(SystemError) {
        try bytes.withUnsafeBytes { bytes in
            Result { () throws(SystemError) in
                try put(bytes, at: path, mode: mode) { temporary in negatedErrno(rename(temporary, path)) }
            }
        }
        .get()
    }

    /// Makes `path` with these bytes and this mode, and returns once it is on the disk; EEXIST if something is there.
    public static func create(
        _ path: String, _ bytes: UnsafeRawBufferPointer, mode: UInt32 = 0o600
    ) throws(SystemError) {
        try put(bytes, at: path, mode: mode) { temporary in Int(clinux_rename_anew(temporary, path)) }
    }

    /// - Parameter move: gives the finished file its name; 0 or -errno.
    private static func put(
        _ bytes: UnsafeRawBufferPointer, at path: String, mode: UInt32, _ move: (_ temporary: String) -> Int
    ) throws(SystemError) {
        // One fixed name in the same directory: a crash leaves at most one such file, and the next write takes it over.
        let temporary = path + ".new"
        let file = try lockTemporary(temporary)
        do throws(SystemError) {
            try systemCall("ftruncate", temporary) { negatedErrno(ftruncate(file.number, 0)) }
            try systemCall("fchmod", temporary) { negatedErrno(fchmod(file.number, mode)) }
            try file.write(bytes, temporary)
            try systemCall("fsync", temporary) { negatedErrno(fsync(file.number)) }
            try systemCall("rename", "\(temporary) to \(path)") { move(temporary) }
        } catch {
            unlink(temporary)
            throw error
        }
        try Directory.sync(containing: path)
    }

    /// Removes `path`, for good once it returns. No such file is fine.
    public static func remove(_ path: String) throws(SystemError) {
        do throws(SystemError) {
            try systemCall("unlink", path) { negatedErrno(unlink(path)) }
        } catch  where error.errno == ENOENT {
            return
        }
        try Directory.sync(containing: path)
    }

    /// Opens `path` alone. Another writer that had it first has renamed it away when the lock is granted, and what is
    /// locked then is the finished file: begin again.
    private static func lockTemporary(_ path: String) throws(SystemError) -> FileDescriptor {
        while true {
            let file = try FileDescriptor.open(path, O_WRONLY | O_CREAT | O_NOFOLLOW, mode: 0o600)
            try systemCall("flock", path) { negatedErrno(flock(file.number, LOCK_EX)) }
            let opened = try file.status(path)
            var named = stat()
            if lstat(path, &named) == 0, named.st_ino == opened.st_ino, named.st_dev == opened.st_dev {
                return file
            }
        }
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
