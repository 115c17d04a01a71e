/// Directories for the agent's own files.
public enum Directory {
    /// Makes `path`, and the directories above it that are missing, with this mode. One that is there is left as it is, and
    /// is an error if others can change what is in it.
    public static func create(
        _ path: String, mode: UInt32 = 0o700, trust: FileTrust = .ownerAlone
    ) throws(SystemError) {
        _ = try OpenDirectory.at(path, trust: trust, creating: mode)
    }
}
