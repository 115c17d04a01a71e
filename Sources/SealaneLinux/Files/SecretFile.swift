import Glibc

/// Reads files that hold secrets, and refuses files that others could have read or replaced.
///
/// Root or this user must own the file, nobody else may have access to it, and nobody else may be able to replace it:
/// what ssh requires of private keys by their mode, and of the directories above by StrictModes. Does not follow a
/// symbolic link at the path itself; follows one on the way to the directory if root or this user owns it.
package enum SecretFile {
    /// Calls `body` with the whole content of `path`, in memory that is wiped afterwards. The file must be a regular
    /// file of at most `maximumByteCount` bytes to which neither group nor others have any access.
    package static func withContents<Result>(
        of path: String, maximumByteCount: Int, _ body: (UnsafeRawBufferPointer) -> Result
    ) throws(SystemError) -> Result {
        // Non-blocking, so that opening a FIFO returns and can be refused.
        let file = try FilePlace.at(path, trust: .ownerAlone).open(O_RDONLY | O_NONBLOCK | O_NOCTTY)
        let status = try file.status(path)
        try status.requireOwnRegularFile("read", path)
        guard status.st_mode & 0o077 == 0 else {
            throw SystemError.refused(
                "read", path,
                "its mode \(status.octalMode) gives others access to the secret; restrict it: chmod 600 \(path)")
        }
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: maximumByteCount + 1, alignment: 16)
        defer {
            if let base = memory.baseAddress { explicit_bzero(base, memory.count) }
            memory.deallocate()
        }
        let count = try file.read(into: memory, path)
        return body(UnsafeRawBufferPointer(rebasing: memory[..<count]))
    }

    /// The whole content of `path`, under the same conditions. The caller's copy is not wiped: for long-lived secrets,
    /// use `withContents`.
    package static func read(_ path: String, maximumByteCount: Int) throws(SystemError) -> [UInt8] {
        try withContents(of: path, maximumByteCount: maximumByteCount) { [UInt8]($0) }
    }
}

extension FileDescriptor {
    func status(_ path: String) throws(SystemError) -> stat {
        var status = stat()
        try systemCall("fstat", path) { negatedErrno(fstat(number, &status)) }
        return status
    }

    /// Reads to the end of the file. The file must be shorter than `memory`.
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
            call: "read", errno: EFBIG, subject: path, advice: "expected at most \(memory.count - 1) bytes")
    }
}
