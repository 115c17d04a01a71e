import CLinux
import Glibc

/// Follows a path one name at a time, as the kernel would, and checks every directory and link on the way.
struct PathWalk: ~Copyable {
    /// Linux's limit (path_resolution(7)).
    private static var linkLimit: Int { 40 }

    private let path: String
    private let trust: FileTrust
    private let creatingMode: mode_t?
    private let rootOwner: uid_t
    private var here: OpenDirectory
    /// The names still to follow, the next one last.
    private var names: [String]
    private var linkCount = 0

    init(_ path: String, trust: FileTrust, creating mode: mode_t?) throws(SystemError) {
        guard !path.isEmpty, !path.utf8.contains(0) else {
            throw SystemError(
                call: "open", errno: ENOENT, subject: path,
                advice: "expected a path that is not empty and contains no NUL byte")
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

    /// Enters the directory of this name, or follows a link of this name.
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
            // Another process created it first.
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

/// O_PATH, which with O_NOFOLLOW also opens symbolic links.
private var clinux_o_path_flag: CInt { CInt(clinux_o_path) }
