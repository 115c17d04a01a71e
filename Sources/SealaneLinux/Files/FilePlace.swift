import Glibc

/// An existing or future file: its directory, held open, and its name in it.
struct FilePlace: ~Copyable, Sendable {
    let directory: OpenDirectory
    let name: String
    /// The path as given, for errors.
    let path: String

    init(_ directory: consuming OpenDirectory, _ name: String, path: String) {
        self.directory = directory
        self.name = name
        self.path = path
    }

    /// Finds the directory of `path`, which must exist.
    ///
    /// - Parameter following: follows a symbolic link at `path` itself, which may lead to a missing file. Otherwise the
    ///   link itself is the file.
    static func at(_ path: String, trust: FileTrust, following: Bool = false) throws(SystemError) -> FilePlace {
        try PathWalk(path, trust: trust, creating: nil).toFile(following: following)
    }

    /// Opens the file, with O_CLOEXEC and O_NOFOLLOW added to `flags`.
    ///
    /// - Parameter advice: the error text for a symbolic link, given its target.
    func open(
        _ flags: CInt, mode: mode_t = 0,
        ofLink advice: (_ target: String) -> String = {
            "a symbolic link is not followed here; name the file that it leads to: \($0)"
        }
    ) throws(SystemError) -> FileDescriptor {
        do throws(SystemError) {
            return try directory.open(name, flags, mode: mode, subject: path)
        } catch  where error.errno == ELOOP {
            let target = try directory.target(of: name)
            throw SystemError(call: error.call, errno: error.errno, subject: path, advice: advice(target))
        }
    }
}
