/// What two ends say to each other inside a session, in data datagrams with the flag `DataHeader.note`: sealed like packets,
/// but not packets. Integers are big-endian.
///
///     1 probe     kind 1 · number 4 · zeros, as many as the size under test needs
///     2 answer    kind 1 · number 4, of a probe that came
///     3 farewell  kind 1 · reasons, in the encoding of whoever judges: the sender ends all sessions for them
enum SessionNote: Equatable {
    case probe(UInt32)
    case answer(UInt32)
    case farewell(reasons: [UInt8])

    /// The length of a probe without zeros, and of an answer.
    static var numberedByteCount: Int { 5 }

    /// - Parameter byteCount: at least this many bytes, with zeros behind; for probes.
    func encoded(paddedTo byteCount: Int = 0) -> [UInt8] {
        var bytes: [UInt8]
        switch self {
        case .probe(let number): bytes = [1] + withUnsafeBytes(of: number.bigEndian) { Array($0) }
        case .answer(let number): bytes = [2] + withUnsafeBytes(of: number.bigEndian) { Array($0) }
        case .farewell(let reasons): bytes = [3] + reasons
        }
        if bytes.count < byteCount { bytes += [UInt8](repeating: 0, count: byteCount - bytes.count) }
        return bytes
    }

    /// Nil for what this version does not know.
    init?(decoding bytes: UnsafeRawBufferPointer) {
        guard let kind = bytes.first else { return nil }
        switch kind {
        case 1, 2:
            guard bytes.count >= Self.numberedByteCount, kind == 1 || bytes.count == Self.numberedByteCount else {
                return nil
            }
            let number = UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 1, as: UInt32.self))
            self = kind == 1 ? .probe(number) : .answer(number)
        case 3:
            guard bytes.count <= 1 + HandshakePayload.reasonsByteLimit else { return nil }
            self = .farewell(reasons: Array(bytes.dropFirst()))
        default:
            return nil
        }
    }
}
