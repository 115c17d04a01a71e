import SealaneAEAD
import SealanePacket

/// The encrypted payload of an initiation.
package struct InitiationPayload: Equatable, Sendable {
    package var timestamp: TAI64N
    package var parameters: HandshakeParameters
    /// Nil: no rejected initiation prompted this one.
    package var prompt: HandshakePrompt?

    package init(timestamp: TAI64N, parameters: HandshakeParameters, prompt: HandshakePrompt? = nil) {
        self.timestamp = timestamp
        self.parameters = parameters
        self.prompt = prompt
    }
}

/// The encrypted payload of a response.
public struct ResponsePayload: Equatable, Sendable {
    public enum Outcome: Equatable, Sendable {
        case accepted(CipherSuite)
        /// Reasons, in the encoding of the policy's owner.
        case refused(reasons: [UInt8])
    }

    package var parameters: HandshakeParameters
    public var outcome: Outcome

    package init(parameters: HandshakeParameters, outcome: Outcome) {
        self.parameters = parameters
        self.outcome = outcome
    }
}

/// Why an authentic payload is not acceptable.
package enum HandshakePayloadError: Error, Equatable, Sendable {
    case unsupportedVersion(UInt8)
    case truncated
    case repeatedField(UInt8)
    case unknownField(UInt8)
    case missingField(UInt8)
    case badValue(field: UInt8)
    /// A field is too long.
    case tooLong(field: UInt8)
    /// The fields together do not fit one datagram: they have `byteCount` bytes, and the limit is `limit`.
    case tooLarge(byteCount: Int, limit: Int)
}

/// The encoding of both payloads: version 1, then fields of tag 1 · length 2 · value. Each tag occurs at most once. A later version
/// may add tags from 128 on, which this one ignores. Any other change needs another version.
package enum HandshakePayload {
    static var version: UInt8 { 1 }
    package static var claimsByteLimit: Int { 800 }
    package static var reasonsByteLimit: Int { 700 }
    package static var credentialByteLimit: Int { 1064 }

    /// The bytes that `HandshakeMessage.byteLimit` leaves for all fields together. A response cannot hold both the longest claims and
    /// the longest reasons.
    package static var initiationByteLimit: Int {
        HandshakeMessage.byteLimit - 8 - NoiseIKpsk2.initiationOverhead - 2 * HandshakeMessage.macByteCount
    }
    package static var responseByteLimit: Int {
        HandshakeMessage.byteLimit - 12 - NoiseIKpsk2.responseOverhead - 2 * HandshakeMessage.macByteCount
    }

    enum Tag {
        static var timestamp: UInt8 { 1 }
        static var claims: UInt8 { 2 }
        static var laneCount: UInt8 { 3 }
        static var interfaceMTU: UInt8 { 4 }
        static var suites: UInt8 { 5 }
        static var chosenSuite: UInt8 { 6 }
        static var reasons: UInt8 { 7 }
        static var credential: UInt8 { 8 }
        /// Source address and port, then destination address and port, both of one family: 12 or 36 bytes.
        static var path: UInt8 { 9 }
        /// mac1 of an initiation, 16 bytes, and perhaps a timestamp, 12 bytes. In initiations only; versions that do not know it
        /// ignore it.
        static var prompt: UInt8 { 128 }
    }

    /// Both ends mix this in: handshakes between different fleets do not authenticate.
    package static func prologue(fleet: String) -> [UInt8] {
        Array("sealane/1".utf8) + [0] + Array(fleet.utf8)
    }

    struct Fields {
        private var values: [UInt8: ArraySlice<UInt8>] = [:]

        init(_ payload: [UInt8], known: Set<UInt8>) throws(HandshakePayloadError) {
            guard let first = payload.first else { throw .truncated }
            guard first == HandshakePayload.version else { throw .unsupportedVersion(first) }
            var rest = payload.dropFirst()
            while !rest.isEmpty {
                guard rest.count >= 3 else { throw .truncated }
                let tag = rest[rest.startIndex]
                let length = Int(rest[rest.startIndex + 1]) << 8 | Int(rest[rest.startIndex + 2])
                rest = rest.dropFirst(3)
                guard rest.count >= length else { throw .truncated }
                guard known.contains(tag) || tag >= 128 else { throw .unknownField(tag) }
                guard values.updateValue(rest.prefix(length), forKey: tag) == nil else { throw .repeatedField(tag) }
                rest = rest.dropFirst(length)
            }
        }

        func optional(_ tag: UInt8) -> ArraySlice<UInt8>? { values[tag] }

        func required(_ tag: UInt8) throws(HandshakePayloadError) -> ArraySlice<UInt8> {
            guard let value = values[tag] else { throw .missingField(tag) }
            return value
        }
    }

    fileprivate static func checked(_ payload: [UInt8], limit: Int) throws(HandshakePayloadError) -> [UInt8] {
        guard payload.count <= limit else { throw .tooLarge(byteCount: payload.count, limit: limit) }
        return payload
    }

    static func append(_ tag: UInt8, _ value: [UInt8], limit: Int = 64, to payload: inout [UInt8])
        throws(HandshakePayloadError)
    {
        guard value.count <= limit else { throw .tooLong(field: tag) }
        payload += [tag, UInt8(value.count >> 8), UInt8(value.count & 0xFF)] + value
    }
}

