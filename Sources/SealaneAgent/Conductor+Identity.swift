import FoundationEssentials
import Logging
import SealaneConfiguration
import SealaneEligibility
import SealaneIdentity
import SealaneLinux
import SealanePacket
import SealaneTunnel

/// Who this host is and who its peers are, by certificates; and what becomes of that as time passes.
extension Conductor {
    /// How often what the wall clock decides is looked at: it may be set at any time.
    private static var clockInterval: Duration { .seconds(10) }

    /// Takes over other authorities, revocations or an own certificate. The wall clock is to be followed next, and peers that
    /// were already heard are to be judged anew.
    mutating func take(_ new: Identities, statement: [UInt8]) {
        let isOther = new.own != identities.own
        if new.listsStaleAfter != identities.listsStaleAfter { isListAgeLogged = false }
        identities = new
        guard isOther else { return }
        tunnel.present(statement: statement, credential: new.own?.credential ?? [], at: .ofHost())
        isExpiryLogged = false
    }

    /// When `followWallClock` is next to be called; nil: nothing depends on the wall clock.
    var clockDeadline: MonotonicTime? {
        identities.peers == nil && routes == nil ? nil : nextClockCheck
    }

    /// Judges anew where time has decided something: a certificate that ends, or that begins, or a topology that is too old now.
    mutating func followWallClock(_ now: Now) {
        saveCertifiedPeers()
        let isOther = takeMoment(now)
        for (id, peer) in peers {
            guard let validity = peer.presented?.validity else { continue }
            if !validity.contains(Date(now)), !isOther { judgeAgain(id) }
            noteEnd(of: peers[id]?.presented?.validity, now)
        }
        if isOther { judgeAllAgain() }
    }

    /// Takes over what the moment makes of this host's own certificate and of its topology. Returns whether that is anything
    /// else than before: then every peer is to be judged anew.
    mutating func takeMoment(_ now: Now) -> Bool {
        let date = Date(now)
        let (facts, identity) = identities.localFacts(with: hostFacts, at: date)
        let areRoutesFresh = routes?.isFresh(at: date) ?? false
        let isOther =
            facts.facts != localFacts.facts || facts.reasons.timeless != localFacts.reasons.timeless
            || areRoutesFresh != self.areRoutesFresh
        localFacts = facts
        warnOfExpiry(identity?.certificateValidity, date)
        warnOfListAge(date)
        if isOther { noteFreshness(areRoutesFresh) }
        nextClockCheck = now.monotonic + Self.clockInterval
        noteEnd(of: identity?.validity, now)
        if areRoutesFresh, let routes { noteEnd(of: date...max(date, routes.freshUntil), now) }
        return isOther
    }

    private mutating func noteFreshness(_ areRoutesFresh: Bool) {
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

    /// Has the wall clock looked at as soon as this validity is over.
    mutating func noteEnd(of validity: ClosedRange<Date>?, _ now: Now) {
        guard let validity else { return }
        // Both ends of a validity count as valid (RFC 5280 section 4.1.2.5): it is over a second after its last.
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
    /// Logs which revocation lists are in force and what is odd about the files, and keeps the lists in the state
    /// directory. That the disk does not take them is no reason not to hold to them.
    mutating func takeNote(_ logger: Logger, by disk: DiskThread, isNew: Bool = true) {
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
                metadata: ["list": "\(entry.list.title)", "standing": "\(entry.standing.rawValue)"])
        }
        for warning in warnings { logger.warning("\(warning)") }
    }
}

extension [Reason] {
    /// The reasons but for the time at which a certificate was looked at, which alone is no news.
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
