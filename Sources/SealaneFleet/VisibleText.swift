extension Unicode.Scalar {
    /// Whether it stands for itself on a terminal, and leaves what is beside it where it is: no control or format character
    /// (such as U+202E, which turns the rest of the line round), no separator but the space, nothing unassigned, and no
    /// letter of a script that is written from right to left, beside which a terminal may reorder what is not of that script.
    package var isVisible: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
        case .spaceSeparator: self == " "
        default: !isRightToLeft
        }
    }

    /// By Unicode's blocks of such scripts (UAX 9, DerivedBidiClass.txt).
    private var isRightToLeft: Bool {
        switch value {
        case 0x0590...0x08ff, 0xfb1d...0xfdff, 0xfe70...0xfeff, 0x10800...0x10fff, 0x1e800...0x1efff: true
        default: false
        }
    }

    /// `\u202e`, and two of these beyond U+FFFF (RFC 8259 section 7).
    package var escapedAsInJSON: String {
        String(self).utf16.map { unit in
            let digits = String(unit, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
        .joined()
    }
}

extension String {
    /// The text for a terminal: what is not visible is escaped, and lines stay lines.
    ///
    /// - Parameter isColoured: colours (ECMA-48 SGR) stay as well.
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

    /// Without the mark that some editors put at the beginning of a file (U+FEFF).
    package var withoutByteOrderMark: String {
        unicodeScalars.first == "\u{feff}" ? String(unicodeScalars.dropFirst()) : self
    }
}

extension Substring.UnicodeScalarView {
    /// Behind `[1;31m` at the beginning; nil: something else is there.
    fileprivate var endOfColour: Index? {
        guard first == "[" else { return nil }
        let parameters = dropFirst().prefix { ("0"..."9").contains($0) || $0 == ";" }
        guard parameters.endIndex < endIndex, self[parameters.endIndex] == "m" else { return nil }
        return index(after: parameters.endIndex)
    }
}