extension HandshakeParameters {
    fileprivate static var tags: Set<UInt8> {
        typealias Tag = HandshakePayload.Tag
        return [Tag.claims, Tag.laneCount, Tag.interfaceMTU, Tag.suites, Tag.credential, Tag.path]
    }

    fileprivate func append(to payload: inout [UInt8]) throws(HandshakePayloadError) {
        typealias Tag = HandshakePayload.Tag
        try HandshakePayload.append(
            Tag.claims, claims, limit: HandshakePayload.claimsByteLimit, to: &payload)
        guard laneCount > 0 else { throw .badValue(field: Tag.laneCount) }
        try HandshakePayload.append(Tag.laneCount, [laneCount], to: &payload)
        try HandshakePayload.append(
            Tag.interfaceMTU, withUnsafeBytes(of: interfaceMTU.bigEndian) { Array($0) }, to: &payload)
        try HandshakePayload.append(Tag.suites, suites.map(\.rawValue), to: &payload)
        try HandshakePayload.append(Tag.path, path.encoded, to: &payload)
        guard !credential.isEmpty else { return }
        try HandshakePayload.append(
            Tag.credential, credential, limit: HandshakePayload.credentialByteLimit, to: &payload)
    }

    fileprivate init(_ fields: HandshakePayload.Fields) throws(HandshakePayloadError) {
        typealias Tag = HandshakePayload.Tag
        claims = Array(try fields.required(Tag.claims))
        guard claims.count <= HandshakePayload.claimsByteLimit else { throw .tooLong(field: Tag.claims) }
        let lanes = try fields.required(Tag.laneCount)
        guard lanes.count == 1, let laneCount = lanes.first, laneCount > 0 else {
            throw .badValue(field: Tag.laneCount)
        }
        self.laneCount = laneCount
        let mtu = try fields.required(Tag.interfaceMTU)
        guard mtu.count == 4 else { throw .badValue(field: Tag.interfaceMTU) }
        interfaceMTU = mtu.reduce(0) { $0 << 8 | UInt32($1) }
        suites = try fields.required(Tag.suites).compactMap { CipherSuite(rawValue: $0) }
        guard let path = FourTuple(decoding: try fields.required(Tag.path)) else {
            throw .badValue(field: Tag.path)
        }
        self.path = path
        credential = Array(fields.optional(Tag.credential) ?? [])
        guard credential.count <= HandshakePayload.credentialByteLimit else { throw .tooLong(field: Tag.credential) }
        if credential.isEmpty, fields.optional(Tag.credential) != nil { throw .badValue(field: Tag.credential) }
    }
}

extension FourTuple {
    fileprivate var encoded: [UInt8] { source.encoded + destination.encoded }

