import Logging
import SealaneFleet

/// Writes log lines as `key=value` pairs in the style of logfmt. No value can look like another field, another line, or
/// the end of its quotation.
package enum LogText {
    /// The greatest length of a value, in Unicode scalars.
    package static var valueLimit: Int { 1024 }

    /// The text itself if it is unambiguous; otherwise in quotation marks, escaped as in JSON.
    package static func value(_ text: String) -> String {
        let scalars = text.unicodeScalars
        // A trailing = is base64 padding, as in keys.
        let padding = scalars.reversed().prefix { $0 == "=" }.count
        let isBare =
            scalars.count > padding && scalars.count <= valueLimit
            && scalars.dropLast(padding).allSatisfy { scalar in
                scalar.isVisible && !scalar.properties.isWhitespace && !"\"=\\".unicodeScalars.contains(scalar)
            }
        if isBare { return text }
        return "\"" + escaped(text, quoting: true) + (scalars.count > valueLimit ? "…\"" : "\"")
    }

    /// A message on one line, with invisible characters escaped.
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
