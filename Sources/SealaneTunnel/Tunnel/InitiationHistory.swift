/// Which initiations of one peer are new, by the timestamps that they carry.
///
/// WireGuard's rule is that a responder accepts only an initiation whose timestamp is greater than all before, so that nobody can
/// repeat a recording. It has a price: a peer whose clock was ahead for one handshake is locked out until the time has come, and
/// a timestamp of 2^64-1 locks it out for good. So the rule here has three parts:
///
/// 1. A timestamp counts as the greatest only if it is at most `tolerance` ahead of this host's clock. An initiation whose
///    timestamp is further ahead is early; one whose timestamp is not greater than the greatest is late. Both are rejected.
/// 2. An early or late initiation is nevertheless authentic: the peer may be alive. This host then begins a handshake of its own
///    (`Peer.beginOwn`). Fresh ephemeral keys prove that the peer is alive, whatever its clock says; a recording leads to
///    nothing but that one handshake, whose rate is limited. It names the initiation that prompted it, and whoever has that
///    initiation under way accepts the answer, whatever its timestamp: nobody can have recorded it before. So two hosts agree
///    on a session though their clocks differ in any way.
/// 3. An early initiation stays refused once its time has come. A few ranges of timestamps remember them; when there are too
///    many, the two that lie closest become one. A fresh initiation inside such a range is late, which rule 2 makes up for.
public struct InitiationHistory: Sendable, Equatable {
    /// The greatest accepted timestamp.
    public private(set) var greatest: TAI64N?
    /// Timestamps of early initiations: in order, no two ranges overlap.
    private var early: [ClosedRange<TAI64N>] = []

    static var toleranceSeconds: Int64 { 60 }
    static var rangeLimit: Int { 4 }

    package enum Novelty: Sendable, Equatable {
        case fresh
        /// The last accepted initiation itself.
        case repeated
        /// An initiation with this timestamp was seen before.
        case late(after: TAI64N)
        /// Further ahead of this host's clock than `toleranceSeconds`.
        case early
    }

    package init() {}

    /// - Parameter wall: this host's clock.
    package func judge(_ timestamp: TAI64N, at wall: TAI64N) -> Novelty {
        if Self.isEarly(timestamp, at: wall) { return .early }
        if let greatest, timestamp <= greatest { return timestamp == greatest ? .repeated : .late(after: greatest) }
        if let range = early.first(where: { $0.contains(timestamp) }) { return .late(after: range.upperBound) }
        return .fresh
    }

    /// From now on no initiation with this timestamp is fresh.
    public mutating func record(_ timestamp: TAI64N, at wall: TAI64N) {
        for range in early where !Self.isEarly(range.upperBound, at: wall) { raise(to: range.upperBound) }
        early.removeAll { !Self.isEarly($0.upperBound, at: wall) }
        guard Self.isEarly(timestamp, at: wall) else { return raise(to: timestamp) }
        guard !early.contains(where: { $0.contains(timestamp) }) else { return }
        early.append(timestamp...timestamp)
        early.sort { $0.lowerBound < $1.lowerBound }
        while early.count > Self.rangeLimit { mergeClosest() }
    }

    private mutating func raise(to timestamp: TAI64N) {
        greatest = max(greatest ?? timestamp, timestamp)
    }

    private mutating func mergeClosest() {
        let gaps = zip(early, early.dropFirst()).map { $1.lowerBound.seconds(since: $0.upperBound) }
        guard let closest = gaps.indices.min(by: { gaps[$0] < gaps[$1] }) else { return }
        early[closest] = early[closest].lowerBound...early[closest + 1].upperBound
        early.remove(at: closest + 1)
    }

    private static func isEarly(_ timestamp: TAI64N, at wall: TAI64N) -> Bool {
        timestamp > wall.advanced(bySeconds: toleranceSeconds, nanoseconds: 0)
    }
}

extension InitiationHistory: LosslessStringConvertible {
    /// `-` or the greatest timestamp, then the two ends of each range, with spaces between: for a file of the agent's.
    public var description: String {
        ([greatest?.hexadecimal ?? "-"] + early.flatMap { [$0.lowerBound.hexadecimal, $0.upperBound.hexadecimal] })
            .joined(separator: " ")
    }

    public init?(_ text: String) {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard let first = words.first, words.count % 2 == 1, words.count <= 2 * Self.rangeLimit + 1 else { return nil }
        if first != "-" {
            guard let greatest = TAI64N(hexadecimal: first) else { return nil }
            self.greatest = greatest
        }
        var ends: [TAI64N] = []
        for word in words.dropFirst() {
            guard let end = TAI64N(hexadecimal: word) else { return nil }
            ends.append(end)
        }
        for at in stride(from: 0, to: ends.count, by: 2) {
            let isInOrder = early.last.map { $0.upperBound < ends[at] } ?? true
            guard isInOrder, ends[at] <= ends[at + 1] else { return nil }
            early.append(ends[at]...ends[at + 1])
        }
    }
}

extension TAI64N {
    fileprivate var hexadecimal: String {
        bytes.map { byte in String(byte >> 4, radix: 16) + String(byte & 0xF, radix: 16) }.joined()
    }

    fileprivate init?(hexadecimal text: Substring) {
        let digits = text.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        guard text.utf8.count == 2 * Self.byteCount, digits.count == 2 * Self.byteCount else { return nil }
        self.init(bytes: (0..<Self.byteCount).map { UInt8(digits[2 * $0] << 4 | digits[2 * $0 + 1]) })
    }
}
