import Logging
import SealaneAEAD
import SealaneEligibility
import SealaneTunnel

/// What is worth a line in the log. Addresses are for the debug level only.
extension Conductor {
    func log(_ event: TunnelEvent) {
        switch event {
        case .established(let id, _, let suite, let isInitiator):
            logger.info(
                "session established",
                metadata: [
                    "peer": "\(name(of: id))", "suite": "\(suite)", "begun-by": isInitiator ? "this host" : "the peer",
                ])
        case .ended(let id, _):
            logger.debug("session ended", metadata: ["peer": "\(name(of: id))"])
        case .refusedByPeer(let id, let encoded):
            log(Self.reasons(decoding: encoded), of: name(of: id), "refused by the peer's agent")
        case .refused(let id):
            // The reasons were logged with the verdict.
            logger.debug("handshake refused", metadata: ["peer": "\(name(of: id))"])
        case .unreachable(let id):
            logger.warning("peer does not answer", metadata: ["peer": "\(name(of: id))"])
        case .silent(let id):
            logger.info("peer fell silent, asking for a new session", metadata: ["peer": "\(name(of: id))"])
        case .clockDiffers(let id, let objection):
            log(objection, of: id)
        case .cannotInitiate(let id, let why):
            logger.error("cannot begin a handshake", metadata: ["peer": "\(name(of: id))", "why": "\(why)"])
        }
    }

    func log(_ reasons: [Reason], of peer: String, _ what: Logger.Message) {
        for reason in reasons {
            var metadata: Logger.Metadata = ["peer": "\(peer)", "reason": "\(reason.code)"]
            if !reason.namesAddresses || logger.logLevel <= .debug {
                metadata["observed"] = "\(reason.observed)"
                metadata["required"] = "\(reason.required)"
                metadata["source"] = "\(reason.source)"
            }
            logger.warning(what, metadata: metadata)
        }
    }

    /// One line for each thing that newly speaks against the path to a peer where the policy only warns.
    mutating func logPathWarnings(_ path: PathEvidence, of id: PeerID) {
        let warnings = PathTestimony.all(of: path, policy.path).filter { $0.reaction == .warn }
            .flatMap(\.objections)
        guard let peer = peers[id], peer.toldWarnings != warnings else { return }
        log(warnings.filter { !peer.toldWarnings.contains($0) }, of: peer.name, "path warning")
        peers[id]?.toldWarnings = warnings
    }

    /// One line for the peer of every such session whose packets came from addresses that are not its own since the last
    /// time.
    mutating func logAddressesNotOwned(of sessions: [SessionActivity]) {
        for id in Set(sessions.lazy.filter { $0.addressesNotOwned > 0 }.map(\.peer)) {
            guard let peer = peers[id], let count = tunnel.status(of: id)?.addressesNotOwned,
                count > peer.loggedAddressesNotOwned
            else { continue }
            logger.warning(
                "packets dropped",
                metadata: [
                    "peer": "\(peer.name)", "reason": "\(ReasonCode.addressNotOwned)",
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
        do throws(SealaneEligibility.PayloadError) {
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
