/// A label of time as TAI64N writes it (cr.yp.to/libtai/tai64.html): 8 bytes of seconds from 2^62, 4 of nanoseconds. Only
/// its order matters here: each initiation of a host carries a greater one than the one before.
public struct TAI64N: Comparable, Hashable, Sendable {
    private var seconds: UInt64
    private var nanoseconds: UInt32

    public static var byteCount: Int { 12 }

    /// From the wall clock. TAI was 10 s ahead when Unix time began; later leap seconds are left out, as WireGuard does:
    /// they change no order.
    public init(unixSeconds: Int64, nanoseconds: UInt32) {
        seconds = UInt64(bitPattern: unixSeconds) &+ (1 << 62) &+ 10
        self.nanoseconds = min(nanoseconds, 999_999_999)
    }

    /// Nil unless there are 12 bytes with less than 10^9 nanoseconds.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        seconds = bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        nanoseconds = bytes.suffix(4).reduce(0) { $0 << 8 | UInt32($1) }
        guard nanoseconds < 1_000_000_000 else { return nil }
    }

    /// The wall clock's seconds that the label was made from.
    public var unixSeconds: Int64 { Int64(bitPattern: seconds &- (1 << 62) &- 10) }

    /// The same, of a label that may be anybody's: from 1970 to the end of the year 9999.
    package var unixSecondsWithinReason: Int64 {
        let (since1970, isBefore) = seconds.subtractingReportingOverflow((1 << 62) + 10)
        return isBefore ? 0 : Int64(min(since1970, 253_402_300_799))
    }

    static var zero: TAI64N { TAI64N(seconds: 0, nanoseconds: 0) }

    private init(seconds: UInt64, nanoseconds: UInt32) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// Whole seconds from an earlier label to this one.
    func seconds(since earlier: TAI64N) -> UInt64 { seconds &- earlier.seconds }

    /// 12 bytes, whose order as numbers is that of the labels.
    public var bytes: [UInt8] {
        withUnsafeBytes(of: seconds.bigEndian) { Array($0) } + withUnsafeBytes(of: nanoseconds.bigEndian) { Array($0) }
    }

    /// The least later label.
    package var successor: TAI64N { advanced(bySeconds: 0, nanoseconds: 1) }

    /// Either may be negative.
    package func advanced(bySeconds seconds: Int64, nanoseconds: Int64) -> TAI64N {
        let perSecond: Int64 = 1_000_000_000
        let (whole, rest) = nanoseconds.quotientAndRemainder(dividingBy: perSecond)
        let sum = Int64(self.nanoseconds) + rest
        let carry: Int64 = sum < 0 ? -1 : sum / perSecond
        var later = self
        later.seconds = self.seconds &+ UInt64(bitPattern: seconds &+ whole &+ carry)
        later.nanoseconds = UInt32(sum - carry * perSecond)
        return later
    }

    public static func < (left: Self, right: Self) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }
}
