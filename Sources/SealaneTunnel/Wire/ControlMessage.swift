/// A message inside a session that is no packet: the content of a data datagram with the flag `DataHeader.control`. Integers are
/// big-endian.
///
///     1 probe     kind 1 · number 4 · zeros, as many as the size under test needs
///     2 answer    kind 1 · number 4, of a probe that arrived · greatest 2, bytes of the longest IP packet of a datagram that
///                 arrived whole by the probe's path in the last seconds, the probe included
///     3 close     kind 1 · reasons, in the encoding of the policy's owner: the sender ends all sessions for them
enum ControlMessage: Equatable {
    case probe(UInt32)
    case answer(UInt32, greatest: UInt16)
    case close(reasons: [UInt8])

    /// The length of a probe without zeros, and that of an answer.
    static var probeByteCount: Int { 5 }
    static var answerByteCount: Int { 7 }

    /// - Parameter byteCount: at least this many bytes, with zeros behind; for probes.
    func encoded(paddedTo byteCount: Int = 0) -> [UInt8] {
        var bytes: [UInt8]
        switch self {
        case .probe(let number): bytes = [1] + withUnsafeBytes(of: number.bigEndian) { Array($0) }
        case .answer(let number, let greatest):
            bytes = [2] + withUnsafeBytes(of: number.bigEndian) { Array($0) }
            bytes += withUnsafeBytes(of: greatest.bigEndian) { Array($0) }
        case .close(let reasons): bytes = [3] + reasons
        }
        if bytes.count < byteCount { bytes += [UInt8](repeating: 0, count: byteCount - bytes.count) }
        return bytes
    }

    /// Nil for a message that this version does not know.
    init?(decoding bytes: UnsafeRawBufferPointer) {
        guard let kind = bytes.first else { return nil }
        switch kind {
        case 1, 2:
            let isProbe = kind == 1
            guard isProbe ? bytes.count >= Self.probeByteCount : bytes.count == Self.answerByteCount else { return nil }
            let number = UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 1, as: UInt32.self))
            let greatest = isProbe ? 0 : UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 5, as: UInt16.self))
            self = isProbe ? .probe(number) : .answer(number, greatest: greatest)
        case 3:
            guard bytes.count <= 1 + HandshakePayload.reasonsByteLimit else { return nil }
            self = .close(reasons: Array(bytes.dropFirst()))
        default:
            return nil
        }
    }
}
