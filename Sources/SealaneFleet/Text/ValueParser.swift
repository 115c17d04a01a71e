import SealaneEligibility
import SealanePacket
import SealaneTunnel

/// Parses the values that operators write. The configuration file, the peer file and the control API accept the same
/// texts.
package enum ValueParser {
    /// 1 to 63 ASCII letters, digits, `-`, `_` and `.`. The first is a letter or digit. Such a name is safe in paths,
    /// logs and metrics.
    package static func peerName(_ text: String) throws(TextProblem) -> String {
        try name(text, of: "peer name")
    }

    /// The rule is that of `peerName`.
    package static func fleetName(_ text: String) throws(TextProblem) -> String {
        try name(text, of: "fleet name")
    }

    private static func name(_ text: String, of kind: String) throws(TextProblem) -> String {
        let bytes = Array(text.utf8)
        let isPlain = bytes.allSatisfy { $0.isASCIILetterOrDigit || [0x2d, 0x2e, 0x5f].contains($0) }
        guard let first = bytes.first, first.isASCIILetterOrDigit, isPlain, bytes.count <= 63 else {
            throw TextProblem(
                "\(quoted(text)) is not a \(kind); expected 1 to 63 letters, digits, - _ and ., a letter or digit first"
            )
        }
        return text
    }

    /// The problem does not repeat the text, which may be a private key that was pasted by mistake.
    package static func publicKey(_ text: String) throws(TextProblem) -> PublicKey {
        if let key = PublicKey(text) {
            guard !key.isOfLowOrder else {
                throw TextProblem(
                    "public key is a point of low order: a secret agreed with it is known to everybody; "
                        + "expected the peer's own key, as `sealane key public` prints it")
            }
            return key
        }
        let expected = "expected 32 bytes as 44 characters of base64, as `sealane key public` prints them"
        guard text.utf8.count == 44 else {
            throw TextProblem("public key has \(text.utf8.count) characters; \(expected)")
        }
        throw TextProblem("public key is not base64 of 32 bytes; \(expected)")
    }

    /// A fact of an instance. Checks its form only; the rules judge whether it is right.
    package static func fact(_ name: FactName, _ text: String) throws(TextProblem) -> Fact<String> {
        let isPrintable = text.utf8.allSatisfy { (0x21...0x7e).contains($0) }
        guard !text.isEmpty, isPrintable, text.utf8.count <= 64 else {
            throw TextProblem(
                "\(quoted(text)) is not an instance \(name); expected 1 to 64 printable characters without spaces")
        }
        switch name {
        case .instanceType where InstanceType(text) == nil:
            throw TextProblem("\(quoted(text)) is not an instance type; expected family.size such as c5n.large")
        case .account:
            return Fact(try account(text), .stated)
        default:
            return Fact(text, .stated)
        }
    }

    package static func account(_ text: String) throws(TextProblem) -> String {
        guard text.utf8.count == 12, text.utf8.allSatisfy(\.isASCIIDigit) else {
            throw TextProblem("\(quoted(text)) is not an account; expected 12 digits such as 123456789012")
        }
        return text
    }

    package static func absolutePath(_ text: String) throws(TextProblem) -> String {
        guard text.utf8.first == UInt8(ascii: "/"), !text.utf8.contains(0) else {
            throw TextProblem("\(quoted(text)) is not an absolute path; expected one that begins with /")
        }
        return text
    }

    /// The path of a file that holds a key. If the text is a key, the problem does not repeat it.
    package static func keyFilePath(_ text: String) throws(TextProblem) -> String {
        guard PublicKey(text) == nil else {
            throw TextProblem(
                "this is a key, not the path of one; expected the path of a file that holds a new key, "
                    + "because others may have read this one")
        }
        return try absolutePath(text)
    }

    static func reserved(_ text: String, _ network: ReservedNetwork, _ expected: String) -> TextProblem {
        TextProblem("\(quoted(text)) is of \(network.prefix) (\(network.use)); \(expected)")
    }

    /// The text in quotation marks, on one line, cut after 80 characters. Invisible characters are escaped.
    package static func quoted(_ text: String) -> String {
        var line = "\""
        for scalar in text.unicodeScalars.prefix(80) {
            line += scalar.isVisible ? String(scalar) : scalar.escaped(asASCII: true)
        }
        return line + (text.unicodeScalars.count > 80 ? "…\"" : "\"")
    }
}

extension UInt8 {
    var isASCIIDigit: Bool { (0x30...0x39).contains(self) }
    var isASCIILetterOrDigit: Bool { isASCIIDigit || (0x41...0x5a).contains(self) || (0x61...0x7a).contains(self) }
}
