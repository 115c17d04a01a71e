import FoundationEssentials
import SealaneControl
import SealaneFleet
import SealanePacket

/// What one request gives to its endpoint, read by the rules of `ValueParser`.
struct ControlCall: Sendable {
    /// The peer's name from the path; empty if the path has none.
    let name: String
    let query: [String: String]
    let body: [UInt8]

    /// Throws if the path holds a text that is no peer's name.
    init(_ match: ControlPath.Match, query: [String: String], body: [UInt8]) throws(ControlError) {
        switch match {
        case .plain: name = ""
        case .named(let text):
            do throws(TextProblem) {
                name = try ValueParser.peerName(text)
            } catch {
                throw ControlError(.badRequest, error.description)
            }
        }
        self.query = query
        self.body = body
    }

    /// The query parameter `key`; nil if the request does not have it.
    func address(_ key: String) throws(ControlError) -> IPAddress? {
        guard let text = query[key] else { return nil }
        guard let address = IPAddress(text) else {
            throw ControlError(
                .badRequest, "\(key): \(ValueParser.quoted(text)) is not an address; expected one such as 10.78.0.2")
        }
        return address
    }

    /// The peer that the body describes.
    var peer: PeerDefinition {
        get throws(ControlError) { try Self.peer(body) }
    }

    static func peer(_ body: [UInt8]) throws(ControlError) -> PeerDefinition {
        let record: PeerRecord
        do {
            record = try JSONDecoder().decode(PeerRecord.self, from: Data(body))
        } catch let error as DecodingError {
            throw ControlError(.badRequest, "the body is not a peer: \(error.sentence)")
        } catch {
            throw ControlError(.badRequest, "the body is not a peer: \(error)")
        }
        do throws(PeerRecordError) {
            return try record.definition()
        } catch {
            throw ControlError(.badRequest, error.description)
        }
    }
}
