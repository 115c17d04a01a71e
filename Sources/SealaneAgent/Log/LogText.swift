import Logging
import SealaneFleet

/// Writes what a line of the log holds, so that no value can look like another field, like another line, or like the end of
/// its quotation: `key=value` pairs as logfmt has them.
package enum LogText {
    /// Of a value, in characters (Unicode scalars).
    package static var valueLimit: Int { 1024 }

    /// As it is, if it can be nothing but one value; otherwise in quotation marks, escaped as in JSON.
    package static func value(_ text: String) -> String {
        let scalars = text.unicodeScalars
        // At its end, = is the padding of base64, as keys have it.
        let padding = scalars.reversed().prefix { $0 == "=" }.count
        let isBare =
            scalars.count > padding && scalars.count <= valueLimit
            && scalars.dropLast(padding).allSatisfy { scalar in
                scalar.isVisible && !scalar.properties.isWhitespace && !"\"=\\".unicodeScalars.contains(scalar)
            }
        if isBare { return text }
        return "\"" + escaped(text, quoting: true) + (scalars.count > valueLimit ? "…\"" : "\"")
    }

    /// A message: of one line, with nothing in it that is not seen.
    package static func message(_ text: String) -> String {
        escaped(text, quoting: false) + (text.unicodeScalars.count > valueLimit ? "…" : "")
    }

    private static func escaped(_ text: String, quoting: Bool) -> String {
        var line = ""
        for scalar in text.unicodeScalars.prefix(valueLimit) {
            switch scalar {
            case "\"" where quoting, "\\" where quoting: line += "\\" + String(scalar)
            case "\n": line += "\\n"
            case "\r": line += "\\r"
            case "\t": line += "\\t"
            case _ where scalar.isVisible: line.unicodeScalars.append(scalar)
            default: line += scalar.escapedAsInJSON
            }
        }
        return line
    }

    /// `key=value key=value`, sorted by key.
    static func fields(_ metadata: Logger.Metadata) -> String {
        metadata.sorted { $0.key < $1.key }.map { "\(value($0.key))=\(value("\($0.value)"))" }.joined(separator: " ")
    }
}
