import CLinux
import Glibc

/// An open directory. It stays the same directory even if its path later names another one.
struct OpenDirectory: ~Copyable, Sendable {
    /// Opened with O_PATH, for the *at calls.
    private let descriptor: FileDescriptor
    let status: stat
    let path: String

    init(_ descriptor: consuming FileDescriptor, _ status: stat, path: String) {
        self.descriptor = descriptor
        self.status = status
        self.path = path
    }

    /// Opens the directory at `path`. With a mode, creates its missing parts.
    static func at(
        _ path: String, trust: FileTrust, creating mode: mode_t? = nil
    ) throws(SystemError) -> OpenDirectory {
        try PathWalk(path, trust: trust, creating: mode).toDirectory()
    }

    var number: CInt { descriptor.number }

    func path(of name: String) -> String { path == "/" ? "/\(name)" : "\(path)/\(name)" }

    /// Opens a file in it, with O_CLOEXEC and O_NOFOLLOW added to `flags`.
    ///
    /// - Parameter subject: the file's name in errors.
    func open(
        _ name: String, _ flags: CInt, mode: mode_t = 0, subject: String, advice: (Int32) -> String? = { _ in nil }
    ) throws(SystemError) -> FileDescriptor {
        let number = try systemCall("open", subject, advice: advice) {
            negatedErrno(openat(self.number, name, flags | O_CLOEXEC | O_NOFOLLOW, mode))
        }
        return FileDescriptor(owning: CInt(number))
    }

    /// Nil if there is no such entry.
    func status(of name: String) throws(SystemError) -> stat? {
        var status = stat()
        do throws(SystemError) {
            try systemCall("stat", path(of: name)) {
                negatedErrno(fstatat(number, name, &status, AT_SYMLINK_NOFOLLOW))
            }
        } catch  where error.errno == ENOENT {
            return nil
        }
        return status
    }

    /// The target of the symbolic link of this name.
    func target(of name: String) throws(SystemError) -> String {
        let memory = UnsafeMutablePointer<CChar>.allocate(capacity: Int(PATH_MAX))
        defer { memory.deallocate() }
        let count = try systemCall("readlink", path(of: name)) {
            negatedErrno(readlinkat(number, name, memory, Int(PATH_MAX)))
        }
        return String(decoding: UnsafeRawBufferPointer(start: memory, count: count), as: UTF8.self)
    }

    func remove(_ name: String, _ flags: CInt = 0) throws(SystemError) {
        try systemCall("unlink", path(of: name)) { negatedErrno(unlinkat(number, name, flags)) }
    }

    func rename(_ name: String, to other: String) throws(SystemError) {
        try systemCall("rename", "\(path(of: name)) to \(path(of: other))") {
            negatedErrno(renameat(number, name, number, other))
        }
    }

    /// Writes the directory's entries to the disk.
    func sync() throws(SystemError) {
        let readable = try open(".", O_RDONLY | O_DIRECTORY, subject: path)
        try systemCall("fsync", path) { negatedErrno(fsync(readable.number)) }
    }
}
