import SealaneEligibility
import SealanePacket
import Testing

@Suite("The rules about a path") struct PathRuleTests {
    private static let tuple = FourTuple(
        source: Endpoint(address: IPAddress(ipv4: 0x0A4D_0001), port: 7325),
        destination: Endpoint(address: IPAddress(ipv4: 0x0A4D_0002), port: 7325))
    private static let rewritten = FourTuple(
        source: Endpoint(address: IPAddress(ipv4: 0x0A4D_0001), port: 40_000), destination: tuple.destination)

    private static let straight = PathEvidence(
        translation: .init(claimed: tuple, observed: tuple), forwarding: .init(hopLimit: 255),
        mtu: .init(local: 9001, peer: 1500, carried: 1500))

    private func evidence(_ change: (inout PathEvidence) -> Void) -> PathEvidence {
        var evidence = Self.straight
        change(&evidence)
        return evidence
    }

    private func evaluated(_ path: PathEvidence, _ policy: Policy = Policy()) -> Case {
        Case(local: LocalFacts(stated: facts()), peer: PeerFacts(stated: facts()), path: path, policy: policy)
    }

    private func codes(_ path: PathEvidence, _ policy: Policy = Policy()) -> [ReasonCode] {
        evaluated(path, policy).reasons().map(\.code)
    }

    private func results(_ path: PathEvidence, _ policy: Policy = Policy()) -> [RuleResult] {
        evaluated(path, policy).results(of: Rules.ofPath)
    }

    @Test("pass a direct path and one without observations")
    func clear() {
        #expect(codes(Self.straight) == [])
        #expect(codes(PathEvidence()) == [])
        #expect(results(Self.straight).map(\.rule) == Rules.ofPath)
        #expect(results(PathEvidence()).allSatisfy { $0.observed == nil })
    }

