import Glibc

/// A file of lines that only grows and loses no line in a crash. Each value locks the file exclusively while it lives;
/// others wait for it.
package struct JournalFile: ~Copyable, Sendable {
    private let file: FileDescriptor
    private let path: String

    /// Opens `path`. If there is no such file, creates it with this mode, or throws ENOENT unless `creating`. Cuts off
    /// an incomplete last line, which a crash left and `append` never acknowledged. Refuses a symbolic link, a file of
    /// another user, and a file that others can write or replace.
    package init(_ path: String, creating: Bool = true, mode: UInt32 = 0o600) throws(SystemError) {
        let place = try FilePlace.at(path, trust: .ownerAlone)
        // Non-blocking, so that opening a FIFO returns and can be refused.
        let file = try place.open(O_RDWR | O_APPEND | O_NONBLOCK | O_NOCTTY | (creating ? O_CREAT : 0), mode: mode)
        try file.status(path).requireOwnFileToWrite(path)
        try systemCall("flock", path) { negatedErrno(flock(file.number, LOCK_EX)) }
        try file.cutTornLine(path)
        try place.directory.sync()
        self.file = file
        self.path = path
    }

    /// The whole content, which is complete lines or empty. More than `maximumByteCount` bytes are an error.
    package borrowing func read(maximumByteCount: Int) throws(SystemError) -> [UInt8] {
        try systemCall("lseek", path) { negatedErrno(lseek(file.number, 0, SEEK_SET)) }
        let count = min(maximumByteCount, Int(try file.status(path).st_size))
        return try file.content(maximumByteCount: count, path)
    }

    /// Adds one line, given without its newline, and returns once it is on disk. On an error, no line was added.
    package borrowing func append(line: [UInt8]) throws(SystemError) {
        precondition(!line.contains(UInt8(ascii: "\n")), "a line has no newline inside")
        let line = line + [UInt8(ascii: "\n")]
        let end = try file.status(path).st_size
        do throws(SystemError) {
            try line.withUnsafeBytes { line in
                Result { () throws(SystemError) in try file.write(line, path) }
            }.get()
            try systemCall("fsync", path) { negatedErrno(fsync(file.number)) }
        } catch {
            // On a full disk, write(2) may store part of a line; the next line would continue it.
            _ = ftruncate(file.number, end)
            throw error
        }
    }
}

extension FileDescriptor {
    fileprivate func cutTornLine(_ path: String) throws(SystemError) {
        var end = Int(try status(path).st_size)
        let whole = end
        var byte: UInt8 = 0
        while end > 0 {
            try systemCall("pread", path) { negatedErrno(pread(number, &byte, 1, off_t(end - 1))) }
            if byte == UInt8(ascii: "\n") { break }
            end -= 1
        }
        guard end < whole else { return }
        try systemCall("ftruncate", path) { negatedErrno(ftruncate(number, off_t(end))) }
    }
}
