import Logging
import SealaneAEAD
import SealaneControl
import SealaneEligibility
import SealaneTunnel

/// Lines of the log about peers. Addresses appear at the debug level only, apart from the sources of rejected
/// handshakes.
extension ControlLoop {
    mutating func log(_ event: TunnelEvent) {
        switch event {
        case .established(let id, _, let suite, let isInitiator):
            log(
                .info, "session established", of: id, topic: .session,
                ["suite": "\(suite)", "begun-by": isInitiator ? "this host" : "the peer"])
        case .ended(let id, _):
            // After a rekey, the end of the earlier session does not change the state of the peer.
            log(.debug, "session ended", of: id, topic: tunnel.status(of: id)?.session == nil ? .session : nil)
        case .refusedByPeer(let id, let encoded):
            log(Self.reasons(decoding: encoded), of: id, "refused by the peer's agent")
        case .refused(let id):
            // The reasons are logged with the verdict.
            log(.debug, "handshake refused", of: id)
        case .unreachable(let id):
            logUnreachable(id)
        case .silent(let id):
            log(.info, "peer fell silent, asking for a new session", of: id, topic: .session)
        case .lanesFailed(let id, let silent, let reduced):
            logLanes(of: id, silent: silent, reduced: reduced)
        case .clockDiffers(let id, let objection):
            log(objection, of: id)
        case .handshakeNotAccepted(let id, let refused):
            log(refused, of: id)
        case .strangerHeard(let stranger):
            log(stranger)
        case .cannotInitiate(let id, let why):
            log(.error, "cannot begin a handshake", of: id, ["why": "\(why)"])
        }
    }

