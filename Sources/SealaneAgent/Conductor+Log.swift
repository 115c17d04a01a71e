import Logging
import SealaneAEAD
import SealaneControl
import SealaneEligibility
import SealaneTunnel

/// What is worth a line in the log. Addresses are for the debug level only, but for those that hosts have handshakes from which
/// are not accepted.
extension Conductor {
    mutating func log(_ event: TunnelEvent) {
        switch event {
        case .established(let id, _, let suite, let isInitiator):
            tell(
                .info, "session established", of: id, topic: .session,
                ["suite": "\(suite)", "begun-by": isInitiator ? "this host" : "the peer"])
        case .ended(let id, _):
            // Of another than the one in use, after a rekey, it says nothing of how the peer stands.
            tell(.debug, "session ended", of: id, topic: tunnel.status(of: id)?.session == nil ? .session : nil)
        case .refusedByPeer(let id, let encoded):
            log(Self.reasons(decoding: encoded), of: id, "refused by the peer's agent")
        case .refused(let id):
            // The reasons were logged with the verdict.
            tell(.debug, "handshake refused", of: id)
        case .unreachable(let id):
            logUnreachable(id)
        case .silent(let id):
            tell(.info, "peer fell silent, asking for a new session", of: id, topic: .session)
        case .lanesFailed(let id, let silent, let reduced):
            logLanes(of: id, silent: silent, reduced: reduced)
        case .clockDiffers(let id, let objection):
            log(objection, of: id)
        case .handshakeNotAccepted(let id, let refused):
            log(refused, of: id)
        case .strangerHeard(let stranger):
            log(stranger)
        case .cannotInitiate(let id, let why):
            tell(.error, "cannot begin a handshake", of: id, ["why": "\(why)"])
        }
    }

    /// The cause, where a handshake that came meanwhile tells it; otherwise what to look at.
    private mutating func logUnreachable(_ id: PeerID) {
        let status = tunnel.status(of: id)
        let clock = ReportClock.ofHost()
        var metadata: Logger.Metadata = ["lane": "0"]
        metadata["attempts"] = status?.unanswered.map { "\($0.count)" }
        let refused = status?.lastRefusedHandshake.flatMap { report(on: $0, of: id, clock) }
        if let refused, let since = status?.unanswered?.since, refused.explains(since: clock.date(since)) {
            metadata["reason"] = "\(refused.reason.rawValue)"
            metadata["look-at"] = "what it sends instead: sealane peer show \(name(of: id))"
        } else {
            metadata["look-at"] = "is it up; does UDP reach its port; what does sealane status say there of this host"
        }
        tell(.warning, "peer does not answer", of: id, topic: .session, metadata)
    }

    /// One line about a peer, unless there was one of this kind within the last minute: then it is counted.
    ///
    /// - Parameters:
    ///   - code: lines with the same message and another code are of another kind.
    ///   - topic: what the line tells the state of; nil: it tells of something that happened.
    ///   - state: that state; nil: the message says it.
    mutating func tell(
        _ level: Logger.Level, _ message: Logger.Message, of id: PeerID, code: String = "",
        topic: PeerLines.State.Topic? = nil, state: String? = nil, _ metadata: Logger.Metadata = [:]
    ) {
        let name = name(of: id)
        let stated = topic.map { PeerLines.State($0, state ?? "\(message)") }
        guard logger.logLevel <= level else {
            if let stated { told.note(stated, of: name) }
            return
        }
        let line = PeerLines.Line(
            level: level, message: message, metadata: metadata.merging(["peer": "\(name)"]) { $1 })
        guard
            told.admits(
                line, of: name, code: code, state: stated, peerCount: peers.count, Now.ofHost().monotonic)
        else { return }
        logger.log(level: level, message, metadata: line.metadata)
    }

    /// Tells how much was not told, as soon as its minute is over.
    mutating func tellSuppressed(_ now: MonotonicTime) {
        guard let end = told.nextEnd, now >= end else { return }
        for line in told.takeSummaries(peerCount: peers.count, now) {
            logger.log(level: line.level, line.message, metadata: line.metadata)
        }
        for (peer, count) in told.takeLeftOutRecords(now) { auditLog?.record(.suppressed(count, of: peer)) }
        for id in unrecordedVerdicts { auditVerdict(of: id) }
    }

