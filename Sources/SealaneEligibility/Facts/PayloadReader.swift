/// Reads fields from bytes that a peer sent, with length checks.
struct PayloadReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: some Collection<UInt8>, limit: Int) throws(ClaimsError) {
        let count = bytes.count
        guard count <= limit else { throw .tooLong(bytes: count, limit: limit) }
        rest = Array(bytes)[...]
    }

    mutating func bytes(_ count: Int, field: String) throws(ClaimsError) -> ArraySlice<UInt8> {
        guard rest.count >= count else { throw .truncated(field: field, needed: count, left: rest.count) }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    mutating func byte(_ field: String) throws(ClaimsError) -> UInt8 {
        guard let byte = rest.popFirst() else { throw .truncated(field: field, needed: 1, left: 0) }
        return byte
    }

    mutating func version(_ expected: UInt8) throws(ClaimsError) {
        let version = try byte("version")
        guard version == expected else { throw .unknownVersion(version) }
    }

    /// One length byte, then that many bytes of printable UTF-8.
    mutating func text(_ field: String, limit: Int, emptyAllowed: Bool) throws(ClaimsError) -> String {
        let count = Int(try byte(field))
        if count == 0 && emptyAllowed { return "" }
        return try text(field, byteCount: count, limit: limit)
    }

    /// `count` bytes of printable UTF-8; throws if there are none.
    mutating func text(_ field: String, byteCount count: Int, limit: Int) throws(ClaimsError) -> String {
        guard count <= limit else { throw .fieldTooLong(field: field, bytes: count, limit: limit) }
        guard let text = String(validating: try bytes(count, field: field), as: UTF8.self) else {
            throw .notUTF8(field: field)
        }
        try PayloadText.validate(text, field: field, limit: limit)
        return text
    }

    var isAtEnd: Bool { rest.isEmpty }

    func end() throws(ClaimsError) {
        guard rest.isEmpty else { throw .trailingBytes(rest.count) }
    }
}
