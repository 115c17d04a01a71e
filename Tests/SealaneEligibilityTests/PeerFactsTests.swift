import SealaneEligibility
import SealanePacket
import Testing

@Suite("The facts of a peer") struct PeerFactsTests {
    private func prefixes(_ texts: [String], _ provenance: Provenance) throws -> Fact<[IPPrefix]> {
        Fact(try texts.map { try #require(IPPrefix($0)) }, provenance)
    }

    private func proven(
        type: String = "m5n.large", id: String = "i-0b", addresses: [String] = ["10.78.0.2/32"]
    ) throws -> Facts {
        Facts(
            [
                .instanceID: Fact(id, .certificate), .instanceType: Fact(type, .certificate),
                .region: Fact("us-east-1", .certificate), .vpc: Fact("vpc-0a", .certificate),
            ], addresses: try prefixes(addresses, .certificate))
    }

    private func stated(id: String? = nil, addresses: [String] = ["10.78.0.2/32"]) throws -> Facts {
        Facts([.instanceID: id.map { Fact($0, .stated) }], addresses: try prefixes(addresses, .stated))
    }

    private func verdict(_ peer: PeerFacts, _ policy: Policy = Policy()) -> Verdict {
        evaluate(local: LocalFacts(stated: facts()), peer: peer, policy: policy)
    }

    /// The reasons without a peer.
    private func alone(_ local: LocalFacts) -> Verdict { Case(local: local, policy: Policy()).verdict }

    @Test("come only from its certificate if nothing is stated")
    func filledIn() throws {
        #expect(verdict(PeerFacts(stated: try stated(), certificate: .verified(try proven()))) == .eligible)
        let alone = verdict(PeerFacts(stated: try stated()))
        #expect(codes(alone) == [.factsUnknown, .factsUnknown, .factsUnknown])
    }

    @Test("are the certificate's if the stated ones differ")
    func overridden() throws {
        let peer = PeerFacts(stated: facts(type: "m5.large"), certificate: .verified(try proven()))
        #expect(peer.facts[.instanceType] == Fact("m5n.large", .certificate))
        #expect(verdict(peer) == .eligible)
        let worse = PeerFacts(stated: facts(), certificate: .verified(try proven(type: "m5.large")))
        #expect(codes(verdict(worse)) == [.peerTypeUnsupported])
    }

    @Test("refuse it if the certificate belongs to another instance than the configured one")
    func otherInstance() throws {
        let other = PeerFacts(stated: try stated(id: "i-0c"), certificate: .verified(try proven()))
        #expect(codes(verdict(other)) == [.identityMismatch])
        #expect(verdict(other).reasons.first?.observed == "id i-0b")
        #expect(verdict(other).reasons.first?.required == "id i-0c")
        let same = PeerFacts(stated: try stated(id: "i-0b"), certificate: .verified(try proven()))
        #expect(verdict(same) == .eligible)
    }

    @Test("refuse it for each configured address that the certificate does not contain")
    func otherAddresses() throws {
        let certificate = PeerFacts.Certificate.verified(try proven(addresses: ["10.78.0.2/32", "fd78::2/128"]))
        for (addresses, wrong) in [
            (["10.78.0.2/32"], []), (["10.78.0.2/32", "fd78::2/128"], []), (["10.78.0.3/32"], ["10.78.0.3/32"]),
            (["10.78.0.0/30"], ["10.78.0.0/30"]), (["10.78.0.2/32", "fd78::3/128"], ["fd78::3/128"]),
        ] {
            let verdict = verdict(PeerFacts(stated: try stated(addresses: addresses), certificate: certificate))
            #expect(codes(verdict) == wrong.map { _ in .addressNotOwned })
            #expect(verdict.reasons.map(\.observed) == wrong)
        }
    }

    @Test("refuse it for the reasons of an invalid certificate, whatever is stated")
    func refusedCertificate() throws {
        let reason = Reason(code: .certificateExpired, observed: "o", required: "r", source: "s")
        #expect(verdict(PeerFacts(stated: facts(), certificate: .refused([reason]))).reasons == [reason])
    }

    @Test("must come from a certificate if the policy requires one")
    func required() throws {
        let policy = Policy(requiresCertificate: true)
        #expect(codes(verdict(PeerFacts(stated: facts()), policy)) == [.factsUnproven])
        #expect(verdict(PeerFacts(stated: try stated(), certificate: .verified(try proven())), policy) == .eligible)
        // A refused certificate is not also missing.
        let reason = Reason(code: .certificateRevoked, observed: "", required: "", source: "")
        #expect(
            codes(verdict(PeerFacts(stated: facts(), certificate: .refused([reason])), policy)) == [.certificateRevoked]
        )
    }

    @Test("with a missing or refused certificate give only that reason, none that follow from it")
    func consequences() throws {
        let proof = Dictionary(uniqueKeysWithValues: FactName.allCases.map { ($0, Provenance.signedDocument) })
        let policy = Policy(requiresCertificate: true, leastProvenance: proof)
        for known in [facts(), try stated()] {
            #expect(codes(verdict(PeerFacts(stated: known), policy)) == [.factsUnproven])
            let reason = Reason(code: .certificateUntrusted, observed: "", required: "", source: "")
            #expect(codes(verdict(PeerFacts(stated: known, certificate: .refused([reason])), policy)) == [reason.code])
        }
        // Without a required one, each insufficiently proven fact is a reason of its own.
        #expect(codes(verdict(PeerFacts(stated: facts()), Policy(leastProvenance: proof))).count == proof.count)
    }

    @Test("are not accepted without a certificate after the peer presented one, whatever the policy")
    func shownBefore() throws {
        let all = facts(addresses: try prefixes(["10.78.0.2/32"], .stated))
        for policy in [Policy(), Policy(requiresCertificate: true)] {
            let reasons = verdict(PeerFacts(stated: all, hasShownCertificate: true), policy).reasons
            #expect(reasons.map(\.code) == [.factsUnproven])
            #expect(reasons.first?.observed == "no certificate from the peer, which presented one before")
            let shown = PeerFacts(stated: all, certificate: .verified(try proven()), hasShownCertificate: true)
            #expect(verdict(shown, policy) == .eligible)
        }
        #expect(verdict(PeerFacts(stated: all)) == .eligible)
        let refused = PeerFacts(stated: all, certificate: .refused([]))
        #expect(refused.hasShownCertificate)
        #expect(codes(verdict(refused)) == [.factsUnproven])
        // Nothing is stated: the missing certificate explains why nothing is known.
        let nothing = PeerFacts(stated: try stated(), hasShownCertificate: true)
        #expect(codes(verdict(nothing)) == [.factsUnproven])
    }

    @Test("must contain a proven id if one is configured: a certificate without an instance is not enough")
    func pinnedID() throws {
        var anonymous = try proven()
        anonymous[.instanceID] = nil
        let peer = PeerFacts(stated: try stated(id: "i-0b"), certificate: .verified(anonymous))
        let reasons = verdict(peer).reasons
        #expect(reasons.map(\.code) == [.factsUnproven])
        #expect(reasons.first?.observed == "a certificate without an instance ID")
        #expect(reasons.first?.required == "id i-0b by certificate")
        // An unproven id is not reported as known.
        #expect(peer.facts[.instanceID] == nil)
        anonymous[.instanceID] = Fact("", .certificate)
        #expect(
            codes(verdict(PeerFacts(stated: try stated(id: "i-0b"), certificate: .verified(anonymous)))) == [
                .factsUnproven
            ])
        #expect(verdict(PeerFacts(stated: try stated(), certificate: .verified(anonymous))) == .eligible)
        #expect(verdict(PeerFacts(stated: try stated(id: "i-0b"), certificate: .verified(try proven()))) == .eligible)
    }