    /// One line for each change of the lanes that carry no packets to a peer.
    private mutating func logLanes(of id: PeerID, silent: [UInt8], reduced: [UInt8]) {
        guard let status = tunnel.status(of: id)?.session else { return }
        let lanes = status.lanes.map { PeerReport.Lane($0, .ofHost()) }
        guard let trouble = LaneProblem(of: lanes) else {
            tell(.info, "all lanes answer", of: id, topic: .lanes)
            return
        }
        var metadata: Logger.Metadata = ["remedy": "\(trouble.remedy)"]
        if !silent.isEmpty { metadata["silent"] = "\(LaneProblem.ranges(silent))" }
        if !reduced.isEmpty { metadata["reduced"] = "\(LaneProblem.ranges(reduced))" }
        tell(.warning, "lanes carry no packets, lane 0 carries theirs", of: id, topic: .lanes, metadata)
    }

    mutating func log(
        _ reasons: [Reason], of id: PeerID, topic: PeerLines.State.Topic? = nil, _ what: Logger.Message
    ) {
        let state = "\(what): \(reasons.map { "\($0.code)" }.joined(separator: ", "))"
        for reason in reasons {
            var metadata: Logger.Metadata = ["reason": "\(reason.code)"]
            if !reason.namesAddresses || logger.logLevel <= .debug {
                metadata["observed"] = "\(reason.observed.cut)"
                metadata["required"] = "\(reason.required.cut)"
                metadata["source"] = "\(reason.source.cut)"
            }
            tell(.warning, what, of: id, code: "\(reason.code)", topic: topic, state: state, metadata)
        }
    }

    /// One line for each thing that newly speaks against a peer, or the path to it, where the policy only warns.
    mutating func logWarnings(_ results: [RuleResult], of id: PeerID) {
        let warnings = results.flatMap(\.reasons)
        guard let peer = peers[id], peer.toldWarnings != warnings else { return }
        // By their codes: the texts may be the peer's.
        let toldCodes = Set(peer.toldWarnings.map(\.code))
        for result in results {
            log(
                result.reasons.filter { !toldCodes.contains($0.code) }, of: id,
                result.rule.rule.evidence == .path ? "path warning" : "warning")
        }
        peers[id]?.toldWarnings = warnings
    }

    /// One line for the peer of every such session whose packets came from addresses that are not its own since the last
    /// time.
    mutating func logAddressesNotOwned(of sessions: [SessionActivity]) {
        for id in Set(sessions.lazy.filter { $0.addressesNotOwned > 0 }.map(\.peer)) {
            guard let peer = peers[id], let count = tunnel.status(of: id)?.addressesNotOwned,
                count > peer.loggedAddressesNotOwned
            else { continue }
            tell(
                .warning, "packets dropped", of: id, code: "\(ReasonCode.addressNotOwned)",
                [
                    "reason": "\(ReasonCode.addressNotOwned)",
                    "packets": "\(count - peer.loggedAddressesNotOwned)",
                ])
            peers[id]?.loggedAddressesNotOwned = count
        }
    }

    /// One line for every offload that a lane has lost since the last time. What is carried goes on without it.
    mutating func logLostOffloads(ofLane number: UInt8) {
        let losses = dataplane.readings[Int(number)].losses
        for loss in losses.dropFirst(loggedLosses[number, default: 0]) {
            logger.warning(
                "offload lost",
                metadata: ["lane": "\(number)", "offload": "\(loss.offload.rawValue)", "why": "\(loss.error)"])
        }
        loggedLosses[number] = losses.count
    }

    /// One line, when the first secret was not locked in memory.
    mutating func logUnlockedSecrets() {
        guard !isUnlockedLogged, SecretBytes.unlockedCount > 0 else { return }
        isUnlockedLogged = true
        logger.warning(
            "keys are not locked in memory and could be written to swap",
            metadata: ["remedy": "raise the limit of locked memory (LimitMEMLOCK), or add CAP_IPC_LOCK"])
    }

    /// What a peer answered. It may be of another version, or hostile: what cannot be read is said to be so.
    static func reasons(decoding encoded: [UInt8]) -> [Reason] {
        do throws(ClaimsError) {
            let reasons = try Reason.decode(encoded)
            if !reasons.isEmpty { return reasons }
            return [Reason(code: .factsUnknown, observed: "a refusal without a reason", required: "", source: "")]
        } catch {
            return [
                Reason(
                    code: .factsUnknown, observed: "a refusal that cannot be read: \(error)",
                    required: "reasons as this version of Sealane writes them", source: "peer's handshake")
            ]
        }
    }

    func name(of id: PeerID) -> String {
        peers[id]?.name ?? "\(id)"
    }
}

extension Reason {
    /// Whether what was observed or required names addresses of hosts. What a topology tells may always.
    fileprivate var namesAddresses: Bool {
        [.addressNotOwned, .pathTranslated].contains(code) || source.hasPrefix("topology")
    }
}

extension String {
    /// As much as the log has of a text that may be a peer's.
    fileprivate var cut: String {
        let limit = 256
        return unicodeScalars.count > limit ? String(unicodeScalars.prefix(limit)) + "…" : self
    }
}