    /// Logs the cause, if a handshake that came meanwhile shows it, and otherwise what to check.
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
        log(.warning, "peer does not answer", of: id, topic: .session, metadata)
    }

    /// Logs one line about a peer. If there was one of this kind within the last minute, counts it instead.
    ///
    /// - Parameters:
    ///   - code: lines with the same message and another code are of another kind.
    ///   - topic: the topic of the state that the line reports; nil: it reports an event.
    ///   - state: that state; nil: the message is the state.
    mutating func log(
        _ level: Logger.Level, _ message: Logger.Message, of id: PeerID, code: String = "",
        topic: PeerLines.State.Topic? = nil, state: String? = nil, _ metadata: Logger.Metadata = [:]
    ) {
        let name = name(of: id)
        let stated = topic.map { PeerLines.State($0, state ?? "\(message)") }
        guard logger.logLevel <= level else {
            if let stated { peerLines.record(stated, of: name) }
            return
        }
        let line = PeerLines.Line(
            level: level, message: message, metadata: metadata.merging(["peer": "\(name)"]) { $1 })
        guard
            peerLines.admits(
                line, of: name, code: code, state: stated, peerCount: peers.count, Now.ofHost().monotonic)
        else { return }
        logger.log(level: level, message, metadata: line.metadata)
    }

    /// Logs how many lines were suppressed, when their minute is over.
    mutating func logSuppressed(_ now: MonotonicTime) {
        guard let end = peerLines.nextEnd, now >= end else { return }
        for line in peerLines.takeSummaries(peerCount: peers.count, now) {
            logger.log(level: line.level, line.message, metadata: line.metadata)
        }
        for (peer, count) in peerLines.takeLeftOutRecords(now) { auditLog?.record(.suppressed(count, of: peer)) }
        for id in unrecordedVerdicts { auditVerdict(of: id) }
    }

    /// Logs one line for each change of the lanes that carry no packets to a peer.
    private mutating func logLanes(of id: PeerID, silent: [UInt8], reduced: [UInt8]) {
        guard let status = tunnel.status(of: id)?.session else { return }
        let lanes = status.lanes.map { PeerReport.Lane($0, .ofHost()) }
        guard let problem = LaneProblem(of: lanes) else {
            log(.info, "all lanes answer", of: id, topic: .lanes)
            return
        }
        var metadata: Logger.Metadata = ["remedy": "\(problem.remedy)"]
        if !silent.isEmpty { metadata["silent"] = "\(LaneProblem.ranges(silent))" }
        if !reduced.isEmpty { metadata["reduced"] = "\(LaneProblem.ranges(reduced))" }
        log(.warning, "lanes carry no packets, lane 0 carries theirs", of: id, topic: .lanes, metadata)
    }

    mutating func log(
        _ reasons: [Reason], of id: PeerID, topic: PeerLines.State.Topic? = nil, _ what: Logger.Message
    ) {
        let state = "\(what): \(reasons.map { "\($0.code)" }.joined(separator: ", "))"
        for reason in reasons {
            log(.warning, what, of: id, code: "\(reason.code)", topic: topic, state: state, metadata(of: reason))
        }
    }

    private func metadata(of reason: Reason) -> Logger.Metadata {
        var metadata: Logger.Metadata = ["reason": "\(reason.code)"]
        if !reason.namesAddresses || logger.logLevel <= .debug {
            metadata["observed"] = "\(reason.observed.cut)"
            metadata["required"] = "\(reason.required.cut)"
            metadata["source"] = "\(reason.source.cut)"
        }
        return metadata
    }

    /// Logs once for each change why this host itself refuses every peer.
    mutating func logHostReasons() {
        let reasons = hostReasons
        guard reasons.timeless != loggedHostReasons else { return }
        loggedHostReasons = reasons.timeless
        guard !reasons.isEmpty else { return logger.notice("this host itself refuses peers no longer") }
        for reason in reasons {
            logger.error(
                "no peer is eligible, because of this host",
                metadata: metadata(of: reason).merging(["remedy": "\(reason.code.remedy)"]) { $1 })
        }
    }

    /// Logs one line for each new warning about a peer or the path to it.
    mutating func logWarnings(_ results: [RuleResult], of id: PeerID) {
        let warnings = results.flatMap(\.reasons)
        guard let peer = peers[id], peer.loggedWarnings != warnings else { return }
        // The comparison is by codes: the texts may be the peer's.
        let loggedCodes = Set(peer.loggedWarnings.map(\.code))
        for result in results {
            log(
                result.reasons.filter { !loggedCodes.contains($0.code) }, of: id,
                result.rule.rule.evidence == .path ? "path warning" : "warning")
        }
        peers[id]?.loggedWarnings = warnings
    }

    /// Logs one line for each peer whose packets came from foreign addresses since the last line.
    mutating func logAddressesNotOwned(of sessions: [SessionActivity]) {
        for id in Set(sessions.lazy.filter { $0.addressesNotOwned > 0 }.map(\.peer)) {
            guard let peer = peers[id], let count = tunnel.status(of: id)?.addressesNotOwned,
                count > peer.loggedAddressesNotOwned
            else { continue }
            log(
                .warning, "packets dropped", of: id, code: "\(ReasonCode.addressNotOwned)",
                [
                    "reason": "\(ReasonCode.addressNotOwned)",
                    "packets": "\(count - peer.loggedAddressesNotOwned)",
                ])
            peers[id]?.loggedAddressesNotOwned = count
        }
    }

    /// Logs one line for every offload that a lane has lost since the last line. The lane works without it.
    mutating func logLostOffloads(ofLane number: UInt8) {
        let losses = dataplane.readings[Int(number)].losses
        for loss in losses.dropFirst(loggedLosses[number, default: 0]) {
            logger.warning(
                "offload lost",
                metadata: ["lane": "\(number)", "offload": "\(loss.offload.rawValue)", "why": "\(loss.error)"])
        }
        loggedLosses[number] = losses.count
    }

    /// Logs one line when the first secret is not locked in memory.
    mutating func logUnlockedSecrets() {
        guard !isUnlockedLogged, SecretBytes.unlockedCount > 0 else { return }
        isUnlockedLogged = true
        logger.warning(
            "keys are not locked in memory and could be written to swap",
            metadata: ["remedy": "raise the limit of locked memory (LimitMEMLOCK), or add CAP_IPC_LOCK"])
    }

    /// The reasons in a peer's answer. The peer may have another version, or be hostile: an unreadable answer becomes a
    /// reason.
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
    /// Whether the reason names addresses of hosts. Those of a topology may always appear.
    fileprivate var namesAddresses: Bool {
        [.addressNotOwned, .pathTranslated].contains(code) || source.hasPrefix("topology")
    }
}

extension String {
    /// The part of a text that the log shows: it may be a peer's.
    fileprivate var cut: String {
        let limit = 256
        return unicodeScalars.count > limit ? String(unicodeScalars.prefix(limit)) + "…" : self
    }
}
