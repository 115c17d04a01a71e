import SealaneAEAD
import SealanePacket

/// What a host says of itself in a handshake message.
package struct HandshakeParameters: Equatable, Sendable {
    /// The facts that the host claims, in the encoding of the policy's owner; at most `HandshakePayload.claimsByteLimit` bytes.
    package var claims: [UInt8]
    /// The proof of the claims, in the encoding of the policy's owner; at most `HandshakePayload.credentialByteLimit` bytes. Empty:
    /// there is none.
    package var credential: [UInt8]
    /// At least 1.
    package var laneCount: UInt8
    /// MTU of the underlay interface, in bytes.
    package var interfaceMTU: UInt32
    /// Best first. Suites that this version does not know are left out.
    package var suites: [CipherSuite]
    /// The addresses and ports that the sender uses for this very message.
    package var path: FourTuple

    package init(
        claims: [UInt8], credential: [UInt8] = [], laneCount: UInt8, interfaceMTU: UInt32, suites: [CipherSuite],
        path: FourTuple
    ) {
        self.claims = claims
        self.credential = credential
        self.laneCount = laneCount
        self.interfaceMTU = interfaceMTU
        self.suites = suites
        self.path = path
    }

    /// Whether there is a port for each lane, from that of lane 0 on.
    func lanesFit(behind endpoint: Endpoint) -> Bool {
        Int(endpoint.port) + Int(laneCount) <= 65_536
    }
}