    @Test("must not be those of this host's own instance, whatever their provenance")
    func ownInstance() throws {
        let own = LocalFacts(stated: facts(id: "i-0b"))
        for peer in [
            PeerFacts(stated: try stated(), certificate: .verified(try proven(id: "i-0b"))),
            PeerFacts(stated: facts(id: "i-0b")),
        ] {
            let reasons = evaluate(local: own, peer: peer, policy: Policy()).reasons
            #expect(reasons.map(\.code) == [.identityMismatch])
            #expect(reasons.first?.observed == "id i-0b, which is this host's")
        }
        let other = PeerFacts(stated: try stated(), certificate: .verified(try proven(id: "i-0c")))
        #expect(evaluate(local: own, peer: other, policy: Policy()) == .eligible)
        #expect(
            evaluate(local: LocalFacts(stated: facts()), peer: PeerFacts(stated: facts()), policy: Policy())
                == .eligible)
    }

    @Test("must each have the provenance that the policy requires", arguments: Provenance.allCases)
    func leastProvenance(least: Provenance) throws {
        let policy = Policy(leastProvenance: [.instanceType: least])
        let stated = verdict(PeerFacts(stated: facts()), policy)
        #expect(codes(stated) == (least == .stated ? [] : [.factsUnproven]))
        let shown = verdict(PeerFacts(stated: facts(), certificate: .verified(try proven())), policy)
        #expect(codes(shown) == (least == .signedDocument ? [.factsUnproven] : []))
        // A fact that no rule needs must still be known to be proven.
        let zone = Policy(leastProvenance: [.zone: least])
        #expect(codes(verdict(PeerFacts(stated: facts()), zone)) == (least == .stated ? [] : [.factsUnknown]))
    }

    @Test("do not matter if this host refuses every peer")
    func localAlone() throws {
        #expect(alone(LocalFacts(stated: facts())) == .eligible)
        #expect(
            codes(alone(LocalFacts(stated: facts(type: "m5.large")))) == [
                .localTypeUnsupported
            ])
        #expect(codes(alone(LocalFacts(stated: Facts()))).count == 3)
        let reason = Reason(code: .certificateExpired, observed: "", required: "", source: "")
        let barred = LocalFacts(stated: facts(), reasons: [reason])
        #expect(alone(barred).reasons == [reason])
        #expect(evaluate(local: barred, peer: PeerFacts(stated: facts()), policy: Policy()).reasons == [reason])
    }
}
