extension Unicode.Scalar {
    /// Whether a terminal shows the character as itself and moves no other. Excluded are control and format characters
    /// (such as U+202E, which reverses the rest of the line), separators except the space, unassigned characters, and
    /// letters of scripts written from right to left, next to which a terminal may reorder other text.
    package var isVisible: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
        case .spaceSeparator: self == " "
        default: !isRightToLeft
        }
    }

    /// The blocks of right-to-left scripts (UAX 9, DerivedBidiClass.txt).
    private var isRightToLeft: Bool {
        switch value {
        case 0x0590...0x08ff, 0xfb1d...0xfdff, 0xfe70...0xfeff, 0x10800...0x10fff, 0x1e800...0x1efff: true
        default: false
        }
    }

    /// `\u202e`; beyond U+FFFF, a surrogate pair (RFC 8259 section 7).
    package var escapedAsInJSON: String {
        String(self).utf16.map { unit in
            let digits = String(unit, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
        .joined()
    }
}

extension String {
    /// The text for a terminal. Invisible characters are escaped; newlines stay.
    ///
    /// - Parameter isColoured: whether colours (ECMA-48 SGR) stay as well.
    package func visible(isColoured: Bool = false) -> String {
        var text = ""
        var rest = unicodeScalars[...]
        while let scalar = rest.popFirst() {
            if isColoured, scalar == "\u{1b}", let end = rest.endOfColour {
                text.unicodeScalars.append(scalar)
                text.unicodeScalars.append(contentsOf: rest[..<end])
                rest = rest[end...]
            } else {
                text += scalar.isVisible || scalar == "\n" ? String(scalar) : scalar.escapedAsInJSON
            }
        }
        return text
    }

    /// The text without the byte order mark (U+FEFF) that some editors put at the beginning of a file.
    package var withoutByteOrderMark: String {
        unicodeScalars.first == "\u{feff}" ? String(unicodeScalars.dropFirst()) : self
    }
}

extension Substring.UnicodeScalarView {
    /// The end of a colour such as `[1;31m` at the beginning; nil: there is none.
    fileprivate var endOfColour: Index? {
        guard first == "[" else { return nil }
        let parameters = dropFirst().prefix { ("0"..."9").contains($0) || $0 == ";" }
        guard parameters.endIndex < endIndex, self[parameters.endIndex] == "m" else { return nil }
        return index(after: parameters.endIndex)
    }
}
