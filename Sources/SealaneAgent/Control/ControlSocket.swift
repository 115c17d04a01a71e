import FoundationEssentials
import SealaneLinux

/// The path of a control socket, and how a socket gets there.
///
/// It is bound inside a directory that only this user may enter, given its mode there, and then moved to its place: there
/// is no moment at which it can be reached with other rights.
public struct ControlSocket: Sendable {
    /// SwiftNIO takes paths of 103 bytes (`sun_path` on all its systems); the one that is bound is longer by 3.
    public static var pathByteLimit: Int { 100 }
    /// For the owner and the group.
    private static var mode: Int { 0o660 }

    public let path: String

    private var directory: String {
        let slash = path.lastIndex(of: "/") ?? path.startIndex
        return slash == path.startIndex ? "" : String(path[..<slash])
    }

    private var name: String {
        path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
    }

    /// Where the socket is bound first: `/run/sealane/.control.sock/s`.
    var birthplace: String { "\(nursery)/s" }
    private var nursery: String { "\(directory)/.\(name)" }

    enum Occupant {
        case nothing
        case socket
        case other
    }

    var occupant: Occupant {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else { return .nothing }
        return attributes[.type] as? FileAttributeType == .typeSocket ? .socket : .other
    }

    /// Makes the directories, so that `birthplace` can be bound. What a crash has left there is removed.
    func prepare() throws(SystemError) {
        if !directory.isEmpty { try Directory.create(directory, mode: 0o755) }
        abandon()
        try Directory.create(nursery, mode: 0o700)
    }

    /// Moves the bound socket to `path`, in the place of what a crash left there. Returns its inode, to know it by.
    func settle() throws -> UInt64? {
        try FileManager.default.setAttributes([.posixPermissions: Self.mode], ofItemAtPath: birthplace)
        try AtomicFile.remove(path)
        try FileManager.default.moveItem(atPath: birthplace, toPath: path)
        try FileManager.default.removeItem(atPath: nursery)
        return inode
    }

    /// Removes the nursery after a failure.
    func abandon() {
        try? FileManager.default.removeItem(atPath: nursery)
    }

    /// Removes the socket, if it is still the one that `settle` put there.
    func remove(inode: UInt64?) {
        if inode == self.inode { try? AtomicFile.remove(path) }
    }

    private var inode: UInt64? {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return (attributes?[.systemFileNumber] as? Int).map { UInt64($0) }
            ?? (attributes?[.systemFileNumber] as? UInt64)
    }
}
