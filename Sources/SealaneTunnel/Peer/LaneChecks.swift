/// Which of this end's lanes reach the peer in one session. A lane's datagrams have addresses and ports of their own, so a
/// firewall or a router may treat each lane differently. Every lane but lane 0 is probed on its own path before it carries packets,
/// and regularly while it does (as RFC 9000 section 8.2 validates a path).
///
///     validating --a probe of full size was answered--> usable
///     any        --probes are lost that lane 0's are not--> silent   --after a back-off--> validating
///     validating --small probes alone are answered--> reduced        --after a back-off--> validating
///
/// A lost probe proves nothing by itself. A round counts against a lane only if lane 0's probe of the same round was
/// answered, and the more of those are lost, the more rounds must count.
struct LaneChecks: Sendable {
    struct Probe: Equatable, Sendable {
        let lane: UInt8
        let number: UInt32
        /// Whether it has the length of the longest datagram. If not, it is as short as possible.
        let isFull: Bool
    }

    enum State: Equatable, Sendable {
        case validating
        case usable
        /// The peer answers no probe.
        case silent
        /// It carries small probes only. A search finds out how much it carries.
        case reduced
    }

    struct Lane: Sendable {
        var state = State.validating
        /// Attempts that failed since the lane was last good for a while.
        var failures = 0
        /// Whether the attempt of this session's beginning is over.
        var isTried = false
        var usableSince: MonotonicTime?
        fileprivate var dueAt: MonotonicTime?
        fileprivate var lastRoundAt: MonotonicTime?
        fileprivate var hasBegun: Bool { dueAt != nil || lastRoundAt != nil || isTried }
        fileprivate var roundsOfAttempt = 0
        /// Rounds in a row that count against it, and those in which only its small probe was answered.
        fileprivate var lost = 0
        fileprivate var smallAlone = 0
        fileprivate var roundTrip = Duration.milliseconds(1)
        /// Answers to full probes in this attempt.
        fileprivate var proofs = 0

        /// A lane that was good for a while has a clean record.
        func failures(at now: MonotonicTime) -> Int {
            usableSince.map { now.since($0) >= LaneChecks.recordSpan } ?? false ? 0 : failures
        }

        /// One that was taken out before must prove itself for longer.
        fileprivate var proofsNeeded: Int { min(failures + 1, 5) }
    }

    private struct Round: Sendable {
        let sentAt: MonotonicTime
        let companion: UInt32?
        var companionAnsweredAt: MonotonicTime?
        var full: [UInt32: UInt8] = [:]
        var small: [UInt32: UInt8] = [:]
        var lanes: Set<UInt8>
        var answeredFull: Set<UInt8> = []
        var answeredSmall: Set<UInt8> = []
    }

    /// Numbers of probes that belong to `MTUSearch` are less.
    static var firstNumber: UInt32 { 1 << 31 }
    /// The interval of probes for a lane that sends packets, and for one that does not while the session does.
    static var interval: Duration { .seconds(1) }
    static var idleInterval: Duration { .seconds(5) }
    private static var leastRoundInterval: Duration { .milliseconds(200) }
    private static var leastLosses: Int { 5 }
    private static var greatestLosses: Int { 64 }
    /// The greatest probability that a lane like lane 0 counts as silent.
    private static var errorProbability: Double { 1e-4 }
    private static var smallAloneLimit: Int { 4 }
    private static var roundPatience: Duration { .seconds(2) }
    private static var recordSpan: Duration { .seconds(60) }
    /// The bits of `LaneCommand.steer`.
    private static var laneLimit: UInt8 { 64 }

    /// By number, from 1 on.
    private(set) var lanes: [UInt8: Lane] = [:]
    private var rounds: [Round] = []
    private var nextNumber = LaneChecks.firstNumber
    /// Probes of lane 0, since no probe was due.
    private var companionsSent = 0
    private var companionsAnswered = 0
    private var companionsMissed = 0
    private var roundTripOfFirst = Duration.milliseconds(1)
    /// Whether rounds may begin.
    private var hasBegun = false

    /// - Parameter before: the checks of the session before, whose record counts.
    init(laneCount: UInt8, before: LaneChecks? = nil, at now: MonotonicTime) {
        for lane in 1..<max(min(laneCount, Self.laneLimit), 1) {
            var fresh = Lane()
            if let known = before?.lanes[lane] {
                fresh.failures = known.failures(at: now)
                fresh.roundTrip = known.roundTrip
            }
            lanes[lane] = fresh
        }
        if let before { roundTripOfFirst = before.roundTripOfFirst }
    }

