import SealaneAEAD
import SealanePacket

/// A peer as the operator names it to the tunnel.
public struct PeerParameters: Sendable {
    public let id: PeerID
    public let publicKey: PublicKey
    public let presharedKey: PresharedKey?
    /// The peer's lane 0.
    public let endpoint: Endpoint

    public init(id: PeerID, publicKey: PublicKey, presharedKey: PresharedKey?, endpoint: Endpoint) {
        self.id = id
        self.publicKey = publicKey
        self.presharedKey = presharedKey
        self.endpoint = endpoint
    }
}

/// One peer's handshakes and sessions.
struct TunnelPeer {
    let parameters: PeerParameters
    /// Whether this end's own judgement lets packets pass.
    var isAdmitted = true
    var attempt: InitiationAttempt?
    /// Oldest first: at most `sessionLimit`, of which `sealing` names the one that seals.
    var sessions: [SessionRecord] = []
    var sealing: SessionIndex?
    var cookie = CookieHolder()
    /// Nil before the first handshake: most peers of a large fleet never talk to each other.
    var agreement: StaticAgreement?

    /// A packet waits, or came while a refusal stood.
    var isWanted = false
    var isUnreachable = false
    /// Initiations since the peer last answered one or used a session. Nil: none.
    var unanswered: UnansweredAttempts?
    var refusal: Refusal?
    var terms: PeerTerms?
    var path = PathSightings()
    /// Where the last search began anew to look, over all sessions: a network that spreads flows may lead each lane another
    /// way, and a session may be too short for the turn of all.
    var searchedLane: UInt8 = 0
    /// Of initiations that did not come as they said, the one that was heard last.
    var lastDetour: (timestamp: TAI64N, at: MonotonicTime)?

    /// Nothing, or what is rare: most of many peers never give cause for it, and it is large.
    var rare: [PeerIncidents] = []
    var incidents: PeerIncidents {
        get { rare.first ?? PeerIncidents() }
        set { rare = [newValue] }
    }
    var lastInitiationAccepted: MonotonicTime?
    var lastStray: MonotonicTime?
    /// Until then this end leaves it to the peer to begin; nil when nothing was left to it since the last session.
    var defersUntil: MonotonicTime?
    var lastHandshakeAt: MonotonicTime?
    /// What became of this end's lanes, in the session that began last.
    var lanes: LaneChecks?
    /// Those that do not carry packets because they failed, since when, and as far as people were told.
    var failedLanes: [UInt8: LaneFailure] = [:]
    var toldLanes: [UInt8: LaneFailure.Kind] = [:]
    /// A session was ended for what was seen of the path in it: the next one looks at every lane before it carries packets.
    var mustTryLanes = false
    /// What spoke against the path does so no more, which is to be judged once the session on trial carries packets.
    var isJudgementDue = false
    var conversation = Conversation()
    var sessionCount: UInt64 = 0
    /// Of sessions that have ended.
    var past = PeerTotals()
    var ending: [SessionIndex: EndingSession] = [:]

    /// The one that seals and one newer that is not confirmed; and as many again of the peer, if both ends began at once
    /// and each seals with its own.
    static var sessionLimit: Int { 4 }

    struct Refusal {
        /// What the peer answered; nil: this end refused what the peer stated.
        let reasonsOfPeer: [UInt8]?
        let until: MonotonicTime
    }

    var sealingRecord: SessionRecord? {
        sessions.first { $0.grant.index == sealing }
    }

    /// Whether timers run for this peer.
    var isActive: Bool {
        attempt != nil || !sessions.isEmpty || (isWanted && isAdmitted)
    }

    /// Whether a session waits for its path to be proven.
    var isOnTrial: Bool {
        sessions.contains { $0.isOnTrial && ($0.search != nil || $0.isProven) }
    }

    /// Both ends have the keys of one session.
    mutating func noteHandshake(at now: MonotonicTime) {
        lastHandshakeAt = now
        unanswered = nil
        conversation.noteHandshake(at: now)
    }

    /// An initiation leaves.
    mutating func noteInitiation(at now: MonotonicTime) {
        unanswered = UnansweredAttempts(since: unanswered?.since ?? now, count: (unanswered?.count ?? 0) + 1)
    }

