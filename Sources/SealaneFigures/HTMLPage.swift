/// A self-contained page: no scripts, and nothing to fetch. It is well-formed XML as well as HTML.
package struct HTMLPage {
    private let title: String
    private let style: String
    private let body: String

    /// - Parameters:
    ///   - title: plain text.
    ///   - style: CSS, without `<` and `&`.
    ///   - body: markup.
    package init(title: String, style: String, body: String) {
        self.title = title
        self.style = style
        self.body = body
    }

    package var text: String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8"/>
        <meta name="viewport" content="width=device-width, initial-scale=1"/>
        <title>\(title.escapedForMarkup)</title>
        <style>
        \(style)
        </style>
        </head>
        <body>
        \(body)
        </body>
        </html>

        """
    }
}

extension String {
    /// Escapes text for HTML and SVG, in content and in attributes (HTML Standard, section 13.3).
    package var escapedForMarkup: String {
        printable.reduce(into: "") { text, character in
            switch character {
            case "&": text += "&amp;"
            case "<": text += "&lt;"
            case ">": text += "&gt;"
            case "\"": text += "&quot;"
            case "'": text += "&#39;"
            default: text.append(character)
            }
        }
    }

    /// Replaces each control character, which a terminal would obey, and each noncharacter by a replacement character.
    /// XML allows neither.
    package var printable: String {
        let scalars = unicodeScalars.map { scalar -> Unicode.Scalar in
            let properties = scalar.properties
            return properties.generalCategory == .control || properties.isNoncharacterCodePoint ? "\u{fffd}" : scalar
        }
        return String(String.UnicodeScalarView(scalars))
    }
}
