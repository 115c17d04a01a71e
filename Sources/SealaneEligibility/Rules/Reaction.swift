/// What the policy makes of a rule. The raw values are stable.
public enum Reaction: String, CaseIterable, Sendable, Codable {
    /// As `refuse`, and where the rule does not know, the peer is refused as well.
    case require
    case refuse
    /// The peer passes, and the reasons against it are shown.
    case warn
    /// The rule decides nothing. That it is ignored is shown.
    case ignore

    /// Whether a reason of the rule refuses the peer.
    public var refuses: Bool { self == .require || self == .refuse }
}
