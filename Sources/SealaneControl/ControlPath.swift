import FoundationEssentials

/// The path of an endpoint. `{name}` stands for one segment, such as a peer's name: `/v1/peers/{name}/check`.
package struct ControlPath: Sendable, Hashable, CustomStringConvertible {
    private static var placeholder: Substring { "{name}" }

    private let pattern: String

    package init(_ pattern: String) {
        self.pattern = pattern
    }

    package var description: String { pattern }

    /// The target of a request line: this path, with `name` instead of `{name}`, and the query.
    package func target(name: String = "", query: KeyValuePairs<String, String> = [:]) -> String {
        let path = pattern.split(separator: "/").map { $0 == Self.placeholder ? Self.escaped(name) : String($0) }
        let pairs = query.map { "\($0.key)=\(Self.escaped($0.value))" }
        return "/" + path.joined(separator: "/") + (pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&"))
    }

    /// The text of a matching path at `{name}`.
    package enum Match: Sendable, Hashable {
        case plain
        /// With percent-encoding undone where it can be.
        case named(String)
    }

    /// Nil: `path` does not match.
    package func match(_ path: Substring) -> Match? {
        let expected = pattern.split(separator: "/", omittingEmptySubsequences: false)
        let found = path.split(separator: "/", omittingEmptySubsequences: false)
        guard expected.count == found.count else { return nil }
        var match = Match.plain
        for (part, text) in zip(expected, found) {
            if part == Self.placeholder {
                match = .named(String(text).removingPercentEncoding ?? String(text))
            } else if part != text {
                return nil
            }
        }
        return match
    }

    /// RFC 3986 section 2.3: everything but unreserved characters as %XX.
    private static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x7e:
                return String(UnicodeScalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                return (digits.count == 1 ? "%0" : "%") + digits
            }
        }
        .joined()
    }
}
