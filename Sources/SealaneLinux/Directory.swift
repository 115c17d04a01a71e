import Glibc

/// Directories for the agent's own files.
public enum Directory {
    /// Makes `path`, and the directories above it that are missing, with this mode. One that is there is left as it is.
    public static func create(_ path: String, mode: UInt32 = 0o700) throws(SystemError) {
        var end = path.startIndex
        while end < path.endIndex {
            let begin = path[end] == "/" ? path.index(after: end) : end
            end = path[begin...].firstIndex(of: "/") ?? path.endIndex
            guard begin < end else { continue }
            try createOne(String(path[..<end]), mode: mode)
        }
        var status = stat()
        try systemCall("stat", path) { negatedErrno(stat(path, &status)) }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw SystemError(call: "mkdir", errno: ENOTDIR, subject: path, advice: "it exists and is not a directory")
        }
    }

    private static func createOne(_ path: String, mode: UInt32) throws(SystemError) {
        var status = stat()
        if stat(path, &status) == 0 { return }
        do throws(SystemError) {
            try systemCall("mkdir", path) { negatedErrno(mkdir(path, mode)) }
        } catch  where error.errno == EEXIST {
            // Somebody else was faster.
        }
    }

    /// Writes the names in the directory of `path` to the disk.
    static func sync(containing path: String) throws(SystemError) {
        let slash = path.lastIndex(of: "/")
        let parent = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let directory = try FileDescriptor.open(parent, O_RDONLY | O_DIRECTORY)
        try systemCall("fsync", parent) { negatedErrno(fsync(directory.number)) }
    }
}
