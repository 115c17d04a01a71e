/// No more routers than the policy allows decrement the TTL on the path.
struct ForwardingRule: Rule {
    var codes: [ReasonCode] { [.pathForwarded] }
    var evidence: RuleEvidence { .path }
    var awaits: Verdict.Need? { .forwarding }
    var trigger: String { "when routers on the way decrement the TTL" }
    var clearance: String { "no more routers on the way than the policy allows" }

    func observation(in evaluated: Case) -> String? {
        evaluated.path.forwarding.map { $0.hopLimit.map { "TTL \($0)" } ?? "no TTL" }
    }

    func evaluate(_ evaluated: Case) -> [Reason] {
        guard let forwarding = evaluated.path.forwarding else { return [] }
        let policy = evaluated.policy
        let least = policy.leastHopLimit
        if let hopLimit = forwarding.hopLimit, hopLimit >= least { return [] }
        return [
            Reason(
                code: .pathForwarded,
                observed: forwarding.hopLimit.map(Self.arrival) ?? "no TTL told by the kernel",
                required: policy.hops == 0
                    ? "TTL 255, as it left" : "TTL \(least) or more (policy.path.hops \(policy.hops))",
                source: "the datagram's header")
        ]
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
}
