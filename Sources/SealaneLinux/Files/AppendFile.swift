import Glibc

/// A file to which lines are appended, each by one write(2). Existing content never changes, and lines of several
/// writers never mix.
package struct AppendFile: ~Copyable, Sendable {
    private let path: String
    private let file: FileDescriptor
    /// The file's last byte is not a newline.
    private var isLineOpen: Bool

    /// Opens `path`, or creates it with mode 0600. Refuses anything but a regular file, a symbolic link, a file of
    /// another user, and a file that others can write or replace. A group may own the directory
    /// (`FileTrust.ownerAndGroup`).
    package init(_ path: String) throws(SystemError) {
        // Non-blocking, so that opening a FIFO returns and can be refused.
        let flags = O_RDWR | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY
        let file = try FilePlace.at(path, trust: .ownerAndGroup).open(flags, mode: 0o600) { _ in
            "a symbolic link is not followed"
        }
        let status = try file.status(path)
        try status.requireOwnFileToWrite(path)
        var last = UInt8(ascii: "\n")
        if status.st_size > 0 {
            try systemCall("pread", path) { negatedErrno(pread(file.number, &last, 1, status.st_size - 1)) }
        }
        self.path = path
        self.file = file
        isLineOpen = last != UInt8(ascii: "\n")
    }

    /// Throws if `init` would refuse the file at `path`, or its directory, or if the directory is missing. Creates nothing.
    package static func check(_ path: String) throws(SystemError) {
        let place = try FilePlace.at(path, trust: .ownerAndGroup)
        guard let status = try place.directory.status(of: place.name) else { return }
        guard !status.isSymbolicLink else {
            throw SystemError(call: "open", errno: ELOOP, subject: path, advice: "a symbolic link is not followed")
        }
        try status.requireOwnFileToWrite(path)
    }

    /// Whether the file has no name left, so that nobody can read what is appended. A renamed file still has one.
    package var isRemoved: Bool {
        get throws(SystemError) { try file.status(path).st_nlink == 0 }
    }

    /// Continues in the file that `path` names at the time of the call. On an error, the writer keeps the previous
    /// file.
    package mutating func reopen() throws(SystemError) {
        self = try AppendFile(path)
    }

    /// Appends `line` and a newline. On an error, part of the line may be in the file; the next line then starts on a
    /// line of its own.
    package mutating func append(_ line: [UInt8]) throws(SystemError) {
        let newline = UInt8(ascii: "\n")
        let bytes = isLineOpen ? [newline] + line + [newline] : line + [newline]
        let count = try systemCall("write", path) {
            bytes.withUnsafeBytes { negatedErrno(write(file.number, $0.baseAddress, $0.count)) }
        }
        if count > 0 { isLineOpen = bytes[count - 1] != newline }
        guard count == bytes.count else {
            throw SystemError(
                call: "write", errno: ENOSPC, subject: path, advice: "\(count) of \(bytes.count) bytes were written")
        }
    }
}
