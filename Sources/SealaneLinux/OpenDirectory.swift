import CLinux
import Glibc

/// A directory that is held open: names are looked up in it, wherever its path leads meanwhile.
struct OpenDirectory: ~Copyable, Sendable {
    /// Opened with O_PATH, for the *at calls.
    private let descriptor: FileDescriptor
    fileprivate let status: stat
    let path: String

    fileprivate init(_ descriptor: consuming FileDescriptor, _ status: stat, path: String) {
        self.descriptor = descriptor
        self.status = status
        self.path = path
    }

    /// Opens the directory at `path`, and makes what is missing of it if there is a mode to make it with.
    static func at(
        _ path: String, trust: FileTrust, creating mode: mode_t? = nil
    ) throws(SystemError) -> OpenDirectory {
        try PathWalk(path, trust: trust, creating: mode).toDirectory()
    }

    var number: CInt { descriptor.number }

    func path(of name: String) -> String { path == "/" ? "/\(name)" : "\(path)/\(name)" }

    /// Opens a file in it, with O_CLOEXEC and O_NOFOLLOW added to `flags`.
    ///
    /// - Parameter subject: what errors call it.
    func open(
        _ name: String, _ flags: CInt, mode: mode_t = 0, subject: String, advice: (Int32) -> String? = { _ in nil }
    ) throws(SystemError) -> FileDescriptor {
        let number = try systemCall("open", subject, advice: advice) {
            negatedErrno(openat(self.number, name, flags | O_CLOEXEC | O_NOFOLLOW, mode))
        }
        return FileDescriptor(owning: CInt(number))
    }

    /// Nil: there is nothing of this name.
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

    /// Where the symbolic link of this name leads.
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

    /// Writes the names in it to the disk.
    func sync() throws(SystemError) {
        let readable = try open(".", O_RDONLY | O_DIRECTORY, subject: path)
        try systemCall("fsync", path) { negatedErrno(fsync(readable.number)) }
    }
}

/// A file, or where one may be made: its directory, held open, and its name in it.
struct FilePlace: ~Copyable, Sendable {
    let directory: OpenDirectory
    let name: String
    /// As it was given, for errors.
    let path: String

    fileprivate init(_ directory: consuming OpenDirectory, _ name: String, path: String) {
        self.directory = directory
        self.name = name
        self.path = path
    }

    /// Finds the directory of `path`, which must be there.
    ///
    /// - Parameter following: a symbolic link at `path` itself leads on, and may lead to what is not there. Otherwise the
    ///   link is the file.
    static func at(_ path: String, trust: FileTrust, following: Bool = false) throws(SystemError) -> FilePlace {
        try PathWalk(path, trust: trust, creating: nil).toFile(following: following)
    }

    /// Opens the file, with O_CLOEXEC and O_NOFOLLOW added to `flags`.
    ///
    /// - Parameter advice: what an error says of a symbolic link, from where that leads.
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

/// Follows a path one name at a time, as the kernel would, and looks at every directory and link on the way.
private struct PathWalk: ~Copyable {
    /// As Linux has it (path_resolution(7)).
    private static var linkLimit: Int { 40 }

    private let path: String
    private let trust: FileTrust
    private let creatingMode: mode_t?
    private let rootOwner: uid_t
    private var here: OpenDirectory
    /// What is still to be followed, the next name last.
    private var names: [String]
    private var linkCount = 0

    init(_ path: String, trust: FileTrust, creating mode: mode_t?) throws(SystemError) {
        guard !path.isEmpty, !path.utf8.contains(0) else {
            throw SystemError(call: "open", errno: ENOENT, subject: path, advice: "this is no path")
        }
        let isAbsolute = path.utf8.first == UInt8(ascii: "/")
        let names = Self.names(in: isAbsolute ? path : try Self.workingDirectory() + "/" + path)
        let root = try Self.root(path)
        let rootOwner = root.status.st_uid
        try trust.check(root.status, ofDirectory: "/", rootOwner: rootOwner, for: path)
        self.path = path
        self.trust = trust
        creatingMode = mode
        self.rootOwner = rootOwner
        self.names = names
        here = root
    }

    private static func root(_ path: String) throws(SystemError) -> OpenDirectory {
        let descriptor = try FileDescriptor.open("/", clinux_o_path_flag | O_DIRECTORY)
        let status = try descriptor.status(path)
        return OpenDirectory(descriptor, status, path: "/")
    }

    /// In reverse order.
    private static func names(in path: String) -> [String] {
        path.split(separator: "/").filter { $0 != "." }.map(String.init).reversed()
    }

    private static func workingDirectory() throws(SystemError) -> String {
        guard let path = getcwd(nil, 0) else { throw SystemError(call: "getcwd", errno: errno, subject: "") }
        defer { free(path) }
        return String(cString: path)
    }

    consuming func toDirectory() throws(SystemError) -> OpenDirectory {
        while let name = names.popLast() { try enter(name) }
        return here
    }

    consuming func toFile(following: Bool) throws(SystemError) -> FilePlace {
        while let name = names.popLast() {
            let isLast = names.isEmpty && name != ".."
            if isLast, following, try here.status(of: name)?.isSymbolicLink == true {
                try follow(name)
            } else if isLast {
                return FilePlace(here, name, path: path)
            } else {
                try enter(name)
            }
        }
        throw SystemError(call: "open", errno: EISDIR, subject: path)
    }

    /// Goes into the directory of this name, or sets out on the way that a link of this name tells.
    private mutating func enter(_ name: String) throws(SystemError) {
        let flags = clinux_o_path_flag
        let descriptor: FileDescriptor
        do throws(SystemError) {
            descriptor = try here.open(name, flags, subject: path)
        } catch {
            guard error.errno == ENOENT, let creatingMode else { throw error }
            try make(name, creatingMode)
            descriptor = try here.open(name, flags, subject: path)
        }
        let status = try descriptor.status(path)
        if status.isSymbolicLink { return try follow(name) }
        guard status.isDirectory else {
            throw SystemError(
                call: "open", errno: ENOTDIR, subject: path,
                advice: "\(here.path(of: name)) exists and is not a directory")
        }
        here = OpenDirectory(descriptor, status, path: name == ".." ? Self.parent(of: here.path) : here.path(of: name))
        try trust.check(status, ofDirectory: here.path, rootOwner: rootOwner, for: path)
    }

    private func make(_ name: String, _ mode: mode_t) throws(SystemError) {
        do throws(SystemError) {
            try systemCall("mkdir", here.path(of: name)) { negatedErrno(mkdirat(here.number, name, mode)) }
        } catch  where error.errno == EEXIST {
            // Somebody else was faster.
            return
        }
        try here.sync()
    }

    private mutating func follow(_ name: String) throws(SystemError) {
        guard let link = try here.status(of: name), linkCount < Self.linkLimit else {
            throw SystemError(call: "open", errno: ELOOP, subject: path)
        }
        linkCount += 1
        try trust.check(
            linkOf: link.st_uid, at: here.path(of: name), inDirectory: here.status, rootOwner: rootOwner, for: path)
        let target = try here.target(of: name)
        names += Self.names(in: target)
        if target.utf8.first == UInt8(ascii: "/") { here = try Self.root(path) }
    }

    private static func parent(of path: String) -> String {
        let end = path.lastIndex(of: "/") ?? path.startIndex
        return end == path.startIndex ? "/" : String(path[..<end])
    }
}

/// O_PATH, which also opens symbolic links where O_NOFOLLOW is set.
private var clinux_o_path_flag: CInt { CInt(clinux_o_path) }
