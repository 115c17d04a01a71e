import Glibc

/// Files that an operator names as output: anything that can be written to.
package enum OutputFile {
    /// Writes `bytes` to `path`.
    ///
    /// Replaces a regular file atomically, keeping its permissions, or creates it with this mode; it is on disk on
    /// return. Writes directly to anything else (a device, a FIFO, standard output). Keeps a symbolic link, and
    /// replaces or writes to its target.
    package static func write(_ path: String, _ bytes: [UInt8], mode: UInt32 = 0o644) throws(SystemError) {
        // First, because it refuses links that others put into shared directories.
        let place = try FilePlace.at(path, trust: .anyone, following: true)
        var named = stat()
        guard stat(path, &named) == 0 else { return try AtomicFile.replace(place, bytes, mode: mode) }
        if named.isDirectory { throw SystemError(call: "open", errno: EISDIR, subject: path) }
        if let stream = standardStream(named) { return try write(bytes, to: stream, path) }
        let found = try place.directory.status(of: place.name)
        if named.isRegularFile, let found, found.isSameFile(as: named) {
            return try AtomicFile.replace(place, bytes, mode: named.st_mode & 0o7777)
        }
        // A link in /proc/self/fd may lead to a file without a name or with a name that it does not show.
        let truncation = named.isRegularFile ? O_TRUNC : 0
        let file = try FileDescriptor.open(path, O_WRONLY | O_NOCTTY | truncation) { errno in
            errno == ENXIO ? "it is a socket; expected a file, a FIFO or a device" : nil
        }
        try write(bytes, to: file.number, path)
    }

    /// Whether `path` names the same file as standard output.
    package static func isStandardOutput(_ path: String) -> Bool {
        var named = stat()
        var output = stat()
        return stat(path, &named) == 0 && fstat(STDOUT_FILENO, &output) == 0 && named.isSameFile(as: output)
    }

    /// For these two, writes to the descriptor itself: a socket cannot be opened by its name in /proc/self/fd, and a
    /// regular file would be overwritten from its start.
    private static func standardStream(_ named: stat) -> CInt? {
        [STDOUT_FILENO, STDERR_FILENO].first { stream in
            var status = stat()
            return fstat(stream, &status) == 0 && named.isSameFile(as: status)
        }
    }

    private static func write(_ bytes: [UInt8], to descriptor: CInt, _ path: String) throws(SystemError) {
        let errno = bytes.withUnsafeBytes { writeAll($0, to: descriptor) }
        if errno != 0 { throw SystemError(call: "write", errno: errno, subject: path) }
    }
}