    /// Both ends have the session's keys.
    ///
    /// - Parameter numbers: bit n: probes of lane n begin at once. Other lanes begin when they send packets.
    mutating func begin(_ numbers: UInt64 = .max, at now: MonotonicTime) {
        guard !hasBegun else { return }
        hasBegun = true
        for lane in lanes.keys where numbers & 1 << UInt64(lane) != 0 { lanes[lane]?.dueAt = now }
    }

    func state(of lane: UInt8) -> State? { lanes[lane]?.state }

    /// Bit n: lane n.
    var usable: UInt64 {
        lanes.reduce(0) { $1.value.state == .usable ? $0 | 1 << UInt64($1.key) : $0 }
    }

    /// The next lane that needs an `MTUSearch`.
    var toSearch: UInt8? { lanes.filter { $0.value.state == .reduced && $0.value.dueAt == nil }.keys.min() }

    /// When `popDue` has something to do.
    var dueAt: MonotonicTime? { lanes.values.compactMap(\.dueAt).min() }

    /// The longest round trip of all lanes.
    private var roundTrip: Duration { max(roundTripOfFirst, lanes.values.map(\.roundTrip).max() ?? .zero) }

    /// How long packets wait when their path changes: at least the difference between the two paths, as far as a round trip shows it.
    var drain: Duration { min(max(roundTrip, .milliseconds(2)), .milliseconds(50)) }

    /// Packets were sent on these lanes since the last report.
    mutating func record(sentOn busy: Set<UInt8>) {
        guard hasBegun, !busy.isEmpty else { return }
        for number in busy where lanes[number]?.hasBegun == false {
            lanes[number]?.dueAt = MonotonicTime(nanoseconds: 0)
        }
        for (number, lane) in lanes where lane.state == .usable && lane.roundsOfAttempt == 0 {
            guard let last = lane.lastRoundAt else { continue }
            let moment = last + (busy.contains(number) ? Self.interval : Self.idleInterval)
            lanes[number]?.dueAt = min(lane.dueAt ?? moment, moment)
        }
    }

    /// The probes to send now; nil: nothing was due, and nothing has changed.
    mutating func popDue(at now: MonotonicTime) -> [Probe]? {
        guard hasBegun, let dueAt, now >= dueAt else { return nil }
        weigh(at: now)
        let due = lanes.filter { $0.value.dueAt.map { $0 <= now } ?? false }.keys.sorted()
        guard !due.isEmpty else { return [] }
        var probes: [Probe] = []
        var round = Round(sentAt: now, companion: nil, lanes: Set(due))
        var isAlone = true
        for number in due {
            guard var lane = lanes[number] else { continue }
            if lane.state == .silent || lane.state == .reduced { lane.state = .validating }
            if lane.state == .validating {
                let probe = Probe(lane: number, number: makeNumber(), isFull: true)
                round.full[probe.number] = number
                probes.append(probe)
            }
            if lane.state == .usable || lane.roundsOfAttempt > 0 {
                let probe = Probe(lane: number, number: makeNumber(), isFull: false)
                round.small[probe.number] = number
                probes.append(probe)
                isAlone = false
            }
            lane.roundsOfAttempt += 1
            lane.lastRoundAt = now
            lane.dueAt = now + roundInterval
            lanes[number] = lane
        }
        if !isAlone {
            let probe = Probe(lane: 0, number: makeNumber(), isFull: false)
            round = Round(
                sentAt: now, companion: probe.number, full: round.full, small: round.small, lanes: round.lanes)
            probes.append(probe)
            companionsSent += 1
            companionsMissed += 1
        }
        rounds.append(round)
        return probes
    }

    /// If lane 0 does not answer either, rounds become rare.
    private var roundInterval: Duration {
        max(Self.leastRoundInterval, roundTrip * 2) * (1 << min(companionsMissed / 5, 4))
    }

    private mutating func makeNumber() -> UInt32 {
        defer { nextNumber = max(nextNumber &+ 1, Self.firstNumber) }
        return nextNumber
    }

    /// Records an answer. One without a probe changes nothing.
    mutating func record(answerTo number: UInt32, at now: MonotonicTime) {
        guard
            let at = rounds.firstIndex(where: {
                $0.companion == number || $0.full[number] != nil || $0.small[number] != nil
            })
        else { return }
        let measured = min(max(now.since(rounds[at].sentAt), .microseconds(100)), .seconds(1))
        if rounds[at].companion == number {
            roundTripOfFirst = (roundTripOfFirst + measured) / 2
            guard rounds[at].companionAnsweredAt == nil else { return }
            rounds[at].companionAnsweredAt = now
            companionsAnswered += 1
            companionsMissed = 0
        } else if let lane = rounds[at].full.removeValue(forKey: number) {
            rounds[at].answeredFull.insert(lane)
            record(measured, of: lane)
            prove(lane, now)
        } else if let lane = rounds[at].small.removeValue(forKey: number) {
            rounds[at].answeredSmall.insert(lane)
            record(measured, of: lane)
            lanes[lane]?.lost = 0
            if lanes[lane]?.state == .usable { rest(lane) }
        }
    }

