import SealaneControl
import SealaneConfiguration
import FoundationEssentials
import Logging
import SealaneDataplane
import SealaneEligibility
import SealaneFleet
import SealaneIdentity
import SealaneTunnel

/// Decisions about handshakes and paths. A certificate that is not known yet is verified by the worker first.
extension ControlLoop {
    // MARK: Decisions

    /// Decides what the tunnel asks, at once or when the certificate is verified.
    mutating func decide(
        _ ticket: Ticket, _ id: PeerID, _ parameters: HandshakeParameters?, _ path: PathObservation
    ) {
        guard tunnel.awaits(ticket) else { return }
        let subject: CertificateQueue.Subject =
            parameters.map { .handshake(ticket, $0, path) } ?? .path(ticket)
        judge(subject, of: id, .ofHost())
    }

    /// Judges a peer by what is known now, after that has changed. A refusal ends its sessions, and the peer gets the
    /// reasons.
    mutating func judgeAgain(_ id: PeerID) {
        judge(.again, of: id, .ofHost())
    }

    /// After a change that concerns every peer.
    mutating func judgeAllAgain() {
        for id in peers.keys.sorted(by: { $0.rawValue < $1.rawValue }) { judgeAgain(id) }
        performOutputs()
    }

    private mutating func judge(_ subject: CertificateQueue.Subject, of id: PeerID, _ now: Now) {
        guard let peer = peers[id] else { return }
        let credential = credential(for: subject, of: peer, id)
        switch presentation(of: credential, by: peer, Date(now)) {
        case .known(let presented):
            conclude(subject, of: id, presented, now)
        case .unverified(let identity, let verifier):
            // Re-judgements, which may concern every peer, leave room for handshakes.
            if case .again = subject, !certificates.hasRoomForAgain { return certificates.postpone(subject, of: id) }
            let isQueued = certificates.submit(
                subject, of: id, credential, identity, staticKey: peer.member.definition.publicKey, verifier,
                trustVersion: trustVersion, at: Date(now))
            guard !isQueued else { return }
            switch subject {
            case .handshake(let ticket, _, _): tunnel.drop(ticket)
            case .path, .again: certificates.postpone(subject, of: id)
            }
        }
    }

    /// The credential that the subject is about: of the handshake, or the last one that the peer presented.
    private func credential(
        for subject: CertificateQueue.Subject, of peer: KnownPeer, _ id: PeerID
    ) -> [UInt8] {
        if case .handshake(_, let parameters, _) = subject { return parameters.credential }
        if let presented = peer.presented { return presented.credential }
        // While this host verified no certificates, only the tunnel kept the credential.
        guard identities.peers != nil, peer.handshakes.hasClaims else { return [] }
        return tunnel.status(of: id)?.parameters?.credential ?? []
    }

    private enum Presentation {
        /// Nil: the peer presents nothing, or this host verifies no certificates.
        case known(PresentedCredential?)
        case unverified(PresentedIdentity, IdentityVerifier)
    }

    private func presentation(of credential: [UInt8], by peer: KnownPeer, _ date: Date) -> Presentation {
        guard let cache = identities.peers, !credential.isEmpty else { return .known(nil) }
        if let presented = peer.presented, presented.credential == credential,
            presented.isVerified(by: trustVersion, at: date)
        {
            return .known(presented)
        }
        guard let identity = PresentedIdentity(credential: credential) else {
            return .known(PresentedCredential(unreadable: credential, trustVersion: trustVersion))
        }
        let staticKey = peer.member.definition.publicKey
        guard let known = cache.known(identity, staticKey: staticKey, at: date) else {
            return .unverified(identity, cache.verifier)
        }
        return .known(PresentedCredential(credential, known, trustVersion: trustVersion))
    }

    // MARK: Results of the worker

    /// Takes up the judgements whose certificates are verified. A result by another trust than today's, or of a
    /// certificate that has ended since, counts for nothing: the certificate is verified again.
    mutating func finishVerifications(_ now: Now) {
        let date = Date(now)
        for finished in certificates.popFinished(trustVersion: trustVersion, at: date) {
            let (result, job) = (finished.result, finished.result.job)
            if finished.isCurrent, let verified = result.verified {
                identities.peers?.remember(verified, of: job.identity, staticKey: job.staticKey)
            }
            for subject in finished.subjects {
                if finished.isCurrent {
                    conclude(subject, of: finished.peer, result.presented, now)
                } else {
                    judge(subject, of: finished.peer, now)
                }
            }
        }
        // A subject may be postponed once more.
        for _ in 0..<certificates.postponedCount {
            guard let (id, subjects) = certificates.popPostponed() else { break }
            for subject in subjects { judge(subject, of: id, now) }
        }
        performOutputs()
        guard !awaitingJudgements.isEmpty, certificates.isSettled else { return }
        let due = awaitingJudgements
        awaitingJudgements = []
        for answer in due { answer(&self) }
    }

    /// Calls `answer` once every peer has been judged again.
    mutating func afterJudgements(_ answer: @escaping @Sendable (inout ControlLoop) -> Void) {
        if certificates.isSettled { answer(&self) } else { awaitingJudgements.append(answer) }
    }

