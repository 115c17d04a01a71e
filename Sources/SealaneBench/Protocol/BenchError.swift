import SealaneEligibility
import SealanePacket

/// A failure of a benchmark: one sentence with the cause, and with the remedy if there is one.
package struct BenchError: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}

/// Validation of text that the other end sent.
enum BenchText {
    /// Quotes text for an error message: short, and without control characters for the terminal.
    static func quoted(_ text: String) -> String { "\"\(PayloadText.fit(text, limit: 100))\"" }

    /// - Parameter what: the name of the value.
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