    private mutating func record(_ roundTrip: Duration, of number: UInt8) {
        guard let lane = lanes[number] else { return }
        lanes[number]?.roundTrip = (lane.roundTrip + roundTrip) / 2
    }

    private mutating func prove(_ number: UInt8, _ now: MonotonicTime) {
        guard var lane = lanes[number] else { return }
        lane.lost = 0
        lane.smallAlone = 0
        lane.proofs += 1
        if lane.proofs >= lane.proofsNeeded, lane.state != .usable {
            lane.state = .usable
            lane.isTried = true
            lane.usableSince = now
        }
        lanes[number] = lane
        if lane.state == .usable { rest(number) }
    }

    /// The lane is good until packets are sent again.
    private mutating func rest(_ number: UInt8) {
        lanes[number]?.dueAt = nil
        lanes[number]?.lost = 0
        lanes[number]?.roundsOfAttempt = 0
        if dueAt == nil { (companionsSent, companionsAnswered, companionsMissed) = (0, 0, 0) }
    }

    /// Counts the rounds that are over: lane 0's probe was answered, and the others had time to be.
    private mutating func weigh(at now: MonotonicTime) {
        let grace = max(Duration.milliseconds(20), roundTrip)
        let (over, underWay) = (
            rounds.filter { $0.companionAnsweredAt.map { now.since($0) >= grace } ?? false },
            rounds.filter {
                $0.companionAnsweredAt.map { now.since($0) < grace }
                    ?? (now.since($0.sentAt) < Self.roundPatience)
            }
        )
        rounds = underWay
        for round in over {
            for number in round.lanes where lanes[number]?.dueAt != nil && !round.answeredFull.contains(number) {
                if round.answeredSmall.contains(number) {
                    if lanes[number]?.state == .validating { lanes[number]?.smallAlone += 1 }
                } else if round.small.values.contains(number) {
                    lanes[number]?.lost += 1
                }
            }
        }
        for (number, lane) in lanes where lane.dueAt != nil {
            if lane.lost >= lossesNeeded {
                fail(number, .silent, now)
            } else if lane.smallAlone >= Self.smallAloneLimit {
                lanes[number]?.state = .reduced
                lanes[number]?.dueAt = nil
            }
        }
    }

    /// The number of losses in a row that lane 0, at its loss rate, has with `errorProbability`.
    private var lossesNeeded: Int {
        let lossOfFirst = 1 - Double(companionsAnswered + 1) / Double(companionsSent + 2)
        var (losses, probability) = (0, 1.0)
        while losses < Self.greatestLosses, probability > Self.errorProbability {
            losses += 1
            probability *= lossOfFirst
        }
        return max(losses, Self.leastLosses)
    }

    /// Takes a lane out until its back-off is over.
    private mutating func fail(_ number: UInt8, _ state: State, _ now: MonotonicTime) {
        guard var lane = lanes[number] else { return }
        let roundTrip = lane.roundTrip
        lane = Lane(state: state, failures: lane.failures(at: now) + 1, isTried: true)
        lane.roundTrip = roundTrip
        lane.dueAt = now + .seconds(min(1 << min(lane.failures, 5), 30))
        lanes[number] = lane
    }

    /// Records the result of a search, of a `reduced` lane or a usable one. Nil: the peer answered no probe.
    mutating func record(searchOf number: UInt8, isWhole: Bool?, at now: MonotonicTime) {
        guard let lane = lanes[number] else { return }
        switch isWhole {
        case true?:
            guard lane.state != .usable else { return }
            // The search has proven its size, over more than one round.
            lanes[number]?.proofs = lane.proofsNeeded
            prove(number, now)
        case false?: fail(number, .reduced, now)
        case nil: fail(number, .silent, now)
        }
    }

    /// Lanes must carry more than before: each proves itself again.
    mutating func revalidate(at now: MonotonicTime) {
        for number in lanes.keys where lanes[number]?.state == .usable {
            lanes[number]?.state = .validating
            lanes[number]?.proofs = 0
            lanes[number]?.dueAt = now
        }
    }

    /// Whether a lane of these is still in its first attempt.
    func isPending(_ numbers: UInt64 = .max) -> Bool {
        lanes.contains { $0.value.hasBegun && !$0.value.isTried && numbers & 1 << UInt64($0.key) != 0 }
    }
}