    // MARK: Judgements

    private mutating func conclude(
        _ subject: CertificateQueue.Subject, of id: PeerID, _ presented: PresentedCredential?, _ now: Now
    ) {
        guard let peer = peers[id] else { return }
        let context = judgementContext(at: Date(now))
        switch subject {
        case .handshake(let ticket, let parameters, let path):
            guard tunnel.awaits(ticket) else { return }
            let judgement = Judgement(by: parameters, path, of: peer, presented, in: context)
            guard tunnel.decide(ticket, judgement.ofHandshake, now) else { return }
            record(judgement, of: id)
            recheck(atEndOf: judgement.presented?.validity, now)
        case .path(let ticket):
            guard tunnel.awaits(ticket) else { return }
            let judgement = Judgement(again: peer, tunnel.status(of: id), presented, in: context)
            record(judgement, of: id)
            tunnel.decide(ticket, judgement.ofPath, now)
        case .again:
            apply(Judgement(again: peer, tunnel.status(of: id), presented, in: context), to: peer, id, now)
            recheck(atEndOf: peers[id]?.presented?.validity, now)
        }
    }

    private mutating func apply(_ judgement: Judgement, to peer: KnownPeer, _ id: PeerID, _ now: Now) {
        record(judgement, of: id)
        // The peer's claims can only make its verdict worse, and its certificate can make it better. Every handshake
        // asks for both again.
        let isWorthAsking =
            identities.peers == nil
            ? Case(
                local: localFacts,
                peer: PeerFacts(stated: peer.facts, hasShownCertificate: peers[id]?.hasShownCertificate ?? false),
                policy: policy
            ).reasons(by: Rules.ofHosts).isEmpty
            : Case(local: localFacts, policy: policy).reasons().isEmpty
        if isWorthAsking { tunnel.setAllowed(true, id) }
        // A validating session measures the path again, and goes on.
        let isValidating = judgement.ofHandshake == .validatePath && tunnel.status(of: id)?.session == nil
        if !judgement.objections.isEmpty, !isValidating {
            tunnel.close(id, reasons: Reason.encode(judgement.objections), now.monotonic)
        }
        if !isWorthAsking { tunnel.setAllowed(false, id) }
    }

    private mutating func record(_ judgement: Judgement, of id: PeerID) {
        guard let peer = peers[id] else { return }
        peers[id]?.adopt(judgement)
        if judgement.presented != nil, !peer.hasShownCertificate { rememberCertificate(of: id) }
        logWarnings(judgement.warnings, of: id)
        // For a peer that was never judged, being unjudged is no change. The comparison is by codes, because the texts
        // may be the peer's.
        let before = peer.loggedVerdict
        guard
            before?.outcome ?? .unjudged != judgement.verdict.outcome
                || before?.codes ?? [] != judgement.verdict.codes
        else { return }
        peers[id]?.loggedVerdict = judgement.verdict
        if peer.loggedVerdict == nil, judgement.verdict.isEligible {
            // Once a peer, and for every peer when the agent starts: it uses up no budget.
            auditLog?.record(.verdict(on: peer.name, from: nil, to: .eligible))
            peers[id]?.recordedVerdict = .eligible
            return logger.info("eligible", metadata: ["peer": "\(peer.name)"])
        }
        auditVerdict(of: id)
        switch judgement.verdict {
        case .eligible: log(.info, "eligible", of: id, topic: .verdict)
        case .refused(let reasons): log(reasons, of: id, topic: .verdict, "refused")
        case .unjudged(let missing):
            let missing = missing.map(\.rawValue).joined(separator: ", ")
            log(.info, "unjudged", of: id, topic: .verdict, ["missing": "\(missing)"])
        }
    }

    // MARK: What judgements depend on

    /// Adopts what is now known of this host apart from its certificate: later handshakes state it, and every peer is
    /// judged again.
    mutating func adopt(_ hostFacts: LocalFacts) {
        guard hostFacts != self.hostFacts else { return }
        self.hostFacts = hostFacts
        _ = adoptMoment(.ofHost())
        do throws(ClaimsError) {
            tunnel.present(
                claims: try identities.claims(of: hostFacts.facts), credential: identities.own?.credential ?? [],
                at: .ofHost())
        } catch {
            // The facts refuse every peer for that reason (`LocalFacts`). The refusals carry the earlier facts.
            logger.error("no peer is eligible: this host's facts cannot be sent", metadata: ["why": "\(error)"])
        }
        judgeAllAgain()
    }

    /// Has tunnel and lanes observe paths as the policy requires.
    mutating func followPathPolicy() {
        tunnel.provesMTU = policy[.mtu] != .ignore
        tunnel.require(hopLimit: policy[.forwarding] == .refuse ? policy.leastHopLimit : 0)
        tunnel.setFragmentReaction(
            policy[.mtu] == .refuse ? .drop : policy[.mtu] == .warn ? .report : .ignore)
        performOutputs()
    }

    func path(to id: PeerID) -> PathObservation {
        tunnel.status(of: id)?.path ?? PathObservation()
    }
}

extension Verdict {
    fileprivate var codes: Set<ReasonCode> { Set(reasons.map(\.code)) }
}
