/// Directories for the agent's own files.
package enum Directory {
    /// Creates `path` and its missing parent directories with this mode. Leaves an existing directory unchanged. An
    /// existing directory that others can write to is an error.
    package static func create(
        _ path: String, mode: UInt32 = 0o700, trust: FileTrust = .ownerAlone
    ) throws(SystemError) {
        _ = try OpenDirectory.at(path, trust: trust, creating: mode)
    }

    /// Throws if `create` would throw for a directory on the way that exists. Creates nothing.
    package static func check(_ path: String, trust: FileTrust = .ownerAlone) throws(SystemError) {
        do throws(SystemError) {
            _ = try OpenDirectory.at(path, trust: trust)
        } catch {
            let end = path.lastIndex(of: "/") ?? path.startIndex
            guard error.meansNoSuchFile, end > path.startIndex else { throw error }
            try check(String(path[..<end]), trust: trust)
        }
    }
}
