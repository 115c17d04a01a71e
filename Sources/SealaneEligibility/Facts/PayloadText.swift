/// Text that may be sent between peers. A host displays such text on terminals and writes it to logs.
package enum PayloadText {
    /// Visible characters and the ASCII space. Not control characters (terminal escapes, line breaks), invisible
    /// characters (bidirectional overrides, zero-width) or unassigned ones.
    static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return (0x20...0x7E).contains(scalar.value) }
        return switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .spaceSeparator:
            false
        default: !scalar.properties.isDefaultIgnorableCodePoint
        }
    }

    static func validate(_ text: String, field: String, limit: Int) throws(ClaimsError) {
        let size = text.utf8.count
        guard size > 0 else { throw .emptyField(field) }
        guard size <= limit else { throw .fieldTooLong(field: field, bytes: size, limit: limit) }
        if let scalar = text.unicodeScalars.first(where: { !isPrintable($0) }) {
            throw .unprintable(field: field, scalar: scalar.value)
        }
    }

    /// `text` with each unprintable scalar replaced by U+FFFD, truncated to `limit` bytes (at least 3) between scalars.
    package static func fit(_ text: String, limit: Int) -> String {
        let ellipsis: Unicode.Scalar = "…"
        var scalars: [Unicode.Scalar] = []
        var size = 0
        var beforeEllipsis = 0
        for scalar in text.unicodeScalars {
            let printable = isPrintable(scalar) ? scalar : "\u{FFFD}"
            size += UTF8.width(printable)
            guard size <= limit else {
                scalars = scalars.prefix(beforeEllipsis) + [ellipsis]
                break
            }
            scalars.append(printable)
            if size <= limit - UTF8.width(ellipsis) { beforeEllipsis = scalars.count }
        }
        var fitted = String.UnicodeScalarView()
        fitted.append(contentsOf: scalars)
        return String(fitted)
    }
}
