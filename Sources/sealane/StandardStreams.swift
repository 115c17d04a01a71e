import FoundationEssentials
import Glibc
import SealaneAgent

/// Where data goes.
enum StandardOutput {
    /// Colour only on a terminal that has it, and not where NO_COLOR (no-color.org) is set.
    static var style: ReportStyle {
        let environment = ProcessInfo.processInfo.environment
        let isRefused = environment["NO_COLOR"].map { !$0.isEmpty } ?? false
        let isColoured = isatty(STDOUT_FILENO) == 1 && !isRefused && environment["TERM"] != "dumb"
        return ReportStyle(isColoured: isColoured, now: Date())
    }

    /// Whether it is a file that others than its owner can read.
    static var isReadableByOthers: Bool {
        var status = stat()
        return fstat(STDOUT_FILENO, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && status.st_mode & 0o077 != 0
    }

    static func write(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { writeAll($0, to: STDOUT_FILENO) }
    }

    static func write(_ bytes: UnsafeRawBufferPointer) {
        writeAll(bytes, to: STDOUT_FILENO)
    }
}

/// Where problems and warnings go.
enum StandardError {
    static func write(_ text: String) {
        Array(text.utf8).withUnsafeBytes { writeAll($0, to: STDERR_FILENO) }
    }
}

/// Where `key public` takes the key from.
enum StandardInput {
    /// Everything up to the end, in memory that is wiped afterwards; what goes beyond `limit` is left unread.
    static func withContents<Result>(limit: Int, _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
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

/// A reader that went away (`sealane peer list | head -1`) is no failure.
private func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: CInt) {
    var written = 0
    while written < bytes.count, let base = bytes.baseAddress {
        let result = write(descriptor, base + written, bytes.count - written)
        if result < 0, errno == EINTR { continue }
        guard result > 0 else { return }
        written += result
    }
}
