import SealaneTunnel

/// One block of a PEM text (RFC 7468): `-----BEGIN LABEL-----`, base64, `-----END LABEL-----`.
struct PEMBlock {
    let label: String
    let content: [UInt8]
    /// The number of the BEGIN line, counted from 1.
    let line: Int

    /// All blocks of a text in order. Skips text between blocks, where tools write comments.
    static func all(
        in text: [UInt8], of expectation: IdentityError.Expectation, source: String
    ) throws(IdentityError) -> [PEMBlock] {
        func problem(line: Int, _ what: String) -> IdentityError {
            .content(
                expectation, source: source, line: line,
                IdentityProblem(what, required: "PEM, with base64 between BEGIN and END"))
        }
        var blocks: [PEMBlock] = []
        var open: (label: String, line: Int, base64: [UInt8])?
        // Windows editors write a byte order mark.
        let body = text.starts(with: [0xef, 0xbb, 0xbf]) ? text.dropFirst(3) : text[...]
        let lines = body.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            let line = line.trimmingWhitespace
            if let label = label(in: line, "BEGIN") {
                if let open { throw problem(line: open.line, "the block \(open.label) has no end") }
                open = (label, index + 1, [])
            } else if let label = label(in: line, "END") {
                guard let block = open, block.label == label else {
                    throw problem(line: index + 1, "the end of a block \(label) without its beginning")
                }
                guard let content = decode(block.base64), !content.isEmpty else {
                    throw problem(line: block.line, "the block \(label) is not base64")
                }
                blocks.append(PEMBlock(label: label, content: content, line: block.line))
                open = nil
            } else {
                open?.base64 += line
            }
        }
        if let open { throw problem(line: open.line, "the block \(open.label) has no end") }
        return blocks
    }

    /// The content of the first block of a text, which must have this label, and the number of its first line.
    static func first(
        _ label: String, in text: [UInt8], of expectation: IdentityError.Expectation, source: String
    ) throws(IdentityError) -> (content: [UInt8], line: Int) {
        let blocks = try all(in: text, of: expectation, source: source)
        let required = "PEM that begins with -----BEGIN \(label)-----"
        guard let block = blocks.first else {
            throw .content(
                expectation, source: source, line: nil, IdentityProblem("no PEM block", required: required))
        }
        guard block.label == label else {
            throw .content(
                expectation, source: source, line: block.line,
                IdentityProblem("a block \(block.label)", required: required))
        }
        return (block.content, block.line)
    }

    /// PEM text with lines of 64 characters, each ending in a newline.
    static func text(_ label: String, _ content: [UInt8]) -> [UInt8] {
        let base64 = content.withUnsafeBytes { Base64.encode($0) }
        var text = Array("-----BEGIN \(label)-----\n".utf8)
        for start in stride(from: 0, to: base64.count, by: 64) {
            text += base64[start..<min(start + 64, base64.count)] + [UInt8(ascii: "\n")]
        }
        return text + Array("-----END \(label)-----\n".utf8)
    }

    private static func label(in line: ArraySlice<UInt8>, _ kind: String) -> String? {
        let (head, tail) = ("-----\(kind) ".utf8, "-----".utf8)
        guard line.count > head.count + tail.count, line.starts(with: head), line.suffix(tail.count).elementsEqual(tail)
        else { return nil }
        let label = line.dropFirst(head.count).dropLast(tail.count)
        guard label.allSatisfy({ (0x20...0x7e).contains($0) }) else { return nil }
        return String(decoding: label, as: UTF8.self)
    }

    private static func decode(_ base64: [UInt8]) -> [UInt8]? {
        let padding = base64.suffix(2).count { $0 == UInt8(ascii: "=") }
        guard base64.count % 4 == 0 else { return nil }
        var content = [UInt8](repeating: 0, count: max(0, base64.count / 4 * 3 - padding))
        let isDecoded = content.withUnsafeMutableBytes { content in
            base64.withUnsafeBytes { Base64.decode($0, into: content) }
        }
        return isDecoded ? content : nil
    }
}
