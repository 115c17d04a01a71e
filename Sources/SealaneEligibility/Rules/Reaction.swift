/// How the policy reacts to a rule. The raw values are stable.
package enum Reaction: String, CaseIterable, Sendable, Codable {
    /// Like `refuse`, and also refuses the peer if the rule lacks the information to decide.
    case require
    case refuse
    /// The peer passes, and the reasons are displayed.
    case warn
    /// The rule has no effect. It is displayed as ignored.
    case ignore

    /// Whether a reason of the rule refuses the peer.
    package var refuses: Bool { self == .require || self == .refuse }
}
