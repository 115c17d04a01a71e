/// A word of Swift code with its `@`, an operator, a brace or a parenthesis.
struct SwiftToken {
    let text: String
    let line: Int

    var isName: Bool { text.first.map { $0.isLetter || $0 == "_" || $0 == "@" } ?? false }

    /// Those of the code, in order: none of comments and literals.
    static func all(in file: TextFile) -> [SwiftToken] {
        let text = SwiftText(file)
        var tokens: [SwiftToken] = []
        var line = 1
        var index = 0
        let operators = "=<>+-*/&|^%!.`".utf8
        while index < text.bytes.count {
            let byte = text.bytes[index]
            let start = index
            index += 1
            if byte == UInt8(ascii: "\n") { line += 1 }
            guard text.parts[start] == .code else { continue }
            if isWord(byte) || byte == UInt8(ascii: "@") {
                while index < text.bytes.count, isWord(text.bytes[index]) { index += 1 }
            } else if operators.contains(byte) {
                while index < text.bytes.count, operators.contains(text.bytes[index]) { index += 1 }
            } else if !"{}()".utf8.contains(byte) {
                continue
            }
            tokens.append(SwiftToken(text: String(decoding: text.bytes[start..<index], as: UTF8.self), line: line))
        }
        return tokens
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
}
