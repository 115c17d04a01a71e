import Glibc

/// Reads files that hold secrets, and refuses those that others could have read or put there.
///
/// A secret belongs to root or to this user, and nobody else has access to it or can replace it: what ssh asks of private
/// keys by their mode, and of the directories above by StrictModes. A symbolic link in the place of the file is not followed;
/// one on the way to its directory is, if it belongs to root or to this user.
public enum SecretFile {
    /// Hands `body` the whole content of `path`, in memory that is wiped afterwards. A regular file of at most
    /// `maximumByteCount` bytes, to which neither group nor others have any access.
    public static func withContents<Result>(
        of path: String, maximumByteCount: Int, _ body: (UnsafeRawBufferPointer) -> Result
    ) throws(SystemError) -> Result {
        // Non-blocking, so that opening a FIFO returns and can be refused.
        let file = try FilePlace.at(path, trust: .ownerAlone).open(O_RDONLY | O_NONBLOCK | O_NOCTTY)
        let status = try file.status(path)
        try status.requireOwnRegularFile("read", path)
        guard status.st_mode & 0o077 == 0 else {
            throw SystemError(
                call: "read", errno: EACCES, subject: path,
                advice: "its mode \(status.octalMode) lets others at the secret; make it yours alone: chmod 600 \(path)"
            )
        }
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: maximumByteCount + 1, alignment: 16)
        defer {
            if let base = memory.baseAddress { explicit_bzero(base, memory.count) }
            memory.deallocate()
        }
        let count = try file.read(into: memory, path)
        return body(UnsafeRawBufferPointer(rebasing: memory[..<count]))
    }

    /// The whole content of `path`, under the same conditions. The caller's copy is not wiped: for secrets that live
    /// long, `withContents`.
    public static func read(_ path: String, maximumByteCount: Int) throws(SystemError) -> [UInt8] {
        try withContents(of: path, maximumByteCount: maximumByteCount) { [UInt8]($0) }
    }
}

extension FileDescriptor {
    func status(_ path: String) throws(SystemError) -> stat {
        var status = stat()
        try systemCall("fstat", path) { negatedErrno(fstat(number, &status)) }
        return status
    }

    /// Reads up to the end of the file, which must come before the end of `memory`.
    func read(into memory: UnsafeMutableRawBufferPointer, _ path: String) throws(SystemError) -> Int {
        var count = 0
        while count < memory.count, let base = memory.baseAddress {
            let result = try systemCall("read", path) {
                negatedErrno(Glibc.read(number, base + count, memory.count - count))
            }
            if result == 0 { return count }
            count += result
        }
        throw SystemError(
            call: "read", errno: EFBIG, subject: path, advice: "at most \(memory.count - 1) bytes are expected")
    }
}
