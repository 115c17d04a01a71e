import SealaneEligibility
import SealaneFleet
import SealaneIdentity
import SealaneLinux
import SealanePacket
import SealaneTunnel

extension ConfigurationDecoder {
    /// A device name that the kernel accepts (`dev_valid_name`), without characters that are special to shells or to
    /// the kernel's own templates (`%d`).
    static func interfaceName(_ text: String) throws(TextProblem) -> String {
        let isPlain = text.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
                || [0x2d, 0x2e, 0x5f].contains(byte)
        }
        guard (1...15).contains(text.utf8.count), isPlain, text != ".", text != ".." else {
            throw TextProblem(
                "\(ValueParser.quoted(text)) is not an interface name; expected 1 to 15 letters, digits, - _ and .")
        }
        return text
    }

    static func socketPath(_ text: String) throws(TextProblem) -> String {
        let path = try ValueParser.absolutePath(text)
        guard path.utf8.count <= SocketPath.byteLimit else {
            throw TextProblem(
                "\(ValueParser.quoted(path)) has \(path.utf8.count) bytes; "
                    + "expected at most \(SocketPath.byteLimit), for a Unix socket")
        }
        return path
    }

    static func number(
        _ text: String, in range: ClosedRange<Int>, of kind: String
    ) throws(TextProblem) -> Int {
        let digits = text.utf8.allSatisfy { (0x30...0x39).contains($0) }
        guard digits, let number = Int(text), range.contains(number) else {
            throw TextProblem(
                "\(ValueParser.quoted(text)) is not a possible \(kind); "
                    + "expected a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// Nil: `auto`.
    static func laneCount(_ text: String) throws(TextProblem) -> UInt8? {
        guard text != "auto" else { return nil }
        return UInt8(try number(text, in: 1...Int(LaneCount.limit), of: "number of lanes, or auto"))
    }

    static func processor(_ text: String) throws(TextProblem) -> Int {
        try number(text, in: 0...1023, of: "processor")
    }

    /// A parser for one of a few words. A problem lists them in this order.
    ///
    /// - Parameter kind: describes the words, such as "a log level".
    static func choice<Value>(
        _ values: [(name: String, value: Value)], of kind: String
    ) -> (String) throws(TextProblem) -> Value {
        { text throws(TextProblem) in
            if let found = values.first(where: { $0.name == text }) { return found.value }
            throw TextProblem(
                "\(ValueParser.quoted(text)) is not \(kind); "
                    + "expected one of: \(values.map(\.name).joined(separator: ", "))")
        }
    }

    static func flag(_ text: String) throws(TextProblem) -> Bool {
        try choice([("off", false), ("on", true), ("false", false), ("true", true)], of: "a possible setting")(text)
    }

    static func rekeyInterval(_ text: String) throws(TextProblem) -> Duration {
        let limit = TunnelLimits.rekeyAfter
        guard let interval = DurationText(text).map({ Duration.seconds($0.interval) }), interval >= .seconds(2),
            interval <= limit
        else {
            throw TextProblem(
                "\(ValueParser.quoted(text)) is not a possible interval; "
                    + "expected a time from 2s to \(limit.components.seconds)s")
        }
        return interval
    }

    static func family(_ text: String) throws(TextProblem) -> String {
        guard InstanceType.isFamilyName(text) else {
            let expected = InstanceType(text).map { "\($0.family), its family" } ?? "one such as m5n"
            throw TextProblem("\(ValueParser.quoted(text)) is not an instance family; expected \(expected)")
        }
        return text
    }

    /// An AWS id or name.
    static func word(_ text: String) throws(TextProblem) -> String {
        guard !text.isEmpty, text.utf8.count <= 64, text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw TextProblem(
                "\(ValueParser.quoted(text)) is not an id; expected 1 to 64 printable characters without spaces")
        }
        return text
    }

    static func hostRoute(_ prefix: IPPrefix) -> IPPrefix? {
        IPPrefix(address: prefix.address, length: prefix.address.isIPv4 ? 32 : 128)
    }
}

extension CaseIterable where Self: RawRepresentable<String> {
    /// Every case with its word, in alphabetical order.
    static var byName: [(name: String, value: Self)] {
        allCases.map { ($0.rawValue, $0) }.sorted { $0.0 < $1.0 }
    }
}
