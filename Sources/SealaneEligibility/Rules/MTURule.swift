/// The path carries packets as large as both interfaces do, without fragmentation.
struct MTURule: Rule {
    var codes: [ReasonCode] { [.pathMTUReduced] }
    var evidence: RuleEvidence { .path }
    var awaits: Verdict.Need? { .mtu }
    var trigger: String { "when the path carries smaller packets than both interfaces" }
    var passText: String { "the path carries packets as large as both interfaces do" }

    func observation(in evaluated: Case) -> String? {
        let path = evaluated.path
        return path.fragment.map { "fragments of \($0) bytes" } ?? path.mtu.map { "\($0.carried) bytes" }
    }

    func evaluate(_ evaluated: Case) -> [Reason] {
        let path = evaluated.path
        let reason = path.fragment.map(Self.fragmentReason) ?? path.mtu.flatMap(Self.mtuReason)
        return [reason].compactMap(\.self)
    }

    private static func mtuReason(_ observed: PathEvidence.MTU) -> Reason? {
        let stated = min(observed.local, observed.peer)
        guard observed.carried < stated else { return nil }
        return Reason(
            code: .pathMTUReduced,
            observed: "\(observed.carried) bytes from here to the peer: \(usualCause(of: observed))",
            required: "\(stated) bytes (interfaces: here \(observed.local), the peer \(observed.peer))",
            source: "probes inside the session")
    }

    private static func fragmentReason(_ byteCount: Int) -> Reason {
        Reason(
            code: .pathMTUReduced,
            observed:
                "a datagram from the peer arrived in fragments of \(byteCount) bytes: a device on the path clears "
                + "the don't-fragment bit and has a smaller MTU",
            required: "unfragmented datagrams, as the peer sends them", source: "the datagram's IP headers")
    }

    /// The likely cause of this MTU. Sources: AWS Transit Gateway quotas ("MTU of 8500 bytes"); EC2 user guide,
    /// "Network maximum transmission unit" (1500 through internet gateways and VPN); RFC 7348 section 4.3 (VXLAN adds
    /// 50 bytes over IPv4, 70 over IPv6); RFC 2784 with RFC 791 (GRE, 24); RFC 2516 (PPPoE, 8).
    private static func usualCause(of observed: PathEvidence.MTU) -> String {
        switch observed.carried {
        case 8500: return "the MTU of an AWS transit gateway"
        case 1500: return "the MTU of the internet or a VPN"
        default: break
        }
        for whole in [min(observed.local, observed.peer), 9001, 9000, 1500] {
            switch whole - observed.carried {
            case 8: return "\(whole) less PPPoE"
            case 20: return "\(whole) less IP in IP"
            case 24: return "\(whole) less GRE"
            case 50, 70: return "\(whole) less VXLAN"
            default: continue
            }
        }
        return observed.carried < 1500 ? "usually a VPN or another tunnel" : "usually a device or tunnel on the path"
    }
}
