/// A Swift source, each of its bytes marked as code, comment or literal. It knows the syntax that this package uses.
struct SwiftText {
    enum Part {
        case code
        /// With its `//` or `/* */`.
        case comment
        /// A string or a regular expression, with its delimiters and interpolations.
        case literal
    }

    let bytes: [UInt8]
    private(set) var parts: [Part]

    init(_ file: TextFile) {
        bytes = Array(file.text.utf8)
        parts = Array(repeating: .code, count: bytes.count)
        var at = 0
        while at < bytes.count {
            if let end = commentEnd(at) {
                mark(.comment, at..<end)
                at = end
            } else if let end = literalEnd(at) {
                mark(.literal, at..<end)
                at = end
            } else {
                at += 1
            }
        }
    }

    /// The text in which `filler` stands for each other byte that is not white space, so that lines stay the same.
    func only(_ kept: Part..., filler: Unicode.Scalar = " ") -> String {
        let filled = bytes.indices.map { index in
            kept.contains(parts[index]) || " \n".utf8.contains(bytes[index]) ? bytes[index] : UInt8(ascii: filler)
        }
        return String(decoding: filled, as: UTF8.self)
    }

    private mutating func mark(_ part: Part, _ range: Range<Int>) {
        for index in range { parts[index] = part }
    }

    private func has(_ text: StaticString, at index: Int) -> Bool {
        index + text.utf8CodeUnitCount <= bytes.count
            && (0..<text.utf8CodeUnitCount).allSatisfy { bytes[index + $0] == text.utf8Start[$0] }
    }

    private func count(of byte: Unicode.Scalar, from index: Int) -> Int {
        bytes[index...].prefix { $0 == UInt8(ascii: byte) }.count
    }

    private func commentEnd(_ start: Int) -> Int? {
        if has("//", at: start) { return bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count }
        guard has("/*", at: start) else { return nil }
        var (at, depth) = (start + 2, 1)
        while at < bytes.count, depth > 0 {
            let step = has("/*", at: at) ? 1 : has("*/", at: at) ? -1 : 0
            depth += step
            at += step == 0 ? 1 : 2
        }
        return at
    }

    private func literalEnd(_ start: Int) -> Int? {
        let hashes = count(of: "#", from: start)
        let quote = start + hashes
        if has("\"", at: quote) { return stringEnd(quote, hashes) }
        guard has("/", at: quote), hashes > 0 || beginsExpression(start) else { return nil }
        return regexEnd(quote, hashes)
    }

    /// The end of the string that opens at `quote`, after `hashes` times `#`.
    private func stringEnd(_ quote: Int, _ hashes: Int) -> Int {
        let isMultiline = has("\"\"\"", at: quote)
        var at = quote + (isMultiline ? 3 : 1)
        while at < bytes.count {
            if has("\\", at: at), count(of: "#", from: at + 1) >= hashes {
                at += 1 + hashes
                at = has("(", at: at) ? interpolationEnd(at) : at + 1
            } else if isMultiline ? has("\"\"\"", at: at) : has("\"", at: at) {
                at += isMultiline ? 3 : 1
                if count(of: "#", from: at) >= hashes { return at + hashes }
            } else {
                at += 1
            }
        }
        return at
    }

    private func interpolationEnd(_ open: Int) -> Int {
        var (at, depth) = (open, 0)
        repeat {
            if let end = literalEnd(at) {
                at = end
                continue
            }
            depth += has("(", at: at) ? 1 : has(")", at: at) ? -1 : 0
            at += 1
        } while at < bytes.count && depth > 0
        return at
    }

    /// A `/` here cannot be a division.
    private func beginsExpression(_ start: Int) -> Bool {
        guard start + 1 < bytes.count, !" =\n".utf8.contains(bytes[start + 1]) else { return false }
        return bytes[..<start].last { $0 != UInt8(ascii: " ") }.map { "(,=:[{\n".utf8.contains($0) } ?? false
    }

    private func regexEnd(_ slash: Int, _ hashes: Int) -> Int? {
        var at = slash + 1
        while at < bytes.count, bytes[at] != UInt8(ascii: "\n") {
            if has("\\", at: at) {
                at += 2
            } else if has("/", at: at), count(of: "#", from: at + 1) >= hashes {
                return at + 1 + hashes
            } else {
                at += 1
            }
        }
        return nil
    }
}
