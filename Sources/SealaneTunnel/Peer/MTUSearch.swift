/// Finds the greatest packet that a path carries, by probes that the other end answers: packetization-layer path MTU
/// discovery (RFC 8899), which needs no ICMP and so finds black holes as well.
///
///     the target alone -> answered: done
///                      -> not: rounds of target and train -> the trains arrive and the target never does:
///                         rounds of a ladder of sizes and a train, ever finer -> what is carried
///
/// A lost probe proves nothing by itself: a router that polices bytes, or a full queue that is limited in bytes, drops a large
/// packet where a small one still passes. So each round ends with a train: small probes, sent back to back, that together have
/// as many bytes as the largest probe. A round counts only if the whole train was answered: where those bytes passed in
/// pieces, the path had room for them in one. Many rounds must count before the target is given up. A path that loses a
/// large probe with probability p where it loses no train is wrongly reported as reduced with probability p^24.
///
/// Each answer also reports the longest datagram that arrived lately on the same path: data of full size is proof as well.
/// Sizes are those of whole IP packets, in bytes.
public struct MTUSearch: Sendable {
    package struct Probe: Equatable, Sendable {
        package let number: UInt32
        package let byteCount: Int
    }

    public enum Outcome: Equatable, Sendable {
        case searching
        case carries(Int)
        /// The peer answered no probe for `patience`, not even a small one.
        case silent
    }

    package let target: Int
    private let least: Int
    public private(set) var outcome = Outcome.searching
    /// When `popDue` has something to do.
    package private(set) var dueAt: MonotonicTime
    private let beganAt: MonotonicTime

    /// The greatest size that was answered, and the least that the path seems not to carry.
    private var carried: Int
    private var excluded: Int
    private var ladder: [Int]
    private var lossesBySize: [Int: Int] = [:]
    private var rounds: [Round] = []
    private var nextNumber: UInt32
    /// The next round is the target alone.
    private var isAlone = true
    private var hasClimbed = false
    /// The size of the members of a train.
    private var memberByteCount: Int
    /// Rounds in a row without a whole answered train, and those of them in which only the shortest member was answered.
    private var uncountedRounds = 0
    private var shortestAlone = 0
    private var lastAnswerAt: MonotonicTime?
    private var roundTrip = Duration.milliseconds(25)

    private struct Round: Sendable {
        let sentAt: MonotonicTime
        var unanswered: [UInt32: Int]
        /// Nil: there was none.
        var train: Train?
    }

    private struct Train: Sendable {
        /// Members by their numbers.
        var unanswered: [UInt32: Int]
        let shortest: UInt32
        /// When all were answered.
        var answeredAt: MonotonicTime?
    }

    static var targetLosses: Int { 24 }
    static var ladderLosses: Int { 4 }
    static var ladderCount: Int { 8 }
    static var patience: Duration { .seconds(5) }
    private static var targetInterval: Duration { .milliseconds(100) }
    private static var roundLimit: Int { 64 }
    private static var memberLimit: Int { 20 }
    private static var greatestMember: Int { 1200 }
    /// A later answer does not count.
    private static var roundPatience: Duration { .seconds(1) }
    /// Usual MTUs of paths that carry less than their ends: AWS's transit gateway, and Ethernet, with the most common encapsulations
    /// over either.
    static var usualSizes: [Int] { [8951, 8500, 1500, 1492, 1476, 1450, 1420, 1380] }

    /// - Parameters:
    ///   - least: the size of the shortest probe.
    ///   - firstNumber: probes of searches before have other numbers.
    package init(target: Int, least: Int, firstNumber: UInt32, at now: MonotonicTime) {
        self.target = max(target, least)
        self.least = least
        nextNumber = firstNumber
        beganAt = now
        dueAt = now
        carried = 0
        excluded = self.target + 1
        ladder = [self.target]
        memberByteCount = max(least, min(Self.greatestMember, self.target / 3))
    }

    /// The probes to send now; none if nothing is due.
    package mutating func popDue(at now: MonotonicTime) -> [Probe] {
        guard outcome == .searching, now >= dueAt else { return [] }
        weigh(at: now)
        guard outcome == .searching else { return [] }
        if now.since(lastAnswerAt ?? beganAt) >= Self.patience {
            outcome = .silent
            return []
        }
        var probes = ladder.filter { $0 > carried && $0 < excluded }.map { Probe(number: makeNumber(), byteCount: $0) }
        let unanswered = Dictionary(uniqueKeysWithValues: probes.map { ($0.number, $0.byteCount) })
        var round = Round(sentAt: now, unanswered: unanswered)
        if !isAlone { round.train = makeTrain(asLongAs: probes.map(\.byteCount).max() ?? least, &probes) }
        rounds.append(round)
        if rounds.count > Self.roundLimit { rounds.removeFirst() }
        isAlone = false
        dueAt = now + interval
        return probes
    }

