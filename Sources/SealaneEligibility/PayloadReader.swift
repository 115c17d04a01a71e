/// Reads length-checked fields from bytes that a peer sent.
struct PayloadReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: some Collection<UInt8>, limit: Int) throws(PayloadError) {
        let count = bytes.count
        guard count <= limit else { throw .tooLong(bytes: count, limit: limit) }
        rest = Array(bytes)[...]
    }

    mutating func take(_ count: Int, field: String) throws(PayloadError) -> ArraySlice<UInt8> {
        guard rest.count >= count else { throw .truncated(field: field, needed: count, left: rest.count) }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    mutating func byte(_ field: String) throws(PayloadError) -> UInt8 {
        guard let byte = rest.popFirst() else { throw .truncated(field: field, needed: 1, left: 0) }
        return byte
    }

    mutating func version(_ expected: UInt8) throws(PayloadError) {
        let version = try byte("version")
        guard version == expected else { throw .unknownVersion(version) }
    }

    /// One length byte, then that many bytes of printable UTF-8.
    mutating func text(_ field: String, limit: Int, emptyAllowed: Bool) throws(PayloadError) -> String {
        let count = Int(try byte(field))
        if count == 0 && emptyAllowed { return "" }
        guard count <= limit else { throw .fieldTooLong(field: field, bytes: count, limit: limit) }
        guard let text = String(validating: try take(count, field: field), as: UTF8.self) else {
            throw .notUTF8(field: field)
        }
        try PayloadText.validate(text, field: field, limit: limit)
        return text
    }

    func end() throws(PayloadError) {
        guard rest.isEmpty else { throw .trailingBytes(rest.count) }
    }
}
