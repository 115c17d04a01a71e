import SealaneAEAD
import SealanePacket

/// An authentic handshake message that waits for the decision about it. Its secrets end with it.
struct PendingHandshake {
    enum Message {
        case initiation(ReceivedInitiation)
        case response(ReceivedResponse)
    }

    let ticket: Ticket
    let receivedAt: MonotonicTime
    let message: Message
}

/// An initiation of the peer, with the handshake that can answer it. A class because the handshake's secrets must not be copied.
final class ReceivedInitiation {
    let initiation: HandshakeMessage.Initiation
    var handshake: NoiseResponder
    let payload: InitiationPayload
    let arrival: Arrival

    init(
        _ initiation: HandshakeMessage.Initiation, handshake: consuming NoiseResponder, _ payload: InitiationPayload,
        _ arrival: Arrival
    ) {
        self.initiation = initiation
        self.handshake = handshake
        self.payload = payload
        self.arrival = arrival
    }

    var parameters: HandshakeParameters { payload.parameters }
    /// Whether the message did not arrive as it claims to have been sent. It may be a recorded copy.
    var isMismatched: Bool { payload.parameters.path != arrival.tuple }
}

/// A response to one of this host's initiations.
struct ReceivedResponse {
    let attempt: InitiationAttempt
    let sender: SessionIndex
    let payload: ResponsePayload
    let secrets: SessionSecrets
    let arrival: Arrival

    var parameters: HandshakeParameters { payload.parameters }
    /// Whether the message did not arrive as it claims to have been sent. It may be a copy, or the answer to one.
    var isMismatched: Bool { payload.parameters.path != arrival.tuple }
}