    /// If trains are lost, rounds become rare: probes must not add to an overload.
    private var interval: Duration {
        let usual = hasClimbed ? max(.milliseconds(20), roundTrip * 4) : max(Self.targetInterval, roundTrip * 2)
        return uncountedRounds < 10 ? usual : max(usual, uncountedRounds < 20 ? .milliseconds(200) : .milliseconds(400))
    }

    private mutating func makeTrain(asLongAs byteCount: Int, _ probes: inout [Probe]) -> Train {
        let shortest = Probe(number: makeNumber(), byteCount: least)
        probes.append(shortest)
        var train = Train(unanswered: [shortest.number: least], shortest: shortest.number)
        var rest = byteCount - least
        while rest > 0, train.unanswered.count < Self.memberLimit {
            let member = Probe(number: makeNumber(), byteCount: max(least, min(memberByteCount, rest)))
            train.unanswered[member.number] = member.byteCount
            probes.append(member)
            rest -= member.byteCount
        }
        return train
    }

    private mutating func makeNumber() -> UInt32 {
        defer { nextNumber &+= 1 }
        return nextNumber
    }

    /// The number of the first probe of a search after this one.
    package var numberAfter: UInt32 { nextNumber }

    /// Records an answer. One without a probe changes nothing.
    ///
    /// - Parameter greatest: the longest datagram that arrived lately by the probe's path; 0: none.
    public mutating func record(answerTo number: UInt32, greatest: Int = 0, at now: MonotonicTime) {
        guard
            let index = rounds.firstIndex(where: {
                $0.unanswered[number] != nil || $0.train?.unanswered[number] != nil
            })
        else { return }
        lastAnswerAt = now
        roundTrip = min(max(now.since(rounds[index].sentAt), .milliseconds(1)), .seconds(1))
        carry(min(greatest, target))
        if let byteCount = rounds[index].train?.unanswered.removeValue(forKey: number) {
            if rounds[index].train?.unanswered.isEmpty == true { rounds[index].train?.answeredAt = now }
            carry(byteCount)
        } else if let byteCount = rounds[index].unanswered.removeValue(forKey: number) {
            carry(byteCount)
            if outcome == .searching { climb() }
        }
    }

    private mutating func carry(_ byteCount: Int) {
        carried = max(carried, byteCount)
        // The path carries a size that was given up too early.
        if carried >= excluded { excluded = leastExcluded }
        if carried == target { outcome = .carries(target) }
    }

    /// Counts the rounds that are over: the whole train was answered, and the other probes had time to be.
    private mutating func weigh(at now: MonotonicTime) {
        let grace = max(Duration.milliseconds(15), roundTrip)
        var underWay: [Round] = []
        for round in rounds {
            if let answeredAt = round.train?.answeredAt {
                guard now.since(answeredAt) >= grace else {
                    underWay.append(round)
                    continue
                }
                for size in round.unanswered.values { lossesBySize[size, default: 0] += 1 }
                (uncountedRounds, shortestAlone) = (0, 0)
            } else if now.since(round.sentAt) < Self.roundPatience {
                underWay.append(round)
            } else if let train = round.train {
                uncountedRounds += 1
                let isShortestAlone = train.unanswered[train.shortest] == nil && carried < memberByteCount
                shortestAlone = isShortestAlone ? shortestAlone + 1 : 0
            }
        }
        rounds = underWay
        // The path may carry less than a member has.
        if shortestAlone >= 6 {
            memberByteCount = max(least, memberByteCount / 4)
            (uncountedRounds, shortestAlone) = (0, 0)
        }
        excluded = leastExcluded
        climb()
    }

    private var leastExcluded: Int {
        lossesBySize.filter { size, losses in
            size > carried && losses >= (size == target ? Self.targetLosses : Self.ladderLosses)
        }.keys.min() ?? target + 1
    }

    /// Continues with finer steps once those of the ladder are decided.
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
        // The step right above the carried size decides most often, because real MTUs are usual ones.
        ladder = Set((usual.isEmpty ? even : usual) + [carried + 1]).filter { $0 > carried && $0 < excluded }.sorted(
            by: >)
    }
}