    /// A session that the peer has asked for and not yet used.
    func hasUnconfirmedSession(youngerThan age: Duration, at now: MonotonicTime) -> Bool {
        sessions.contains { $0.confirmedAt == nil && !$0.isInitiator && now.since($0.createdAt) < age }
    }
}

/// What initiations of a peer gave cause for.
struct PeerIncidents {
    /// What one said that this end refused, and that the peer may not have sent now: known once the peer answers.
    var unconfirmed: (terms: PeerTerms, path: PathSightings, at: MonotonicTime)?
    var lastOwnHandshake: MonotonicTime?
    var lastRefusedHandshake: RefusedHandshake?
    /// The one that people were last told of.
    var toldRefusedHandshake: RefusedHandshake?
    /// What is wrong with the clock of one end.
    var clock: ClockObjection?
    /// When people were last told so.
    var clockEventAt: MonotonicTime?
}

/// Whose turn it is. Over all sessions of a peer: right after two ends have begun at the same moment, each may seal with
/// another.
struct Conversation {
    private var lastReceivedAt: MonotonicTime?
    private var lastSentAt: MonotonicTime?
    /// Data was sent then, and nothing has come since.
    private(set) var unansweredSince: MonotonicTime?
    /// Data came then, and nothing has been sent since.
    private(set) var owesSignOfLifeSince: MonotonicTime?

    mutating func note(_ activity: SessionActivity) {
        lastReceivedAt = [lastReceivedAt, activity.lastReceived].compactMap { $0 }.max()
        lastSentAt = [lastSentAt, activity.lastSent].compactMap { $0 }.max()
        if let since = unansweredSince, let lastReceivedAt, lastReceivedAt >= since { unansweredSince = nil }
        if let since = owesSignOfLifeSince, let lastSentAt, lastSentAt >= since { owesSignOfLifeSince = nil }
        if unansweredSince == nil, let sent = activity.lastDataSent, lastReceivedAt.map({ sent > $0 }) ?? true {
            unansweredSince = sent
        }
        if owesSignOfLifeSince == nil, let received = activity.lastDataReceived,
            lastSentAt.map({ received > $0 }) ?? true
        {
            owesSignOfLifeSince = received
        }
    }

    /// A handshake is an answer, and a sign of life.
    mutating func noteHandshake(at now: MonotonicTime) {
        lastReceivedAt = now
        lastSentAt = now
        unansweredSince = nil
        owesSignOfLifeSince = nil
    }

    mutating func noteSignOfLife() {
        owesSignOfLifeSince = nil
    }
}

struct PeerTotals {
    var sent = Traffic()
    var received = Traffic()
    var packetsTooBig: UInt64 = 0
    var malformedPackets: UInt64 = 0
    var addressesNotOwned: UInt64 = 0
    var icmpErrorsNotOwned: UInt64 = 0

    static func += (total: inout Self, activity: SessionActivity) {
        total.sent += activity.sent
        total.received += activity.received
        total.packetsTooBig &+= activity.packetsTooBig
        total.malformedPackets &+= activity.malformedPackets
        total.addressesNotOwned &+= activity.addressesNotOwned
        total.icmpErrorsNotOwned &+= activity.icmpErrorsNotOwned
    }
}

/// An initiation that waits for its response. A class because the handshake's secrets must not be copied.
final class InitiationAttempt {
    let index: SessionIndex
    let handshake: NoiseInitiator
    /// mac1 of the datagram: a cookie reply must answer it.
    let mac1: [UInt8]
    let timestamp: TAI64N
    /// What prompted it.
    let prompt: HandshakePrompt?
    /// Whether no packet and no session asked for it (`Tunnel.beginOwn`).
    let isOwnIdea: Bool
    let firstSentAt: MonotonicTime
    /// How many initiations have been sent since then, this one included.
    let number: Int
    let retryAt: MonotonicTime
    /// When a response of each kind was last worked on.
    private var lastTried: [MonotonicTime?] = [nil, nil, nil, nil]

