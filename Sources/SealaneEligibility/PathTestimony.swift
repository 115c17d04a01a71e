import SealanePacket

/// What one witness says of a path, and what the policy makes of it.
public struct PathTestimony: Sendable, Hashable {
    public let witness: PathWitness
    public let reaction: WitnessReaction
    /// What it saw, for people; nil: it has not spoken.
    public let observed: String?
    /// What speaks against the path; nil: nothing does.
    public let objection: Reason?

    /// Every witness that is heard, or would be.
    public static func all(of path: PathEvidence, _ policy: PathPolicy) -> [PathTestimony] {
        [
            PathTestimony(
                witness: .translation, reaction: policy.translation,
                observed: path.translation.map { "\($0.observed)" },
                objection: path.translation.flatMap(translationObjection)),
            PathTestimony(
                witness: .forwarding, reaction: policy.forwarding,
                observed: path.forwarding.map { $0.hopLimit.map { "TTL \($0)" } ?? "no TTL" },
                objection: path.forwarding.flatMap { forwardingObjection($0, policy) }),
            PathTestimony(
                witness: .mtu, reaction: policy.mtu, observed: path.mtu.map { "\($0.carried) bytes" },
                objection: path.mtu.flatMap(mtuObjection)),
        ]
    }

    /// What it means, in a sentence.
    public var meaning: String {
        if reaction == .ignore { return "not heard: the policy ignores it" }
        guard observed != nil else { return "has not spoken yet" }
        if let objection { return objection.code.explanation }
        return switch witness {
        case .translation: "addresses and ports arrive as they were sent"
        case .forwarding: "no more routers on the way than the policy allows"
        case .mtu: "the path carries what both interfaces do"
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
        let hops = seen.hopLimit.map { 255 - $0 }
        let note = hops.map { " (\($0) \($0 == 1 ? "router" : "routers"))" } ?? ""
        return Reason(
            code: .pathForwarded, observed: (seen.hopLimit.map { "TTL \($0)" } ?? "no TTL told by the kernel") + note,
            required: policy.hops == 0
                ? "TTL 255, as it left" : "TTL \(least) or more (policy.path.hops \(policy.hops))",
            source: "the datagram's header")
    }

    private static func mtuObjection(_ seen: PathEvidence.MTU) -> Reason? {
        let stated = min(seen.local, seen.peer)
        guard seen.carried < stated else { return nil }
        return Reason(
            code: .pathMTUReduced, observed: "\(seen.carried) bytes from here to the peer: \(usualCause(of: seen))",
            required: "\(stated) bytes (interfaces: here \(seen.local), the peer \(seen.peer))",
            source: "probes inside the session")
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
        let objections = PathTestimony.all(of: path, policy).filter { $0.reaction == .refuse }.compactMap(\.objection)
        let all = reasons + objections
        return all.isEmpty ? .eligible : .refused(all)
    }
}
