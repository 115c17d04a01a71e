/// At most as many routers as the policy allows decrement the TTL on the path.
struct ForwardingRule: Rule {
    var codes: [ReasonCode] { [.pathForwarded] }
    var evidence: RuleEvidence { .path }
    var awaits: Verdict.Need? { .forwarding }
    var trigger: String { "when routers on the path decrement the TTL" }
    var passText: String { "no more routers on the path than the policy allows" }

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
                observed: forwarding.hopLimit.map(Self.arrival) ?? "no TTL reported by the kernel",
                required: policy.hops == 0
                    ? "TTL 255, as sent" : "TTL \(least) or more (policy.path.hops \(policy.hops))",
                source: "the datagram's header")
        ]
    }

    /// Describes the TTL of a datagram that was sent with 255. Each router decrements the TTL. A device that sends the
    /// datagram again uses its own initial TTL: 32, 64 and 128 are common defaults (RFC 1700: 64). The two causes look
    /// alike; below 128, the second is more likely.
    private static func arrival(with hopLimit: UInt8) -> String {
        func routers(_ count: UInt8) -> String { "\(count) \(count == 1 ? "router" : "routers")" }
        let lost = "TTL \(hopLimit): \(routers(255 - hopLimit)) on the path"
        guard let initial = ([32, 64, 128] as [UInt8]).first(where: { hopLimit <= $0 }) else { return lost }
        let after = hopLimit == initial ? "" : " and \(routers(initial - hopLimit)) after it"
        return "TTL \(hopLimit): a device on the path that sends with an initial TTL of \(initial)\(after), or "
            + "\(routers(255 - hopLimit))"
    }
}
