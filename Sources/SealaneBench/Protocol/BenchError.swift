import SealaneEligibility
import SealanePacket

/// What went wrong with a benchmark, and what would be right: a sentence.
public struct BenchError: Error, Sendable, Hashable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) {
        self.description = description
    }
}

/// Text that the other end sent.
enum BenchText {
    /// For a message of ours: without what could steer a terminal, and not long.
    static func quoted(_ text: String) -> String { "\"\(PayloadText.fit(text, limit: 100))\"" }

    /// - Parameter what: the value's name.
    static func validate(_ text: String, _ what: String, limit: Int) throws(BenchError) {
        guard PayloadText.fit(text, limit: limit) == text else {
            throw BenchError("\(what) \(quoted(text)); expected at most \(limit) bytes of printable text")
        }
    }

    static func validate(_ value: Int, _ what: String, in range: ClosedRange<Int>) throws(BenchError) {
        guard range.contains(value) else {
            throw BenchError("\(what) \(value); expected \(range.lowerBound) to \(range.upperBound)")
        }
    }

    @discardableResult
    static func validate(address text: String) throws(BenchError) -> IPAddress {
        guard let address = IPAddress(text), !address.isUnspecified, !address.isMulticast, !address.isLimitedBroadcast
        else { throw BenchError("address \(quoted(text)); expected the IPv4 or IPv6 address of a host") }
        return address
    }
}
