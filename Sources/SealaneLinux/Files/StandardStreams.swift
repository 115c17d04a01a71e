import Glibc

/// Standard output, for data.
package enum StandardOutput {
    package static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Whether it is a file that users other than its owner can read.
    package static var isReadableByOthers: Bool {
        var status = stat()
        return fstat(STDOUT_FILENO, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && status.st_mode & 0o077 != 0
    }

    package static func write(_ bytes: [UInt8]) throws(SystemError) {
        try check(bytes.withUnsafeBytes { writeAll($0, to: STDOUT_FILENO) })
    }

    package static func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
        try check(writeAll(bytes, to: STDOUT_FILENO))
    }

    private static func check(_ errno: Int32) throws(SystemError) {
        if errno != 0 { throw SystemError(call: "write", errno: errno, subject: "standard output") }
    }
}

/// Standard error, for problems and warnings.
package enum StandardError {
    package static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    package static func write(_ text: String) {
        // If this fails, there is nowhere left to report it.
        write(Array(text.utf8))
    }

    /// Returns whether all bytes were written.
    @discardableResult
    package static func write(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { writeAll($0, to: STDERR_FILENO) } == 0
    }
}

/// Standard input, a possible source of keys.
package enum StandardInput {
    /// Everything up to the end, in memory that is wiped afterwards. Leaves bytes beyond `limit` unread.
    package static func withContents<Result>(
        limit: Int, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: limit, alignment: 16)
        defer {
            if let base = memory.baseAddress { explicit_bzero(base, memory.count) }
            memory.deallocate()
        }
        var count = 0
        while count < limit, let base = memory.baseAddress {
            let result = read(STDIN_FILENO, base + count, limit - count)
            if result < 0, errno == EINTR { continue }
            guard result > 0 else { break }
            count += result
        }
        return try body(UnsafeRawBufferPointer(rebasing: memory[..<count]))
    }
}

/// Writes all bytes, and returns 0 or the errno of the failure. Waits for room even if the descriptor is non-blocking:
/// all processes that share a terminal or pipe share that setting.
func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: CInt) -> Int32 {
    var written = 0
    while written < bytes.count, let base = bytes.baseAddress {
        let result = write(descriptor, base + written, bytes.count - written)
        if result < 0, errno == EINTR { continue }
        if result < 0, errno == EAGAIN {
            var room = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            _ = poll(&room, 1, -1)
            continue
        }
        guard result > 0 else { return result < 0 ? errno : EIO }
        written += result
    }
    return 0
}
