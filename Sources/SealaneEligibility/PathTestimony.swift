import SealanePacket

/// What one witness says of a path, and what the policy makes of it.
public struct PathTestimony: Sendable, Hashable {
    public enum Finding: String, Sendable, Codable {
        /// Nothing speaks against the path.
        case clear
        case objection
        /// It has not spoken yet, or does not know.
        case silent
    }

    public let witness: PathWitness
    public let reaction: WitnessReaction
    public let finding: Finding
    /// What it saw, for people; nil: nothing yet.
    public let observed: String?
    /// What speaks against the path, whatever the policy makes of it. Empty unless `finding` is an objection.
    public let objections: [Reason]

    /// Every witness that is heard, or would be.
    public static func all(of path: PathEvidence, _ policy: PathPolicy) -> [PathTestimony] {
        [
            PathTestimony(
                .translation, policy, observed: path.translation.map { "\($0.observed)" },
                path.translation.flatMap(translationObjection)),
            PathTestimony(
                .forwarding, policy,
                observed: path.forwarding.map { $0.hopLimit.map { "TTL \($0)" } ?? "no TTL" },
                path.forwarding.flatMap { forwardingObjection($0, policy) }),
            PathTestimony(
                .mtu, policy,
                observed: path.fragment.map { "fragments of \($0) bytes" } ?? path.mtu.map { "\($0.carried) bytes" },
                path.fragment.map(fragmentObjection) ?? path.mtu.flatMap(mtuObjection)),
            PathTestimony(ofRoutes: path.routes, policy),
        ]
    }

    private init(_ witness: PathWitness, _ policy: PathPolicy, observed: String?, _ objection: Reason?) {
        self.witness = witness
        reaction = policy[witness]
        self.observed = observed
        objections = objection.map { [$0] } ?? []
        finding = observed == nil ? .silent : objection == nil ? .clear : .objection
    }

    /// - Parameter judgement: nil: there is no topology to judge by.
    private init(ofRoutes judgement: PathJudgement?, _ policy: PathPolicy) {
        witness = .routes
        reaction = policy.routes
        observed = judgement?.summary
        let reasons =
            judgement?.verdict.reasons
            ?? [
                Reason(
                    code: .pathUnknown, observed: "no topology", required: "one of both ends' networks",
                    source: "this host's configuration, topology.file")
            ]
        objections = reaction == .require ? reasons : reasons.filter { $0.code != .pathUnknown }
        finding = !objections.isEmpty ? .objection : reasons.isEmpty ? .clear : .silent
    }

    /// What a verdict still needs of this witness. Nil if it has spoken, or if the policy passes a path without its word.
    public var need: Verdict.Need? {
        guard finding == .silent, reaction == .refuse else { return nil }
        return switch witness {
        case .translation: .translation
        case .forwarding: .forwarding
        case .mtu: .mtu
        // A topology that knows nothing of the path objects where the policy requires its word, and passes elsewhere.
        case .routes: nil
        }
    }

    /// What it means, in a sentence.
    public var meaning: String {
        if reaction == .ignore { return "not heard: the policy ignores it" }
        return switch finding {
        case .objection: objections[0].code.explanation
        case .silent: observed == nil ? silence : "does not know, and the policy does not require it to"
        case .clear: clearance
        }
    }

    private var silence: String {
        witness == .routes ? "has no topology to speak by" : "has not spoken yet"
    }

    private var clearance: String {
        switch witness {
        case .translation: "addresses and ports arrive as they were sent"
        case .forwarding: "no more routers on the way than the policy allows"
        case .mtu: "the path carries what both interfaces do"
        case .routes: "no device in either direction"
        }
    }

    private static func translationObjection(_ seen: PathEvidence.Translation) -> Reason? {
        guard seen.claimed != seen.observed else { return nil }
        return Reason(
            code: .pathTranslated, observed: "\(seen.observed)", required: "\(seen.claimed)",
            source: "observed: the datagram's header; required: its sender's word, sealed")
    }

