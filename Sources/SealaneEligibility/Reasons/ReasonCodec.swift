// Encoding, version 1:
//
//   version 1 = 1 · count 1 (0...32)
//   for each reason: code 1 · observed · required · source, each: length 1 (0...120) · UTF-8
//
// New codes get new numbers and do not change the version: a reader reports the number of an unknown code.
extension Reason {
    package static let encodedByteLimit = 600
    package static let encodedCountLimit = 32
    package static let encodedFieldByteLimit = 120
    static let encodingVersion: UInt8 = 1

    /// At most `encodedByteLimit` bytes, whatever the input.
    ///
    /// Only the first 32 reasons are kept. Every one keeps its code. The remaining space holds as many texts as fit,
    /// first all `observed`, then all `required`, then all `source`; a text that does not fit is left empty. A text
    /// over 120 bytes is truncated and ends in "…". Characters that may not be sent become U+FFFD.
    package static func encode(_ reasons: [Reason]) -> [UInt8] {
        let kept = reasons.prefix(encodedCountLimit)
        var texts = kept.map { reason in
            [reason.observed, reason.required, reason.source].map { PayloadText.fit($0, limit: encodedFieldByteLimit) }
        }
        var room = encodedByteLimit - 2 - 4 * kept.count
        for field in 0..<3 {
            for index in texts.indices {
                let size = texts[index][field].utf8.count
                if size <= room {
                    room -= size
                } else {
                    texts[index][field] = ""
                }
            }
        }
        var bytes: [UInt8] = [encodingVersion, UInt8(kept.count)]
        for (reason, fields) in zip(kept, texts) {
            bytes.append(reason.code.number)
            for text in fields {
                bytes.append(UInt8(text.utf8.count))
                bytes += text.utf8
            }
        }
        return bytes
    }

    /// Decodes the result of `encode`. Throws for any other input. A text that was left empty decodes as empty.
    package static func decode(_ bytes: some Collection<UInt8>) throws(ClaimsError) -> [Reason] {
        var reader = try PayloadReader(bytes, limit: encodedByteLimit)
        try reader.version(encodingVersion)
        let count = Int(try reader.byte("reason count"))
        guard count <= encodedCountLimit else {
            throw .tooManyEntries(what: "reasons", count: count, limit: encodedCountLimit)
        }
        var reasons: [Reason] = []
        for _ in 0..<count {
            let number = try reader.byte("reason code")
            guard let code = ReasonCode(number: number) else { throw .unknownReasonCode(number) }
            reasons.append(
                Reason(
                    code: code,
                    observed: try reader.text("observed", limit: encodedFieldByteLimit, emptyAllowed: true),
                    required: try reader.text("required", limit: encodedFieldByteLimit, emptyAllowed: true),
                    source: try reader.text("source", limit: encodedFieldByteLimit, emptyAllowed: true)))
        }
        try reader.end()
        return reasons
    }
}
