/// What a self-test found out about an offload.
public enum OffloadSupport: Hashable, Sendable {
    /// It was used, and what came out is right.
    case works
    /// The kernel refuses it, or what came out is wrong.
    case refused(SystemError)
    /// The test itself could not be made: no loopback, say. Nothing is known.
    case untested(SystemError)
}