    private static func forwardingObjection(_ seen: PathEvidence.Forwarding, _ policy: PathPolicy) -> Reason? {
        let least = policy.leastHopLimit
        if let hopLimit = seen.hopLimit, hopLimit >= least { return nil }
        return Reason(
            code: .pathForwarded, observed: seen.hopLimit.map(arrival) ?? "no TTL told by the kernel",
            required: policy.hops == 0
                ? "TTL 255, as it left" : "TTL \(least) or more (policy.path.hops \(policy.hops))",
            source: "the datagram's header")
    }

    /// What a TTL tells of a datagram that left with 255. Every router takes one away, and whatever sends the datagram anew
    /// begins again with a TTL of its own: 32, 64 and 128 are the defaults of systems in use (RFC 1700: 64). The two look
    /// alike, and from 128 down the second is the likelier.
    private static func arrival(with hopLimit: UInt8) -> String {
        func routers(_ count: UInt8) -> String { "\(count) \(count == 1 ? "router" : "routers")" }
        let lost = "TTL \(hopLimit): \(routers(255 - hopLimit)) on the way"
        guard let initial = ([32, 64, 128] as [UInt8]).first(where: { hopLimit <= $0 }) else { return lost }
        let after = hopLimit == initial ? "" : " and \(routers(initial - hopLimit)) after it"
        return "TTL \(hopLimit): something on the way that sends with an initial TTL of \(initial)\(after), or "
            + "\(routers(255 - hopLimit))"
    }

    private static func mtuObjection(_ seen: PathEvidence.MTU) -> Reason? {
        let stated = min(seen.local, seen.peer)
        guard seen.carried < stated else { return nil }
        return Reason(
            code: .pathMTUReduced, observed: "\(seen.carried) bytes from here to the peer: \(usualCause(of: seen))",
            required: "\(stated) bytes (interfaces: here \(seen.local), the peer \(seen.peer))",
            source: "probes inside the session")
    }

    private static func fragmentObjection(_ byteCount: Int) -> Reason {
        Reason(
            code: .pathMTUReduced,
            observed: "a datagram of the peer arrived in fragments of \(byteCount) bytes: a device on the path clears "
                + "the don't-fragment bit and carries no more",
            required: "whole datagrams, as the peer sends them", source: "the datagram's IP headers")
    }

    /// What usually makes a path carry so much. Sources: AWS Transit Gateway quotas ("MTU of 8500 bytes"), EC2 user guide,
    /// "Network maximum transmission unit" (1500 through internet gateways and VPN); RFC 7348 section 4.3 (VXLAN takes 50
    /// bytes over IPv4, 70 over IPv6); RFC 2784 with RFC 791 (GRE, 24); RFC 2516 (PPPoE, 8).
    private static func usualCause(of seen: PathEvidence.MTU) -> String {
        switch seen.carried {
        case 8500: return "what an AWS transit gateway carries"
        case 1500: return "what the internet or a VPN carries"
        default: break
        }
        for whole in [min(seen.local, seen.peer), 9001, 9000, 1500] {
            switch whole - seen.carried {
            case 8: return "\(whole) less PPPoE"
            case 20: return "\(whole) less IP in IP"
            case 24: return "\(whole) less GRE"
            case 50, 70: return "\(whole) less VXLAN"
            default: continue
            }
        }
        return seen.carried < 1500 ? "usually a VPN or another tunnel" : "usually a device or tunnel on the way"
    }
}

extension Verdict {
    /// This verdict, and what those witnesses of the path say against it whose word the policy takes for a refusal.
    public func afterHearing(_ path: PathEvidence, _ policy: PathPolicy) -> Verdict {
        let heard = PathTestimony.all(of: path, policy).filter { $0.reaction == .refuse || $0.reaction == .require }
        let all = reasons + heard.flatMap(\.objections)
        return all.isEmpty ? self : .refused(all)
    }
}
