/// What the operator wants of an offload.
public enum OffloadSetting: String, CaseIterable, Sendable {
    /// On where it works.
    case auto
    /// The agent does not start without it.
    case on
    case off
}