    init(
        index: SessionIndex, handshake: consuming NoiseInitiator, mac1: [UInt8], timestamp: TAI64N,
        prompt: HandshakePrompt?, isOwnIdea: Bool, firstSentAt: MonotonicTime, number: Int, retryAt: MonotonicTime
    ) {
        self.index = index
        self.handshake = handshake
        self.mac1 = mac1
        self.timestamp = timestamp
        self.prompt = prompt
        self.isOwnIdea = isOwnIdea
        self.firstSentAt = firstSentAt
        self.number = number
        self.retryAt = retryAt
    }

    /// Whether a response may be worked on, which costs two Diffie-Hellmans. Copies and forgeries of one kind do not use up what
    /// the others may have.
    ///
    /// - Parameters:
    ///   - isProven: whether its sender has read the initiation.
    ///   - isFromEndpoint: whether it came from where the initiation went.
    func mayTry(isProven: Bool, isFromEndpoint: Bool, at now: MonotonicTime) -> Bool {
        let place = (isProven ? 2 : 0) + (isFromEndpoint ? 1 : 0)
        let interval = isFromEndpoint ? TunnelLimits.responseInterval : TunnelLimits.strayResponseInterval
        if let last = lastTried[place], now.since(last) < interval { return false }
        lastTried[place] = now
        return true
    }
}

/// A lane that was taken out of use.
struct LaneFailure: Equatable {
    enum Kind: Equatable {
        case silent, reduced
    }

    let kind: Kind
    let since: MonotonicTime
}

/// A session that is over, until every lane has told what it did with it.
struct EndingSession {
    var record: SessionRecord
    var lanesLeft: Int
}

/// One session as the control thread follows it.
struct SessionRecord {
    let grant: SessionGrant
    let createdAt: MonotonicTime
    let isInitiator: Bool
    /// What the peer stated in this session's handshake. Another handshake may have been recorded, when it stated less.
    let interfaceMTUOfPeer: Int
    /// The first moment at which the peer was seen to use it: it has the keys.
    var confirmedAt: MonotonicTime?
    /// Both ends have the keys, and this end has sealed with them or still does.
    var isEstablished = false
    /// From then on it is to be replaced, whatever its age.
    var rekeyAskedFor: MonotonicTime?
    /// No packet is sealed with it yet: what its path carries is not known.
    var isOnTrial: Bool
    /// Under way.
    var search: MTUSearch?
    /// The lane from which it looks.
    var searchLane: UInt8 = 0
    var lastSearchAt: MonotonicTime
    /// Whether lane 0's way is known to carry what it must, or nobody asks.
    var isProven: Bool
    /// Searches of lane 0's way in a row of which no probe was answered.
    var silentSearches = 0
    /// What each lane's way was found to carry, by lane.
    var carriedByLane: [UInt8: Int] = [:]
    /// Which lanes reach the peer. Every session looks anew.
    var lanes: LaneChecks
    /// As the lanes were told.
    var ownWays: UInt64 = 0
    /// When the session began to look at its lanes; nil: the peer may not have the keys yet.
    var lanesBeganAt: MonotonicTime?
    /// Probes of searches that are over have lesser numbers.
    var nextProbe: UInt32 = 0
    /// As lanes have it.
    var packetByteLimit: Int
    /// By lane.
    var activity: [UInt8: SessionActivity] = [:]

    init(
        grant: SessionGrant, _ terms: HandshakeTerms, lanes: LaneChecks, createdAt: MonotonicTime, isInitiator: Bool
    ) {
        self.grant = grant
        self.createdAt = createdAt
        self.isInitiator = isInitiator
        interfaceMTUOfPeer = Int(terms.interfaceMTU)
        isOnTrial = grant.standing != .proven
        isProven = grant.standing == .proven
        packetByteLimit = grant.packetByteLimit
        self.lanes = lanes
        lastSearchAt = createdAt
    }

    /// The next in turn after `lane` of those by whose way data was sent since the last search.
    func laneToSearch(after lane: UInt8) -> UInt8? {
        let busy = activity.filter { $1.lastDataSent.map { $0 > lastSearchAt } ?? false }.keys
        let ways = Set(busy.map { lanes.state(of: $0) == .usable ? $0 : 0 }).sorted()
        return ways.first { $0 > lane } ?? ways.first
    }

    func latest(_ moment: KeyPath<SessionActivity, MonotonicTime?>) -> MonotonicTime? {
        activity.values.compactMap { $0[keyPath: moment] }.max()
    }
}
