/// One JSON object (RFC 8259), read strictly: UTF-8, no duplicate names, only white space around it, nesting of at most
/// 8 levels.
///
/// Foundation's decoder accepts duplicate names and keeps one of the values.
struct JSONObject {
    enum Value: Hashable {
        case text(String)
        case null
        /// A number, a Boolean, an array or an object.
        case other
    }

    let members: [String: Value]

    init(_ bytes: ArraySlice<UInt8>) throws(InstanceIdentityDocumentError) {
        var reader = JSONReader(bytes)
        reader.skipWhiteSpace()
        members = try reader.object(depth: 1)
        reader.skipWhiteSpace()
        guard reader.rest.isEmpty else { throw reader.problem("nothing after the object") }
    }
}

private struct JSONReader {
    private(set) var rest: ArraySlice<UInt8>
    private let start: Int

    private static var depthLimit: Int { 8 }

    init(_ bytes: ArraySlice<UInt8>) {
        rest = bytes
        start = bytes.startIndex
    }

    func problem(_ required: String) -> InstanceIdentityDocumentError {
        let found = rest.first.map { "0x\(CollectionOfOne($0).hexadecimal)" } ?? "the end"
        return InstanceIdentityDocumentError(.json, "byte \(rest.startIndex - start) is \(found)", required: required)
    }

    mutating func skipWhiteSpace() {
        rest = rest.drop { $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }
    }

    /// Skips `character` if it is next, and returns whether it was.
    @discardableResult
    private mutating func consume(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest = rest.dropFirst()
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(InstanceIdentityDocumentError) {
        guard consume(character) else { throw problem("'\(character)'") }
    }

    mutating func object(depth: Int) throws(InstanceIdentityDocumentError) -> [String: JSONObject.Value] {
        var members: [String: JSONObject.Value] = [:]
        try expect("{")
        skipWhiteSpace()
        if consume("}") { return members }
        repeat {
            skipWhiteSpace()
            let name = try string()
            skipWhiteSpace()
            try expect(":")
            guard members.updateValue(try value(depth: depth), forKey: name) == nil else {
                throw problem("each name at most once")
            }
        } while consume(",")
        try expect("}")
        return members
    }

    /// A value, with the white space around it.
    private mutating func value(depth: Int) throws(InstanceIdentityDocumentError) -> JSONObject.Value {
        skipWhiteSpace()
        defer { skipWhiteSpace() }
        switch rest.first {
        case UInt8(ascii: "\""):
            return .text(try string())
        case UInt8(ascii: "n"):
            try word("null")
            return .null
        case UInt8(ascii: "t"):
            try word("true")
        case UInt8(ascii: "f"):
            try word("false")
        case UInt8(ascii: "{"):
            guard depth < Self.depthLimit else { throw problem("at most \(Self.depthLimit) levels") }
            _ = try object(depth: depth + 1)
        case UInt8(ascii: "["):
            guard depth < Self.depthLimit else { throw problem("at most \(Self.depthLimit) levels") }
            try array(depth: depth + 1)
        default:
            try number()
        }
        return .other
    }

    private mutating func word(_ word: String) throws(InstanceIdentityDocumentError) {
        guard rest.starts(with: word.utf8) else { throw problem(word) }
        rest = rest.dropFirst(word.utf8.count)
    }

    private mutating func array(depth: Int) throws(InstanceIdentityDocumentError) {
        try expect("[")
        skipWhiteSpace()
        if consume("]") { return }
        repeat { _ = try value(depth: depth) } while consume(",")
        try expect("]")
    }

    private mutating func number() throws(InstanceIdentityDocumentError) {
        consume("-")
        if !consume("0") { try digits() }
        if consume(".") { try digits() }
        if consume("e") || consume("E") {
            if !consume("+") { consume("-") }
            try digits()
        }
    }

    private mutating func digits() throws(InstanceIdentityDocumentError) {
        let digits = rest.prefix(while: \.isDigit)
        guard !digits.isEmpty else { throw problem("a value, or a digit of a number") }
        rest = rest.dropFirst(digits.count)
    }

    private mutating func string() throws(InstanceIdentityDocumentError) -> String {
        guard consume("\"") else { throw problem("a string") }
        var text: [UInt8] = []
        while !consume("\"") {
            guard let byte = rest.first, byte >= 0x20 else {
                throw problem("a string without control characters, and its end")
            }
            rest = rest.dropFirst()
            if byte == UInt8(ascii: "\\") {
                text += String(try escaped()).utf8
            } else {
                text.append(byte)
            }
        }
        guard let string = String(validating: text, as: UTF8.self) else {
            throw problem("UTF-8 in the preceding string")
        }
        return string
    }

    private mutating func escaped() throws(InstanceIdentityDocumentError) -> Unicode.Scalar {
        guard let byte = rest.popFirst() else { throw problem("an escaped character") }
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            let unit = try codeUnit()
            if let scalar = Unicode.Scalar(unit) { return scalar }
            try expect("\\")
            try expect("u")
            let low = try codeUnit()
            guard unit < 0xDC00, (0xDC00...0xDFFF).contains(low),
                let scalar = Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
            else { throw problem("a surrogate pair before this byte") }
            return scalar
        default: throw problem("one of \" \\ / b f n r t u after \\")
        }
    }

    /// A code unit as four hexadecimal digits.
    private mutating func codeUnit() throws(InstanceIdentityDocumentError) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = rest.first.flatMap({ Character(Unicode.Scalar($0)).hexDigitValue }) else {
                throw problem("a hexadecimal digit")
            }
            rest = rest.dropFirst()
            unit = unit << 4 | UInt32(digit)
        }
        return unit
    }
}
