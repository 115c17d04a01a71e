/// One rule of eligibility: what it is about, which facts it needs and how it judges. One type, one file.
///
/// A rule only finds reasons. What they do to a peer is the policy's reaction; that a needed fact is unknown is found by `Case`.
public protocol Rule: Sendable {
    /// The codes that it gives, besides `facts-unknown` for the facts that it needs.
    var codes: [ReasonCode] { get }
    /// The facts of each end without which it cannot judge.
    var needs: [FactName] { get }
    var evidence: RuleEvidence { get }
    /// What must have been received or observed before it can pass. nil: it can judge at any time.
    var awaits: Verdict.Need? { get }
    /// What the policy may make of it.
    var reactions: [Reaction] { get }
    /// What the policy makes of it unless it says otherwise.
    var defaultReaction: Reaction { get }
    /// When it has a reason, in a few words that begin with "when".
    var trigger: String { get }
    /// What holds where it has none, in a few words.
    var clearance: String { get }

    /// What it finds of one end, all facts of which that it needs are known.
    func evaluate(_ side: Side, in evaluated: Case) -> [Reason]
    /// What it finds of the two ends together and of the path between them, once all facts that it needs are known of both.
    func evaluate(_ evaluated: Case) -> [Reason]
    /// Whether it has nothing to judge by yet.
    func isWaiting(in evaluated: Case) -> Bool
    /// What was observed of the path, for people. nil: nothing yet, or the rule is not about the path.
    func observation(in evaluated: Case) -> String?
}

/// What a rule judges by, besides what the operator states of both ends.
public enum RuleEvidence: Sendable, Hashable {
    case facts
    /// What the peer claims in the handshake.
    case claims
    case certificate
    /// What was observed of the path between the two.
    case path
}

/// One of the two ends, seen from this host.
public enum Side: String, CaseIterable, Sendable {
    case local, peer
}

extension Rule {
    public var needs: [FactName] { [] }
    public var evidence: RuleEvidence { .facts }
    public var reactions: [Reaction] { [.refuse, .warn, .ignore] }
    public var defaultReaction: Reaction { .refuse }

    public var awaits: Verdict.Need? {
        switch evidence {
        case .facts, .path: nil
        case .claims: .claims
        case .certificate: .certificate
        }
    }

    public func evaluate(_ side: Side, in evaluated: Case) -> [Reason] { [] }
    public func evaluate(_ evaluated: Case) -> [Reason] { [] }
    public func observation(in evaluated: Case) -> String? { nil }

    public func isWaiting(in evaluated: Case) -> Bool {
        switch evidence {
        case .facts: Side.allCases.contains { !evaluated.unknown(needs, of: $0).isEmpty }
        case .claims: evaluated.claims == nil
        case .certificate: evaluated.peer?.certificate == PeerFacts.Certificate.none
        case .path: observation(in: evaluated) == nil
        }
    }
}
