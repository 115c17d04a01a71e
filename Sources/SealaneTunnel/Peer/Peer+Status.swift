import SealanePacket

extension Peer {
    func status(_ settings: Tunnel.Settings) -> PeerStatus {
        let active = activeSession
        let state: PeerStatus.State =
            if !isAllowed || refusal != nil { .refused } else if active != nil {
                .established
            } else if isUnreachable { .unreachable } else if attempt != nil || pending != nil || isValidating {
                .connecting
            } else { .idle }
        var totals = past
        for session in sessions + ending.values.map(\.session) {
            for activity in session.activity.values { totals += activity }
        }
        return PeerStatus(
            state: state,
            session: active.map {
                PeerStatus.Session(
                    suite: $0.parameters.suite, establishedAt: $0.createdAt, isInitiator: $0.isInitiator,
                    laneCount: $0.parameters.remoteLaneCount, packetByteLimit: $0.packetByteLimit,
                    lanes: lanes(of: $0, settings))
            },
            sessionCount: sessionCount, lastHandshakeAt: lastHandshakeAt, unanswered: unanswered,
            refusalByPeer: refusal?.reasonsOfPeer, parameters: lastParameters,
            lastRefusedHandshake: incidents.lastRefusedHandshake, clock: incidents.clock, path: path,
            sent: totals.sent, received: totals.received, packetsTooBig: totals.packetsTooBig,
            malformedPackets: totals.malformedPackets, addressesNotOwned: totals.addressesNotOwned,
            icmpErrorsNotOwned: totals.icmpErrorsNotOwned)
    }

    private func lanes(of session: Session, _ settings: Tunnel.Settings) -> [PeerStatus.Lane] {
        (0..<settings.laneCount).map { number in
            let state: PeerStatus.Lane.State =
                switch (number, session.lanes.state(of: number), failedLanes[number]) {
                case (0, _, _), (_, .usable, _): .usable
                case (_, _, let failure?) where failure.kind == .silent: .silent(since: failure.since)
                case (_, _, let failure?): .reduced(since: failure.since)
                case (_, _, nil): .validating
                }
            let parameters = session.parameters
            let remote = parameters.remote.port &+ UInt16(number % max(parameters.remoteLaneCount, 1))
            return PeerStatus.Lane(state: state, port: settings.listen.port &+ UInt16(number), remotePort: remote)
        }
    }
}
