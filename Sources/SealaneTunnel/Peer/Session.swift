import SealaneAEAD
import SealanePacket

/// One session as the control thread follows it.
struct Session {
    let parameters: NewSession
    let isInitiator: Bool
    /// From this session's handshake. A recorded handshake may have stated less.
    let interfaceMTUOfPeer: Int
    /// When the peer was first seen to use the session: it has the keys.
    var confirmedAt: MonotonicTime?
    /// Both ends have the keys, and this host seals with them or has done so.
    var isEstablished = false
    /// From then on a new session replaces it, whatever its age.
    var replaceAt: MonotonicTime?
    /// It seals no packet yet, because it is unknown how much its path carries.
    var isValidating: Bool
    /// The search under way.
    var search: MTUSearch?
    /// The lane that sends the search's probes.
    var searchLane: UInt8 = 0
    var lastSearchAt: MonotonicTime
    /// Whether lane 0's path is known to carry what it must, or nothing asks for that.
    var isProven: Bool
    /// Searches of lane 0's path in a row without an answered probe.
    var silentSearches = 0
    /// How much each lane's path carries, by lane, as far as searches found it.
    var carriedByLane: [UInt8: Int] = [:]
    /// Which lanes reach the peer. Every session checks them again.
    var lanes: LaneChecks
    /// The last value that the lanes got.
    var ownPaths: UInt64 = 0
    /// When the checks of the lanes began. Nil: the peer may not have the keys yet.
    var lanesBeganAt: MonotonicTime?
    /// Probes of earlier searches have lower numbers.
    var nextProbe: UInt32 = 0
    /// The last value that the lanes got.
    var packetByteLimit: Int
    /// By lane.
    var activity: [UInt8: SessionActivity] = [:]

    init(_ parameters: NewSession, interfaceMTUOfPeer: Int, lanes: LaneChecks, isInitiator: Bool) {
        self.parameters = parameters
        self.isInitiator = isInitiator
        self.interfaceMTUOfPeer = interfaceMTUOfPeer
        isValidating = parameters.pathState != .valid
        isProven = parameters.pathState == .valid
        packetByteLimit = parameters.packetByteLimit
        self.lanes = lanes
        lastSearchAt = parameters.createdAt
    }

    var index: SessionIndex { parameters.index }
    var createdAt: MonotonicTime { parameters.createdAt }
    var overIPv4: Bool { parameters.remote.address.isIPv4 }

    /// Whether both ends are known to have its keys.
    var isConfirmedOrOwn: Bool { isInitiator || confirmedAt != nil }

    /// The bytes of the IP packet of the shortest probe.
    var leastProbeByteCount: Int {
        TunnelLimits.overhead(overIPv4: overIPv4) + ControlMessage.probeByteCount
    }

    /// The bytes of the longest packet on a path that carries IP packets of `mtu` bytes.
    static func packetByteLimit(mtu: Int, overIPv4: Bool) -> Int {
        max(mtu - TunnelLimits.overhead(overIPv4: overIPv4), TunnelLimits.leastPacketByteCount)
    }

    /// The next lane after `lane`, in turn, of those whose path has carried data since the last search.
    func laneToSearch(after lane: UInt8) -> UInt8? {
        let busy = activity.filter { $1.lastDataSent.map { $0 > lastSearchAt } ?? false }.keys
        let paths = Set(busy.map { lanes.state(of: $0) == .usable ? $0 : 0 }).sorted()
        return paths.first { $0 > lane } ?? paths.first
    }

    func latest(_ moment: KeyPath<SessionActivity, MonotonicTime?>) -> MonotonicTime? {
        activity.values.compactMap { $0[keyPath: moment] }.max()
    }

    /// The next moment at which a timer of the session is due; moments that are past included.
    ///
    /// - Parameter consider: called with each.
    func forEachDeadline(isActive: Bool, rekeyAfter: Duration, _ consider: (MonotonicTime?) -> Void) {
        consider(search?.dueAt)
        consider(lanes.dueAt)
        if isValidating { consider(lanesBeganAt.map { $0 + TunnelLimits.laneValidationPatience }) }
        consider(createdAt + TunnelLimits.rejectAfter)
        guard isActive else { return }
        consider(replaceAt)
        if isInitiator { consider(createdAt + rekeyAfter) }
    }
}

/// A session that has ended, until every lane has reported its last activity.
struct EndingSession {
    var session: Session
    var lanesLeft: Int
}

/// A lane that no longer carries packets.
struct LaneFailure: Equatable {
    enum Kind: Equatable {
        case silent, reduced
    }

    let kind: Kind
    let since: MonotonicTime
}
