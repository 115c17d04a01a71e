/// Finds the greatest packet that a path carries, by probes that the other end answers: packetization-layer path MTU
/// discovery (RFC 8899), which needs no ICMP and so finds black holes as well.
///
///     the target alone -> answered: done
///                      -> not: rounds of target and a small probe -> the small ones arrive and the target never does:
///                         rounds of a ladder of sizes and a small probe, ever finer -> what is carried
///
/// What is lost proves nothing by itself: a round counts only once its small probe was answered, and many must count
/// before the target is given up. A path that loses large probes (or their answers) with probability p, and never a small one,
/// loses its good name with p^24: at one in two, once in 16 million searches. Sizes are those of whole IP packets, in bytes.
public struct MTUSearch: Sendable {
    public struct Probe: Equatable, Sendable {
        public let number: UInt32
        public let byteCount: Int
    }

    public enum Outcome: Equatable, Sendable {
        case searching
        case carries(Int)
        /// Not even small probes were answered, for `patience`.
        case silent
    }

    public let target: Int
    private let least: Int
    public private(set) var outcome = Outcome.searching
    /// When `takeDue` has something to do.
    public private(set) var dueAt: MonotonicTime
    private let beganAt: MonotonicTime

    /// The greatest size that was answered, and the least that is taken not to be carried.
    private var carried: Int
    private var excluded: Int
    private var ladder: [Int]
    private var lossesBySize: [Int: Int] = [:]
    private var rounds: [Round] = []
    private var nextNumber: UInt32
    /// The next round is the target alone.
    private var isAlone = true
    private var hasClimbed = false
    private var lastAnswerAt: MonotonicTime?
    private var roundTrip = Duration.milliseconds(25)

    private struct Round: Sendable {
        let sentAt: MonotonicTime
        var unanswered: [UInt32: Int]
        /// Of the small probe; nil: there was none.
        let small: UInt32?
        var smallAnsweredAt: MonotonicTime?
    }

    static var targetLosses: Int { 24 }
    static var ladderLosses: Int { 4 }
    static var ladderCount: Int { 8 }
    static var patience: Duration { .seconds(5) }
    private static var targetInterval: Duration { .milliseconds(100) }
    private static var roundLimit: Int { 64 }
    /// What paths usually carry that carry less than their ends: AWS's transit gateway, and Ethernet, with the commonest
    /// encapsulations over either.
    static var usualSizes: [Int] { [8951, 8500, 1500, 1492, 1476, 1450, 1420, 1380] }

    /// - Parameters:
    ///   - least: of a probe that is no longer than it must be.
    ///   - firstNumber: probes of searches before have other numbers.
    public init(target: Int, least: Int, firstNumber: UInt32, at now: MonotonicTime) {
        self.target = max(target, least)
        self.least = least
        nextNumber = firstNumber
        beganAt = now
        dueAt = now
        carried = 0
        excluded = self.target + 1
        ladder = [self.target]
    }

    /// The probes to send now; none if nothing is due.
    public mutating func takeDue(at now: MonotonicTime) -> [Probe] {
        guard outcome == .searching, now >= dueAt else { return [] }
        weigh(at: now)
        guard outcome == .searching else { return [] }
        if now.since(lastAnswerAt ?? beganAt) >= Self.patience {
            outcome = .silent
            return []
        }
        var probes = ladder.filter { $0 > carried && $0 < excluded }.map { Probe(number: take(), byteCount: $0) }
        let unanswered = Dictionary(uniqueKeysWithValues: probes.map { ($0.number, $0.byteCount) })
        let small = isAlone ? nil : take()
        if let small { probes.append(Probe(number: small, byteCount: least)) }
        rounds.append(Round(sentAt: now, unanswered: unanswered, small: small))
        if rounds.count > Self.roundLimit { rounds.removeFirst() }
        isAlone = false
        dueAt = now + (hasClimbed ? max(.milliseconds(20), roundTrip * 4) : max(Self.targetInterval, roundTrip * 2))
        return probes
    }

    private mutating func take() -> UInt32 {
        defer { nextNumber &+= 1 }
        return nextNumber
    }

    /// The number of the first probe of a search after this one.
    public var numberAfter: UInt32 { nextNumber }

    /// Takes in an answer; one that belongs to no probe changes nothing.
    public mutating func note(answerTo number: UInt32, at now: MonotonicTime) {
        guard let index = rounds.firstIndex(where: { $0.small == number || $0.unanswered[number] != nil }) else {
            return
        }
        lastAnswerAt = now
        roundTrip = min(max(now.since(rounds[index].sentAt), .milliseconds(1)), .seconds(1))
        if rounds[index].small == number {
            if rounds[index].smallAnsweredAt == nil { rounds[index].smallAnsweredAt = now }
            carried = max(carried, least)
            return
        }
        guard let byteCount = rounds[index].unanswered.removeValue(forKey: number) else { return }
        carried = max(carried, byteCount)
        // A size that was given up too early is carried after all.
        if carried >= excluded { excluded = leastExcluded }
        if carried == target { outcome = .carries(target) } else { climb() }
    }

    /// Counts the rounds that are over: the small probe was answered, and the others had time to be.
    private mutating func weigh(at now: MonotonicTime) {
        let grace = max(Duration.milliseconds(15), roundTrip)
        for round in rounds {
            guard let answeredAt = round.smallAnsweredAt, now.since(answeredAt) >= grace else { continue }
            for size in round.unanswered.values { lossesBySize[size, default: 0] += 1 }
        }
        rounds.removeAll { round in round.smallAnsweredAt.map { now.since($0) >= grace } ?? false }
        excluded = leastExcluded
        climb()
    }

    private var leastExcluded: Int {
        lossesBySize.filter { size, losses in
            size > carried && losses >= (size == target ? Self.targetLosses : Self.ladderLosses)
        }.keys.min() ?? target + 1
    }

    /// Goes on to finer steps once those of the ladder are decided.
    private mutating func climb() {
        guard outcome == .searching, !ladder.contains(where: { $0 > carried && $0 < excluded }) else { return }
        guard excluded - carried > 1 else {
            outcome = .carries(carried)
            return
        }
        let usual = hasClimbed ? [] : Self.usualSizes.filter { $0 > carried && $0 < excluded }
        hasClimbed = true
        let span = excluded - carried
        let even = (1...Self.ladderCount).map { carried + span * $0 / (Self.ladderCount + 1) }
        // The step right above what is carried decides most often: sizes found are usual ones.
        ladder = Set((usual.isEmpty ? even : usual) + [carried + 1]).filter { $0 > carried && $0 < excluded }.sorted(
            by: >)
    }
}