    @Test("refuse for each witness alone, and report all of them")
    func objections() {
        let translated = evidence { $0.translation = .init(claimed: Self.tuple, observed: Self.rewritten) }
        #expect(codes(translated) == [.pathTranslated])
        let forwarded = evidence { $0.forwarding = .init(hopLimit: 254) }
        #expect(codes(forwarded) == [.pathForwarded])
        let unknown = evidence { $0.forwarding = .init(hopLimit: nil) }
        #expect(codes(unknown) == [.pathForwarded])
        let reduced = evidence { $0.mtu = .init(local: 9001, peer: 9001, carried: 8500) }
        #expect(codes(reduced) == [.pathMTUReduced])
        let all = PathEvidence(translation: translated.translation, forwarding: forwarded.forwarding, mtu: reduced.mtu)
        #expect(codes(all) == [.pathTranslated, .pathForwarded, .pathMTUReduced])
        let elsewhere = Case(
            local: LocalFacts(stated: facts()), peer: PeerFacts(stated: facts(region: "us-west-2")), path: all,
            policy: Policy())
        #expect(
            elsewhere.reasons().map(\.code)
                == [.regionMismatch, .pathTranslated, .pathForwarded, .pathMTUReduced])
    }

    @Test("do not refuse for a witness that the policy relaxes, but still report it")
    func relaxed() {
        let all = PathEvidence(
            translation: .init(claimed: Self.tuple, observed: Self.rewritten), forwarding: .init(hopLimit: 1),
            mtu: .init(local: 1500, peer: 1500, carried: 1400))
        for reaction in [Reaction.warn, .ignore] {
            let policy = Policy(reactions: [.translation: reaction, .forwarding: reaction, .mtu: reaction])
            #expect(codes(all, policy) == [])
            #expect(
                results(all, policy).prefix(3).allSatisfy {
                    $0.finding == .objection && $0.reaction == reaction
                })
            #expect(codes(all, Policy(reactions: [.forwarding: reaction])) == [.pathTranslated, .pathMTUReduced])
        }
    }

    @Test("allow as many routers on the path as the policy", arguments: [0, 1, 7, 254] as [UInt8])
    func hops(allowed: UInt8) {
        let policy = Policy(hops: allowed)
        #expect(codes(evidence { $0.forwarding = .init(hopLimit: 255 - allowed) }, policy) == [])
        #expect(codes(evidence { $0.forwarding = .init(hopLimit: 254 - allowed) }, policy) == [.pathForwarded])
    }

    @Test(
        "report a reduced MTU with both sizes and its usual cause",
        arguments: [
            (9001, 8500, "transit gateway"), (9001, 1500, "VPN"), (1500, 1450, "1500 less VXLAN"),
            (9001, 8951, "9001 less VXLAN"), (1500, 1492, "PPPoE"), (1500, 1476, "GRE"), (1500, 1380, "VPN"),
            (9001, 8993, "9001 less PPPoE"), (9001, 8981, "9001 less IP in IP"), (9001, 4000, "device or tunnel"),
        ])
    func meaning(stated: Int, carried: Int, cause: String) throws {
        let path = evidence { $0.mtu = .init(local: stated, peer: 9001, carried: carried) }
        let reason = try #require(evaluated(path).reasons().first)
        #expect(reason.observed.contains("\(carried) bytes"))
        #expect(reason.observed.contains(cause), "\(reason.observed)")
        #expect(reason.required.contains("\(stated) bytes"))
        #expect(reason.observed.utf8.count <= Reason.encodedFieldByteLimit)
        #expect(reason.required.utf8.count <= Reason.encodedFieldByteLimit)
    }

    @Test(
        "report a TTL with its possible causes: routers, or a device with its own initial TTL",
        arguments: [
            (254, "TTL 254: 1 router on the path"), (240, "TTL 240: 15 routers on the path"),
            (129, "TTL 129: 126 routers on the path"),
            (128, "TTL 128: a device on the path that sends with an initial TTL of 128, or 127 routers"),
            (
                127,
                "TTL 127: a device on the path that sends with an initial TTL of 128 and 1 router after it, or 128 routers"
            ), (64, "TTL 64: a device on the path that sends with an initial TTL of 64, or 191 routers"),
            (
                61,
                "TTL 61: a device on the path that sends with an initial TTL of 64 and 3 routers after it, or 194 routers"
            ), (32, "TTL 32: a device on the path that sends with an initial TTL of 32, or 223 routers"),
            (
                1,
                "TTL 1: a device on the path that sends with an initial TTL of 32 and 31 routers after it, or 254 routers"
            ),
        ] as [(UInt8, String)])
    func arrivals(hopLimit: UInt8, expected: String) throws {
        let path = evidence { $0.forwarding = .init(hopLimit: hopLimit) }
        let reason = try #require(evaluated(path).reasons().first)
        #expect(reason.observed == expected)
        #expect(reason.observed.utf8.count <= Reason.encodedFieldByteLimit)
    }

    private static func routes(_ codes: ReasonCode...) -> PathAnalysis {
        PathAnalysis(
            reasons: codes.map { Reason(code: $0, observed: "\($0)", required: "", source: "topology") }, directions: []
        )
    }

    @Test(
        "refuse for unknown routes only if the policy requires them",
        arguments: [routes(.pathUnknown), nil] as [PathAnalysis?])
    func unknownRoutes(_ routes: PathAnalysis?) throws {
        let path = evidence { $0.routes = routes }
        #expect(codes(path, Policy(reactions: [.routes: .require])) == [.pathUnknown])
        for reaction in [Reaction.refuse, .warn, .ignore] {
            let policy = Policy(reactions: [.routes: reaction])
            #expect(codes(path, policy) == [])
            let result = try #require(results(path, policy).last)
            #expect(result.rule == .routes)
            #expect(result.finding == .silent)
            #expect(result.reasons.isEmpty)
        }
    }

    @Test(
        "refuse for a route through a device even if the path is only partly known, unless the policy relaxes the rule")
    func device() throws {
        let path = evidence { $0.routes = Self.routes(.pathDevice, .pathUnknown) }
        #expect(codes(path, Policy(reactions: [.routes: .require])) == [.pathDevice, .pathUnknown])
        #expect(codes(path, Policy(reactions: [.routes: .refuse])) == [.pathDevice])
        for reaction in [Reaction.warn, .ignore] {
            #expect(codes(path, Policy(reactions: [.routes: reaction])) == [])
            let result = try #require(results(path, Policy(reactions: [.routes: reaction])).last)
            #expect(result.finding == .objection)
            #expect(result.reasons.map(\.code) == [.pathDevice])
        }
        let clear = evidence { $0.routes = Self.routes() }
        #expect(codes(clear, Policy(reactions: [.routes: .require])) == [])
        #expect(results(clear).last?.finding == .clear)
    }
}
