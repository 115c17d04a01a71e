import FoundationEssentials
import Logging
import SealaneConfiguration
import SealaneEligibility
import SealaneIdentity
import SealaneLinux
import SealanePacket
import SealaneTunnel

/// Certificates of this host and its peers, and how the time changes them.
extension ControlLoop {
    /// How often the wall clock is checked: somebody may set it at any time.
    private static var clockInterval: Duration { .seconds(10) }

    /// Adopts other authorities, revocations or another certificate of this host. The caller then adopts the moment and
    /// judges all peers again.
    mutating func adopt(_ new: Identities, claims: [UInt8]) {
        let isOther = new.own != identities.own
        if new.listsStaleAfter != identities.listsStaleAfter { isListAgeLogged = false }
        if new.peers?.verifier != identities.peers?.verifier { trustVersion += 1 }
        identities = new
        guard isOther else { return }
        tunnel.present(claims: claims, credential: new.own?.credential ?? [], at: .ofHost())
        isExpiryLogged = false
    }

    /// When `followWallClock` is due; nil: nothing depends on the wall clock.
    var clockDeadline: MonotonicTime? {
        identities.peers == nil && routes == nil ? nil : nextClockCheck
    }

    /// Judges peers again if time has changed something: a certificate ends or begins, or the topology is too old.
    mutating func followWallClock(_ now: Now) {
        saveCertifiedPeers()
        let isOther = adoptMoment(now)
        for (id, peer) in peers {
            guard let validity = peer.presented?.validity else { continue }
            if !validity.contains(Date(now)), !isOther { judgeAgain(id) }
            recheck(atEndOf: peers[id]?.presented?.validity, now)
        }
        if isOther { judgeAllAgain() }
    }

    /// Adopts the state of this host's certificate and topology at this moment. Returns whether it has changed: then
    /// the caller judges every peer again.
    mutating func adoptMoment(_ now: Now) -> Bool {
        let date = Date(now)
        let (facts, identity) = identities.localFacts(with: hostFacts, at: date)
        let areRoutesFresh = routes?.isFresh(at: date) ?? false
        let isOther =
            facts.facts != localFacts.facts || facts.reasons.timeless != localFacts.reasons.timeless
            || areRoutesFresh != self.areRoutesFresh
        localFacts = facts
        logHostReasons()
        warnOfExpiry(identity?.certificateValidity, date)
        warnOfListAge(date)
        if isOther { recordFreshness(areRoutesFresh) }
        nextClockCheck = now.monotonic + Self.clockInterval
        recheck(atEndOf: identity?.validity, now)
        if areRoutesFresh, let routes { recheck(atEndOf: date...max(date, routes.freshUntil), now) }
        return isOther
    }

    private mutating func recordFreshness(_ areRoutesFresh: Bool) {
        if self.areRoutesFresh, !areRoutesFresh, let routes {
            logger.warning(
                "the topology is too old to judge paths by; take a new one (sealane topology pull), then: sealane reload",
                metadata: [
                    "taken": "\(routes.snapshot.takenAt.formatted(.iso8601))",
                    "file": "\(configuration.topology?.file ?? "")",
                ])
        }
        self.areRoutesFresh = areRoutesFresh
    }

    /// Schedules a check of the wall clock for the end of this validity.
    mutating func recheck(atEndOf validity: ClosedRange<Date>?, _ now: Now) {
        guard let validity else { return }
        // Both ends of a validity are valid (RFC 5280 section 4.1.2.5): it is over one second after the last.
        let left = validity.upperBound.timeIntervalSince(Date(now)) + 1
        nextClockCheck = min(nextClockCheck, now.monotonic + .seconds(max(left, 0.1)))
    }

    private mutating func warnOfListAge(_ now: Date) {
        guard !isListAgeLogged, let end = identities.listsStaleAfter, now > end,
            let list = identities.revocations?.oldest
        else { return }
        isListAgeLogged = true
        let isRefusing = configuration.identity?.refusesStaleRevocations == true
        logger.warning(
            "the revocation list is too old; put a new one in its place (sealane ca revoke --refresh), then: sealane reload",
            metadata: [
                "list": "\(list.title)", "file": "\(configuration.identity?.revocationsFile ?? "")",
                "peers": isRefusing ? "refused" : "not refused for that",
            ])
    }

    private mutating func warnOfExpiry(_ validity: ClosedRange<Date>?, _ now: Date) {
        guard let validity, !isExpiryLogged, validity.endsSoon(at: now) else { return }
        isExpiryLogged = true
        logger.warning(
            "this host's certificate ends soon; put a new one in its place, then: sealane reload",
            metadata: [
                "until": "\(validity.upperBound.formatted(.iso8601))",
                "left": "\(Int(validity.upperBound.timeIntervalSince(now))) s",
                "file": "\(configuration.identity?.own?.certificateFile ?? "")",
            ])
    }
}

extension Identities {
    /// Logs the revocation lists in force and warnings about the files, and saves the lists in the state directory. The
    /// lists are in force even if the disk does not accept them.
    mutating func log(to logger: Logger, by disk: DiskThread, isNew: Bool = true) {
        do throws(IdentityError) {
            try remember(by: disk)
        } catch {
            logger.error(
                "the revocation lists in force cannot be remembered: after a restart older ones would be taken",
                metadata: ["why": "\(error)"])
        }
        guard isNew else { return }
        for entry in revocations?.entries ?? [] {
            logger.info(
                "revocation list in force",
                metadata: ["list": "\(entry.list.title)", "standing": "\(entry.status.rawValue)"])
        }
        for warning in warnings { logger.warning("\(warning)") }
    }
}

extension [Reason] {
    /// The reasons without the time of verification, which alone is no change.
    var timeless: [Reason] {
        map { reason in
            switch reason.code {
            case .certificateExpired, .certificateNotYetValid:
                Reason(code: reason.code, observed: "", required: reason.required, source: reason.source)
            default: reason
            }
        }
    }
}

extension Date {
    /// The wall clock's time, in whole seconds as certificates have it.
    init(_ now: Now) {
        self.init(timeIntervalSince1970: TimeInterval(now.wall.unixSeconds))
    }
}