    fileprivate init?(decoding bytes: ArraySlice<UInt8>) {
        guard let source = Endpoint(decoding: bytes.prefix(bytes.count / 2)),
            let destination = Endpoint(decoding: bytes.suffix(bytes.count / 2)), bytes.count.isMultiple(of: 2),
            source.address.isIPv4 == destination.address.isIPv4
        else { return nil }
        self.init(source: source, destination: destination)
    }
}

extension Endpoint {
    fileprivate var encoded: [UInt8] { address.bytes + [UInt8(port >> 8), UInt8(port & 0xFF)] }

    fileprivate init?(decoding bytes: ArraySlice<UInt8>) {
        // An IPv4 address inside an IPv6 one would be a second spelling of the same address.
        guard let address = IPAddress(bytes: bytes.dropLast(2)), address.isIPv4 == (bytes.count == 6) else {
            return nil
        }
        self.init(address: address, port: bytes.suffix(2).reduce(0) { $0 << 8 | UInt16($1) })
    }
}

extension InitiationPayload {
    package func encoded() throws(HandshakePayloadError) -> [UInt8] {
        var payload = [HandshakePayload.version]
        try HandshakePayload.append(HandshakePayload.Tag.timestamp, timestamp.bytes, to: &payload)
        try parameters.append(to: &payload)
        if let prompt { try HandshakePayload.append(HandshakePayload.Tag.prompt, prompt.encoded, to: &payload) }
        return try HandshakePayload.checked(payload, limit: HandshakePayload.initiationByteLimit)
    }

    package init(decoding payload: [UInt8]) throws(HandshakePayloadError) {
        typealias Tag = HandshakePayload.Tag
        let fields = try HandshakePayload.Fields(payload, known: HandshakeParameters.tags.union([Tag.timestamp]))
        guard let timestamp = TAI64N(bytes: try fields.required(Tag.timestamp)) else {
            throw .badValue(field: Tag.timestamp)
        }
        // An unreadable prompt is ignored, as by a version that does not know the field.
        let prompt = fields.optional(Tag.prompt).flatMap { HandshakePrompt(decoding: $0) }
        self.init(timestamp: timestamp, parameters: try HandshakeParameters(fields), prompt: prompt)
    }
}

extension ResponsePayload {
    package func encoded() throws(HandshakePayloadError) -> [UInt8] {
        typealias Tag = HandshakePayload.Tag
        var payload = [HandshakePayload.version]
        try parameters.append(to: &payload)
        switch outcome {
        case .accepted(let suite):
            try HandshakePayload.append(Tag.chosenSuite, [suite.rawValue], to: &payload)
        case .refused(let reasons):
            try HandshakePayload.append(
                Tag.reasons, reasons, limit: HandshakePayload.reasonsByteLimit, to: &payload)
        }
        return try HandshakePayload.checked(payload, limit: HandshakePayload.responseByteLimit)
    }

    package init(decoding payload: [UInt8]) throws(HandshakePayloadError) {
        typealias Tag = HandshakePayload.Tag
        let known = HandshakeParameters.tags.union([Tag.chosenSuite, Tag.reasons])
        let fields = try HandshakePayload.Fields(payload, known: known)
        let parameters = try HandshakeParameters(fields)
        switch (fields.optional(Tag.chosenSuite), fields.optional(Tag.reasons)) {
        case (let chosen?, nil):
            guard chosen.count == 1, let suite = chosen.first.flatMap(CipherSuite.init(rawValue:)) else {
                throw .badValue(field: Tag.chosenSuite)
            }
            self.init(parameters: parameters, outcome: .accepted(suite))
        case (nil, let reasons?):
            guard reasons.count <= HandshakePayload.reasonsByteLimit else { throw .tooLong(field: Tag.reasons) }
            self.init(parameters: parameters, outcome: .refused(reasons: Array(reasons)))
        case (.some, .some):
            throw .repeatedField(Tag.reasons)
        case (nil, nil):
            throw .missingField(Tag.chosenSuite)
        }
    }
}
